package dev.gapless.proxy.jetty;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class CookiePathsTest {
    private static String scoped(String setCookie) {
        return CookiePaths.scope(setCookie, "/api", "example.com");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a=1; Path=/                     | a=1; Path=/api",
                "a=1; Path=/admin                | a=1; Path=/api/admin",
                "a=1; Path=/admin/               | a=1; Path=/api/admin/",
                "a=1                             | a=1; Path=/api",
                "a=1; Secure                     | a=1; Secure; Path=/api",
                "a=1; Path=/apis                 | a=1; Path=/api/apis",
                "a=1; Path=/API                  | a=1; Path=/api/API",
                "a=1;Path=/;Secure               | a=1;Path=/api;Secure",
                "a=1; path=/x; HTTPONLY          | a=1; path=/api/x; HTTPONLY",
                "a=1; PATH = /x ; Secure         | a=1; PATH = /api/x ; Secure",
                "a=1; Path = / ; Secure          | a=1; Path = /api ; Secure",
                "a=1; Path=\"/\"                 | a=1; Path=\"/api\"",
                "a=1; Path=\"/x\"; Version=1     | a=1; Path=\"/api/x\"; Version=1",
                "a=1; Path=/a=b                  | a=1; Path=/api/a=b",
                "a=1; Path=/; Path=/x            | a=1; Path=/api; Path=/api/x",
                "a=1; Pathology=/; Path2=/       | a=1; Pathology=/; Path2=/; Path=/api",
                "a=1; X=Path=/                   | a=1; X=Path=/; Path=/api",
                "Path=/                          | Path=/; Path=/api",
                "a=\"x; Path=/y\"                | a=\"x; Path=/api/y\"",
                "__Secure-a=1; Path=/; Secure    | __Secure-a=1; Path=/api; Secure"
            })
    void thePrefixIsPutBeforeThePath(String setCookie, String expected) {
        assertThat(scoped(setCookie)).isEqualTo(expected);
    }

    @Test
    void attributesAreKeptByteForByte() {
        assertThat(
                        scoped(
                                "a=1;Expires=Wed, 21 Oct 2026 07:28:00 GMT;  Odd ; ;Partitioned;\tSameSite = None;x=\u00e9; Path=/;"))
                .isEqualTo("a=1;Expires=Wed, 21 Oct 2026 07:28:00 GMT;  Odd ; ;Partitioned;\tSameSite = None;x=\u00e9;"
                        + " Path=/api;");
        assertThat(scoped("a=1;")).isEqualTo("a=1;; Path=/api");
        assertThat(scoped("")).isEqualTo("; Path=/api");
    }

    /** Browsers take such a path for none (RFC 6265, section 5.2.4). */
    @ParameterizedTest
    @ValueSource(
            strings = {"a=1; Path", "a=1; Path=", "a=1; Path= ", "a=1; Path=x", "a=1; path=\"\"", "a=1; Path=\"x\""})
    void aPathThatIsNoneIsReplacedByThePrefix(String setCookie) {
        assertThat(scoped(setCookie)).isEqualTo("a=1; Path=/api");
        assertThat(scoped(setCookie + "; Secure")).isEqualTo("a=1; Path=/api; Secure");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a=1; Path=/api",
                "a=1; Path=/api/",
                "a=1; Path=/api/x; Secure",
                "a=1;path=/api ;Secure",
                "a=1; Path=\"/api\"",
                "a=1; Path=\"/api/x\""
            })
    void aPathThatHasThePrefixDoesNotGetItTwice(String setCookie) {
        assertThat(scoped(setCookie)).isEqualTo(setCookie);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a=1; Path=/; Domain=other.example",
                "a=1; Path=/; Domain=sub.example.com",
                "a=1; Path=/; Domain=com",
                "a=1; Domain=.other.example",
                "a=1; domain = other.example ; Path=/",
                "a=1; Domain=example.com; Domain=other.example; Path=/",
                "__Host-a=1; Path=/; Secure",
                " __host-a=1; Path=/; Secure"
            })
    void cookiesForOtherDomainsOrForTheHostAsAWholeAreLeftAlone(String setCookie) {
        assertThat(scoped(setCookie)).isEqualTo(setCookie);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "example.com",
                "EXAMPLE.com",
                ".example.com",
                "",
                " example.com ",
                "other.example; Domain=example.com"
            })
    void aDomainThatIsTheHostIsLikeNone(String domain) {
        assertThat(scoped("a=1; Path=/; Domain=" + domain)).isEqualTo("a=1; Path=/api; Domain=" + domain);
    }

    @Test
    void withoutAPrefixNothingChanges() {
        assertThat(CookiePaths.scope("a=1", "", "example.com")).isEqualTo("a=1");
    }

    @ParameterizedTest
    @CsvSource({
        "/api/x,       /x,      /api",
        "/api,         /,       /api",
        "/api/,        /,       /api",
        "/api//,       //,      /api",
        "/api/api,     /api,    /api",
        "/%61pi/x%2Fy, /x%2Fy,  /%61pi",
        "/b%C3%BC/x,   /x,      /b%C3%BC",
        "/x,           /x,      ''",
        "/,            /,       ''"
    })
    void thePrefixIsWhatTheForwardedPathLacks(String path, String forwarded, String prefix) {
        assertThat(CookiePaths.prefix(path, forwarded)).isEqualTo(prefix);
    }
}
