package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** How tunnels to targets within TLS end, where the end of what one side says is not that of its connection. */
class TlsTunnelEndTest extends TargetScaffold {
    private final BlockingQueue<RawTlsTarget.Connection> opened = new LinkedBlockingQueue<>();

    /** Nobody listens to a connection any more whose end has come: who writes to it finds out. */
    @Test
    void aTargetThatResetsAfterItHasSaidAllIsGoneForItsClient() throws Exception {
        RawClient client = open();
        RawTlsTarget.Connection end = opened.poll(20, TimeUnit.SECONDS);
        end.finishSending();
        assertThat(client.readToEnd()).isEmpty();

        end.reset();

        eventually("the lease is released", () -> saysInVain(client) || requestsInFlight() == 0);
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    private RawClient open() throws Exception {
        RawTlsTarget target = closing(RawTlsTarget.answering((request, connection) -> {
            connection.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n");
            opened.add(connection);
        }));
        deploy(RawTlsTarget.trusting(), target.address());
        RawClient client = client().send(RawClient.head("GET", "/", "Connection: Upgrade", "Upgrade: other"));
        assertThat(client.readHead().status()).isEqualTo(101);
        return client;
    }

    private static boolean saysInVain(RawClient client) {
        try {
            client.send("x");
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
