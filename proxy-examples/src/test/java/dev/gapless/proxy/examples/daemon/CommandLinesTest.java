package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.AcmeOptions.Approval;
import dev.gapless.proxy.AddressRange;
import dev.gapless.proxy.Balancing;
import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.CacheOnDeploy;
import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.CertificateOrigin;
import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.DescribedRequest;
import dev.gapless.proxy.LoadBalancing;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.Slot;
import dev.gapless.proxy.TargetAddress;
import dev.gapless.proxy.TargetTls;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class CommandLinesTest {
    private static Object parse(Map<String, String> environment, String line) {
        return parse(environment, List.of(line.split(" ")));
    }

    private static Object parse(Map<String, String> environment, List<String> arguments) {
        CommandLine parser = CommandLines.newParser(environment, Path.of("/srv/app"));
        return CommandLines.parse(parser, arguments).commandSpec().userObject();
    }

    private static RunCommand run(Map<String, String> environment, String line) {
        return (RunCommand) parse(environment, line);
    }

    private static Deployment deployment(String line) {
        return ((DeployCommand) parse(Map.of(), line)).deployment();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "deploy web --target a:1,b:2 --force",
                "deploy --target a:1,b:2 --force web",
                "deploy --force --target a:1 web --target b:2",
                "deploy --force=true --target=a:1 --target=b:2 web",
                "deploy --force=1 --target a:1,,b:2 web",
                "deploy --force=false --force --target=a:1,b:2 -- web",
            })
    void flagsAreTakenInEveryFormAndPlace(String line) {
        Deployment deployment = deployment(line);
        assertThat(deployment.service()).isEqualTo("web");
        assertThat(deployment.targets()).containsExactly(TargetAddress.parse("a:1"), TargetAddress.parse("b:2"));
        assertThat(deployment.force()).isTrue();
    }

    @Test
    void theDefaultsAreThoseOfKamalProxy() {
        Deployment deployment = deployment("deploy web --target a");
        ServiceOptions options = deployment.options();
        assertThat(deployment.targets()).containsExactly(TargetAddress.parse("a:80"));
        assertThat(deployment.deployTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(deployment.drainTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(deployment.force()).isFalse();
        assertThat(options.hosts()).isEmpty();
        assertThat(options.pathPrefixes()).containsExactly("/");
        assertThat(options.stripPathPrefix()).isTrue();
        assertThat(options.canonicalHost()).isEmpty();
        assertThat(options.headers().trustForwarded()).isEmpty();
        assertThat(options.headers().trustedRanges()).isEmpty();
        assertThat(options.headers().clientIpHeader()).isEmpty();
        assertThat(options.headers().scopeCookiePaths()).isFalse();
        assertThat(options.reporting().logRequestHeaders()).isEmpty();
        assertThat(options.reporting().logResponseHeaders()).isEmpty();
        assertThat(options.reporting().excludedMetricsPaths()).isEmpty();
        assertThat(options.responseTimeout()).isEqualTo(Duration.ofSeconds(30));
        assertThat(options.bodies().requestBuffering()).isEqualTo(Buffering.OFF);
        assertThat(options.bodies().responseBuffering()).isEqualTo(Buffering.OFF);
        assertThat(options.bodies().bufferMemory()).isEqualTo(1_048_576);
        assertThat(options.bodies().maxRequestBytes()).isEmpty();
        assertThat(options.bodies().maxResponseBytes()).isEmpty();
        assertThat(options.healthCheck().path()).isEqualTo("/up");
        assertThat(options.healthCheck().port()).isEmpty();
        assertThat(options.healthCheck().host()).isEmpty();
        assertThat(options.healthCheck().interval()).isEqualTo(Duration.ofSeconds(1));
        assertThat(options.healthCheck().timeout()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void everyFlagReachesTheDeployment() {
        Deployment deployment = deployment("deploy web --target a --host x.example,y.example --host z.example"
                + " --path-prefix api/,/v2 --strip-path-prefix=false --canonical-host y.example --forward-headers=false"
                + " --deploy-timeout 2m --drain-timeout 1h30m --target-timeout 300ms --health-check-path /health?deep=1"
                + " --health-check-port 81 --health-check-host probe.example --health-check-interval 1.5s"
                + " --health-check-timeout 10s --path-prefix /");
        ServiceOptions options = deployment.options();
        assertThat(deployment.deployTimeout()).isEqualTo(Duration.ofMinutes(2));
        assertThat(deployment.drainTimeout()).isEqualTo(Duration.ofMinutes(90));
        assertThat(options.hosts()).containsExactly("x.example", "y.example", "z.example");
        assertThat(options.pathPrefixes()).containsExactly("/api", "/v2", "/");
        assertThat(options.stripPathPrefix()).isFalse();
        assertThat(options.canonicalHost()).contains("y.example");
        assertThat(options.headers().trustForwarded()).contains(false);
        assertThat(options.responseTimeout()).isEqualTo(Duration.ofMillis(300));
        assertThat(options.healthCheck().path()).isEqualTo("/health?deep=1");
        assertThat(options.healthCheck().port()).hasValue(81);
        assertThat(options.healthCheck().host()).contains("probe.example");
        assertThat(options.healthCheck().interval()).isEqualTo(Duration.ofMillis(1500));
        assertThat(options.healthCheck().timeout()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void targetsMayBeOfEveryForm() {
        Deployment deployment =
                deployment("deploy web --target a:1,https://b,h2c://c:3 --read-target unix:/run/d.sock");

        assertThat(deployment.targets())
                .extracting(Object::toString)
                .containsExactly("a:1", "https://b:443", "h2c://c:3");
        assertThat(deployment.readers()).extracting(Object::toString).containsExactly("unix:/run/d.sock");
    }

    @Test
    void theFlagsForTlsWithTargetsReachTheDeployment() {
        TargetTls tls = deployment("deploy web --target https://a --target-ca ca.pem --target-server-name app.internal"
                        + " --target-client-certificate /c.pem --target-client-key /c.key")
                .options()
                .targetTls();

        assertThat(tls.certificateAuthority()).contains(Path.of("/srv/app/ca.pem"));
        assertThat(tls.serverName()).contains("app.internal");
        assertThat(tls.clientCertificate())
                .contains(new TargetTls.ClientCertificate(Path.of("/c.pem"), Path.of("/c.key")));
    }

    @Test
    void theJdksTrustAndTheNameOfTheAddressAreTheDefaultsForTlsWithTargets() {
        TargetTls tls = deployment("deploy web --target https://a --target-ca= --target-client-key=")
                .options()
                .targetTls();

        assertThat(tls.certificateAuthority()).isEmpty();
        assertThat(tls.serverName()).isEmpty();
        assertThat(tls.clientCertificate()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"--target-client-certificate c.pem", "--target-client-key c.key"})
    void aCertificateForTargetsAndItsKeyNeedEachOther(String flag) {
        assertThatThrownBy(() -> deployment("deploy web --target https://a " + flag))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("--target-client-certificate")
                .hasMessageContaining("--target-client-key");
    }

    @Test
    void theFlagsForHeadersReachTheDeployment() {
        ServiceOptions options = deployment(
                        "deploy web --target a --client-ip-header X-Real-IP --scope-cookie-paths"
                                + " --trust 10.0.0.0/8,::1 --trust=192.0.2.7 --log-request-header A,B --log-request-header C"
                                + " --log-response-header X-Cache --exclude-metrics-path /up,/healthz --exclude-metrics-path /m")
                .options();

        assertThat(options.headers().clientIpHeader()).contains("X-Real-IP");
        assertThat(options.headers().scopeCookiePaths()).isTrue();
        assertThat(options.headers().trustedRanges())
                .extracting(AddressRange::toString)
                .containsExactly("10.0.0.0/8", "0:0:0:0:0:0:0:1", "192.0.2.7");
        assertThat(options.headers().trustForwarded()).isEmpty();
        assertThat(options.reporting().logRequestHeaders()).containsExactly("A", "B", "C");
        assertThat(options.reporting().logResponseHeaders()).containsExactly("X-Cache");
        assertThat(options.reporting().excludedMetricsPaths()).containsExactly("/up", "/healthz", "/m");
    }

    private static BodyOptions bodies(String flags) {
        return deployment("deploy web --target a " + flags).options().bodies();
    }

    @Test
    void theFlagsForBodiesReachTheDeployment() {
        BodyOptions bodies = bodies("--buffer-requests --buffer-responses=true --buffer-memory 0"
                + " --max-request-body=1 --max-response-body 9223372036854775807");

        assertThat(bodies.requestBuffering()).isEqualTo(Buffering.FULL);
        assertThat(bodies.responseBuffering()).isEqualTo(Buffering.FULL);
        assertThat(bodies.bufferMemory()).isZero();
        assertThat(bodies.maxRequestBytes()).hasValue(1);
        assertThat(bodies.maxResponseBytes()).hasValue(Long.MAX_VALUE);
    }

    @Test
    void bodiesAreLimitedWithoutBeingBuffered() {
        BodyOptions bodies = bodies("--buffer-requests=false --max-request-body 5 --max-response-body 6");

        assertThat(bodies.requestBuffering()).isEqualTo(Buffering.OFF);
        assertThat(bodies.responseBuffering()).isEqualTo(Buffering.OFF);
        assertThat(bodies.maxRequestBytes()).hasValue(5);
        assertThat(bodies.maxResponseBytes()).hasValue(6);
        assertThat(bodies("--max-request-body 0").maxRequestBytes()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "1MiB", "1.5", "0x10", "", "9223372036854775808"})
    void aSizeThatIsNoneIsQuotedWithItsFlag(String size) {
        for (String flag : List.of("--buffer-memory", "--max-request-body", "--max-response-body")) {
            String said = "'" + flag + "': \"" + size + "\" is not a size; expected a whole number of bytes, 0 or more";
            assertThatThrownBy(() -> bodies(flag + "=" + size))
                    .isInstanceOf(CommandFailure.class)
                    .hasMessageContaining(said);
        }
    }

    @Test
    void aNegativeSizeIsNotTakenForAnotherFlag() {
        assertThatThrownBy(() -> bodies("--buffer-memory -1 --force")).hasMessageContaining("\"-1\" is not a size");
    }

    @ParameterizedTest
    @CsvSource({
        "--trust=10.0.0.1/8, 10.0.0.1/8",
        "--trust=gateway.example, gateway.example",
        "--client-ip-header=X IP, X IP",
        "--log-request-header=A:, A:",
        "--exclude-metrics-path=up, up"
    })
    void whatAFlagForHeadersCannotBeIsQuoted(String flag, String value) {
        CommandLine parser = CommandLines.newParser(Map.of(), Path.of("/"));
        DeployCommand command =
                (DeployCommand) CommandLines.parse(parser, List.of("deploy", "web", "--target", "a", flag))
                        .commandSpec()
                        .userObject();

        assertThatThrownBy(command::deployment)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"" + value + "\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "deploy web                                   | --target",
                "deploy --target a                            | <service>",
                "deploy web --target                          | --target",
                "deploy web other --target a                  | other",
                "deploy web --target a --frob                 | --frob",
                "deploy web --target a --force=maybe          | maybe",
                "deploy web --target a --drain-timeout 30     | \"30\"",
                "deploy web --target a --health-check-port x  | 'x'",
                "deploy web --target a --buffer-requests=maybe | \"maybe\"",
                "deploy web --target a --buffer-responses=2   | \"2\"",
                "run --http-port x                            | 'x'",
                "run --http-port 80 extra                     | extra",
                "remove                                       | <service>",
                "list web                                     | web",
                "deploy web --target a --lb random            | \"random\"",
                "deploy web --target a --lb=                  | \"\"",
                "deploy web --target a --writer-affinity-timeout soon | \"soon\"",
                "deploy web --target a --read-target-websockets=perhaps | \"perhaps\"",
                "pause                                        | <service>",
                "pause web api                                | api",
                "pause web --max-pause 30                     | \"30\"",
                "pause web --message x                        | --message",
                "resume                                       | <service>",
                "resume web --drain-timeout 1s                | --drain-timeout",
                "stop                                         | <service>",
                "stop web --message                           | --message",
                "stop web --drain-timeout never               | \"never\"",
                "rollout                                      | deploy, set, stop, promote",
                "rollout frob web                             | frob",
                "rollout deploy web                           | --target",
                "rollout deploy --target a                    | <service>",
                "rollout deploy web --target a --host b       | --host",
                "rollout set web --percent many               | 'many'",
                "rollout set web --percent 1.5                | '1.5'",
                "rollout set --percent 1                      | <service>",
                "rollout stop                                 | <service>",
                "rollout promote web --drain-timeout 1        | \"1\"",
                "explain                                      | <url>",
                "explain http://a/ -H                         | -H",
                "import                                       | <kamal-proxy.state>",
                "frob                                         | frob",
            })
    void mistakesAreNamed(String line, String named) {
        assertThatThrownBy(() -> parse(Map.of(), line))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining(named);
    }

    @Test
    void aCertificateReachesTheDeployment() {
        ServiceOptions options = deployment("deploy web --target a --tls --tls-certificate-path c.pem"
                        + " --tls-private-key-path /k.pem --tls-redirect=false")
                .options();

        assertThat(options.tls()).isTrue();
        assertThat(options.redirectToHttps()).isFalse();
        assertThat(options.tlsOptions().certificate())
                .isEqualTo(new CertificateOrigin.Files(Path.of("/srv/app/c.pem"), Path.of("/k.pem")));
    }

    @Test
    void automaticCertificatesAreLetsEncryptsUnlessTheFlagsSayOtherwise() {
        assertThat(automatic("--tls --host a.example --tls-on-demand-url= --tls-acme-cache-path="))
                .usingRecursiveComparison()
                .isEqualTo(AcmeOptions.defaults());
        assertThat(automatic("--tls --host a.example --tls-staging").directory())
                .isEqualTo(AcmeOptions.LETS_ENCRYPT_STAGING);
        assertThat(automatic("--tls --tls-on-demand-url /allowed").onDemand())
                .contains(new Approval.ByPath("/allowed"));
        assertThat(automatic("--tls --tls-on-demand-url https://a/b?c=d").onDemand())
                .contains(new Approval.ByUrl(URI.create("https://a/b?c=d")));
        AcmeOptions other = automatic("--tls --host a.example --tls-acme-directory https://ca/dir --tls-acme-ca ca.pem"
                + " --tls-acme-cache-path kept --tls-acme-eab-kid one --tls-acme-eab-key abcdefghijklmnopqrst");
        assertThat(other.directory()).isEqualTo(URI.create("https://ca/dir"));
        assertThat(other.directoryAuthority()).contains(Path.of("/srv/app/ca.pem"));
        assertThat(other.storeDirectory()).contains(Path.of("/srv/app/kept"));
        assertThat(other.externalAccount()).contains(new AcmeOptions.ExternalAccount("one", "abcdefghijklmnopqrst"));
    }

    private static AcmeOptions automatic(String flags) {
        ServiceOptions options = deployment("deploy web --target a " + flags).options();
        return ((CertificateOrigin.Automatic) options.tlsOptions().certificate()).options();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--tls --tls-on-demand-url ftp://a                                         | \"ftp://a\"",
                "--tls --tls-on-demand-url /a --host a --canonical-host b                  | canonical",
                "--tls --tls-acme-directory http://a                                       | \"http://a\"",
                "--tls --tls-acme-directory https://a --tls-staging                        | staging",
                "--tls --tls-acme-eab-kid k                                                | --tls-acme-eab-key",
                "--tls --tls-staging --tls-certificate-path c --tls-private-key-path k     | --tls-staging",
                "--tls-on-demand-url /a                                                    | --tls-on-demand-url",
                "--tls --tls-certificate-path c                                            | certificate",
                "--tls --tls-private-key-path k                                            | certificate",
                "--tls-certificate-path c --tls-private-key-path k                         | --tls-certificate-path needs --tls",
                "--tls --tls-certificate-path c --tls-private-key-path k --path-prefix /a  | root path",
            })
    void flagsForTlsThatMakeNoSenseTogetherAreRefused(String flags, String words) {
        assertThatThrownBy(() -> deployment("deploy web --target a " + flags)).hasMessageContaining(words);
    }

    @Test
    void rangesThatSpeakTheProxyProtocolAreChecked() {
        assertThat(run(Map.of("PROXY_PROTOCOL", "10.0.0.0/8,2001:db8::/32"), "run")
                        .server())
                .isNotNull();
        assertThatThrownBy(() -> run(Map.of(), "run --proxy-protocol 10.0.0.0/8,balancer")
                        .server())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"balancer\"");
    }

    @Test
    void filesAreSentFromTheDirectoriesThatAreGiven() {
        ServiceOptions options = deployment("deploy web --target a --sendfile-root /srv/a,/srv/b "
                        + "--sendfile-root=/srv/c --static-root /srv/public")
                .options();

        assertThat(options.sendfile().orElseThrow().roots())
                .containsExactly(Path.of("/srv/a"), Path.of("/srv/b"), Path.of("/srv/c"));
        assertThat(options.staticFiles().orElseThrow().directory()).isEqualTo(Path.of("/srv/public"));
        ServiceOptions none = deployment("deploy web --target a --sendfile-root= --static-root=")
                .options();
        assertThat(none.sendfile()).isEmpty();
        assertThat(none.staticFiles()).isEmpty();
    }

    @Test
    void aFlagThatAsksForNothingIsNotRefused() {
        assertThat(deployment(
                        "deploy web --target a --tls=false --tls-redirect --cache-max-object 1048576 --error-pages="))
                .isNotNull();
        assertThat(parse(Map.of(), "run --cache-size 67108864 --http3=false")).isInstanceOf(RunCommand.class);
    }

    @Test
    void cachingReachesTheDeployment() {
        CacheOptions cache = deployment("deploy web --target a --cache --cache-max-object 5 --cache-on-deploy drop")
                .options()
                .cache()
                .orElseThrow();

        assertThat(cache.maxObjectBytes()).isEqualTo(5);
        assertThat(cache.onDeploy()).isEqualTo(CacheOnDeploy.DROP);
        assertThat(deployment("deploy web --target a --cache-on-deploy keep")
                        .options()
                        .cache())
                .isEmpty();
        assertThat(deployment("deploy web --target a --cache")
                        .options()
                        .cache()
                        .orElseThrow()
                        .onDeploy())
                .isEqualTo(CacheOnDeploy.REVALIDATE);
        assertThatThrownBy(() -> deployment("deploy web --target a --cache-on-deploy forget"))
                .hasMessageContaining("\"forget\"");
    }

    @Test
    void theEnvironmentFillsInFlagsOfRunAndIsCheckedLikeThem() {
        assertThatThrownBy(() -> parse(Map.of("GAPLESS_CACHE_SIZE", "much", "CACHE_SIZE", "67108864"), "run"))
                .hasMessageContaining("much");
        assertThat(parse(Map.of("GAPLESS_CACHE_SIZE", "67108864", "CACHE_SIZE", "much"), "run"))
                .isInstanceOf(RunCommand.class);
        assertThatThrownBy(() -> parse(Map.of("HTTP_PORT", "eighty"), "run")).hasMessageContaining("eighty");
        assertThat(parse(Map.of("HTTP_PORT", "eighty"), "run --http-port 80")).isInstanceOf(RunCommand.class);
        assertThat(parse(Map.of("TARGET", "evil"), "deploy web --target a")).isInstanceOf(DeployCommand.class);
    }

    @Test
    void compressionIsOnIfAskedFor() {
        assertThat(deployment("deploy web --target a").options().compression()).isEmpty();
        assertThat(deployment("deploy web --target a --compress=false")
                        .options()
                        .compression())
                .isEmpty();
        assertThat(deployment("deploy web --target a --compress").options().compression())
                .contains(CompressionOptions.defaults());
    }

    @Test
    void readersAndBalancingReachTheDeployment() {
        Deployment deployment = deployment("deploy web --target a --read-target=b,c:81 --lb least-requests"
                + " --writer-affinity-timeout 2s --read-target d --read-target-websockets");
        Balancing balancing = deployment.options().balancing();
        assertThat(deployment.readers())
                .containsExactly(TargetAddress.parse("b:80"), TargetAddress.parse("c:81"), TargetAddress.parse("d:80"));
        assertThat(balancing.policy()).isEqualTo(LoadBalancing.LEAST_REQUESTS);
        assertThat(balancing.writerAffinity()).isEqualTo(Duration.ofSeconds(2));
        assertThat(balancing.webSocketsToReaders()).isTrue();
    }

    @Test
    void withoutReadersTheDefaultsOfBalancingApply() {
        Deployment deployment = deployment("deploy web --target a --read-target=");
        Balancing balancing = deployment.options().balancing();
        assertThat(deployment.readers()).isEmpty();
        assertThat(balancing.policy()).isEqualTo(LoadBalancing.ROUND_ROBIN);
        assertThat(balancing.writerAffinity()).isEqualTo(Duration.ofSeconds(1));
        assertThat(balancing.webSocketsToReaders()).isFalse();
        assertThat(deployment("deploy web --target a --writer-affinity-timeout 0")
                        .options()
                        .balancing()
                        .writerAffinity())
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rollout deploy web --target a,b --read-target c --deploy-timeout 1m --drain-timeout 2s",
                "rollout deploy --target=a --drain-timeout=2s --read-target=c --deploy-timeout=60s web --target b",
            })
    void theFlagsOfARolloutReachItsDeployment(String line) {
        Deployment rollout = ((RolloutDeployCommand) parse(Map.of(), line)).deployment();
        assertThat(rollout.service()).isEqualTo("web");
        assertThat(rollout.slot()).isEqualTo(Slot.ROLLOUT);
        assertThat(rollout.targets()).containsExactly(TargetAddress.parse("a:80"), TargetAddress.parse("b:80"));
        assertThat(rollout.readers()).containsExactly(TargetAddress.parse("c:80"));
        assertThat(rollout.deployTimeout()).isEqualTo(Duration.ofMinutes(1));
        assertThat(rollout.drainTimeout()).isEqualTo(Duration.ofSeconds(2));
    }

    private static RolloutSplit split(String line) {
        return ((RolloutSetCommand) parse(Map.of(), line)).split();
    }

    @Test
    void aSplitIsAShareOrAListOrBoth() {
        assertThat(split("rollout set web --percent 10")).isEqualTo(RolloutSplit.percent(10));
        assertThat(split("rollout set --percent=0 web")).isEqualTo(RolloutSplit.percent(0));
        assertThat(split("rollout set web --list a,b --list c"))
                .isEqualTo(RolloutSplit.allowing(Set.of("a", "b", "c")));
        assertThat(split("rollout set --list=a web --percent 100")).isEqualTo(new RolloutSplit(100, Set.of("a")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rollout set web                       | --percent, --list",
                "rollout set web --percent 101         | 101 is outside 0 to 100",
                "rollout set web --percent=-1          | -1 is outside 0 to 100",
                "rollout set web --list=               | \"\" has no values",
                "rollout set web --list=, --percent 10 | \"\" has no values",
            })
    void aSplitThatSaysNothingIsAMistake(String line, String said) {
        assertThatThrownBy(() -> split(line)).hasMessageContaining(said);
    }

    @Test
    void theHeadersOfAnExplainedRequestAreItsFlags() {
        DescribedRequest request = ((ExplainCommand) parse(
                        Map.of(),
                        List.of("explain", "-H", "Cookie: a=b", "https://x.example/y?z", "-H", "Host:y.example:81")))
                .request();
        assertThat(request).hasToString("GET https://y.example/y?z");
        assertThat(request.header("cookie")).isEqualTo("a=b");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "explain x.example/y             | \"x.example/y\"",
                "explain ftp://x.example/        | \"ftp://x.example/\"",
                "explain http://x/ -H Cookie     | \"Cookie\"",
                "explain http://x/ -H :value     | \":value\"",
            })
    void aRequestThatCannotBeExplainedIsQuoted(String line, String quoted) {
        ExplainCommand command = (ExplainCommand) parse(Map.of(), line);
        assertThatThrownBy(command::request).hasMessageContaining(quoted);
    }

    @Test
    void metricsAreServedOnTheAddressOfTheListenersIfThereIsAPort() {
        assertThat(run(Map.of(), "run").metricsAddress()).isEmpty();
        assertThat(run(Map.of("METRICS_PORT", "9090"), "run").metricsAddress()).contains(new InetSocketAddress(9090));
        assertThat(run(Map.of("GAPLESS_METRICS_PORT", "0", "METRICS_PORT", "9090"), "run")
                        .metricsAddress())
                .isEmpty();
        assertThat(run(Map.of(), "run --bind 127.0.0.1 --metrics-port=9090").metricsAddress())
                .contains(new InetSocketAddress(InetAddress.getLoopbackAddress(), 9090));
        assertThatThrownBy(() -> run(Map.of(), "run --metrics-port 65536").metricsAddress())
                .hasMessageContaining("65536 is outside 0 to 65535");
    }

    @Test
    void anArgumentThatBeginsWithAnAtSignIsNoFile() {
        assertThat(deployment("deploy @/etc/passwd --target a").service()).isEqualTo("@/etc/passwd");
    }
}
