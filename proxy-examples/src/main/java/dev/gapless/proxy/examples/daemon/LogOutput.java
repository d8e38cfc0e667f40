package dev.gapless.proxy.examples.daemon;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes lines on a thread of its own, as many at a time as there are. Whoever logs serves requests, and must not wait for a
 * reader of the log that has stopped reading: what does not fit into the queue is dropped, and counted in the log.
 */
final class LogOutput {
    private static final int MAX_LINES_WAITING = 16_384;
    private static final long FLUSH_SECONDS = 2;

    private final PrintStream out;
    private final BlockingQueue<Object> waiting = new ArrayBlockingQueue<>(MAX_LINES_WAITING);
    private final AtomicLong dropped = new AtomicLong();

    LogOutput(OutputStream out) {
        this.out = new PrintStream(out, false, StandardCharsets.UTF_8);
        Thread writer = new Thread(this::writeAll, "gapless-log");
        writer.setDaemon(true);
        writer.start();
    }

    void line(String line) {
        if (!waiting.offer(line)) {
            dropped.incrementAndGet();
        }
    }

    /** Waits until what came before is written, but not for ever. */
    void flush() {
        CountDownLatch written = new CountDownLatch(1);
        try {
            if (waiting.offer(written, FLUSH_SECONDS, TimeUnit.SECONDS)) {
                written.await(FLUSH_SECONDS, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void writeAll() {
        List<Object> batch = new ArrayList<>();
        try {
            while (true) {
                batch.add(waiting.take());
                waiting.drainTo(batch, 1_000);
                write(batch);
                batch.clear();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(List<Object> batch) {
        StringBuilder lines = new StringBuilder();
        long lost = dropped.getAndSet(0);
        if (lost > 0) {
            lines.append("{\"level\":\"WARN\",\"msg\":\"Log lines dropped\",\"lines\":")
                    .append(lost)
                    .append("}\n");
        }
        batch.stream().filter(String.class::isInstance).forEach(lines::append);
        out.append(lines);
        out.flush();
        batch.stream().filter(CountDownLatch.class::isInstance).forEach(latch -> ((CountDownLatch) latch).countDown());
    }
}
