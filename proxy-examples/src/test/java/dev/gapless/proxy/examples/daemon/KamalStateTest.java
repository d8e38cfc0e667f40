package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceInfo.State;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.Slot;
import dev.gapless.proxy.TargetAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class KamalStateTest {
    /** As Kamal Proxy 0.9 writes it, with a setting other than the default wherever that can be taken over. */
    private static final String COMPLETE = """
            [{"name": "web",
              "options": {"hosts": ["a.example", "b.example"], "path_prefixes": ["/", "/api"], "tls_enabled": false,
                "tls_certificate_path": "", "tls_private_key_path": "", "tls_redirect": true,
                "canonical_host": "b.example", "acme_directory": "", "acme_cache_path": "/certs", "error_page_path": "",
                "strip_prefix": false, "writer_affinity_timeout": 2000000000, "read_targets_accept_websockets": true},
              "target_options": {
                "health_check_config": {"path": "/health", "port": 81, "interval": 1500000000, "timeout": 10000000000,
                  "host": "probe.example"},
                "response_timeout": 300000000, "buffer_requests": true, "buffer_responses": true,
                "max_memory_buffer_size": 1048577, "max_request_body_size": 5, "max_response_body_size": 6,
                "log_request_headers": null, "log_response_headers": null, "forward_headers": false,
                "scope_cookie_paths": false},
              "active_targets": ["one:3000", "two:3000"], "active_readers": ["three:3000"],
              "rollout_targets": ["four:3000"], "rollout_readers": ["five:3000"],
              "pause_controller": {"state": 1, "stop_message": "", "fail_after": 60000000000},
              "rollout_controller": {"percentage": 10, "percentage_split_point": 429496729.5, "allowlist": ["x"]}}]
            """;

    private static KamalService only(String json) {
        List<KamalService> services = KamalState.services(json);
        assertThat(services).hasSize(1);
        return services.get(0);
    }

    private static Deployment deployment(String json) {
        return only(json).deployment(Path.of("/"));
    }

    private static List<TargetAddress> addresses(String... addresses) {
        return List.of(addresses).stream().map(TargetAddress::parse).toList();
    }

    @Test
    void everySettingIsTakenOver() {
        Deployment deployment = deployment(COMPLETE);
        ServiceOptions options = deployment.options();
        assertThat(deployment.service()).isEqualTo("web");
        assertThat(deployment.force()).isTrue();
        assertThat(deployment.targets()).isEqualTo(addresses("one:3000", "two:3000"));
        assertThat(deployment.readers()).isEqualTo(addresses("three:3000"));
        assertThat(options.hosts()).containsExactly("a.example", "b.example");
        assertThat(options.pathPrefixes()).containsExactly("/", "/api");
        assertThat(options.canonicalHost()).contains("b.example");
        assertThat(options.stripPathPrefix()).isFalse();
        assertThat(options.headers().trustForwarded()).contains(false);
        assertThat(options.responseTimeout()).isEqualTo(Duration.ofMillis(300));
        assertThat(options.bodies().requestBuffering()).isEqualTo(Buffering.FULL);
        assertThat(options.bodies().responseBuffering()).isEqualTo(Buffering.FULL);
        assertThat(options.bodies().bufferMemory()).isEqualTo(1_048_577);
        assertThat(options.bodies().maxRequestBytes()).hasValue(5);
        assertThat(options.bodies().maxResponseBytes()).hasValue(6);
        assertThat(options.balancing().writerAffinity()).isEqualTo(Duration.ofSeconds(2));
        assertThat(options.balancing().webSocketsToReaders()).isTrue();
        assertThat(options.healthCheck().path()).isEqualTo("/health");
        assertThat(options.healthCheck().port()).hasValue(81);
        assertThat(options.healthCheck().host()).contains("probe.example");
        assertThat(options.healthCheck().interval()).isEqualTo(Duration.ofMillis(1500));
        assertThat(options.healthCheck().timeout()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void aRolloutAndAPauseAreTakenOver() {
        KamalService service = only(COMPLETE);
        Deployment rollout = service.rollout().orElseThrow();
        assertThat(rollout.slot()).isEqualTo(Slot.ROLLOUT);
        assertThat(rollout.force()).isTrue();
        assertThat(rollout.targets()).isEqualTo(addresses("four:3000"));
        assertThat(rollout.readers()).isEqualTo(addresses("five:3000"));
        assertThat(service.split()).contains(new RolloutSplit(10, Set.of("x")));
        assertThat(service.state()).isEqualTo(State.PAUSED);
        assertThat(service.maxPause()).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void whatIsNotSaidIsAsWithKamalProxy() {
        KamalService service = only("[{\"name\":\"web\",\"active_targets\":[\"one\"],\"options\":{\"hosts\":[\"\"]}}]");
        ServiceOptions options = service.deployment(Path.of("/")).options();
        assertThat(options.hosts()).isEmpty();
        assertThat(options.pathPrefixes()).containsExactly("/");
        assertThat(options.stripPathPrefix()).isFalse();
        assertThat(options.headers().trustForwarded()).contains(false);
        assertThat(options.bodies().requestBuffering()).isEqualTo(Buffering.OFF);
        assertThat(options.bodies().responseBuffering()).isEqualTo(Buffering.OFF);
        assertThat(options.bodies().bufferMemory()).isEqualTo(1_048_576);
        assertThat(options.responseTimeout()).isEqualTo(Duration.ofDays(365));
        assertThat(options.healthCheck().path()).isEqualTo("/up");
        assertThat(service.state()).isEqualTo(State.RUNNING);
        assertThat(service.rollout()).isEmpty();
        assertThat(service.split()).isEmpty();
    }

    private static BodyOptions bodies(String members) {
        return deployment("[{\"name\":\"web\",\"active_target\":\"one:1\",\"target_options\":{" + members + "}}]")
                .options()
                .bodies();
    }

    @Test
    void aLimitIsTakenOverWhereKamalProxyKeepsToIt() {
        String limits = ",\"max_memory_buffer_size\":4,\"max_request_body_size\":5,\"max_response_body_size\":6";

        BodyOptions requests = bodies("\"buffer_requests\":true" + limits);
        assertThat(requests.requestBuffering()).isEqualTo(Buffering.FULL);
        assertThat(requests.responseBuffering()).isEqualTo(Buffering.OFF);
        assertThat(requests.bufferMemory()).isEqualTo(4);
        assertThat(requests.maxRequestBytes()).hasValue(5);
        assertThat(requests.maxResponseBytes()).isEmpty();

        BodyOptions responses = bodies("\"buffer_responses\":true" + limits);
        assertThat(responses.requestBuffering()).isEqualTo(Buffering.OFF);
        assertThat(responses.responseBuffering()).isEqualTo(Buffering.FULL);
        assertThat(responses.bufferMemory()).isEqualTo(4);
        assertThat(responses.maxRequestBytes()).isEmpty();
        assertThat(responses.maxResponseBytes()).hasValue(6);

        BodyOptions none = bodies("\"buffer_requests\":false" + limits);
        assertThat(none).usingRecursiveComparison().isEqualTo(bodies(""));
    }

    @Test
    void aLimitOfZeroIsNone() {
        BodyOptions bodies = bodies("\"buffer_requests\":true,\"buffer_responses\":true,\"max_memory_buffer_size\":0"
                + ",\"max_request_body_size\":0,\"max_response_body_size\":0");

        assertThat(bodies.bufferMemory()).isZero();
        assertThat(bodies.maxRequestBytes()).isEmpty();
        assertThat(bodies.maxResponseBytes()).isEmpty();
    }

    @Test
    void theMembersOfEarlierVersionsAreUnderstood() {
        KamalService service = only("""
                [{"name": "web", "hosts": ["a.example"], "path_prefixes": ["api"], "active_target": "one:3000",
                  "rollout_target": "two:3000", "options": {"tls_enabled": false, "strip_prefix": true},
                  "target_options": {"health_check_config": {"path": "up", "interval": 1000000000}}}]
                """);
        Deployment deployment = service.deployment(Path.of("/"));
        assertThat(deployment.targets()).isEqualTo(addresses("one:3000"));
        assertThat(deployment.options().hosts()).containsExactly("a.example");
        assertThat(deployment.options().pathPrefixes()).containsExactly("/api");
        assertThat(deployment.options().healthCheck().path()).isEqualTo("/up");
        assertThat(service.rollout().orElseThrow().targets()).isEqualTo(addresses("two:3000"));
    }

    @Test
    void aSplitThatIsSwitchedOffIsNone() {
        assertThat(only("[{\"name\":\"web\",\"rollout_controller\":{\"percentage\":10,\"disabled\":true}}]")
                        .split())
                .isEmpty();
    }

    @Test
    void aNameIsNeverTakenForAFlag() {
        assertThat(deployment("[{\"name\":\"--force=x\",\"active_targets\":[\"one\"]}]")
                        .service())
                .isEqualTo("--force=x");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "\"options\": {\"tls_enabled\": true, \"tls_on_demand_url\": \"ftp://a\"} | ftp://a",
                "\"options\": {\"error_page_path\": \"/none\"}         | error pages",
                "\"options\": {\"hosts\": [\"a/b\"]}                   | a/b",
                "\"active_readers\": [\"one:1\"]                       | both",
                "\"active_targets\": [\"a b\"]                         | a b",
            })
    void whatDeployRefusesIsRefusedInItsWords(String members, String said) {
        KamalService service = only("[{\"name\":\"web\",\"active_target\":\"one:1\"," + members + "}]");
        assertThatThrownBy(() -> service.deployment(Path.of("/"))).hasMessageContaining(said);
    }

    @Test
    void aServiceWithoutTargetsIsRefused() {
        KamalService service = only("[{\"name\":\"web\",\"active_targets\":[]}]");
        assertThatThrownBy(() -> service.deployment(Path.of("/"))).hasMessageContaining("--target");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\0',
            value = {
                "null                                                  | the document is null; expected a list",
                "{\"active_targets\": {}}                              | expected a list",
                "[7]                                                   | [0] is 7; expected an object",
                "[{}]                                                  | [0].name is null; expected a name",
                "[{\"name\": \"\"}]                                    | [0].name is \"\"; expected a name",
                "[{\"name\": [\"web\"]}]                               | [0].name is [\"web\"]; expected a string",
                "[{\"name\": \"web\"}, {\"name\": 1}]                  | [1].name is 1; expected a string",
                "[{\"name\": \"a\", \"options\": \"x\"}]               | [0].options is \"x\"; expected an object",
                "[{\"name\": \"a\", \"options\": {\"hosts\": \"x\"}}]  | [0].options.hosts is \"x\"; expected a list",
                "[{\"name\": \"a\", \"options\": {\"hosts\": [\"x\", 5]}}] | [0].options.hosts[1] is 5; expected a string",
                "[{\"name\": \"a\", \"options\": {\"tls_enabled\": 1}}] | [0].options.tls_enabled is 1; expected true or false",
                "[{\"name\": \"a\", \"pause_controller\": {\"state\": 3}}] | pause_controller.state is 3; expected a whole number",
                "[{\"name\": \"a\", \"pause_controller\": {\"fail_after\": 1e3}}] | fail_after is 1e3; expected a whole number",
                "[{\"name\": \"a\", \"rollout_controller\": {\"percentage\": 101}}] | percentage is 101; expected a whole number from 0 to 100",
                "[{\"name\": \"a\", \"target_options\": {\"response_timeout\": -1}}] | response_timeout is -1; expected",
                "[{\"name\": \"a\", \"target_options\": {\"buffer_requests\": 1}}] | [0].target_options.buffer_requests is 1; expected true or false",
                "[{\"name\": \"a\", \"target_options\": {\"buffer_requests\": true, \"max_request_body_size\": -1}}] | max_request_body_size is -1; expected a whole number",
                "[{\"name\": \"a\", \"target_options\": {\"buffer_responses\": true, \"max_memory_buffer_size\": \"1MiB\"}}] | max_memory_buffer_size is \"1MiB\"; expected a whole number",
                "[{\"name\": \"a\", \"target_options\": {\"response_timeout\": 99999999999999999999}}] | response_timeout is 99999999999999999999; expected",
            })
    void aValueOfAWrongTypeIsQuotedWithItsPath(String json, String said) {
        assertThatThrownBy(() -> KamalState.services(json))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining(said);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "web", "[", "[{\"name\":", "[]]", "[] []", "['web']", "[NaN]", "<html>"})
    void whatIsNotJsonIsSaidToBeNone(String text) {
        assertThatThrownBy(() -> KamalState.services(text))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("not JSON");
    }

    @Test
    void aStateCutOffAnywhereIsNotTakenForAnother() {
        String complete = COMPLETE.strip();
        for (int length = 0; length < complete.length(); length++) {
            String cut = complete.substring(0, length);
            assertThatThrownBy(() -> KamalState.services(cut)).as(cut).hasMessageContaining("not JSON");
        }
    }

    @Test
    void membersThatAreNotKnownAreSkipped() {
        assertThat(only("[{\"name\":\"web\",\"later\":{\"x\":[1]},\"options\":{\"later\":1}}]")
                        .name())
                .isEqualTo("web");
    }

    @Test
    void aFileThatCannotBeReadIsNamed(@TempDir Path directory) throws IOException {
        Path none = directory.resolve("none.state");
        Path binary = Files.write(directory.resolve("binary.state"), new byte[] {'[', (byte) 0xFF, ']'});
        assertThatThrownBy(() -> KamalState.read(none)).hasMessage("there is no file " + none);
        assertThatThrownBy(() -> KamalState.read(directory)).hasMessageContaining(directory + " cannot be read");
        assertThatThrownBy(() -> KamalState.read(binary)).hasMessageContaining(binary + " is not a state");
    }
}
