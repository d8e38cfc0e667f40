package dev.gapless.proxy.jetty;

import java.util.concurrent.CountDownLatch;
import org.eclipse.jetty.io.AbstractEndPoint;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** A request that is held over a server of the application's, whose client does not wait to be asked for its body. */
class UnaskedBodyTest extends HoldScaffold {
    private static final String BODY = "x".repeat(300_000);

    private final Server server = new Server();
    private final CountDownLatch resumed = new CountDownLatch(1);

    private EndPoint connection() {
        return ((ServerConnector) server.getConnectors()[0])
                .getConnectedEndPoints()
                .iterator()
                .next();
    }

    private boolean isWatched() {
        return ((AbstractEndPoint) connection()).getFillInterest().isInterested();
    }

    /** So that what comes for the lanes meanwhile is found there in the order in which it came. */
    private void occupyLanes() throws InterruptedException {
        @SuppressWarnings({"resource", "removal"}) // The proxy closes them.
        Lanes lanes = (Lanes) ((TargetTransport) proxy.assembly.client().getTransport()).getClientConnector();
        CountDownLatch occupied = new CountDownLatch(lanes.count());
        for (int i = 0; i < lanes.count(); i++) {
            lanes.execute(i, () -> {
                occupied.countDown();
                RawTarget.awaitUninterrupted(resumed);
            });
        }
        occupied.await();
    }

    @Test
    void goesOnThoughItsServiceIsResumedJustWhenNoMoreOfItCanBeKept() throws Exception {
        proxy = loopback().listener(log).withoutPorts().build();
        server.setHandler(proxy.handler());
        Front.Reached reached = Front.started(server, proxy);
        closing(reached.end());
        RawTarget target = serve(RawTarget.answering(RawTarget.OK), streaming());
        pause();
        RawClient client = closing(RawClient.to(reached.port()))
                .send(RawClient.head("POST", "/", "Content-Length: " + BODY.length(), "Expect: 100-continue"));
        awaitHeld(1);
        eventually("the client is watched", this::isWatched);

        occupyLanes();
        client.send(BODY);
        eventually("the client has sent what can be kept of it", () -> !isWatched());
        resume();
        resumed.countDown();

        RawMessage head = client.readHead();
        assertThat((head.status() == 100 ? client.readHead() : head).status()).isEqualTo(200);
        assertThat(target.taken().body()).hasSize(BODY.length());
    }
}
