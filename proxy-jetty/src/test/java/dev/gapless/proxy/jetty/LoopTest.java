package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Deployment;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Targets that are, or lead back to, the proxy itself. */
class LoopTest extends ProxyScaffold {
    private static void deploy(ProxyServer to, ProxyServer target) {
        to.services()
                .deploy(Deployment.builder("loop")
                        .target("127.0.0.1:" + target.port())
                        .force(true)
                        .build());
    }

    @Test
    void aRequestThatComesBackAgainAndAgainIsRefused() throws Exception {
        RequestLog log = new RequestLog();
        proxy = start(loopback().listener(log));
        deploy(proxy, proxy);

        assertThat(client().get("/").status()).isEqualTo(508);
        assertThat(http2().get("/").status()).isEqualTo(508);
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void soIsOneThatComesBackThroughAnotherProxy() throws Exception {
        proxy = start(loopback());
        ProxyServer other = start(loopback());
        deploy(proxy, other);
        deploy(other, proxy);

        RawMessage answer = client().get("/");

        assertThat(answer.status()).isEqualTo(508);
        assertThat(answer.text()).contains("a target leads back to the proxy");
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void aChainOfProxiesIsNoLoop() throws Exception {
        proxy = start(loopback());
        ProxyServer last = start(loopback());
        RawTarget target = closing(RawTarget.answering(RawTarget.OK));
        last.services()
                .deploy(Deployment.builder("end")
                        .target(target.address())
                        .force(true)
                        .build());
        deploy(proxy, last);

        for (int i = 0; i < 2 * Hops.MOST; i++) {
            assertThat(client().get("/").text()).isEqualTo("ok");
        }
    }

    @Test
    void aClientCanNeitherForgeALoopNorFloodTargetsWithMarks() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        String seen = "abcdefghijklmnop";
        RawClient client = client();
        client.get("/");
        String own = target.taken().field(Hops.HEADER);

        for (int i = 0; i < 2 * Hops.MOST; i++) {
            assertThat(client.get("/", "Gapless-Hops: 99, " + seen.repeat(100)).text())
                    .isEqualTo("ok");
        }
        assertThat(target.taken().field(Hops.HEADER))
                .as("what is no mark is left out")
                .isEqualTo(own);

        client.get("/", "Gapless-Hops: " + (seen + ",").repeat(100));
        String last = "";
        for (int i = 0; i < 2 * Hops.MOST; i++) {
            last = target.taken().field(Hops.HEADER);
        }
        assertThat(last.split(", "))
                .as("the latest of others, and its own")
                .hasSize(9)
                .endsWith(own);
    }
}
