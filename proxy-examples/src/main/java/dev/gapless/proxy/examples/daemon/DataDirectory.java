package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.FileCertificateStore;
import dev.gapless.proxy.FileStateStore;
import dev.gapless.proxy.spi.CertificateStore;
import dev.gapless.proxy.spi.StateStore;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;

/**
 * Where the daemon keeps what survives it: {@code GAPLESS_HOME}, or {@code ~/.config/gapless}. A lock in it is held for as long
 * as the daemon lives, so that no two write to the same state.
 */
final class DataDirectory implements AutoCloseable {
    private final Path path;
    private final FileChannel lock;

    private DataDirectory(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Takes the directory, or throws a {@link CommandFailure} if another daemon has it or it cannot be had. */
    static DataDirectory claim(Map<String, String> environment) {
        Path path = of(environment);
        try {
            if (!Files.isDirectory(path)) { // Java 17 refuses a link to a directory as one that is there already.
                Files.createDirectories(
                        path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            FileChannel lock =
                    FileChannel.open(path.resolve("gapless.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (lock.tryLock() == null) {
                lock.close();
                throw new CommandFailure("the data directory " + path + " is in use by another daemon; "
                        + "GAPLESS_HOME gives this one its own");
            }
            return new DataDirectory(path, lock);
        } catch (IOException | UnsupportedOperationException e) {
            throw new CommandFailure("the data directory " + path + " cannot be used: " + e);
        }
    }

    private static Path of(Map<String, String> environment) {
        String home = environment.getOrDefault("GAPLESS_HOME", "");
        return home.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".config", "gapless")
                : Path.of(home).toAbsolutePath();
    }

    /** {@return where the state is kept} */
    StateStore state() {
        return FileStateStore.at(path.resolve("gapless.state"));
    }

    /** {@return where keys and certificates are kept that arrive by themselves} */
    CertificateStore certificates() {
        return FileCertificateStore.in(path.resolve("certificates"));
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            // The end of the process frees it.
        }
    }
}
