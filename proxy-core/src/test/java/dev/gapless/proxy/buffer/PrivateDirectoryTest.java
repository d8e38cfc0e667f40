package dev.gapless.proxy.buffer;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

final class PrivateDirectoryTest {
    static final String KIND = "gapless-test";

    private static final String DEAD = "-1-1700000000000-0123456789abcdef";
    private static final int AT_ONCE = 3;
    private static final int ROUNDS = 100;

    @TempDir
    Path parent;

    @Test
    void onlyItsOwnerCanEnterItAndItGoesWithItsFiles() throws Exception {
        PrivateDirectory directory = PrivateDirectory.in(parent, KIND);
        Path key = Files.writeString(directory.newFile(".key"), "secret");
        Path other = Files.writeString(directory.newFile(".crt"), "public");

        assertThat(key.getParent()).isEqualTo(other.getParent()).hasParent(parent);
        assertThat(Files.getPosixFilePermissions(key.getParent()))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
        directory.close();
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void aLivingProcessIsLeftAloneAndAKilledOneLeavesNothingAfterTheNextStart() throws Exception {
        Process process = KeepingProcess.start(parent, 1);
        try (BufferedReader output = process.inputReader(StandardCharsets.US_ASCII)) {
            Path key = keyOf(process, output);
            PrivateDirectory.in(parent, KIND).close();
            assertThat(key).hasContent("secret");

            process.toHandle().destroyForcibly();
            assertThat(process.waitFor()).as("status after SIGKILL").isEqualTo(128 + 9);
            assertThat(key).hasContent("secret");
            PrivateDirectory.in(parent, KIND).close();
            assertThat(parent).isEmptyDirectory();
        } finally {
            process.destroyForcibly();
        }
    }

    private static Path keyOf(Process process, BufferedReader output) throws IOException {
        assertThat(output.readLine()).isEqualTo("ready");
        begin(process);
        return Path.of(output.readLine());
    }

    private static void begin(Process process) throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
    }

    @Test
    @Tag("proof")
    void processesThatStartAtTheSameMomentKeepTheirs() throws Exception {
        List<Process> processes = new ArrayList<>();
        try {
            for (int i = 0; i < AT_ONCE; i++) {
                processes.add(KeepingProcess.start(parent, ROUNDS));
            }
            for (Process process : processes) {
                assertThat(process.inputReader().readLine()).isEqualTo("ready");
            }
            for (Process process : processes) {
                begin(process);
            }
            for (Process process : processes) {
                assertThat(Path.of(process.inputReader().readLine())).hasContent("secret");
            }
            assertThat(names(parent)).hasSize(AT_ONCE);
        } finally {
            processes.forEach(Process::destroyForcibly);
        }
    }

    @Test
    void anotherOfThisProcessIsLeftAlone() throws Exception {
        PrivateDirectory first = PrivateDirectory.in(parent, KIND);
        Path key = Files.writeString(first.newFile(".key"), "secret");
        PrivateDirectory.in(parent, KIND).close();

        assertThat(key).hasContent("secret");
        first.close();
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void oneThatIsMadeAndNotLockedYetStays() throws Exception {
        Path made = Files.createDirectory(parent.resolve(KIND + DEAD));
        PrivateDirectory.in(parent, KIND).close();

        assertThat(made).isEmptyDirectory();
    }

    @Test
    void directoriesOfOtherNamesStay() throws Exception {
        String[] others = {
            KIND + DEAD + "0", KIND + "8" + DEAD, KIND + DEAD + ".bak", KIND + "-x" + DEAD, "gapless" + DEAD
        };
        for (String name : others) {
            leave(name);
        }
        leave(KIND + DEAD);
        PrivateDirectory.in(parent, KIND).close();

        assertThat(names(parent)).containsExactlyInAnyOrder(others);
        for (String name : others) {
            assertThat(names(parent.resolve(name))).hasSize(2);
        }
    }

    @Test
    void directoriesOfOtherUsersStay() throws Exception {
        Path theirs = leave(KIND + DEAD);
        giveAway(theirs);
        PrivateDirectory.in(parent, KIND).close();

        assertThat(names(theirs)).hasSize(2);
    }

    private static void giveAway(Path directory) throws IOException {
        try {
            Files.setOwner(
                    directory,
                    directory.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("nobody"));
        } catch (FileSystemException | UserPrincipalNotFoundException e) {
            Assumptions.abort("only root gives files away: " + e);
        }
    }

    @Test
    void linksAreNeitherFollowedNorRemoved() throws Exception {
        Path elsewhere = leave("elsewhere");
        Files.createSymbolicLink(parent.resolve(KIND + DEAD), elsewhere);
        Path dead = leave(KIND + DEAD.replace("abcdef", "000000"));
        Path link = Files.createSymbolicLink(dead.resolve("gapless" + DEAD + "-2.key"), elsewhere.resolve("precious"));
        PrivateDirectory.in(parent, KIND).close();

        assertThat(parent.resolve(KIND + DEAD)).isSymbolicLink();
        assertThat(names(elsewhere)).hasSize(2);
        assertThat(names(dead)).containsExactly(link.getFileName().toString());
    }

    @Test
    void whatIsNoDirectoryStays() throws Exception {
        Path file = Files.writeString(parent.resolve(KIND + DEAD), "content");
        PrivateDirectory.in(parent, KIND).close();

        assertThat(file).hasContent("content");
    }

    @Test
    void itIsMadeThoughLeftoversCannotBeRemoved() throws Exception {
        Path dead = leave(KIND + DEAD);
        Files.createDirectory(dead.resolve("more"));
        PrivateDirectory made = PrivateDirectory.in(parent, KIND);

        assertThat(made.newFile(".key").getParent()).isDirectory();
        assertThat(names(dead)).as("no key").containsExactly("more");
        made.close();
    }

    @Test
    void closingTwoTimesOrWhenItIsGoneDoesNoHarm() throws Exception {
        PrivateDirectory directory = PrivateDirectory.in(parent, KIND);
        directory.close();
        directory.close();

        assertThat(parent).isEmptyDirectory();
    }

    /** As a process leaves it that is killed. */
    private Path leave(String name) throws IOException {
        Path directory = Files.createDirectory(parent.resolve(name));
        Files.createFile(directory.resolve("gapless" + DEAD + ".lock"));
        Files.writeString(directory.resolve("gapless" + DEAD + "-1.key"), "secret");
        return directory;
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
