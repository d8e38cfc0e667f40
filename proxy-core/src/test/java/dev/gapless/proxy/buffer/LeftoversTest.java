package dev.gapless.proxy.buffer;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

final class LeftoversTest {
    private static final String DEAD = "gapless-1-1700000000000-0123456789abcdef";

    @TempDir
    Path directory;

    @Test
    void theFilesOfADeadProcessAreRemoved() throws Exception {
        make(DEAD + ".lock", DEAD + "-1.spill", DEAD + "-23.spill");
        Spills.space(directory).close();

        assertThat(names()).isEmpty();
    }

    @Test
    void filesOfStrangersStay() throws Exception {
        String[] strangers = {
            DEAD + "-1.spill.bak",
            DEAD + "-x.spill",
            DEAD + "f-1.spill",
            "gapless-1-1700000000000-0123456789abcdee-1.spill",
            "gapless-state.json",
            "gapless.lock",
            "someone.else"
        };
        make(strangers);
        make(DEAD + ".lock");
        Spills.space(directory).close();

        assertThat(names()).containsExactlyInAnyOrder(strangers);
    }

    @Test
    void linksAndDirectoriesAreNeitherFollowedNorRemoved() throws Exception {
        Path precious = Files.writeString(directory.resolve("precious"), "content");
        make(DEAD + ".lock");
        Files.createSymbolicLink(directory.resolve(DEAD + "-1.spill"), precious);
        Files.createDirectory(directory.resolve(DEAD + "-2.spill"));
        String other = DEAD.replace("abcdef", "000000") + ".lock";
        Files.createSymbolicLink(directory.resolve(other), precious);
        Spills.space(directory).close();

        assertThat(names()).containsExactlyInAnyOrder("precious", DEAD + "-1.spill", DEAD + "-2.spill", other);
        assertThat(precious).hasContent("content");
    }

    @Test
    void anotherSpaceOfThisProcessIsLeftAlone() throws Exception {
        BufferSpace first = Spills.space(directory);
        first.prepareDirectory();
        List<String> before = names();
        Spills.space(directory).close();

        assertThat(names()).isEqualTo(before).hasSize(1);
        first.close();
        assertThat(names()).isEmpty();
    }

    @Test
    void aLivingProcessIsLeftAloneAndAKilledOneLeavesNothingAfterTheNextStart() throws Exception {
        Process process = SpillingProcess.start(directory);
        try (BufferedReader output = process.inputReader(StandardCharsets.US_ASCII)) {
            assertThat(output.readLine()).isEqualTo("on disk: 100000");
            assertThat(names()).as("its lock, and nothing of its file").hasSize(1);
            String lock = names().get(0);
            // As on a platform where open files keep their names.
            make(lock.replace(".lock", "-1.spill"));
            List<String> before = names();
            Spills.space(directory).close();
            assertThat(names()).isEqualTo(before);

            process.toHandle().destroyForcibly();
            assertThat(process.waitFor()).as("status after SIGKILL").isEqualTo(128 + 9);
            assertThat(names()).isEqualTo(before);
            Spills.space(directory).close();
            assertThat(names()).isEmpty();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    @Tag("proof")
    void aProcessThatClosesItsSpaceLeavesNothing() throws Exception {
        Process process = SpillingProcess.start(directory);
        try (BufferedReader output = process.inputReader(StandardCharsets.US_ASCII)) {
            assertThat(output.readLine()).isEqualTo("on disk: 100000");
            process.getOutputStream().close();

            assertThat(process.waitFor()).isZero();
            assertThat(names()).isEmpty();
        } finally {
            process.destroyForcibly();
        }
    }

    private void make(String... names) throws IOException {
        for (String name : names) {
            Files.createFile(directory.resolve(name));
        }
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
