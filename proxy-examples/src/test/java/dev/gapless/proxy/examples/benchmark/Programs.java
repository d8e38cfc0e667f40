package dev.gapless.proxy.examples.benchmark;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds programs of the machine and of the JDK. */
public final class Programs {
    private static final Pattern SEPARATOR = Pattern.compile(File.pathSeparator, Pattern.LITERAL);

    private Programs() {}

    /** Looks for a program in the directories of the path and in those of root's. */
    public static Optional<String> find(String name) {
        // Debian puts nginx and haproxy where only root's PATH leads.
        Stream<String> system = Stream.of("/usr/sbin", "/usr/local/sbin", "/sbin");
        String path = System.getenv().getOrDefault("PATH", "");
        return Stream.concat(SEPARATOR.splitAsStream(path), system)
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst();
    }

    static String require(String name) {
        return find(name).orElseThrow(() -> new IllegalStateException(name + " is not installed"));
    }

    static String ofJdk(String name) {
        return Path.of(System.getProperty("java.home"), "bin", name).toString();
    }
}
