package dev.gapless.proxy.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** One thread that serves any number of channels: it tells each what it is ready for, and does what was put off. */
final class EventLoop implements AutoCloseable {
    /** Serves a channel. */
    interface Handler {
        void ready(SelectionKey key);
    }

    private record PutOff(long nanoTime, Runnable action) {}

    private static final int READ_BYTES = 64 << 10;

    private final Selector selector = Selector.open();
    private final ByteBuffer readBuffer = ByteBuffer.allocateDirect(READ_BYTES);
    private final PriorityQueue<PutOff> putOff = new PriorityQueue<>(Comparator.comparingLong(PutOff::nanoTime));
    private final Queue<Runnable> given = new ConcurrentLinkedQueue<>();
    private volatile boolean over;

    EventLoop(String name) throws IOException {
        Thread thread = new Thread(this::run, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Does this on its thread; any thread may ask for it. */
    void execute(Runnable action) {
        given.add(action);
        selector.wakeup();
    }

    /** Does this on its thread, which asks for it, after a while. */
    void later(long nanos, Runnable action) {
        putOff.add(new PutOff(System.nanoTime() + nanos, action));
    }

    /** Serves a channel from now on; its thread asks for it. */
    SelectionKey register(SelectableChannel channel, int operations, Handler handler) throws IOException {
        channel.configureBlocking(false);
        return channel.register(selector, operations, handler);
    }

    /** What its thread reads into; what is left in it when a handler returns is lost. */
    ByteBuffer readBuffer() {
        return readBuffer.clear();
    }

    private void run() {
        try {
            while (!over) {
                selector.select(key -> ((Handler) key.attachment()).ready(key), millisToNext());
                for (Runnable action = given.poll(); action != null; action = given.poll()) {
                    action.run();
                }
                doWhatIsDue();
            }
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long millisToNext() {
        PutOff next = putOff.peek();
        if (next == null) {
            return 0; // No limit.
        }
        return Math.max(1, TimeUnit.NANOSECONDS.toMillis(next.nanoTime - System.nanoTime()));
    }

    private void doWhatIsDue() {
        long now = System.nanoTime();
        while (!putOff.isEmpty() && putOff.peek().nanoTime - now <= 0) {
            putOff.remove().action.run();
        }
    }

    /** Has its thread close all channels. */
    @Override
    public void close() {
        over = true;
        selector.wakeup();
    }
}
