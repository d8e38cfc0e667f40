package dev.gapless.proxy.jetty.tls;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** The hello of the JDK's own client, whole, in parts and spoilt. */
final class ClientHelloTest {
    private static final int RECORD_HEADER = 5;

    private static byte[] hello(List<String> names, String... protocols) throws Exception {
        SSLEngine engine = SSLContext.getDefault().createSSLEngine();
        engine.setUseClientMode(true);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setServerNames(names.stream()
                .map(SNIHostName::new)
                .map(name -> (javax.net.ssl.SNIServerName) name)
                .toList());
        parameters.setApplicationProtocols(protocols);
        engine.setSSLParameters(parameters);
        ByteBuffer out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
        engine.wrap(ByteBuffer.allocate(0), out);
        return Arrays.copyOf(out.array(), out.position());
    }

    /** The same message in records of so many bytes. */
    private static byte[] inRecords(byte[] hello, int size) {
        ByteArrayOutputStream records = new ByteArrayOutputStream();
        for (int at = RECORD_HEADER; at < hello.length; at += size) {
            int length = Math.min(size, hello.length - at);
            records.writeBytes(new byte[] {22, 3, 1, (byte) (length >> 8), (byte) length});
            records.write(hello, at, length);
        }
        return records.toByteArray();
    }

    @Test
    void itSaysWhichHostAndWhichProtocolsAreWanted() throws Exception {
        byte[] bytes = hello(List.of("Shop.Example.COM"), "h2", "http/1.1");

        assertThat(ClientHello.read(ByteBuffer.wrap(bytes)))
                .isEqualTo(new ClientHello(Optional.of("shop.example.com"), List.of("h2", "http/1.1")));
    }

    @Test
    void itMaySayNeither() throws Exception {
        assertThat(ClientHello.read(ByteBuffer.wrap(hello(List.of()))))
                .isEqualTo(new ClientHello(Optional.empty(), List.of()));
    }

    @Test
    void itIsReadOnceAllOfItIsThereHoweverItIsCut() throws Exception {
        byte[] whole = hello(List.of("shop.example.com"), "h2");
        for (int size : new int[] {1, 3, 100, 1000}) {
            byte[] bytes = inRecords(whole, size);
            for (int length = 0; length < bytes.length; length++) {
                assertThat(ClientHello.read(ByteBuffer.wrap(bytes, 0, length))).isNull();
            }
            assertThat(ClientHello.read(ByteBuffer.wrap(bytes))).isNotNull();
        }
    }

    @Test
    void readingChangesNothingSoThatTlsCanReadItAgain() throws Exception {
        ByteBuffer bytes = ByteBuffer.wrap(hello(List.of("shop.example.com")));
        ByteBuffer before = bytes.duplicate();

        ClientHello.read(bytes);

        assertThat(bytes).isEqualTo(before);
    }

    @Test
    void noSpoiltByteDoesHarm() throws Exception {
        byte[] whole = hello(List.of("shop.example.com"), "h2");
        for (int i = 0; i < whole.length; i++) {
            for (int value : new int[] {0, 1, 0x7F, 0xFF}) {
                byte[] spoilt = whole.clone();
                spoilt[i] = (byte) value;
                try {
                    ClientHello.read(ByteBuffer.wrap(spoilt));
                } catch (ClientHello.NotTlsException | ClientHello.MalformedException e) {
                    assertThat(e).hasMessageMatching("(?s).{5,}");
                }
            }
        }
    }

    @Test
    void oneThatNeverEndsIsRefusedAtItsLimit() {
        byte[] endless = new byte[ClientHello.MAX_BYTES];
        System.arraycopy(new byte[] {22, 3, 1, 0x40, 0, 1, 0, 0x3F, 0}, 0, endless, 0, 9);

        assertThatThrownBy(() -> ClientHello.read(ByteBuffer.wrap(endless)))
                .isInstanceOf(ClientHello.MalformedException.class);
        assertThatThrownBy(() -> ClientHello.read(ByteBuffer.wrap(new byte[] {1})))
                .isInstanceOf(ClientHello.NotTlsException.class);
    }
}
