package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.examples.TestTarget;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

@Tag("proof")
class ProxyProtocolFlagTest {
    private static final String GET = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    @TempDir
    Path directory;

    private static String send(DaemonFixture daemon, String bytes) throws IOException {
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), daemon.port())) {
            client.getOutputStream().write(bytes.getBytes(StandardCharsets.US_ASCII));
            return new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void aBalancerThatSpeaksTheProtocolSaysWhoTheClientIs() throws Exception {
        try (TestTarget target = new TestTarget("v1");
                DaemonFixture daemon =
                        DaemonFixture.start(directory.resolve("gapless.sock"), "--proxy-protocol=127.0.0.1")) {
            daemon.succeeds("deploy", "web", "--target", target.address());

            assertThat(send(daemon, "PROXY TCP4 192.0.2.7 10.0.0.1 56324 80\r\n" + GET))
                    .startsWith("HTTP/1.1 200 ");

            daemon.process.awaitLine(line -> line.contains("\"remote_addr\":\"192.0.2.7\""));
        }
    }
}
