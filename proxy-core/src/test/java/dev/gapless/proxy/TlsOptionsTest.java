package dev.gapless.proxy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

final class TlsOptionsTest {
    private static TlsOptions required() {
        return TlsOptions.builder()
                .clientCertificates(ClientCertificates.required(Path.of("/ca.pem")))
                .build();
    }

    @Test
    void theProxysCertificateIsTheDefaultAndNothingIsAskedOfClients() {
        TlsOptions options = ServiceOptions.defaults().tlsOptions();

        assertThat(options.certificate()).isEqualTo(new CertificateOrigin.OfProxy());
        assertThat(options.strictTransportSecurity()).isEmpty();
        assertThat(options.clientCertificates()).isEmpty();
    }

    @Test
    void filesAreAbsolute() {
        TlsOptions options = TlsOptions.builder()
                .certificate(Path.of("chain.pem"), Path.of("key.pem"))
                .build();

        assertThat(((CertificateOrigin.Files) options.certificate()).chain()).isAbsolute();
        assertThat(((CertificateOrigin.Files) options.certificate()).key()).isAbsolute();
        assertThat(ClientCertificates.required(Path.of("ca.pem")).authority()).isAbsolute();
    }

    @Test
    void optionsForTlsNeedTls() {
        TlsOptions options =
                TlsOptions.builder().certificate(Path.of("/c"), Path.of("/k")).build();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> ServiceOptions.builder().tlsOptions(options).build())
                .withMessageContaining("certificate")
                .withMessageContaining("tls(true)");
        ServiceOptions.builder().tlsOptions(TlsOptions.builder().build()).build();
    }

    @Test
    void certificatesCannotBeRequiredOfClientsThatComeWithoutTls() {
        ServiceOptions.Builder options =
                ServiceOptions.builder().tls(true).redirectToHttps(false).tlsOptions(required());

        assertThatIllegalArgumentException()
                .isThrownBy(options::build)
                .withMessageContaining("clientCertificates")
                .withMessageContaining("redirectToHttps");
        options.redirectToHttps(true).build();
    }

    @Test
    void aSubjectHeaderIsAToken() {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> ClientCertificates.optional(Path.of("/ca.pem")).withSubjectHeader("X Who"))
                .withMessageContaining("\"X Who\"");
    }

    @Test
    void aSourceHasAName() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TlsOptions.builder().certificateSource(" "))
                .withMessageContaining("certificate source \" \"");
    }

    @Test
    void strictTransportSecurityIsWrittenAsBrowsersReadIt() {
        StrictTransportSecurity year = StrictTransportSecurity.of(Duration.ofDays(365));

        assertThat(StrictTransportSecurity.of(Duration.ZERO)).hasToString("max-age=0");
        assertThat(year).hasToString("max-age=31536000");
        assertThat(year.includingSubDomains()).hasToString("max-age=31536000; includeSubDomains");
        assertThat(year.includingSubDomains().preloaded())
                .hasToString("max-age=31536000; includeSubDomains; preload")
                .isEqualTo(year.includingSubDomains().preloaded())
                .isNotEqualTo(year);
    }

    @Test
    void whatBrowsersWouldNotTakeIntoTheirListIsNotPreloaded() {
        StrictTransportSecurity day = StrictTransportSecurity.of(Duration.ofDays(1));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> day.includingSubDomains().preloaded())
                .withMessageContaining("max-age=86400")
                .withMessageContaining("365");
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> StrictTransportSecurity.of(Duration.ofDays(365)).preloaded());
        assertThatIllegalArgumentException().isThrownBy(() -> StrictTransportSecurity.of(Duration.ofSeconds(-1)));
    }
}
