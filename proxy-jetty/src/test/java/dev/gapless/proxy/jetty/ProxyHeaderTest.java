package dev.gapless.proxy.jetty;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class ProxyHeaderTest {
    private static final byte[] SIGNATURE = bytes("\r\n\r\n\0\r\nQUIT\n");
    private static final byte[] V4 = {(byte) 192, 0, 2, 1, 10, 0, 0, 1, (byte) 0xDC, 0x04, 0x01, (byte) 0xBB};
    private static final String V4_SOURCE = "192.0.2.1:56324";

    private static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    static byte[] v2(int versionAndCommand, int family, byte[] body) {
        return ByteBuffer.allocate(16 + body.length)
                .put(SIGNATURE)
                .put((byte) versionAndCommand)
                .put((byte) family)
                .putShort((short) body.length)
                .put(body)
                .array();
    }

    private static byte[] v6(int... sourceGroups) {
        ByteBuffer body = ByteBuffer.allocate(36);
        for (int group : sourceGroups) {
            body.putShort((short) group);
        }
        return body.putShort(32, (short) 1234).array();
    }

    /** What a header says, that is read byte by byte as well as at once, with something behind it. */
    private static String read(byte[] header) throws Exception {
        ByteBuffer all = ByteBuffer.wrap(Arrays.copyOf(header, header.length + 3));
        for (int length = 0; length < header.length; length++) {
            assertThat(ProxyHeader.read(all.duplicate().limit(length))).isNull();
        }
        ProxyHeader read = ProxyHeader.read(all);
        assertThat(all.remaining()).isEqualTo(3);
        assertThat(read).isNotNull();
        Optional<InetSocketAddress> client = read.client();
        return client.map(address -> address.getAddress().getHostAddress() + ":" + address.getPort())
                .orElse("");
    }

    @ParameterizedTest
    @CsvSource({
        "PROXY TCP4 192.0.2.1 10.0.0.1 56324 443, 192.0.2.1:56324",
        "PROXY TCP4 255.255.255.255 0.0.0.0 65535 0, 255.255.255.255:65535",
        "PROXY TCP6 2001:db8::1 ::1 56324 443, 2001:db8:0:0:0:0:0:1:56324",
        "PROXY TCP6 2001:DB8:1:2:3:4:5:6 :: 1 443, 2001:db8:1:2:3:4:5:6:1",
        "PROXY TCP6 ::ffff:192.0.2.1 ::1 56324 443, 192.0.2.1:56324",
        "PROXY UNKNOWN, ''",
        "PROXY UNKNOWN ffff:f...f:ffff whatever 1 2 3 4 5 6, ''"
    })
    void version1SaysWhoTheClientIs(String line, String client) throws Exception {
        assertThat(read(bytes(line + "\r\n"))).isEqualTo(client);
    }

    /** Names would be looked up, and what can be read in two ways is not to be read at all. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1",
                "proxy TCP4 192.0.2.1 10.0.0.1 56324 443",
                "PROXY",
                "PROXY ",
                "PROXY UNKNOWNX",
                "PROXY TCP5 192.0.2.1 10.0.0.1 56324 443",
                "PROXY TCP4 192.0.2.1 10.0.0.1 56324",
                "PROXY TCP4 192.0.2.1 10.0.0.1 56324 443 1",
                "PROXY TCP4 192.0.2.1 10.0.0.1 56324 443 ",
                "PROXY TCP4  192.0.2.1 10.0.0.1 56324 443",
                "PROXY TCP4\t192.0.2.1 10.0.0.1 56324 443",
                "PROXY TCP4 192.0.2.256 10.0.0.1 56324 443",
                "PROXY TCP4 192.0.2 10.0.0.1 56324 443",
                "PROXY TCP4 192.0.2.1.1 10.0.0.1 56324 443",
                "PROXY TCP4 192.0.2.01 10.0.0.1 56324 443",
                "PROXY TCP4 192.0.2.1 localhost 56324 443",
                "PROXY TCP4 localhost 10.0.0.1 56324 443",
                "PROXY TCP4 ::1 ::1 56324 443",
                "PROXY TCP6 192.0.2.1 10.0.0.1 56324 443",
                "PROXY TCP6 localhost ::1 56324 443",
                "PROXY TCP6 face ::1 56324 443",
                "PROXY TCP6 fe80::1%eth0 ::1 56324 443",
                "PROXY TCP6 [::1] ::1 56324 443",
                "PROXY TCP6 1:2:3 ::1 56324 443",
                "PROXY TCP6 .: ::1 56324 443",
                "PROXY TCP6 1::2::3 ::1 56324 443",
                "PROXY TCP4 192.0.2.1 10.0.0.1 65536 443",
                "PROXY TCP4 192.0.2.1 10.0.0.1 +1 443",
                "PROXY TCP4 192.0.2.1 10.0.0.1 -1 443",
                "PROXY TCP4 192.0.2.1 10.0.0.1 01 443",
                "PROXY TCP4 192.0.2.1 10.0.0.1  443",
                "PROXY TCP4 192.0.2.1 10.0.0.1 1 443\n"
            })
    void whatElseIsSentInItsPlaceIsMalformed(String line) {
        isMalformed(bytes(line + "\r\n"));
    }

    private static void isMalformed(byte[] bytes) {
        assertThatExceptionOfType(ProxyHeader.MalformedException.class)
                .isThrownBy(() -> ProxyHeader.read(ByteBuffer.wrap(bytes)));
    }

    @Test
    void aLineMayHaveSoManyBytesAndNotMore() throws Exception {
        String longest = "PROXY UNKNOWN " + "x".repeat(107 - 16) + "\r\n";

        assertThat(read(bytes(longest))).isEmpty();
        isMalformed(bytes(longest.replace("\r\n", "x\r\n")));
        isMalformed(bytes("PROXY " + "x".repeat(101)));
    }

    @Test
    void version2SaysWhoTheClientIs() throws Exception {
        assertThat(read(v2(0x21, 0x11, V4))).isEqualTo(V4_SOURCE);
        assertThat(read(v2(0x21, 0x21, v6(0x2001, 0xDB8, 0, 0, 0, 0, 0, 1)))).isEqualTo("2001:db8:0:0:0:0:0:1:1234");
        assertThat(read(v2(0x21, 0x21, v6(0, 0, 0, 0, 0, 0xFFFF, 0xC000, 0x0201))))
                .isEqualTo("192.0.2.1:1234");
    }

    @Test
    void version2MaySayNothingOfAClient() throws Exception {
        assertThat(read(v2(0x20, 0x00, new byte[0]))).as("LOCAL").isEmpty();
        assertThat(read(v2(0x20, 0x11, V4))).as("LOCAL, with addresses").isEmpty();
        assertThat(read(v2(0x20, 0x99, new byte[5]))).as("LOCAL, of no family").isEmpty();
        assertThat(read(v2(0x21, 0x00, new byte[0]))).as("UNSPEC").isEmpty();
        assertThat(read(v2(0x21, 0x00, new byte[99]))).as("UNSPEC, with more").isEmpty();
        assertThat(read(v2(0x21, 0x31, new byte[216])))
                .as("a Unix domain socket")
                .isEmpty();
    }

    /** A checksum that is wrong, an empty TLV, and one that ends beyond the header. */
    @Test
    void whatFollowsTheAddressesIsIgnored() throws Exception {
        byte[] more = {3, 0, 4, 1, 2, 3, 4, 4, 0, 0, 0x20, (byte) 0xFF, (byte) 0xFF, 1};
        byte[] body = Arrays.copyOf(V4, V4.length + more.length);
        System.arraycopy(more, 0, body, V4.length, more.length);

        assertThat(read(v2(0x21, 0x11, body))).isEqualTo(V4_SOURCE);
        assertThat(read(v2(0x21, 0x11, Arrays.copyOf(V4, 16 * 1024 - 16)))).isEqualTo(V4_SOURCE);
    }

    @Test
    void whatIsNoVersion2IsMalformed() {
        isMalformed(v2(0x11, 0x11, V4));
        isMalformed(v2(0x31, 0x11, V4));
        isMalformed(v2(0x22, 0x11, V4));
        isMalformed(v2(0x21, 0x12, V4));
        isMalformed(v2(0x21, 0x13, V4));
        isMalformed(v2(0x21, 0x41, V4));
        isMalformed(v2(0x21, 0x11, new byte[11]));
        isMalformed(v2(0x21, 0x21, new byte[35]));
        isMalformed(v2(0x21, 0x31, new byte[215]));
        isMalformed(bytes("\r\n\r\n\0\r\nQUIT\r"));
        isMalformed(bytes("\r\n\r\nG"));
    }

    @Test
    void howLongAHeaderWillBeIsSeenBeforeItComes() {
        isMalformed(Arrays.copyOf(v2(0x21, 0x11, new byte[16 * 1024 - 15]), 16));
        isMalformed(Arrays.copyOf(v2(0x20, 0x00, new byte[0xFFFF]), 16));
    }
}
