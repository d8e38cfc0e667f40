package dev.gapless.proxy.jetty.quic;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class InitialKeysTest {
    private static final ConnectionId SERVER = new ConnectionId("8394c8f03e515708");

    @Test
    void thePacketOfTheStandardsExampleIsRead() throws Exception {
        byte[] packet = HexFormat.of()
                .parseHex("cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a"
                        + "5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec2493a1839b3"
                        + "dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84"
                        + "022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc4"
                        + "2158407dd074ee");

        ByteBuffer content = InitialKeys.ofServer(SERVER).open(packet, FirstPackets.head(packet));

        assertThat(content).isNotNull();
        byte[] bytes = new byte[content.remaining()];
        content.get(bytes);
        assertThat(HexFormat.of().formatHex(bytes)).startsWith("02000000000600405a020000560303");
    }

    @Test
    void whatIsSealedIsOpenedByTheSameKeysOnly() throws Exception {
        byte[] frames = new byte[1200];
        byte[] packet = FirstPackets.datagram(SERVER, FirstPackets.newId(), new byte[0], frames);
        QuicHead head = FirstPackets.head(packet);

        ByteBuffer opened = InitialKeys.ofClient(SERVER).open(packet, head);

        assertThat(opened).isEqualTo(ByteBuffer.wrap(frames));
        assertThat(InitialKeys.ofServer(SERVER).open(packet, head)).isNull();
        assertThat(InitialKeys.ofClient(FirstPackets.newId()).open(packet, head))
                .isNull();
    }

    @Test
    void whatHasChangedOnTheWayIsNotOpened() throws Exception {
        byte[] packet = FirstPackets.datagram(SERVER, FirstPackets.newId(), new byte[0], new byte[1200]);
        QuicHead head = FirstPackets.head(packet);
        packet[packet.length - 1] ^= 1;

        assertThat(InitialKeys.ofClient(SERVER).open(packet, head)).isNull();
    }

    @Test
    void noPieceOfADatagramIsTakenForAPacketThatItIsNot() throws Exception {
        byte[] packet = FirstPackets.datagram(SERVER, FirstPackets.newId(), new byte[3], new byte[1200]);

        for (int length = 0; length < 60; length++) {
            QuicHead head = QuicHead.read(Arrays.copyOf(packet, length));
            assertThat(head == null || head.form() != QuicHead.Form.INITIAL)
                    .as("%d bytes", length)
                    .isTrue();
        }
    }
}
