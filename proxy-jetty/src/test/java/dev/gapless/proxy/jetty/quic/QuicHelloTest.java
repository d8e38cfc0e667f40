package dev.gapless.proxy.jetty.quic;

import dev.gapless.proxy.jetty.tls.ClientHello;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class QuicHelloTest {
    private static final byte[] NO_TOKEN = new byte[0];
    private static byte[] message;
    private final ConnectionId server = FirstPackets.newId();
    private final ConnectionId client = FirstPackets.newId();
    private final QuicHello hello = new QuicHello(server);

    @BeforeAll
    static void makeMessage() throws Exception {
        message = FirstPackets.hello("one.example.com", "h3");
    }

    private ClientHello add(int from, int to) throws Exception {
        return hello.add(FirstPackets.initial(server, client, NO_TOKEN, message, from, to));
    }

    @Test
    void aHelloInOneDatagramIsRead() throws Exception {
        ClientHello read = add(0, message.length);

        assertThat(read.serverName()).contains("one.example.com");
        assertThat(read.protocols()).containsExactly("h3");
    }

    @Test
    void piecesAreReadInAnyOrder() throws Exception {
        int third = message.length / 3;

        assertThat(add(2 * third, message.length)).isNull();
        assertThat(add(0, third + 5)).isNull();
        assertThat(add(0, third)).isNull();
        assertThat(add(third, 2 * third).serverName()).contains("one.example.com");
    }

    @Test
    void otherFramesArePassedOver() throws Exception {
        byte[] acknowledgement = new byte[1200];
        acknowledgement[0] = 1;
        acknowledgement[1] = 2; // All numbers of it are 0.

        assertThat(hello.add(FirstPackets.datagram(server, client, NO_TOKEN, acknowledgement)))
                .isNull();
    }

    @Test
    void thePacketsOfOthersArePassedOver() throws Exception {
        ConnectionId other = FirstPackets.newId();

        assertThat(hello.add(FirstPackets.initial(other, client, NO_TOKEN, message, 0, message.length)))
                .isNull();
        assertThat(hello.add(new byte[1200])).isNull();
    }

    @Test
    void whatIsNoHelloIsRefused() throws Exception {
        byte[] frames = new byte[1200];
        frames[0] = 0x1E; // HANDSHAKE_DONE, which clients never send.

        assertThatThrownBy(() -> hello.add(FirstPackets.datagram(server, client, NO_TOKEN, frames)))
                .isInstanceOf(ClientHello.MalformedException.class);
    }

    @Test
    void aPieceBeyondTheLongestHelloIsRefused() throws Exception {
        byte[] frames = new byte[1200];
        frames[0] = 6;
        frames[1] = 0x7F; // An offset of 16,383.
        frames[2] = (byte) 0xFF;
        frames[3] = 2;

        assertThatThrownBy(() -> hello.add(FirstPackets.datagram(server, client, NO_TOKEN, frames)))
                .isInstanceOf(ClientHello.MalformedException.class);
    }

    @Test
    void aLengthThatGoesBeyondThePacketIsRefused() throws Exception {
        byte[] frames = new byte[1200];
        frames[0] = 6;
        frames[2] = 0x7F;

        assertThatThrownBy(() -> hello.add(FirstPackets.datagram(server, client, NO_TOKEN, frames)))
                .isInstanceOf(ClientHello.MalformedException.class);
    }
}
