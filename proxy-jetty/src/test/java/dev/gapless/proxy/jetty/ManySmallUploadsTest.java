package dev.gapless.proxy.jetty;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Small uploads, so many that the code that carries them is compiled in all the ways that it can be. */
@Tag("proof")
class ManySmallUploadsTest extends ProxyScaffold {
    private static final int UPLOADS = 60_000;

    @Test
    void eachArrivesWhole() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        for (int i = 0; i < UPLOADS; i++) {
            String body = "upload " + i;
            try (RawClient client = RawClient.to(proxy.port())) {
                client.send(RawClient.head("POST", "/", "Content-Length: " + body.length()) + body);
                assertThat(client.read().startLine()).isEqualTo("HTTP/1.1 200 OK");
            }
            assertThat(target.taken().text()).isEqualTo(body);
        }
    }
}
