package dev.gapless.proxy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

final class TargetAddressTest {
    @ParameterizedTest
    @CsvSource({
        "web:3000, web, 3000, web:3000",
        "web, web, 80, web:80",
        "192.0.2.1:1, 192.0.2.1, 1, 192.0.2.1:1",
        "web-1.my_net.internal:65535, web-1.my_net.internal, 65535, web-1.my_net.internal:65535",
        "[::1]:3000, ::1, 3000, [::1]:3000",
        "[2001:db8::192.0.2.1], 2001:db8::192.0.2.1, 80, [2001:db8::192.0.2.1]:80",
        "[fe80::1%eth0]:80, fe80::1%eth0, 80, [fe80::1%eth0]:80"
    })
    void anAddressIsReadAndWritten(String text, String host, int port, String written) {
        TargetAddress address = TargetAddress.parse(text);

        assertThat(address.host()).isEqualTo(host);
        assertThat(address.port()).isEqualTo(port);
        assertThat(address).hasToString(written);
        assertThat(TargetAddress.parse(written)).isEqualTo(address);
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
                "http://web:80",
                "web:80/",
                "user@web:80",
                "::1",
                "::1:80",
                "[]:80",
                "[::1",
                "[::1]80",
                "[web]:80",
                "wéb:80"
            })
    void whatIsNoAddressIsRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TargetAddress.parse(text))
                .withMessageContaining("target \"" + text + "\"");
    }

    @Test
    void thePartsAreCheckedToo() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TargetAddress("", 80))
                .withMessageContaining("\"\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TargetAddress("web", 0))
                .withMessage("target port 0 of \"web\" is outside 1 to 65535");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TargetAddress("web", 65_536))
                .withMessageContaining("65536");
    }
}
