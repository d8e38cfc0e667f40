package dev.gapless.proxy.engine;

import dev.gapless.proxy.Balancing;
import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.CacheOnDeploy;
import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.ClientCertificates;
import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.ContentCoding;
import dev.gapless.proxy.ErrorPages;
import dev.gapless.proxy.HeaderOptions;
import dev.gapless.proxy.HeaderRules;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.HoldLimits;
import dev.gapless.proxy.LoadBalancing;
import dev.gapless.proxy.Pace;
import dev.gapless.proxy.PassiveEjection;
import dev.gapless.proxy.ReportOptions;
import dev.gapless.proxy.RetryOptions;
import dev.gapless.proxy.SendfileOptions;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.StaticFiles;
import dev.gapless.proxy.StrictTransportSecurity;
import dev.gapless.proxy.TargetTls;
import dev.gapless.proxy.TlsOptions;
import dev.gapless.proxy.TunnelOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Options none of which has its default. */
final class EveryOption {
    private EveryOption() {}

    static ServiceOptions set(ErrorPages pages) {
        return ServiceOptions.builder()
                .host("example.com")
                .host("*.example.org")
                .pathPrefix("/a b/ü")
                .pathPrefix("/")
                .stripPathPrefix(false)
                .tls(true)
                .tlsOptions(TlsOptions.builder()
                        .certificate(Path.of("/chain.pem"), Path.of("/key.pem"))
                        .strictTransportSecurity(StrictTransportSecurity.of(Duration.ofDays(400))
                                .includingSubDomains()
                                .preloaded())
                        .clientCertificates(ClientCertificates.optional(Path.of("/clients.pem"))
                                .withSubjectHeader("X-Who"))
                        .build())
                .redirectToHttps(false)
                .canonicalHost("example.com")
                .healthCheck(HealthCheck.builder()
                        .path("/health?full=1")
                        .port(81)
                        .host("probe.example.com")
                        .interval(Duration.ofMillis(7))
                        .timeout(Duration.ofNanos(3))
                        .failuresUntilUnhealthy(4)
                        .successesUntilHealthy(5)
                        .build())
                .responseTimeout(Duration.ofMillis(1234))
                .holdLimits(new HoldLimits(1, 2, 3))
                .balancing(Balancing.builder()
                        .policy(LoadBalancing.LEAST_REQUESTS)
                        .ejection(new PassiveEjection(6, Duration.ofSeconds(9)))
                        .writerAffinity(Duration.ZERO)
                        .webSocketsToReaders(true)
                        .build())
                .rolloutCookie("who")
                .rolloutKey("account")
                .headers(HeaderOptions.builder()
                        .trustForwarded(true)
                        .trustFrom("10.0.0.0/8", "2001:db8::/32")
                        .clientIpHeader("X-Real-IP")
                        .scopeCookiePaths(true)
                        .requestRules(HeaderRules.builder()
                                .set("X-A", "1")
                                .add("X-B", "\"2\"")
                                .build())
                        .responseRules(HeaderRules.builder().remove("Server").build())
                        .build())
                .reporting(ReportOptions.builder()
                        .logRequestHeaders("Accept")
                        .logResponseHeaders("Age")
                        .excludedMetricsPaths("/up")
                        .build())
                .bodies(BodyOptions.builder()
                        .requestBuffering(Buffering.FULL)
                        .responseBuffering(Buffering.OFF)
                        .bufferMemory(11)
                        .maxRequestBytes(12)
                        .maxResponseBytes(13)
                        .requestPace(new Pace(14, Duration.ofSeconds(15)))
                        .responsePace(new Pace(16, Duration.ofSeconds(17)))
                        .build())
                .retries(RetryOptions.builder()
                        .maxRetries(18)
                        .budget(19, 20)
                        .nonIdempotent(true)
                        .keptBodyBytes(21)
                        .build())
                .tunnels(TunnelOptions.builder()
                        .idleTime(Duration.ofSeconds(22))
                        .closeCode(1012)
                        .build())
                .targetTls(TargetTls.builder()
                        .certificateAuthority(Path.of("/ca.pem"))
                        .serverName("app.internal")
                        .clientCertificate(Path.of("/client.pem"), Path.of("/client.key"))
                        .build())
                .errorPages(pages)
                .cache(CacheOptions.builder()
                        .onDeploy(CacheOnDeploy.KEEP)
                        .heuristics(true)
                        .storeCookies(true)
                        .requestDirectives(false)
                        .negativeLifetime(Duration.ofSeconds(7))
                        .staleIfUnreachable(Duration.ofSeconds(8))
                        .maxObjectBytes(12_345)
                        .targetedFields(List.of("Gapless-Cache-Control", "CDN-Cache-Control"))
                        .keyHeaders(List.of("X-Tenant"))
                        .build())
                .sendfile(SendfileOptions.builder()
                        .root(Path.of("/srv/files"))
                        .root(Path.of("/srv/more"))
                        .location("/private", Path.of("/srv/private"))
                        .build())
                .staticFiles(StaticFiles.builder(Path.of(System.getProperty("java.io.tmpdir")))
                        .pathPrefix("/assets")
                        .fingerprint(".*-[0-9]+")
                        .keepPrevious(Duration.ofMinutes(23))
                        .build())
                .compression(CompressionOptions.builder()
                        .codings(ContentCoding.GZIP, ContentCoding.BROTLI)
                        .level(ContentCoding.GZIP, 9)
                        .types(List.of("text/*", "*+json"))
                        .minBytes(23)
                        .maxPadding(24)
                        .authenticated(false)
                        .build())
                .build();
    }
}
