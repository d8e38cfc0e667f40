package dev.gapless.proxy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

final class TargetTlsTest {
    private final TargetTls.Builder tls = TargetTls.builder();

    @Test
    void byDefaultWhatTheJdkTrustsIsTrustedForTheTargetsOwnName() {
        TargetTls defaults = ServiceOptions.defaults().targetTls();

        assertThat(defaults.certificateAuthority()).isEmpty();
        assertThat(defaults.serverName()).isEmpty();
        assertThat(defaults.clientCertificate()).isEmpty();
    }

    @Test
    void pathsAreMadeAbsoluteAsTheyAreReadLaterToo() {
        TargetTls set = tls.certificateAuthority(Path.of("ca.pem"))
                .clientCertificate(Path.of("client.pem"), Path.of("/etc/client.key"))
                .build();

        assertThat(set.certificateAuthority()).contains(Path.of("ca.pem").toAbsolutePath());
        TargetTls.ClientCertificate certificate = set.clientCertificate().orElseThrow();
        assertThat(certificate.chain()).isEqualTo(Path.of("client.pem").toAbsolutePath());
        assertThat(certificate.key()).isEqualTo(Path.of("/etc/client.key"));
    }

    @ParameterizedTest
    @CsvSource({"App.Internal., app.internal", "backend, backend", "127.0.0.1, 127.0.0.1", "[::1], [::1]"})
    void aServerNameIsAHostOrAnAddress(String name, String canonical) {
        assertThat(tls.serverName(name).build().serverName()).contains(canonical);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "*.internal", "*", "app:443", "https://app", "a b"})
    void aServerNameThatIsNoneIsRefused(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> tls.serverName(name))
                .withMessageContaining("server name")
                .withMessageContaining("\"" + name + "\"");
    }
}
