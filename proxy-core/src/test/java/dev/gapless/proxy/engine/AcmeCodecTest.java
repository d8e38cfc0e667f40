package dev.gapless.proxy.engine;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.AcmeOptions.Approval;
import dev.gapless.proxy.AcmeOptions.Challenge;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TlsOptions;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class AcmeCodecTest {
    @Test
    void whatWasWrittenIsReadAgain() {
        for (Approval approval : List.of(
                new Approval.ByName("tenants"),
                new Approval.ByUrl(URI.create("https://example.com/check?x=1")),
                new Approval.ByPath("/check"))) {
            AcmeOptions options = AcmeOptions.builder()
                    .directory(URI.create("https://ca.example.com/acme"))
                    .directoryAuthority(Path.of("/etc/ca.pem"))
                    .contact("admin@example.com")
                    .externalAccount("kid", "abcdefghijklmnopqrstuvwxyz")
                    .keyType(AcmeOptions.KeyType.RSA)
                    .challenges(Challenge.DNS_01, Challenge.TLS_ALPN_01)
                    .dnsRecords("zone")
                    .orderScope(AcmeOptions.OrderScope.WHOLE_SERVICE)
                    .onDemand(approval)
                    .onDemandPerMinute(3)
                    .storeDirectory(Path.of("/var/lib/acme"))
                    .firstRequestWait(Duration.ofSeconds(3))
                    .build();

            assertThat(read(AcmeCodec.encode(options)))
                    .usingRecursiveComparison()
                    .isEqualTo(options);
        }
    }

    @Test
    void theDefaultsAreWrittenToo() {
        JsonElement written = AcmeCodec.encode(AcmeOptions.defaults());

        assertThat(written.toString()).contains("letsencrypt", "http-01", "each-host", "PT10S");
        assertThat(read(written)).usingRecursiveComparison().isEqualTo(AcmeOptions.defaults());
    }

    @Test
    void theyAreAmongTheOptionsOfAService() {
        ServiceOptions options = ServiceOptions.builder()
                .host("a.example")
                .tls(true)
                .tlsOptions(TlsOptions.builder()
                        .automatic(AcmeOptions.builder().staging(true).build())
                        .build())
                .build();
        ServiceOptions.Builder read = ServiceOptions.builder();
        Fields.read("options", OptionsCodec.encode(options), fields -> OptionsCodec.decode(fields, read));

        assertThat(read.build().tlsOptions()).usingRecursiveComparison().isEqualTo(options.tlsOptions());
    }

    @Test
    void anUnknownChallengeIsNamed() {
        assertThatThrownBy(() -> read(JsonParser.parseString("{\"challenges\": [\"dns-account-01\"]}")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("dns-account-01");
    }

    private static AcmeOptions read(JsonElement json) {
        AtomicReference<AcmeOptions> options = new AtomicReference<>();
        Fields.read("acme", json, fields -> options.set(AcmeCodec.decode(fields)));
        return options.get();
    }
}
