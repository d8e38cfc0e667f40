package dev.gapless.proxy.examples.peers;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import dev.gapless.proxy.examples.benchmark.Children;
import dev.gapless.proxy.examples.benchmark.Programs;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** A script that runs on Node, in a process of its own, with which lines of JSON are exchanged. */
final class PeerScript implements AutoCloseable {
    static final String NODE = "node";

    private static final Path DIRECTORY = Path.of("src", "test", "node").toAbsolutePath();
    private static final int LEAST_NODE = 18;
    private static final Gson GSON = new Gson();

    private final Process process;
    private final BufferedReader reader;
    private final Path errors;

    private PeerScript(Process process, Path errors) {
        this.process = process;
        this.errors = errors;
        this.reader = process.inputReader(StandardCharsets.UTF_8);
    }

    /** Starts a script; a test whose script needs modules or programs that are not there is skipped. */
    static PeerScript start(String script, Path errors, List<String> arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Programs.find(NODE).orElseThrow(), DIRECTORY.resolve(script).toString()));
        command.addAll(arguments);
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        return new PeerScript(process, errors);
    }

    /** Skips the test, and says why, where Node is not installed, or too old. */
    static void assumeNode() throws IOException, InterruptedException {
        assumeProgram(NODE);
        try (Children children = new Children()) {
            String version = children.run(List.of(Programs.find(NODE).orElseThrow(), "--version"))
                    .strip();
            int major = Integer.parseInt(version.substring(1, version.indexOf('.')));
            assumeTrue(major >= LEAST_NODE, "Node " + LEAST_NODE + " or later is needed, but there is " + version);
        }
    }

    /** Skips the test, and says why, where a module of the scripts is not installed. */
    static void assumeModule(String name) {
        assumeTrue(
                Files.isDirectory(DIRECTORY.resolve("node_modules").resolve(name)),
                () -> "Node's module " + name + " is not installed; \"npm ci\" in " + DIRECTORY + " does it");
    }

    /** Skips the test, and says why, where a program is not installed. */
    static void assumeProgram(String name) {
        assumeTrue(Programs.find(name).isPresent(), () -> name + " is not installed");
    }

    /** {@return the next line; fails if the output has ended} */
    JsonObject read() throws IOException {
        String line = reader.readLine();
        if (line == null) {
            throw new AssertionError("the script ended: " + Files.readString(errors));
        }
        return GSON.fromJson(line, JsonObject.class);
    }

    /** {@return the lines until the script's end, which it comes to by itself} */
    List<JsonObject> readAll() throws IOException, InterruptedException {
        List<JsonObject> lines = new ArrayList<>();
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            lines.add(GSON.fromJson(line, JsonObject.class));
        }
        process.waitFor();
        String said = Files.readString(errors);
        if (!said.isEmpty()) {
            throw new AssertionError("the script ended with status " + process.exitValue() + ": " + said);
        }
        return lines;
    }

    void write(Object line) throws IOException {
        process.getOutputStream().write((GSON.toJson(line) + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
