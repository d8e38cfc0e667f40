package dev.gapless.proxy.jetty.quic;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class AddressProofTest {
    private final AtomicLong nanoTime = new AtomicLong(-Duration.ofSeconds(1).toNanos());
    private final AddressProof proof = new AddressProof(nanoTime::get);
    private final ConnectionId asked = FirstPackets.newId();
    private final ConnectionId client = FirstPackets.newId();

    @Test
    void thePacketIsThatOfTheStandardsExample() throws Exception {
        byte[] packet = AddressProof.retry(
                new ConnectionId(""),
                new ConnectionId("f067a5502a4262b5"),
                new ConnectionId("8394c8f03e515708"),
                "token".getBytes(StandardCharsets.US_ASCII));

        assertThat(HexFormat.of().formatHex(packet))
                .isEqualTo("ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba");
    }

    private byte[] ask(int port) throws Exception {
        byte[] first = FirstPackets.datagram(asked, client, new byte[0], new byte[1200]);
        return proof.ask(FirstPackets.head(first), FirstPackets.client(port));
    }

    private QuicHead answer(byte[] question) throws Exception {
        ConnectionId server = FirstPackets.head(question).source();
        return FirstPackets.head(FirstPackets.datagram(server, client, FirstPackets.token(question), new byte[1200]));
    }

    @Test
    void whoAnswersFromTheSameAddressHasProvedIt() throws Exception {
        QuicHead answer = answer(ask(1));

        assertThat(proof.holds(answer, FirstPackets.client(1))).isTrue();
        assertThat(proof.holds(answer, FirstPackets.client(2))).isFalse();
        assertThat(new AddressProof(nanoTime::get).holds(answer, FirstPackets.client(1)))
                .isFalse();
    }

    @Test
    void aProofHoldsForAShortTime() throws Exception {
        QuicHead answer = answer(ask(1));

        nanoTime.addAndGet(Duration.ofSeconds(15).toNanos());
        assertThat(proof.holds(answer, FirstPackets.client(1))).isTrue();
        nanoTime.addAndGet(Duration.ofSeconds(15).toNanos());
        assertThat(proof.holds(answer, FirstPackets.client(1))).isFalse();
    }

    @Test
    void aTokenOfOnesOwnMakingProvesNothing() throws Exception {
        byte[] token = FirstPackets.token(ask(1));
        QuicHead head = FirstPackets.head(FirstPackets.datagram(asked, client, token, new byte[1200]));

        assertThat(proof.holds(head, FirstPackets.client(1))).isFalse();
    }

    @Test
    void whoAsksTwiceIsToldTheSame() throws Exception {
        assertThat(ask(1)).isEqualTo(ask(1));
    }
}
