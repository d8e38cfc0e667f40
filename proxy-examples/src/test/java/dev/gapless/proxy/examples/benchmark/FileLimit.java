package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The number of files that this process, and every one it starts from then on, may have open. */
final class FileLimit {
    private static final int ENOUGH = 65_536;
    private static final String LINE = "Max open files ";

    private FileLimit() {}

    /** Raises the limit if that is allowed, and returns what it then is. */
    static long raise(Children children) throws IOException, InterruptedException {
        if (Programs.find("prlimit").isPresent() && current() < ENOUGH) {
            children.run(List.of(
                    Programs.require("prlimit"),
                    "--pid",
                    Long.toString(ProcessHandle.current().pid()),
                    "--nofile=" + ENOUGH + ":" + ENOUGH));
        }
        return current();
    }

    private static long current() throws IOException {
        try (Stream<String> limits = Files.lines(Path.of("/proc/self/limits"))) {
            return limits.filter(line -> line.startsWith(LINE))
                    .map(line -> line.substring(LINE.length()).strip().split(" +", -1)[0])
                    .mapToLong(limit -> limit.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(limit))
                    .findFirst()
                    .orElse(1_024);
        }
    }
}
