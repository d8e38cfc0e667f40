package dev.gapless.proxy.jetty.quic;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class QuicHeadTest {
    private static byte[] packetOf(int version) {
        return ByteBuffer.allocate(1200)
                .put((byte) 0xC0)
                .putInt(version)
                .put((byte) 4)
                .putInt(1)
                .put((byte) 4)
                .putInt(2)
                .array();
    }

    @Test
    void aVersionThatIsNotSpokenIsTold() {
        assertThat(QuicHead.read(packetOf(2)).form()).isEqualTo(QuicHead.Form.OTHER_VERSION);
    }

    @Test
    void whoTellsOfVersionsHimselfIsNotTold() {
        assertThat(QuicHead.read(packetOf(0))).isNull();
    }
}
