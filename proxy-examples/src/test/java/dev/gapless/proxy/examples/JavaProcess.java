package dev.gapless.proxy.examples;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A JVM of its own, with the class path of the tests, whose output can be waited for. */
public final class JavaProcess implements AutoCloseable {
    private static final String END = "\0end";
    private static final long PATIENCE_SECONDS = 20;
    /** A shell's background job, which the tests may be, ignores SIGINT, and so would its children; GNU's env changes that. */
    private static final List<String> WITH_SIGINT =
            Files.exists(Path.of("/proc/self/status")) ? List.of("env", "--default-signal=INT") : List.of();

    private static final List<String> QUICK_TO_START = List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
    private static final List<String> CLASS_PATH = List.of("-cp", System.getProperty("java.class.path"));

    private final Process process;
    private final List<String> lines = new ArrayList<>();
    private final CompletableFuture<String> errors = new CompletableFuture<>();

    private JavaProcess(Process process) {
        this.process = process;
        startReading("output", this::readLines);
        startReading("errors", this::readErrors);
    }

    /** On a thread of its own: the common pool may have but one, which a process that goes on would keep for itself. */
    private void startReading(String what, Runnable reading) {
        Thread reader = new Thread(reading, what + " of " + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts a main class of the class path; an empty value takes a variable out of the environment. */
    public static JavaProcess start(Map<String, String> environment, List<String> options, String... arguments) {
        return start(environment, quickToStart(options), CLASS_PATH, arguments);
    }

    /** Starts a main class with the compilers and the collector that the JVM chooses, for loads that last. */
    public static JavaProcess startForLoad(List<String> options, String... arguments) {
        return start(Map.of(), options, CLASS_PATH, arguments);
    }

    /** Starts the main class of an archive. */
    public static JavaProcess startJar(Map<String, String> environment, Path jar, String... arguments) {
        return start(environment, QUICK_TO_START, List.of("-jar", jar.toString()), arguments);
    }

    private static List<String> quickToStart(List<String> options) {
        List<String> all = new ArrayList<>(QUICK_TO_START);
        all.addAll(options);
        return all;
    }

    private static JavaProcess start(
            Map<String, String> environment, List<String> options, List<String> program, String... arguments) {
        List<String> command = new ArrayList<>(WITH_SIGINT);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(program);
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        builder.environment().values().removeIf(String::isEmpty);
        try {
            return new JavaProcess(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void readLines() {
        try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                add(line);
            }
        } catch (IOException e) {
            add("reading failed: " + e);
        }
        add(END);
    }

    private synchronized void add(String line) {
        lines.add(line);
        notifyAll();
    }

    private void readErrors() {
        try (InputStream in = process.getErrorStream()) {
            errors.complete(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            errors.completeExceptionally(e);
        }
    }

    /** Waits for a line of standard output, from the first one on; fails if the output ends without. */
    public synchronized String awaitLine(Predicate<String> wanted) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        for (int next = 0; ; next++) {
            while (next == lines.size()) {
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    throw new AssertionError("no such line in time, but " + lines);
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
            String line = lines.get(next);
            if (line.equals(END)) {
                throw new AssertionError("the output ended without such a line: " + lines + " " + errors.join());
            }
            if (wanted.test(line)) {
                return line;
            }
        }
    }

    /** Waits for the end of the process and returns the exit status. */
    public int awaitExit() throws InterruptedException {
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            throw new AssertionError("the process did not end");
        }
        return process.exitValue();
    }

    /** Returns all of standard output, once the process has ended. */
    public synchronized String output() throws InterruptedException {
        while (lines.isEmpty() || !lines.get(lines.size() - 1).equals(END)) {
            wait();
        }
        return String.join("\n", lines.subList(0, lines.size() - 1));
    }

    public String errors() {
        return errors.join();
    }

    public void type(String text) throws IOException {
        process.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    /** Says that no more is typed. */
    public void endInput() throws IOException {
        process.getOutputStream().close();
    }

    /** Sends SIGTERM; unlike {@link Process#destroy} this leaves the output to be read. */
    public void terminate() {
        process.toHandle().destroy();
    }

    /** Sends SIGINT, as Ctrl-C does. */
    public void interrupt() throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-INT", String.valueOf(process.pid()))
                .start()
                .waitFor();
    }

    /** Sends SIGKILL and waits for the end. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
