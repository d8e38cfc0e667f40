package dev.gapless.proxy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

final class DescribedRequestTest {
    @ParameterizedTest
    @CsvSource(
            nullValues = "null",
            value = {
                "http://example.com, false, example.com, /, null",
                "HTTPS://example.com/a%2Fb?x=%20&y, true, example.com, /a%2Fb, x=%20&y",
                "http://example.com:8080/, false, example.com, /, null",
                "http://example.com?, false, example.com, /, ''",
                "http://my_host/, false, my_host, /, null",
                "http://[::1]:8080/x, false, [::1], /x, null",
                "http://ann:secret@example.com/, false, example.com, /, null",
                "http://example.com/x#y, false, example.com, /x, null"
            })
    void aUrlIsTakenApart(String url, boolean secure, String host, String path, String query) {
        DescribedRequest request = DescribedRequest.to(url);

        assertThat(request.secure()).isEqualTo(secure);
        assertThat(request.host()).isEqualTo(host);
        assertThat(request.path()).isEqualTo(path);
        assertThat(request.query()).isEqualTo(query);
        assertThat(request.method()).isEqualTo("GET");
        assertThat(request.remoteAddress()).isEqualTo("127.0.0.1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "example.com",
                "/path",
                "ftp://example.com/",
                "http:",
                "http://",
                "http:///x",
                "http://:80/",
                "http:example.com",
                "mailto:ann@example.com",
                "http://example.com/a b",
                "//example.com/",
                "http://a/%zz"
            })
    void whatIsNoUrlIsRefused(String url) {
        assertThatThrownBy(() -> DescribedRequest.to(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"" + url + "\"")
                .hasMessageContaining("https://example.com/path");
    }

    @Test
    void headerFieldsHaveNamesInAnyCaseAndAreJoined() {
        DescribedRequest request = DescribedRequest.to("http://a/")
                .withHeader("X-One", "1")
                .withHeader("x-one", "2")
                .withHeader("Cookie", "a=1")
                .withHeader("cookie", "b=2");

        assertThat(request.header("X-ONE")).isEqualTo("1, 2");
        assertThat(request.header("x-two")).isNull();
        assertThat(request.cookie("b")).isEqualTo("2");
        assertThat(request.cookie("B")).isNull();
    }

    @Test
    void aHostFieldTakesThePlaceOfTheUrls() {
        DescribedRequest request = DescribedRequest.to("http://127.0.0.1/x").withHeader("hOST", "example.com:8080");

        assertThat(request.host()).isEqualTo("example.com");
        assertThat(request.header("Host")).isNull();
    }

    @Test
    void eachChangeIsAnotherRequest() {
        DescribedRequest get = DescribedRequest.to("https://a/x?y");
        DescribedRequest post = get.withMethod("POST").withRemoteAddress("192.0.2.7");

        assertThat(get).hasToString("GET https://a/x?y");
        assertThat(post).hasToString("POST https://a/x?y");
        assertThat(post.remoteAddress()).isEqualTo("192.0.2.7");
        assertThat(get.remoteAddress()).isEqualTo("127.0.0.1");
        assertThat(get.withHeader("A", "b").header("A")).isEqualTo("b");
        assertThat(get.header("A")).isNull();
    }
}
