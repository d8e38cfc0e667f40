package dev.gapless.proxy.jetty;

import java.util.Optional;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.eclipse.jetty.util.thread.Scheduler;
import org.eclipse.jetty.util.thread.ThreadPool;

/**
 * What a proxy stands on: threads, a scheduler and buffers, each its own or the host's. What is the host's is started if it is not
 * running yet, as deployments need it, and never stopped.
 */
final class Foundation {
    private static final int MIN_LARGEST_BUFFER_BYTES = 128 * 1024;
    private static final int MAX_THREADS = 200;

    private final ThreadPool threads;
    private final boolean ownThreads;
    private final Scheduler scheduler;
    private final boolean ownScheduler;
    private final ByteBufferPool buffers;

    Foundation(ProxyServer.Builder options) {
        Server host = options.server.orElse(null);
        ownThreads = host == null && options.threadPool.isEmpty();
        threads = host == null ? options.threadPool.orElseGet(Foundation::newThreads) : host.getThreadPool();
        Optional<Scheduler> givenScheduler = options.clientSettings.flatMap(ClientSettings::scheduler);
        ownScheduler = host == null && givenScheduler.isEmpty();
        scheduler = host == null
                ? givenScheduler.orElseGet(() -> new ScheduledExecutorScheduler("gapless-scheduler", true))
                : host.getScheduler();
        buffers = host == null
                ? options.clientSettings.flatMap(ClientSettings::buffers).orElseGet(() -> newBuffers(options))
                : host.getByteBufferPool();
    }

    private static ThreadPool newThreads() {
        QueuedThreadPool threads = new QueuedThreadPool(MAX_THREADS, 1); // The others are started as they are needed.
        threads.setName("gapless");
        threads.setDaemon(true);
        return threads;
    }

    private static ByteBufferPool newBuffers(ProxyServer.Builder options) {
        // HTTP/2 takes a buffer for the largest head it might have to write, each time: it must come from the pool.
        int largestBuffer = Math.max(MIN_LARGEST_BUFFER_BYTES, 2 * options.maxHeaderBytes);
        return new ArrayByteBufferPool.Quadratic(0, largestBuffer, Integer.MAX_VALUE);
    }

    ThreadPool threads() {
        return threads;
    }

    Scheduler scheduler() {
        return scheduler;
    }

    ByteBufferPool buffers() {
        return buffers;
    }

    /** {@return a server of the proxy's own on all this} */
    Server newServer() {
        Server server = new Server(threads, scheduler, buffers);
        if (!ownThreads) {
            server.unmanage(threads);
        }
        if (!ownScheduler) {
            server.unmanage(scheduler);
        }
        server.setDynamic(false);
        server.setErrorHandler(new MalformedRequestHandler());
        return server;
    }

    void start() throws Exception {
        if (threads instanceof LifeCycle lifeCycle) {
            lifeCycle.start();
        }
        scheduler.start();
    }

    void stop() throws Exception {
        if (ownScheduler) {
            scheduler.stop();
        }
        if (ownThreads) {
            LifeCycle.stop(threads);
        }
    }
}
