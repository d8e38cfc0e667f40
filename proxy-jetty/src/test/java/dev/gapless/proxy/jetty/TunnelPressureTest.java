package dev.gapless.proxy.jetty;

import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/** Tunnels one side of which does not read what the other says. */
@Tag("proof")
class TunnelPressureTest extends TunnelScaffold {
    /** Of an odd length, so that a piece that is missing or doubled shows. */
    private static final String PART = part(64 * 1024 - 1);

    /** In all more than operating systems keep on either side of the proxy. */
    private static final int TOO_MANY_PARTS = 400;

    /** What is said after the parts that are taken while nobody reads. */
    private static final int FURTHER_PARTS = 8;

    /** What the proxy itself may hold of one tunnel, buffers that wait to be used again among it. */
    private static final long MAX_HELD_BYTES = 4 * 1024 * 1024;

    private static final Duration SHORT = Duration.ofMillis(50);
    private static final long STILL_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    private static String part(int length) {
        byte[] bytes = new byte[length];
        new Random(1).nextBytes(bytes);
        return new String(bytes, ISO_8859_1);
    }

    private interface Speech {
        void say(String part) throws Exception;
    }

    /** Says part after part, as fast as they are taken: a few more than have been when it is held up. */
    private static final class Speaker extends Thread {
        private final Speech speech;
        private final AtomicInteger said = new AtomicInteger();
        private volatile int parts = TOO_MANY_PARTS;

        Speaker(Speech speech) {
            this.speech = speech;
            setDaemon(true);
            start();
        }

        @Override
        public void run() {
            try {
                while (said.get() < parts) {
                    speech.say(PART);
                    said.incrementAndGet();
                }
            } catch (Exception e) {
                // The test sees that not all was said.
            }
        }

        /** Waits until nothing more is taken. */
        void assertHeldUp() {
            assertAllHeldUp(this);
        }

        /** It has been held up, and is to come to an end. */
        private void endSoon() {
            assertThat(said.get()).as("parts that were taken").isLessThan(TOO_MANY_PARTS - FURTHER_PARTS);
            parts = said.get() + FURTHER_PARTS;
        }

        /** Of all that it says. */
        int length() {
            return parts * PART.length();
        }

        void assertDone() throws InterruptedException {
            join();
            assertThat(said.get()).isEqualTo(parts);
        }
    }

    /** Waits until nothing more is taken of any. */
    private static void assertAllHeldUp(Speaker... speakers) {
        int before = -1;
        long since = System.nanoTime();
        while (System.nanoTime() - since < STILL_NANOS) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            int said =
                    Stream.of(speakers).mapToInt(speaker -> speaker.said.get()).sum();
            if (said != before) {
                before = said;
                since = System.nanoTime();
            }
        }
        for (Speaker speaker : speakers) {
            speaker.endSoon();
        }
    }

    private void assertLittleIsHeld() {
        ArrayByteBufferPool buffers =
                (ArrayByteBufferPool) proxy.assembly.client().getByteBufferPool();
        assertThat(buffers.getDirectMemory() + buffers.getHeapMemory()).isLessThan(MAX_HELD_BYTES);
    }

    private static void assertAll(Speaker speaker, String heard) {
        assertThat(heard).hasSize(speaker.length());
        byte[] part = PART.getBytes(ISO_8859_1);
        byte[] all = heard.getBytes(ISO_8859_1);
        for (int at = 0; at < all.length; at += part.length) {
            assertThat(Arrays.equals(all, at, at + part.length, part, 0, part.length))
                    .as("part at " + at)
                    .isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aTargetThatDoesNotReadHoldsItsClientUpAndGetsAllWhenItDoes(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();

        Speaker speaker = new Speaker(client::send);
        speaker.assertHeldUp();
        assertLittleIsHeld();
        end.send("meanwhile");
        assertThat(client.read(9)).isEqualTo("meanwhile");

        assertAll(speaker, end.read(speaker.length()));
        speaker.assertDone();
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatDoesNotReadHoldsItsTargetUpAndGetsAllWhenItDoes(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();
        client.holdOff();

        Speaker speaker = new Speaker(end::send);
        speaker.assertHeldUp();
        assertLittleIsHeld();
        client.send("meanwhile");
        assertThat(end.read(9)).isEqualTo("meanwhile");

        client.readOn();
        assertAll(speaker, client.read(speaker.length()));
        speaker.assertDone();
    }

    /** Each waits for the other to read, as long as it likes, and loses nothing. */
    @ParameterizedTest
    @EnumSource
    void bothMayHoldEachOtherUp(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();
        client.holdOff();

        Speaker target = new Speaker(end::send);
        Speaker speaker = new Speaker(client::send);
        assertAllHeldUp(target, speaker);

        assertAll(speaker, end.read(speaker.length()));
        speaker.assertDone();
        client.readOn();
        assertAll(target, client.read(target.length()));
        target.assertDone();
    }

    @ParameterizedTest
    @EnumSource
    void aTunnelThatIsHeldUpOnBothSidesIsCut(Wire wire) throws Exception {
        serveWebSockets();
        TunnelClient client = open(wire);
        TunnelTarget.End end = target.next();
        client.holdOff();
        Speaker target = new Speaker(end::send);
        Speaker speaker = new Speaker(client::send);
        assertAllHeldUp(target, speaker);

        proxy.services().remove("app", SHORT);

        target.join();
        speaker.join();
        assertThat(log.next().failure()).contains("cut");
    }
}
