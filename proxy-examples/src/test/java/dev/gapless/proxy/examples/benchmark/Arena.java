package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Where contestants meet: the target, the ports, the cores, and a directory that is gone afterwards. */
final class Arena implements AutoCloseable {
    private final Children children = new Children();
    private final Ports ports = new Ports();
    private final Cores cores;
    private final Path directory;
    private final Certificate certificate;
    /** The targets that have been started. */
    private final Map<Backend, Integer> targetPorts = new EnumMap<>(Backend.class);

    private Arena(Path directory) throws IOException, InterruptedException {
        this.directory = directory;
        this.cores = Cores.ofThisMachine();
        this.certificate = Certificate.generate(children, directory);
    }

    static Arena open() throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("gapless-benchmark");
        Arena arena = new Arena(directory);
        Runtime.getRuntime().addShutdownHook(new Thread(arena::close, "arena"));
        return arena;
    }

    Children children() {
        return children;
    }

    Cores cores() {
        return cores;
    }

    Path directory() {
        return directory;
    }

    /** Fresh ports, before the target of pages. */
    Site site(String host) throws IOException, InterruptedException {
        return site(host, Backend.PAGES);
    }

    private Site site(String host, Backend backend) throws IOException, InterruptedException {
        return new Site(host, ports.next(), ports.next(), backend, targetPort(backend), certificate);
    }

    /** Starts it before the target of pages. */
    Running start(Contestant contestant) throws IOException, InterruptedException {
        return start(contestant, Backend.PAGES);
    }

    Running start(Contestant contestant, Backend backend) throws IOException, InterruptedException {
        return start(contestant, site("localhost", backend));
    }

    Running start(Contestant contestant, Site site) throws IOException, InterruptedException {
        Path home = Files.createTempDirectory(directory, "proxy");
        List<String> command = cores.forProxy(contestant.prepare(site, home));
        Process process =
                start(command, contestant.environment(home), home, site.backend(), site.httpPort(), site.host());
        return new Running(contestant.name(), contestant, site, process);
    }

    void stop(Running running) {
        children.end(running.process());
    }

    /** For a contestant that serves at more than one site. */
    void awaitReady(Running running, Site site) throws IOException, InterruptedException {
        Readiness.await(running.process(), site.backend(), site.httpPort(), site.host());
    }

    /** Starts the target if it is the first time that it is wanted. */
    private int targetPort(Backend backend) throws IOException, InterruptedException {
        Integer running = targetPorts.get(backend);
        if (running != null) {
            return running;
        }
        int port = ports.next();
        Path home = Files.createTempDirectory(directory, "target");
        try {
            start(cores.forOthers(backend.prepare(home, port)), Map.of(), home, backend, port, "localhost");
        } catch (IOException e) {
            throw new IOException("the target could not be started: " + e.getMessage(), e);
        }
        targetPorts.put(backend, port);
        return port;
    }

    private Process start(
            List<String> command, Map<String, String> environment, Path home, Backend backend, int port, String host)
            throws IOException, InterruptedException {
        Path log = home.resolve("output.log");
        Process process = children.start(command, environment, home, log);
        try {
            Readiness.await(process, backend, port, host);
            return process;
        } catch (IOException e) {
            children.end(process);
            throw new IOException(e.getMessage() + ": " + lastWords(log), e);
        }
    }

    private static String lastWords(Path log) throws IOException {
        try (Stream<String> lines = Files.lines(log, StandardCharsets.UTF_8)) {
            return lines.filter(line -> !line.isBlank() && !line.startsWith("\t"))
                    .reduce((earlier, later) -> later)
                    .orElse("it said nothing");
        }
    }

    /** Done a second time when the virtual machine ends, which may be before the first. */
    @Override
    public synchronized void close() {
        children.close();
        if (Files.notExists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("could not remove " + directory, e);
        }
    }
}
