package dev.gapless.proxy;

import dev.gapless.proxy.HeaderRules.Action;
import dev.gapless.proxy.HeaderRules.Rule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

final class HeaderRulesTest {
    private final HeaderRules.Builder rules = HeaderRules.builder();

    @Test
    void rulesKeepTheirOrder() {
        HeaderRules built =
                rules.set("A", "1").remove("X-B").add("a", "2").set("A", "").build();

        assertThat(built.rules())
                .containsExactly(
                        new Rule(Action.SET, "A", "1"),
                        new Rule(Action.REMOVE, "X-B", ""),
                        new Rule(Action.ADD, "a", "2"),
                        new Rule(Action.SET, "A", ""));
        assertThat(built.isEmpty()).isFalse();
        assertThat(HeaderRules.none().isEmpty()).isTrue();
    }

    @Test
    void whatWasBuiltDoesNotChangeWithItsBuilder() {
        HeaderRules built = rules.set("A", "1").build();

        rules.remove("A");

        assertThat(built.rules()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "X A", "X:", ":path", "X\r\nY", "X\0", "Ä", "X(1)", "\"x\""})
    void aNameIsAToken(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> rules.set(name, "1"))
                .withMessageContaining("\"" + name + "\"");
        assertThatIllegalArgumentException().isThrownBy(() -> rules.add(name, "1"));
        assertThatIllegalArgumentException().isThrownBy(() -> rules.remove(name));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> HeaderOptions.builder().clientIpHeader(name))
                .withMessageContaining("client IP header \"" + name + "\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReportOptions.builder().logRequestHeaders("A", name));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ReportOptions.builder().logResponseHeaders("A", name));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Length",
                "content-length",
                "Transfer-Encoding",
                "Connection",
                "Proxy-Connection",
                "Keep-Alive",
                "TE",
                "Trailer",
                "Upgrade",
                "HTTP2-Settings",
                "Expect",
                "Host"
            })
    void whatTheProxyDecidesOnIsNoMatterOfRules(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> rules.set(name, "1"))
                .withMessageContaining("\"" + name + "\"");
        assertThatIllegalArgumentException().isThrownBy(() -> rules.add(name, "1"));
        assertThatIllegalArgumentException().isThrownBy(() -> rules.remove(name));
    }

    @Test
    void theHostIsRefusedWithItsOwnReason() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> rules.set("host", "example.com"))
                .withMessageContaining("as the client sent it");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\rb", "a\nb", "a\r\nX: y", "a\0", "\u007f", "\u20ac", " a", "a ", "\ta", " "})
    void aValueHasNothingThatWouldEndOrChangeIt(String value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> rules.set("A", value))
                .withMessageContaining("\"" + value + "\"")
                .withMessageContaining("\"A\"");
        assertThatIllegalArgumentException().isThrownBy(() -> rules.add("A", value));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "a b", "a\tb", "caf\u00e9", "\"x\"; y=1, z"})
    void otherValuesPass(String value) {
        assertThat(rules.set("A", value).build().rules().get(0).value()).isEqualTo(value);
    }

    @Test
    void aRuleThatRemovesHasNoValue() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Rule(Action.REMOVE, "A", "1"))
                .withMessageContaining("\"A\"")
                .withMessageContaining("\"1\"");
    }
}
