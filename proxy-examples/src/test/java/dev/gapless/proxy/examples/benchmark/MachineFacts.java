package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What a reader must know of the machine to make something of the figures. */
final class MachineFacts {
    private MachineFacts() {}

    static Map<String, String> gather(Arena arena, List<Contestant> contestants)
            throws IOException, InterruptedException {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("Processor", processor());
        facts.put("Cores", arena.cores().description());
        facts.put("Kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        facts.put("Java", JvmContestant.description());
        for (Contestant contestant : contestants) {
            facts.put(contestant.name(), version(contestant, arena));
        }
        facts.put("Target of pages", new Nginx().version(arena.children()));
        facts.put("Other targets, and client of WebSockets", "this build's own, " + Cores.PER_PROXY + " threads each");
        facts.put("Client, HTTP/1.1", Wrk.version(arena.children()));
        if (Programs.find("h2load").isPresent()) {
            facts.put("Client, HTTP/2", H2load.version(arena.children()));
        }
        if (Programs.find("openssl").isPresent()) {
            facts.put("Client, handshakes", Handshakes.version(arena.children()));
        }
        return facts;
    }

    private static String version(Contestant contestant, Arena arena) throws IOException, InterruptedException {
        try {
            return contestant.version(arena.children());
        } catch (IllegalStateException e) {
            return "not installed";
        }
    }

    private static String processor() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(System.getProperty("os.arch"));
        }
    }
}
