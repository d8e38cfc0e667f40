package dev.gapless.proxy.examples.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A {@link DemoApplication} in a process of its own, which ends with this one at the latest. */
final class ApplicationProcess implements AutoCloseable {
    private final Process process;
    private final int port;

    private ApplicationProcess(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Starts an application and waits until it listens; its arguments are those of {@link DemoApplication#main}. */
    static ApplicationProcess start(String... arguments) {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Stream<String> command = Stream.of(
                java,
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                DemoApplication.class.getName());
        try {
            Process process = new ProcessBuilder(
                            Stream.concat(command, List.of(arguments).stream()).toList())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            return new ApplicationProcess(process, readPort(process));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int readPort(Process process) throws IOException {
        BufferedReader output = process.inputReader();
        String line = output.readLine();
        if (line == null) {
            throw new IOException("the application did not start");
        }
        return Integer.parseInt(line);
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    /** Ends the process and waits for its end. */
    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(2, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
