package dev.gapless.proxy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

final class AddressRangeTest {
    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.0.0.0",
        "10.0.0.0/8, 10.255.255.255",
        "192.0.2.1, 192.0.2.1",
        "192.0.2.1/32, 192.0.2.1",
        "192.0.2.128/25, 192.0.2.200",
        "172.16.0.0/12, 172.31.255.255",
        "0.0.0.0/0, 255.255.255.255",
        "128.0.0.0/1, 255.0.0.1",
        "10.0.0.0/8, ::ffff:10.1.2.3",
        "10.0.0.0/8, ::FFFF:a01:203",
        "10.0.0.0/8, 0:0:0:0:0:ffff:10.1.2.3",
        "::ffff:10.0.0.0/104, 10.1.2.3",
        "::ffff:0:0/96, 192.0.2.1",
        "::ffff:192.0.2.1, 192.0.2.1",
        "::1, ::1",
        "::1, 0:0:0:0:0:0:0:1",
        "::1, [0:0:0:0:0:0:0:1]",
        "::1/128, 0000:0000:0000:0000:0000:0000:0000:0001",
        "::, ::",
        "::/0, 2001:db8::1",
        "2001:db8::/32, 2001:DB8:ffff:ffff:ffff:ffff:ffff:ffff",
        "2001:db8::/32, 2001:db8::192.0.2.1",
        "2001:db8:0:0:8000::/65, 2001:db8::ffff:0:0:1",
        "2001:db8:1:2::/64, 2001:db8:1:2:3:4:5:6",
        "1::, 1:0:0:0:0:0:0:0",
        "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0",
        "::2:3:4:5:6:7:8, 0:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7:8, 1:2:3:4:5:6:7:8",
        "fe80::/10, fe80::1%eth0",
        "fe80::/10, [fe80:0:0:0:0:0:0:1%2]",
        "[fe80::1%eth0], fe80::1"
    })
    void addressesThatBeginWithItsBitsAreIn(String range, String address) {
        assertThat(AddressRange.parse(range).contains(address)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 11.0.0.0",
        "10.0.0.0/8, 9.255.255.255",
        "192.0.2.1, 192.0.2.2",
        "192.0.2.128/25, 192.0.2.127",
        "10.0.0.0/8, ::ffff:11.0.0.0",
        "10.0.0.0/8, ::10.0.0.1",
        "10.0.0.0/8, a00::1",
        "::1, ::2",
        "::1, 0.0.0.1",
        "::/0, 192.0.2.1",
        "::/0, ::ffff:192.0.2.1",
        "0.0.0.0/0, ::1",
        "2001:db8::/32, 2001:db9::",
        "2001:db8:0:0:8000::/65, 2001:db8::1",
        "2001:db8:1:2::/64, 2001:db8:1:3::",
        "0.0.0.0/0, localhost",
        "::/0, localhost",
        "0.0.0.0/0, ''",
        "0.0.0.0/0, 1.2.3",
        "0.0.0.0/0, 1.2.3.4.5",
        "0.0.0.0/0, 1.2.3.04",
        "0.0.0.0/0, 1.2.3.256",
        "0.0.0.0/0, 1.2.3.4:80",
        "0.0.0.0/0, 16909060",
        "0.0.0.0/0, unknown",
        "::/0, /tmp/socket"
    })
    void othersAreOutAndSoIsWhatIsNoAddress(String range, String address) {
        assertThat(AddressRange.parse(range).contains(address)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "localhost",
                "example.com/8",
                "10",
                "10.0.0",
                "10.0.0.0.0",
                "10.0.0.0/",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/+8",
                "10.0.0.0/8/8",
                "10.0.0.0/255.0.0.0",
                "10.0.0.0 /8",
                "10.0.0.256",
                "10.0.0.01",
                "10.0.0.\u0661",
                "10..0.0",
                "1.2.3.",
                ".1.2.3",
                "::/129",
                ":",
                ":::",
                ":1",
                "1:",
                "::1:",
                "1::2::3",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "::1:2:3:4:5:6:7:8",
                "1:2:3:4:5:6:7:1.2.3.4",
                "1.2.3.4::",
                "::1.2.3",
                "12345::",
                "g::",
                "::ffff:10.0.0.0/8",
                "[::1",
                "*"
            })
    void whatIsNoRangeIsQuoted(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AddressRange.parse(text))
                .withMessageContaining("address range \"" + text + "\"")
                .withMessageContaining("10.0.0.0/8");
    }

    /** A slip, or a range that is wider than it looks. */
    @ParameterizedTest
    @CsvSource({
        "10.1.2.3/8, 10.0.0.0/8, 10.1.2.3",
        "10.0.0.1/0, 0.0.0.0/0, 10.0.0.1",
        "2001:db8::1/32, 2001:db8:0:0:0:0:0:0/32, 2001:db8:0:0:0:0:0:1",
        "::ffff:10.1.2.3/104, 10.0.0.0/8, 10.1.2.3"
    })
    void bitsBeyondThePrefixAreRefusedWithWhatMayHaveBeenMeant(String text, String range, String address) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AddressRange.parse(text))
                .withMessageContaining("\"" + text + "\"")
                .withMessageContaining("\"" + range + "\"")
                .withMessageContaining("\"" + address + "\"");
    }

    @Test
    void aRangeIsEqualToItsTextReadAgain() {
        for (String text : new String[] {"10.0.0.0/8", "192.0.2.1", "::1", "2001:db8::/32", "::/0"}) {
            AddressRange range = AddressRange.parse(text);

            assertThat(AddressRange.parse(range.toString())).isEqualTo(range).hasSameHashCodeAs(range);
        }
        assertThat(AddressRange.parse("10.0.0.0/8"))
                .isNotEqualTo(AddressRange.parse("10.0.0.0/9"))
                .hasToString("10.0.0.0/8");
    }
}
