package dev.gapless.proxy.buffer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static dev.gapless.proxy.buffer.Spills.append;
import static dev.gapless.proxy.buffer.Spills.bytes;
import static dev.gapless.proxy.buffer.Spills.filled;
import static dev.gapless.proxy.buffer.Spills.readToEnd;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

final class SpillDirectoryTest {
    private static final int TOO_MUCH = (int) Spills.PER_BUFFER + 1;

    @TempDir
    Path temporary;

    @Test
    void aProxyThatNeverSpillsTouchesNothing() throws Exception {
        Path directory = temporary.resolve("spills");
        try (BufferSpace space = Spills.space(directory)) {
            filled(space, bytes(1000)).release();

            assertThat(directory).doesNotExist();
        }
    }

    @Test
    void theDirectoryAndItsFilesAreTheOwnersOnly() throws Exception {
        Path directory = temporary.resolve("spills");
        try (BufferSpace space = Spills.space(directory)) {
            filled(space, bytes(TOO_MUCH));

            assertThat(permissions(directory)).isEqualTo("rwx------");
            assertThat(files(directory))
                    .hasSize(1)
                    .allMatch(file -> permissions(file).equals("rw-------"));
        }
    }

    @Test
    void theSpillFileIsTheOwnersOnlyAndHasNoNameOnceItIsOpen() throws Exception {
        Path file = temporary.resolve("file");
        SpillFile spill = SpillFile.create(file, () -> {});
        spill.write(0, ByteBuffer.wrap(bytes(123_457)));

        List<Path> open = openFilesOf(file);
        assertThat(file).doesNotExist();
        assertThat(open).hasSize(1);
        assertThat(permissions(open.get(0))).isEqualTo("rw-------");
        spill.close();
        assertThat(openFilesOf(file)).isEmpty();
    }

    @Test
    void aDirectoryThatWasRemovedIsMadeAgain() throws Exception {
        Path directory = temporary.resolve("spills");
        try (BufferSpace space = Spills.space(directory)) {
            SpillBuffer before = filled(space, bytes(TOO_MUCH));
            for (Path file : files(directory)) {
                Files.delete(file);
            }
            Files.delete(directory);
            SpillBuffer after = filled(space, bytes(TOO_MUCH + 1));

            before.end();
            after.end();
            assertThat(readToEnd(before)).isEqualTo(bytes(TOO_MUCH));
            assertThat(readToEnd(after)).isEqualTo(bytes(TOO_MUCH + 1));
        }
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aDirectoryThatCannotBeMadeFailsTheAppendUntilItCan() throws Exception {
        Path directory = temporary.resolve("missing/spills");
        try (BufferSpace space = Spills.space(directory)) {
            SpillBuffer buffer = space.open(0);
            Outcome outcome = new Outcome();
            buffer.append(ByteBuffer.wrap(bytes(10)), outcome);

            assertThat(outcome.failure())
                    .isInstanceOf(SpillFailedException.class)
                    .hasMessageContaining("NoSuchFileException");
            assertThat(space.diskUsed()).isZero();
            assertThatThrownBy(space::prepareDirectory).isInstanceOf(IOException.class);
            Files.createDirectory(directory.getParent());
            append(buffer, bytes(10));
        }
    }

    @Test
    void aFileInPlaceOfTheDirectoryFailsTheAppend() throws Exception {
        Path directory = Files.createFile(temporary.resolve("spills"));
        try (BufferSpace space = Spills.space(directory)) {
            Outcome outcome = new Outcome();
            space.open(0).append(ByteBuffer.wrap(bytes(10)), outcome);

            assertThat(outcome.failure()).hasMessageContaining("FileAlreadyExistsException: " + directory);
        }
        assertThat(directory).isRegularFile();
    }

    @Test
    void aDefaultDirectoryThatOthersMayEnterIsRefused() throws Exception {
        Path directory = temporary.resolve("gapless-app");
        Files.createDirectory(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-x---"));

        assertRefused(directory);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        try (BufferSpace space = defaultSpace(directory)) {
            space.prepareDirectory();
        }
    }

    @Test
    void aDefaultDirectoryThatIsALinkIsRefused() throws Exception {
        Path elsewhere = Files.createDirectory(
                temporary.resolve("elsewhere"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        assertRefused(Files.createSymbolicLink(temporary.resolve("gapless-app"), elsewhere));
    }

    @Test
    void aConfiguredDirectoryMayBeALink() throws Exception {
        Path elsewhere = Files.createDirectory(temporary.resolve("elsewhere"));
        Path link = Files.createSymbolicLink(temporary.resolve("link"), elsewhere);
        try (BufferSpace space = Spills.space(link)) {
            space.prepareDirectory();
        }
        assertThat(elsewhere).isEmptyDirectory();
    }

    @Test
    void theDefaultDirectoryIsOneAUserInTheTemporaryOne() {
        assertThat(SpillDirectory.defaultPath())
                .isEqualTo(Path.of(System.getProperty("java.io.tmpdir"), "gapless-" + System.getProperty("user.name")));
    }

    private static void assertRefused(Path directory) throws IOException {
        try (BufferSpace space = defaultSpace(directory)) {
            assertThatThrownBy(space::prepareDirectory)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(directory + " must be a directory that only ");
        }
        assertThat(directory).isEmptyDirectory();
    }

    private static BufferSpace defaultSpace(Path directory) {
        return BufferSpace.create(directory, SpillDirectory.Choice.DEFAULT, BufferLimits.defaults(), Runnable::run);
    }

    /** What this process has open of a file that may have no name, as Linux tells it. */
    private static List<Path> openFilesOf(Path file) throws IOException {
        return files(Path.of("/proc/self/fd")).stream()
                .filter(descriptor -> target(descriptor).equals(file + " (deleted)"))
                .toList();
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }

    private static String permissions(Path path) {
        try {
            return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }
}
