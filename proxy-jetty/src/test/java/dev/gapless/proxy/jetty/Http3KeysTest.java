package dev.gapless.proxy.jetty;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.eclipse.jetty.quic.quiche.PemPaths;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/** The files of keys that are in use over HTTP/3, and how long they are there. */
class Http3KeysTest {
    @TempDir
    Path directory;

    @TempDir
    Path parent;

    @Test
    void theKeysOfAKilledProcessGoWhenTheNextBeginsAndThoseOfALivingOneStay() throws Exception {
        Process process = Http3KeysProcess.start(parent, Certificates.make(directory, "h3", "EC"));
        try (BufferedReader output = process.inputReader(StandardCharsets.US_ASCII)) {
            Path key = Path.of(output.readLine());
            begin().remove();
            assertThat(key).content().startsWith("-----BEGIN PRIVATE KEY-----");

            process.toHandle().destroyForcibly();
            assertThat(process.waitFor()).as("status after SIGKILL").isEqualTo(128 + 9);
            assertThat(key).exists();
            begin().remove();
            assertThat(parent).isEmptyDirectory();
        } finally {
            process.destroyForcibly();
        }
    }

    private Http3Certificates<PemPaths> begin() throws Exception {
        return new Http3Certificates<>(parent, files -> files);
    }
}
