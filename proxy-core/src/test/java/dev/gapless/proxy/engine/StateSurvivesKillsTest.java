package dev.gapless.proxy.engine;

import dev.gapless.proxy.ChildJvm;
import dev.gapless.proxy.FileStateStore;
import dev.gapless.proxy.spi.StateStore.Saved;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** Kills real processes while they save. */
@Tag("proof")
final class StateSurvivesKillsTest {
    private static final int KILLS = 30;

    @TempDir
    Path directory;

    @Test
    void afterEachKillTheStateIsOneThatWasSavedAndNoneOlderThanTheLastAcknowledged() throws Exception {
        Path file = directory.resolve("sub/state");
        Random random = new Random(30);
        long last = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            long acknowledged = saveUntilKilled(file, last + 1, random);

            last = loaded(file, 0);
            assertThat(last).as("after kill %s", kill).isBetween(acknowledged, acknowledged + 1);
            assertThat(loaded(file, 1))
                    .as("previous version after kill %s", kill)
                    .isBetween(last - 2, last - 1);
        }
    }

    /** Returns the last number that the process has acknowledged. */
    private static long saveUntilKilled(Path file, long first, Random random) throws Exception {
        Process process = start(file, first);
        try (BufferedReader output = process.inputReader(StandardCharsets.US_ASCII)) {
            long acknowledged = first - 1;
            for (int saves = 2 + random.nextInt(40); saves > 0; saves--) {
                acknowledged = Long.parseLong(output.readLine());
            }
            LockSupport.parkNanos(random.nextLong(TimeUnit.MILLISECONDS.toNanos(3)));
            // Not Process.destroyForcibly: that closes the output before the last lines are read.
            process.toHandle().destroyForcibly();
            String rest = readToEnd(output);
            assertThat(process.waitFor()).as("status after SIGKILL").isEqualTo(128 + 9);
            return lastWholeLine(rest, acknowledged);
        } finally {
            process.destroyForcibly();
        }
    }

    private static Process start(Path file, long first) throws IOException {
        return ChildJvm.start(NumberedStates.class, file, first);
    }

    private static String readToEnd(BufferedReader output) throws IOException {
        StringBuilder rest = new StringBuilder();
        for (int c = output.read(); c >= 0; c = output.read()) {
            rest.append((char) c);
        }
        return rest.toString();
    }

    private static long lastWholeLine(String rest, long otherwise) {
        List<String> lines =
                rest.substring(0, rest.lastIndexOf('\n') + 1).lines().toList();
        return lines.isEmpty() ? otherwise : Long.parseLong(lines.get(lines.size() - 1));
    }

    private static long loaded(Path file, int version) throws IOException, DamagedStateException {
        Saved saved = FileStateStore.at(file).load().get(version);
        String payload = StateDocument.decode(saved.read());
        long number = NumberedStates.number(payload);
        assertThat(payload).isEqualTo(NumberedStates.payload(number));
        return number;
    }
}
