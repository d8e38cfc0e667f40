package dev.gapless.proxy.jetty;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Connections through memory. */
class MemoryPipeTest {
    private static final int CAPACITY = 64 * 1024;

    /** What an end hears of, which runs when the test says so. */
    private final Queue<Runnable> events = new ArrayDeque<>();

    private final ScheduledExecutorScheduler scheduler = new ScheduledExecutorScheduler();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    private MemoryPipe pipe() {
        return new MemoryPipe(scheduler, 0, events::add, events::add, "jvm://test");
    }

    private void runEvents() {
        for (Runnable event = events.poll(); event != null; event = events.poll()) {
            event.run();
        }
    }

    private static byte[] fill(EndPoint end, int most) throws IOException {
        ByteBuffer buffer = BufferUtil.allocate(most);
        int filled = end.fill(buffer);
        return filled < 0 ? null : BufferUtil.toArray(buffer);
    }

    @Test
    void whatIsWrittenAtOneEndIsReadAtTheOther() throws Exception {
        MemoryPipe pipe = pipe();

        pipe.client().write(Callback.NOOP, BufferUtil.toBuffer("there"), BufferUtil.toBuffer(" and"));
        pipe.server().write(Callback.NOOP, BufferUtil.toBuffer("back"));

        assertThat(fill(pipe.server(), 7)).asString().isEqualTo("there a");
        assertThat(fill(pipe.server(), 7)).asString().isEqualTo("nd");
        assertThat(fill(pipe.server(), 7)).isEmpty();
        assertThat(fill(pipe.client(), 7)).asString().isEqualTo("back");
    }

    @Test
    void whoWritesMoreThanThereIsRoomForWaitsForTheReader() throws Exception {
        MemoryPipe pipe = pipe();
        Callback.Completable written = new Callback.Completable();
        pipe.server().write(written, ByteBuffer.allocate(CAPACITY + 1));
        runEvents();
        assertThat(written).isNotDone();

        assertThat(fill(pipe.client(), 2 * CAPACITY)).hasSize(CAPACITY);
        runEvents();

        assertThat(written).isCompleted();
        assertThat(fill(pipe.client(), 2 * CAPACITY)).hasSize(1);
    }

    @Test
    void theReaderHearsOfWhatCameBeforeItAskedToHear() {
        MemoryPipe pipe = pipe();
        pipe.server().write(Callback.NOOP, BufferUtil.toBuffer("early"));
        Callback.Completable readable = new Callback.Completable();

        pipe.client().fillInterested(readable);
        runEvents();

        assertThat(readable).isCompleted();
    }

    @Test
    void halfCanBeClosed() throws Exception {
        MemoryPipe pipe = pipe();
        pipe.client().write(Callback.NOOP, BufferUtil.toBuffer("last"));
        pipe.client().shutdownOutput();

        assertThat(fill(pipe.server(), 10)).asString().isEqualTo("last");
        assertThat(fill(pipe.server(), 10)).isNull();
        pipe.server().write(Callback.NOOP, BufferUtil.toBuffer("answer"));
        assertThat(fill(pipe.client(), 10)).asString().isEqualTo("answer");
    }

    @Test
    void anEndThatFailsIsSeenToHaveFailed() {
        MemoryPipe pipe = pipe();

        pipe.server().close(new IOException("on purpose"));

        assertThatThrownBy(() -> fill(pipe.client(), 10))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("broke off")
                .hasRootCauseMessage("on purpose");
    }

    @Test
    void aServerThatWritesToAClientWhichHasLeftIsTold() {
        MemoryPipe pipe = pipe();
        Callback.Completable written = new Callback.Completable();
        pipe.server().write(written, ByteBuffer.allocate(CAPACITY + 1));

        pipe.client().close();
        runEvents();

        assertThatThrownBy(() -> written.get(0, TimeUnit.SECONDS)).hasCauseInstanceOf(EOFException.class);
    }

    @Test
    void aClientMayGoOnWritingToReadAnAnswerThatCameEarly() throws Exception {
        MemoryPipe pipe = pipe();
        pipe.server().write(Callback.NOOP, BufferUtil.toBuffer("too much"));
        pipe.server().close();
        Callback.Completable written = new Callback.Completable();

        pipe.client().write(written, ByteBuffer.allocate(3 * CAPACITY));

        assertThat(written).isCompleted();
        assertThat(fill(pipe.client(), 10)).asString().isEqualTo("too much");
        assertThat(fill(pipe.client(), 10)).isNull();
    }

    @Test
    void noBytesAndNoWakeUpsAreLostBetweenThreads() throws Exception {
        MemoryPipe pipe = new MemoryPipe(scheduler, 0, threads, threads, "jvm://test");
        long total = 64L * CAPACITY;
        AtomicLong left = new AtomicLong(total);
        CompletableFuture<Long> read = new CompletableFuture<>();
        readOn(pipe.client(), 0, read);

        writeOn(pipe.server(), left);

        assertThat(read.get(20, TimeUnit.SECONDS)).isEqualTo(total);
    }

    private static void writeOn(MemoryPipe.End end, AtomicLong left) {
        if (left.get() == 0) {
            end.shutdownOutput();
            return;
        }
        // Of a size that fills the pipe to the last byte again and again.
        int count = (int) Math.min(left.get(), CAPACITY / 4);
        left.addAndGet(-count);
        end.write(Callback.from(() -> writeOn(end, left)), ByteBuffer.allocate(count));
    }

    private static void readOn(MemoryPipe.End end, long before, CompletableFuture<Long> done) {
        try {
            long read = before;
            while (true) {
                byte[] bytes = fill(end, CAPACITY);
                if (bytes == null) {
                    done.complete(read);
                    return;
                }
                if (bytes.length == 0) {
                    break;
                }
                read += bytes.length;
            }
            long soFar = read;
            end.fillInterested(Callback.from(() -> readOn(end, soFar, done), done::completeExceptionally));
        } catch (IOException e) {
            done.completeExceptionally(e);
        }
    }
}
