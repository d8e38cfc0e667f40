package dev.gapless.proxy.jetty;

import dev.gapless.proxy.jetty.quic.FirstPackets;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Spoilt packets, of strangers and in the midst of connections, from seeds that a failure repeats by. */
@Tag("proof")
class Http3FuzzTest extends Http3Scaffold {
    private static final int STRANGERS = 1_000;
    private static final int CONNECTIONS = 20;
    private static final int REQUESTS = 10;

    @Test
    void strangersWithSpoiltHellosHarmNobody() throws Exception {
        proxy = start(http3().clientHeadTimeout(Duration.ofSeconds(1)));
        serve(RawTarget.answering(RawTarget.OK), TLS);
        Http3Client constant = http3Client();
        byte[] hello = FirstPackets.hello("localhost", "h3");

        for (int seed = 0; seed < STRANGERS; seed++) {
            Random random = new Random(seed);
            byte[] spoilt = hello.clone();
            for (int i = random.nextInt(8); i >= 0; i--) {
                spoilt[random.nextInt(spoilt.length)] = (byte) random.nextInt();
            }
            try (RawQuic stranger = new RawQuic(proxy.httpsPort())) {
                stranger.sayWithProof(spoilt);
            }
            if (seed % 100 == 0) {
                assertThat(constant.get("/").getStatus()).as("seed %s", seed).isEqualTo(200);
            }
        }

        assertThat(constant.get("/").getStatus()).isEqualTo(200);
        eventually(
                "who does not get on is given up", () -> proxy.assembly.http3().clients() == 1);
    }

    /** A client that leaves may have no time for its goodbye, or it is lost: then the proxy hears nothing more of it. */
    @Test
    void spoiltPacketsInTheMidstOfAConnectionHarmNobody() throws Exception {
        proxy = start(http3().clientIdleTimeout(Duration.ofSeconds(5)));
        serve(RawTarget.answering(RawTarget.OK), TLS);

        for (int seed = 0; seed < CONNECTIONS; seed++) {
            try (UdpRelay relay = UdpRelay.spoiling(proxy.httpsPort(), new Random(seed))) {
                askThrough(relay, seed);
            }
        }

        eventually("nothing is kept of them", () -> proxy.assembly.http3().clients() == 0);
    }

    private static void askThrough(UdpRelay relay, int seed) throws Exception {
        try (Http3Client client = Http3Client.trusting(certificate, directory, relay.port())) {
            for (int i = 0; i < REQUESTS; i++) {
                assertThat(client.get("/").getStatus()).as("seed %s", seed).isEqualTo(200);
            }
        }
    }
}
