package dev.gapless.proxy.jetty.bodies;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/** The temporary files of a proxy in this process. On Linux they have no name, and are found where they are open. */
record SpillFiles(Path directory) {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
    private static final String SPILL = ".spill";

    /** Whether the system shows what has no name. */
    static boolean areShown() {
        return Files.isDirectory(DESCRIPTORS);
    }

    /** How many are open, and how many have a name. */
    int count() {
        return open().size()
                + (int) list(directory).stream()
                        .filter(file -> file.toString().endsWith(SPILL))
                        .count();
    }

    /** How long those that are open are. */
    long bytes() {
        return open().stream().mapToLong(SpillFiles::size).sum();
    }

    /** Does to all that is in them what a failing disk might. */
    void destroyContent() throws IOException {
        truncate(0);
    }

    /** Leaves so many bytes of each. */
    void truncate(long left) throws IOException {
        for (Path file : open()) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(left);
            }
        }
    }

    /** Takes the directory away, with those that have a name. */
    void removeDirectory() throws IOException {
        for (Path file : list(directory)) {
            Files.deleteIfExists(file); // The proxy takes the names of its files away itself.
        }
        Files.delete(directory);
    }

    private List<Path> open() {
        return list(DESCRIPTORS).stream().filter(this::isSpill).toList();
    }

    private boolean isSpill(Path descriptor) {
        try {
            String file = Files.readSymbolicLink(descriptor).toString();
            return file.startsWith(directory.toString()) && file.endsWith(SPILL + " (deleted)");
        } catch (IOException e) {
            return false; // Closed meanwhile.
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return 0; // Closed meanwhile.
        }
    }

    private static List<Path> list(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        } catch (IOException e) {
            return List.of(); // Not there.
        }
    }
}
