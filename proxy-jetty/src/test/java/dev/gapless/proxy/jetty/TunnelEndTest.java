package dev.gapless.proxy.jetty;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/** How tunnels end: one side after the other, or with a break. */
class TunnelEndTest extends TunnelScaffold {
    private static final String PART = "0123456789abcdef".repeat(512);

    @ParameterizedTest
    @EnumSource
    void aClientThatHasSaidAllStillHearsTheTarget(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();

        client.send("last").finish();
        assertThat(end.readToEnd()).isEqualTo("last");
        end.send("answer");
        assertThat(client.read(6)).isEqualTo("answer");
        assertThat(requestsInFlight()).isEqualTo(1);
        end.send("end").finish();

        assertThat(client.readToEnd()).isEqualTo("end");
        eventually("the lease is released", () -> requestsInFlight() == 0);
        assertThat(log.next().failure()).isNull();
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatHasSaidAllStillHearsTheClient(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();

        end.send("last").finish();
        assertThat(client.read(4)).isEqualTo("last");
        client.send("answer");
        assertThat(end.read(6)).isEqualTo("answer");
        assertThat(requestsInFlight()).isEqualTo(1);
        client.send("end").finish();

        assertThat(end.readToEnd()).isEqualTo("end");
        assertThat(client.readToEnd()).isEmpty();
        eventually("the lease is released", () -> requestsInFlight() == 0);
        assertThat(log.next().failure()).isNull();
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatClosesEndsTheTunnelWithItsClient(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);

        target.next().send("last").close();

        assertThat(client.readToEnd()).isEqualTo("last");
        client.close();
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatResetsIsGoneForItsTarget(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();
        client.send("x");
        assertThat(end.read(1)).isEqualTo("x");

        client.reset();

        end.awaitLeft();
        eventually("the lease is released", () -> requestsInFlight() == 0);
        assertThat(log.next().failure()).isNotNull();
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatResetsBreaksItsClientsTunnel(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();
        client.send("x");
        assertThat(end.read(1)).isEqualTo("x");

        end.reset();

        client.awaitBreak();
        eventually("the lease is released", () -> requestsInFlight() == 0);
        assertThat(log.next().failure()).isNotNull();
    }

    /** Nobody listens to a connection any more whose end has come: who writes to it finds out. */
    @ParameterizedTest
    @EnumSource
    void aClientThatResetsAfterItHasSaidAllIsGoneForItsTarget(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();
        client.finish();
        assertThat(end.readToEnd()).isEmpty();

        client.reset();

        eventually("the lease is released", () -> saysInVain(() -> end.send("x")) || requestsInFlight() == 0);
        assertThat(log.next().failure()).isNotNull();
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatResetsAfterItHasSaidAllIsGoneForItsClient(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();
        end.send("all").finish();
        assertThat(client.readToEnd()).isEqualTo("all");

        end.reset();

        eventually("the lease is released", () -> saysInVain(() -> client.send("x")) || requestsInFlight() == 0);
        assertThat(log.next().failure()).isNotNull();
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatResetsWhileItsTargetSpeaksIsGoneForIt(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();
        Thread speaking = speaking(() -> end.send(PART));
        assertThat(client.read(5 * PART.length())).isEqualTo(PART.repeat(5));

        client.reset();

        speaking.join();
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatResetsWhileItSpeaksIsGoneForItsTarget(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();
        Thread speaking = speaking(() -> client.send(PART));
        assertThat(end.read(5 * PART.length())).isEqualTo(PART.repeat(5));

        client.reset();

        speaking.join();
        end.awaitLeft();
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatResetsWhileItsClientSpeaksBreaksTheTunnel(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();
        Thread speaking = speaking(() -> client.send(PART));
        assertThat(end.read(5 * PART.length())).isEqualTo(PART.repeat(5));

        end.reset();

        speaking.join();
        client.awaitBreak();
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatResetsWhileBothSpeakBreaksTheTunnel(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();
        List<Thread> speaking = List.of(speaking(() -> client.send(PART)), speaking(() -> end.send(PART)));
        client.read(PART.length());
        end.read(PART.length());

        end.reset();

        client.awaitBreak();
        for (Thread each : speaking) {
            each.join();
        }
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @ParameterizedTest
    @EnumSource
    void aTunnelThatIsCutWhileBothSpeakIsOverForBoth(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();
        List<Thread> speaking = List.of(speaking(() -> client.send(PART)), speaking(() -> end.send(PART)));
        client.read(PART.length());
        end.read(PART.length());

        proxy.services().remove("app", Duration.ofMillis(20));

        end.awaitLeft();
        client.awaitBreak();
        for (Thread each : speaking) {
            each.join();
        }
        assertThat(requestsInFlight()).isZero();
    }

    /** A server does so that refuses a message before it has read all of it: the system makes a reset of its close. */
    @ParameterizedTest
    @EnumSource
    void theLastWordsOfATargetThatListensNoMoreAreHeard(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();
        Thread speaking = speaking(() -> client.send(PART));
        end.read(PART.length());

        end.send(WebSockets.close(1009)).close();

        assertThat(client.read(4)).isEqualTo(WebSockets.close(1009));
        speaking.join();
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    /** Speaks until nobody is there to listen. */
    private static Thread speaking(Saying saying) {
        Thread speaking = new Thread(() -> {
            boolean inVain = false;
            while (!inVain) {
                inVain = saysInVain(saying);
            }
        });
        speaking.setDaemon(true);
        speaking.start();
        return speaking;
    }

    private interface Saying {
        void say() throws Exception;
    }

    /** Says something more; {@return whether that has failed} */
    private static boolean saysInVain(Saying saying) {
        try {
            saying.say();
            return false;
        } catch (Exception e) {
            return true;
        }
    }
}
