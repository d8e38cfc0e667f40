package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.examples.JavaProcess;
import dev.gapless.proxy.examples.TestTarget;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

/** The archive that the build before this one has made: the tests of a build run before its own is packaged. */
@Tag("proof")
class DaemonJarTest {
    private static final Path JAR = Path.of("target", "gapless-proxy.jar");

    @TempDir
    Path directory;

    private JavaProcess start(String... arguments) {
        String socket = directory.resolve("gapless.sock").toString();
        return JavaProcess.startJar(
                Map.of(
                        "GAPLESS_SOCKET",
                        socket,
                        "GAPLESS_HOME",
                        directory.resolve("home").toString()),
                JAR,
                arguments);
    }

    private String run(String... arguments) throws InterruptedException {
        try (JavaProcess command = start(arguments)) {
            assertThat(command.awaitExit()).as(command.errors()).isZero();
            return command.output();
        }
    }

    @Test
    void theArchiveIsTheWholeProgram() throws Exception {
        assumeThat(JAR).exists();
        try (TestTarget target = new TestTarget("v1");
                JavaProcess daemon = start("run", "--http-port=0", "--https-port=0", "--bind=127.0.0.1")) {
            daemon.awaitLine(line -> line.contains("\"msg\":\"Started\""));
            assertThat(run("deploy", "web", "--target", target.address())).isEmpty();
            assertThat(run("list")).contains(target.address());
            assertThat(run("remove", "web")).isEmpty();
            daemon.terminate();
            assertThat(daemon.awaitExit()).isZero();
            assertThat(daemon.errors()).isEmpty();
        }
    }
}
