package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** The processes that this run has started, so that none outlives it. */
public final class Children implements AutoCloseable {
    private static final long GRACE_SECONDS = 3;
    private static final int SHORT_SECONDS = 40;
    private static final long PATIENCE_SECONDS = 20;

    private final Set<Process> running = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    Process start(List<String> command, Map<String, String> environment, Path directory, Path log) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        running.add(process);
        if (closed) {
            end(process);
        }
        return process;
    }

    /** Runs a program to its end, and returns what it printed to either stream. */
    public String run(List<String> command) throws IOException, InterruptedException {
        return run(command, SHORT_SECONDS);
    }

    /** Runs a load client, which is to take so long: not every version of each finds its end under every load. */
    String run(List<String> command, int seconds) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        running.add(process);
        CompletableFuture<Void> overdue = CompletableFuture.runAsync(
                process::destroyForcibly,
                CompletableFuture.delayedExecutor(seconds + PATIENCE_SECONDS, TimeUnit.SECONDS));
        try {
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor();
            if (overdue.isDone()) {
                throw new IOException(command.get(0) + " did not come to its end");
            }
            return output;
        } finally {
            overdue.cancel(false);
            running.remove(process);
            process.destroyForcibly();
        }
    }

    void end(Process process) {
        // Asked first, for once its master is gone nobody knows a worker as its child.
        List<ProcessHandle> workers = process.descendants().toList();
        process.destroy();
        try {
            process.waitFor(GRACE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
        workers.forEach(ProcessHandle::destroyForcibly);
        running.remove(process);
    }

    @Override
    public void close() {
        closed = true;
        running.forEach(Process::destroy);
        running.forEach(this::end);
    }
}
