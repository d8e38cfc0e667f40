package dev.gapless.proxy.jetty;

import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.DrainResult;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TunnelOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static dev.gapless.proxy.jetty.WebSockets.text;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

/** What WebSockets hear of a drain, and how they end in it. */
class WebSocketDrainTest extends TunnelScaffold {
    /** That ends before, with the last WebSocket. */
    private static final Duration DRAIN = Duration.ofSeconds(20);

    /** Whose end is met, or half of which is spent. */
    private static final Duration BRIEF_DRAIN = Duration.ofSeconds(3);

    /** More than it takes to tell them all, mostly: nothing is to be seen of it, and no test fails if it is not. */
    private static final Duration UNTIL_TOLD = Duration.ofMillis(250);

    private static final Duration SHORT = Duration.ofMillis(50);
    /** Between the words of who speaks on. */
    private static final Duration PAUSE = Duration.ofMillis(10);

    private static final Duration VERY_LONG = Duration.ofHours(10);
    private static final Duration LONG = Duration.ofMinutes(5);

    private static final String CLOSE = WebSockets.close(1001);
    private static final String REPLY = WebSockets.maskedClose(1001, "see you");

    /** All are told at once, unless a test leaves it to chance. */
    @Override
    ProxyServer.Builder listening() {
        ProxyServer.Builder builder = super.listening();
        builder.drainChance = () -> 0;
        return builder;
    }

    private CompletableFuture<DrainResult> pause(Duration drainTimeout) {
        return proxy.services().pauseAsync("app", drainTimeout, LONG).toCompletableFuture();
    }

    private record Opened(TunnelClient client, TunnelTarget.End end) {
        /** As the two would close if the target had said it. */
        void close() throws Exception {
            client.send(REPLY);
            assertThat(end.read(REPLY.length())).isEqualTo(REPLY);
            end.close();
            assertThat(client.readToEnd()).isEmpty();
            client.finish();
        }
    }

    private Opened opened(Wire wire) throws Exception {
        TunnelClient client = open(wire);
        return new Opened(client, target.next());
    }

    /** A tunnel through which something has passed: the answer may come before it stands. */
    private Opened standing(Wire wire) throws Exception {
        Opened socket = opened(wire);
        socket.end().send(text("here"));
        assertThat(socket.client().read(6)).isEqualTo(text("here"));
        return socket;
    }

    private static void awaitTold() {
        long begin = System.nanoTime();
        eventually("they have been told", () -> System.nanoTime() - begin > UNTIL_TOLD.toNanos());
    }

    interface Command {
        CompletionStage<?> run(WebSocketDrainTest test);
    }

    static List<Arguments> commands() {
        List<Arguments> each = new ArrayList<>();
        for (Wire wire : Wire.values()) {
            each.add(arguments("pause", wire, (Command) test -> test.pause(DRAIN)));
            each.add(arguments(
                    "stop", wire, (Command) test -> test.proxy.services().stopAsync("app", DRAIN, "stopped")));
            each.add(arguments(
                    "deploy", wire, (Command) test -> test.proxy.services().deployAsync(test.replacement())));
            each.add(arguments("remove", wire, (Command) test ->
                    CompletableFuture.runAsync(() -> test.proxy.services().remove("app", DRAIN))));
            each.add(arguments("close", wire, (Command) test -> CompletableFuture.runAsync(test.proxy::close)));
        }
        return each;
    }

    private Deployment replacement() {
        try {
            return Deployment.builder("app")
                    .target(closing(RawTarget.answering(RawTarget.OK)).address())
                    .options(overEachWire().build())
                    .drainTimeout(DRAIN)
                    .build();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest(name = "{0} over {1}")
    @MethodSource("commands")
    void aWebSocketIsToldAndCloses(String name, Wire wire, Command command) throws Exception {
        proxy = start(listening().shutdownGrace(DRAIN));
        serveWebSockets();
        Opened socket = opened(wire);
        socket.end().send(text("before"));
        assertThat(socket.client().read(8)).isEqualTo(text("before"));

        CompletableFuture<?> drained = command.run(this).toCompletableFuture();

        assertThat(socket.client().read(4)).isEqualTo(CLOSE);
        assertThat(drained).isNotDone();
        socket.close();
        Object result = drained.get(40, TimeUnit.SECONDS);
        assertThat(log.next().failure()).isNull();
        if (result instanceof DrainResult drain) {
            assertThat(drain.requestsCut()).isZero();
        } else if (result instanceof DeployResult deployed) {
            assertThat(deployed.requestsCut()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP1", "HTTP2"})
    void aWebSocketThatDoesNotAnswerIsCutAtTheEnd(Wire wire) throws Exception {
        serveWebSockets();
        Opened socket = opened(wire);

        CompletableFuture<DrainResult> drained = pause(Duration.ofMillis(500));

        assertThat(socket.client().read(4)).isEqualTo(CLOSE);
        assertThat(drained.get(40, TimeUnit.SECONDS).requestsCut()).isEqualTo(1);
        socket.client().awaitBreak();
        socket.end().awaitLeft();
        assertThat(log.next().failure()).contains("cut");
    }

    @Test
    void theCodeIsThatOfTheOptions() throws Exception {
        serveWebSockets(
                overEachWire().tunnels(TunnelOptions.builder().closeCode(1012).build()));
        Opened socket = opened(Wire.HTTP1);

        CompletableFuture<DrainResult> drained = pause(DRAIN);

        assertThat(socket.client().read(4)).isEqualTo(WebSockets.close(1012));
        socket.close();
        drained.get(40, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP1", "TLS"})
    void anotherTunnelIsToldNothingAndCut(Wire wire) throws Exception {
        serve(
                TunnelTarget.answeringHeads(
                        request -> "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n"),
                overEachWire());
        TunnelClient client = openOther(wire);
        TunnelTarget.End end = target.next();
        end.send("before");

        DrainResult drained = pause(Duration.ofMillis(300)).get(20, TimeUnit.SECONDS);

        assertThat(drained.requestsCut()).isEqualTo(1);
        assertThat(client.readToEnd()).isEqualTo("before");
        end.awaitLeft();
    }

    @ParameterizedTest
    @EnumSource
    void framesThatFlowAreFollowedByTheCloseFrameAndByNothing(Wire wire) throws Exception {
        serveWebSockets();
        Opened socket = opened(wire);
        Thread speaking = new Thread(() -> {
            try {
                for (int i = 0; true; i = (i * 7 + 13) % 5000) {
                    socket.end().send(text("x".repeat(i)));
                }
            } catch (Exception e) {
                // The tunnel is over.
            }
        });
        speaking.start();
        String heard = socket.client().read(100_000);

        CompletableFuture<DrainResult> drained = pause(Duration.ofMillis(500));

        heard += socket.client().readToBreak();
        drained.get(40, TimeUnit.SECONDS);
        speaking.join();
        assertThat(WebSockets.skipFrames(heard, 0x81))
                .as("what comes after the messages")
                .isEqualTo(CLOSE);
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP1", "HTTP2"})
    void aFrameUnderWayIsPassedToItsEndBeforeTheCloseFrame(Wire wire) throws Exception {
        serveWebSockets();
        String frame = text("0123456789".repeat(15)); // With a length in two bytes more.
        List<Integer> splits = List.of(1, 2, 3, 4, 5, 80, frame.length() - 1);
        List<Opened> sockets = new ArrayList<>();
        for (int split : splits) {
            Opened socket = opened(wire);
            socket.end().send(text("whole") + frame.substring(0, split));
            socket.client().read(7 + split);
            sockets.add(socket);
        }

        CompletableFuture<DrainResult> drained = pause(DRAIN);
        awaitTold();
        for (int i = 0; i < splits.size(); i++) {
            sockets.get(i).end().send(frame.substring(splits.get(i)));
        }

        for (int i = 0; i < splits.size(); i++) {
            TunnelClient client = sockets.get(i).client();
            String rest = frame.substring(splits.get(i));
            assertThat(client.read(rest.length() + 4)).isEqualTo(rest + CLOSE);
            sockets.get(i).end().send(text("too late"));
            sockets.get(i).close();
        }
        assertThat(drained.get(40, TimeUnit.SECONDS).requestsCut()).isZero();
    }

    @Test
    void aFrameThatIsNotEndedIsAllThatIsHeard() throws Exception {
        serveWebSockets();
        Opened socket = opened(Wire.HTTP1);
        socket.end().send("\u0082~part");
        socket.client().read(6);

        assertThat(pause(Duration.ofMillis(300)).get(20, TimeUnit.SECONDS).requestsCut())
                .isEqualTo(1);

        assertThat(socket.client().readToEnd()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP1", "HTTP2"})
    void aMessageInFragmentsIsLeftAtOneOfThem(Wire wire) throws Exception {
        serveWebSockets();
        Opened socket = opened(wire);
        String fragments = WebSockets.fragment(WebSockets.TEXT, "begin")
                + WebSockets.frame(WebSockets.PING, "?")
                + WebSockets.fragment(WebSockets.CONTINUATION, "middle");
        socket.end().send(fragments);
        socket.client().read(fragments.length());

        CompletableFuture<DrainResult> drained = pause(DRAIN);

        assertThat(socket.client().read(4)).isEqualTo(CLOSE);
        socket.end().send(WebSockets.frame(WebSockets.CONTINUATION, "end"));
        socket.close();
        assertThat(drained.get(40, TimeUnit.SECONDS).requestsCut()).isZero();
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP1", "HTTP2"})
    void aTargetThatHasSaidItIsSpokenForNoMore(Wire wire) throws Exception {
        serveWebSockets();
        Opened socket = opened(wire);
        socket.end().send(WebSockets.close(4000));
        assertThat(socket.client().read(4)).isEqualTo(WebSockets.close(4000));

        CompletableFuture<DrainResult> drained = pause(DRAIN);
        awaitTold();

        socket.close();
        assertThat(drained.get(40, TimeUnit.SECONDS).requestsCut()).isZero();
    }

    @Test
    void whatIsNoFrameIsPassedOnAndGetsNoCloseFrame() throws Exception {
        serveWebSockets();
        Opened socket = opened(Wire.HTTP1);
        socket.end().send("HTTP/1.1 200 OK\r\n");
        assertThat(socket.client().read(17)).isEqualTo("HTTP/1.1 200 OK\r\n");

        assertThat(pause(Duration.ofMillis(300)).get(20, TimeUnit.SECONDS).requestsCut())
                .isEqualTo(1);

        assertThat(socket.client().readToEnd()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatReadsNothingGetsAllWholeFramesAndTheCloseFrameWhenItDoes(Wire wire) throws Exception {
        serveWebSockets();
        Opened socket = opened(wire);
        socket.client().holdOff();
        String frame = text("0123456789".repeat(3000));
        Thread speaking = new Thread(() -> {
            try {
                while (true) {
                    socket.end().send(frame);
                }
            } catch (Exception e) {
                // The tunnel is over.
            }
        });
        speaking.start();

        CompletableFuture<DrainResult> drained = pause(DRAIN);
        awaitTold();
        socket.client().readOn();

        String begin = socket.client().read(4);
        while (!begin.equals(CLOSE)) {
            assertThat(begin + socket.client().read(frame.length() - 4)).isEqualTo(frame);
            begin = socket.client().read(4);
        }
        socket.end().close();
        assertThat(socket.client().readToBreak())
                .as("what its target has said since")
                .isEmpty();
        socket.client().close();
        drained.get(40, TimeUnit.SECONDS);
        speaking.join();
    }

    /** It is not read on for ever, nor at the cost of others. */
    @Test
    void aTargetThatSpeaksOnAfterTheCloseFrameHoldsNobodyUp() throws Exception {
        serveWebSockets();
        List<Opened> sockets = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Opened socket = opened(Wire.HTTP1);
            sockets.add(socket);
        }
        CompletableFuture<DrainResult> drained = pause(BRIEF_DRAIN);
        List<Thread> speaking = new ArrayList<>();
        byte[] frames = text("x".repeat(60_000)).repeat(20).getBytes(ISO_8859_1);
        CountDownLatch answered = new CountDownLatch(8);
        for (Opened socket : sockets) {
            assertThat(socket.client().read(4)).isEqualTo(CLOSE);
            Thread speaker = new Thread(() -> {
                try {
                    while (answered.getCount() > 0) {
                        socket.end().send(frames);
                    }
                    while (true) { // That it is cut does not take a flood.
                        socket.end().send(text("and on"));
                        LockSupport.parkNanos(PAUSE.toNanos());
                    }
                } catch (Exception e) {
                    // The tunnel is over.
                }
            });
            speaker.start();
            speaking.add(speaker);
        }

        for (int i = 0; i < 8; i++) {
            assertThat(client().get("/up").status()).isEqualTo(200);
            assertThat(drained).isNotDone();
            answered.countDown();
        }

        drained.get(40, TimeUnit.SECONDS);
        for (Thread each : speaking) {
            each.join();
        }
        for (Opened socket : sockets) {
            socket.client().readToBreak();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP1", "HTTP2"})
    void whatTheClientSaysStillReachesItsTargetByteForByte(Wire wire) throws Exception {
        serveWebSockets();
        Opened socket = opened(wire);

        CompletableFuture<DrainResult> drained = pause(DRAIN);
        assertThat(socket.client().read(4)).isEqualTo(CLOSE);

        String said = "\u0081\u0084\1\2\3\4abcd" + "no frame at all \u00FF\u0000" + REPLY + "and more";
        socket.client().send(said);
        assertThat(socket.end().read(said.length())).isEqualTo(said);
        socket.end().close();
        assertThat(socket.client().readToEnd()).isEmpty();
        socket.client().finish();
        assertThat(drained.get(40, TimeUnit.SECONDS).requestsCut()).isZero();
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP1", "HTTP2"})
    void aPauseThatIsResumedLeavesAloneWhomItHasNotTold(Wire wire) throws Exception {
        proxy = start(super.listening());
        serveWebSockets();
        Opened socket = standing(wire);
        CompletableFuture<DrainResult> drained = pause(VERY_LONG);

        proxy.services().resume("app");

        assertThat(drained.get(40, TimeUnit.SECONDS).requestsCut()).isZero();
        socket.end().send(text("still here"));
        assertThat(socket.client().read(12)).isEqualTo(text("still here"));
        socket.client().send("so am I");
        assertThat(socket.end().read(7)).isEqualTo("so am I");
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP1", "HTTP2"})
    void aWebSocketThatIsOpenedWhileTheDrainGoesOnIsToldToo(Wire wire) throws Exception {
        serve(TunnelTarget.answeringHeads(request -> ""), overEachWire());
        CompletableFuture<TunnelClient> opening = CompletableFuture.supplyAsync(() -> {
            try {
                return open(wire);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        TunnelTarget.End end = target.next();

        CompletableFuture<DrainResult> drained = pause(DRAIN);
        end.send(WebSockets.granted(end.request()));

        TunnelClient client = opening.get(20, TimeUnit.SECONDS);
        assertThat(client.read(4)).isEqualTo(CLOSE);
        new Opened(client, end).close();
        assertThat(drained.get(40, TimeUnit.SECONDS).requestsCut()).isZero();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 1})
    void aDrainWithoutTimeTellsAtOnceAndCuts(long millis) throws Exception {
        serveWebSockets();
        Opened socket = standing(Wire.HTTP1);

        pause(Duration.ofMillis(millis)).get(20, TimeUnit.SECONDS);

        assertThat(socket.client().readToBreak()).isEqualTo(CLOSE);
        socket.end().awaitLeft();
    }

    @Test
    void aProxyWithoutGraceTellsAtOnceAndCuts() throws Exception {
        proxy = start(listening().shutdownGrace(Duration.ZERO));
        serveWebSockets();
        Opened socket = standing(Wire.HTTP1);

        proxy.close();

        assertThat(socket.client().readToBreak()).isEqualTo(CLOSE);
        socket.end().awaitLeft();
    }

    @ParameterizedTest
    @EnumSource(names = {"HTTP1", "HTTP2"})
    void manyAreToldOneByOneAndAllEndInTime(Wire wire) throws Exception {
        proxy = start(super.listening());
        serveWebSockets();
        List<Opened> sockets = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            sockets.add(opened(wire));
        }

        CompletableFuture<DrainResult> drained = pause(BRIEF_DRAIN);

        for (Opened socket : sockets) {
            assertThat(socket.client().read(4)).isEqualTo(CLOSE);
            socket.close();
        }
        assertThat(drained.get(40, TimeUnit.SECONDS).requestsCut()).isZero();
        eventually("the leases are released", () -> requestsInFlight() == 0);
        for (int i = 0; i < 40; i++) {
            assertThat(log.next().failure()).isNull();
        }
    }

    @Test
    void thoseOfAServiceThatIsNotDrainedAreLeftAlone() throws Exception {
        serveWebSockets();
        Opened socket = opened(Wire.HTTP1);
        deploy(
                "other",
                ServiceOptions.builder().pathPrefix("/other").build(),
                closing(RawTarget.answering(RawTarget.OK)));

        proxy.services().pause("other", SHORT, LONG);
        proxy.services().remove("other", SHORT);

        socket.end().send(text("still here"));
        assertThat(socket.client().read(12)).isEqualTo(text("still here"));
    }
}
