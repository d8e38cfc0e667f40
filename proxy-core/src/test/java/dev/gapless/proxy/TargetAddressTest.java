package dev.gapless.proxy;

import dev.gapless.proxy.TargetAddress.Protocol;
import dev.gapless.proxy.TargetAddress.Tcp;
import dev.gapless.proxy.TargetAddress.Unix;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

final class TargetAddressTest {
    @ParameterizedTest
    @CsvSource({
        "web:3000, HTTP, web, 3000, web:3000",
        "web, HTTP, web, 80, web:80",
        "192.0.2.1:1, HTTP, 192.0.2.1, 1, 192.0.2.1:1",
        "web-1.my_net.internal:65535, HTTP, web-1.my_net.internal, 65535, web-1.my_net.internal:65535",
        "[::1]:3000, HTTP, ::1, 3000, [::1]:3000",
        "[2001:db8::192.0.2.1], HTTP, 2001:db8::192.0.2.1, 80, [2001:db8::192.0.2.1]:80",
        "[fe80::1%eth0]:80, HTTP, fe80::1%eth0, 80, [fe80::1%eth0]:80",
        "http://web:3000, HTTP, web, 3000, web:3000",
        "http://web, HTTP, web, 80, web:80",
        "http://[::1]:3000, HTTP, ::1, 3000, [::1]:3000",
        "https://web:3000, HTTPS, web, 3000, https://web:3000",
        "https://web, HTTPS, web, 443, https://web:443",
        "https://[::1], HTTPS, ::1, 443, https://[::1]:443",
        "h2c://web:3000, H2C, web, 3000, h2c://web:3000",
        "h2c://web, H2C, web, 80, h2c://web:80",
        "unix:80, HTTP, unix, 80, unix:80",
        "https:443, HTTP, https, 443, https:443",
        "h2c, HTTP, h2c, 80, h2c:80"
    })
    void anAddressIsReadAndWritten(String text, Protocol protocol, String host, int port, String written) {
        TargetAddress address = TargetAddress.parse(text);

        assertThat(address).isEqualTo(new Tcp(protocol, host, port));
        assertThat(address.protocol()).isEqualTo(protocol);
        assertThat(address).hasToString(written);
        assertThat(TargetAddress.parse(written)).isEqualTo(address);
    }

    @Test
    void aSocketIsReadAndWritten() {
        TargetAddress address = TargetAddress.parse("unix:/run/app.sock");

        assertThat(address).isEqualTo(new Unix("/run/app.sock"));
        assertThat(address.protocol()).isEqualTo(Protocol.HTTP);
        assertThat(address).hasToString("unix:/run/app.sock");
    }

    @Test
    void protocolsMakeAddressesDifferent() {
        assertThat(TargetAddress.parse("web:80"))
                .isNotEqualTo(TargetAddress.parse("h2c://web:80"))
                .isNotEqualTo(TargetAddress.parse("https://web:80"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                ":3000",
                "web:",
                "web:x",
                "web:-1",
                "web:0",
                "web:65536",
                "web:99999",
                "web:100000",
                "web:80:80",
                "web 1:80",
                " web:80",
                "web:80\n",
                "web:80/",
                "user@web:80",
                "::1",
                "::1:80",
                "[]:80",
                "[::1",
                "[::1]80",
                "[web]:80",
                "wéb:80",
                "http://",
                "http:web",
                "http:/web",
                "HTTP://web",
                "http://web/",
                "http://web?x",
                "http://web#x",
                "http://user@web",
                "https://web:0",
                "https://https://web",
                "h2://web",
                "ftp://web",
                "://web",
                "unix:",
                "unix:app.sock",
                "unix://run/app sock",
                "unix:/run/a\n",
                "unix:/rün",
                "Unix:/run/app.sock"
            })
    void whatIsNoAddressIsRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TargetAddress.parse(text))
                .withMessageStartingWith("target \"" + text + "\"")
                .withMessageContaining("expected host:port")
                .withMessageContaining("https://host:port")
                .withMessageContaining("h2c://host:port")
                .withMessageContaining("unix:/path");
    }

    @Test
    void aSocketPathIsNoLongerThanTheSystemTakes() {
        String longest = "/" + "a".repeat(106);

        assertThat(TargetAddress.parse("unix:" + longest)).isEqualTo(new Unix(longest));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TargetAddress.parse("unix:" + longest + "a"))
                .withMessageContaining("at most 107");
    }

    @Test
    void thePartsAreCheckedToo() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Tcp(Protocol.HTTP, "", 80))
                .withMessageContaining("\"\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Tcp(Protocol.HTTPS, "web", 0))
                .withMessage("target port 0 of \"web\" is outside 1 to 65535");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Tcp(Protocol.H2C, "web", 65_536))
                .withMessageContaining("65536");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Unix("app.sock"))
                .withMessageContaining("\"app.sock\"");
    }
}
