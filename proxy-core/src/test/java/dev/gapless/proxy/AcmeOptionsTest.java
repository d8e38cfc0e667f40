package dev.gapless.proxy;

import dev.gapless.proxy.AcmeOptions.Approval;
import dev.gapless.proxy.AcmeOptions.Challenge;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class AcmeOptionsTest {
    @Test
    void theDefaultIsLetsEncryptWithEllipticKeys() {
        AcmeOptions options = AcmeOptions.defaults();

        assertThat(options.directory()).isEqualTo(AcmeOptions.LETS_ENCRYPT);
        assertThat(options.keyType()).isEqualTo(AcmeOptions.KeyType.EC);
        assertThat(options.challenges()).containsExactly(Challenge.HTTP_01, Challenge.TLS_ALPN_01);
        assertThat(options.firstRequestWait()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void dnsRecordsAddTheThirdChallenge() {
        AcmeOptions options = AcmeOptions.builder().dnsRecords("zone").build();

        assertThat(options.challenges()).endsWith(Challenge.DNS_01);
    }

    @Test
    void dnsWithoutRecordsIsRefused() {
        assertThatThrownBy(
                        () -> AcmeOptions.builder().challenges(Challenge.DNS_01).build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[DNS_01]")
                .hasMessageContaining("DnsRecords");
    }

    @Test
    void stagingIsLetsEncryptsOnly() {
        assertThat(AcmeOptions.builder().staging(true).build().directory()).isEqualTo(AcmeOptions.LETS_ENCRYPT_STAGING);
        assertThatThrownBy(() -> AcmeOptions.builder()
                        .staging(true)
                        .directory(URI.create("https://ca.example.com/acme"))
                        .build())
                .hasMessageContaining("https://ca.example.com/acme");
    }

    @Test
    void aDirectoryWithoutTlsIsRefused() {
        assertThatThrownBy(() -> AcmeOptions.builder().directory(URI.create("http://ca.example.com/acme")))
                .hasMessageContaining("\"http://ca.example.com/acme\"")
                .hasMessageContaining("https://");
    }

    @Test
    void anAccountKeyIsCheckedAndNeverTold() {
        assertThatThrownBy(() -> AcmeOptions.builder().externalAccount("kid", "no base64url: + and /"))
                .hasMessageContaining("kid")
                .hasMessageNotContaining("+ and /");
        assertThat(new AcmeOptions.ExternalAccount("kid", "abcdefghijklmnopqrstuvwxyz"))
                .asString()
                .isEqualTo("ExternalAccount[kid]");
    }

    @Test
    void aContactIsOneMailAddress() {
        assertThat(AcmeOptions.builder().contact("admin@example.com").build().contact())
                .contains("admin@example.com");
        assertThatThrownBy(() -> AcmeOptions.builder().contact("a@example.com,b@example.com"))
                .hasMessageContaining("a@example.com,b@example.com");
    }

    @Test
    void anApprovalIsAskedOverHttpOrAtAPath() {
        assertThatThrownBy(() -> new Approval.ByUrl(URI.create("ftp://example.com/check")))
                .hasMessageContaining("ftp://example.com/check");
        assertThatThrownBy(() -> new Approval.ByPath("check")).hasMessageContaining("\"check\"");
    }
}
