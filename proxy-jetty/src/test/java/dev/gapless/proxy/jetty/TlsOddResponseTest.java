package dev.gapless.proxy.jetty;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Responses of targets of HTTP/1.1 within TLS that are not what was asked for. */
class TlsOddResponseTest extends TargetScaffold {
    /** It would be the beginning of the next response, which may be for another client. */
    @Test
    void whatFollowsAResponseUnaskedIsNoPartOfTheNext() throws Exception {
        RawTlsTarget target = closing(RawTlsTarget.answering((request, connection) -> {
            if (request.requestTarget().equals("/odd")) {
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 404 Not Found\r\nX-Odd: ");
            } else {
                connection.send(RawTarget.OK);
            }
        }));
        deploy(RawTlsTarget.trusting(), target.address());
        RawClient client = client();

        for (int i = 0; i < 20; i++) {
            assertThat(client.send(RawClient.head("HEAD", "/odd")).readHead().status())
                    .isEqualTo(200);
            RawMessage next = client.send(RawClient.head("POST", "/next", "Content-Length: 0"))
                    .read();
            assertThat(next.status()).isEqualTo(200);
            assertThat(next.text()).isEqualTo("ok");
        }
    }
}
