package dev.gapless.proxy;

import dev.gapless.proxy.spi.StateStore.Saved;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What a test saves, and finds again. */
final class StateOnDisk {
    private StateOnDisk() {}

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(Saved saved) throws IOException {
        return new String(saved.read(), StandardCharsets.UTF_8);
    }

    /** What a process that starts now finds, the newest first. */
    static List<String> found(Path file) {
        try {
            List<String> found = new ArrayList<>();
            for (Saved saved : FileStateStore.at(file).load()) {
                found.add(text(saved));
            }
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
