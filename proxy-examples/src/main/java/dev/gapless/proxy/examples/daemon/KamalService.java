package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceInfo.State;
import dev.gapless.proxy.Services;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A service of Kamal Proxy.
 *
 * @param name its name
 * @param deployArguments of the {@code deploy} command that would make it what it is; so whatever {@code deploy} can do can be
 *     taken over, and what it refuses is refused in its words
 * @param rolloutTargets the writers of its rollout; none if it has no rollout
 * @param rolloutReaders the readers of its rollout
 * @param split which clients the rollout is for
 * @param state running, paused or stopped
 * @param maxPause how long a request is held while it is paused
 * @param message what it tells clients while it is stopped
 */
record KamalService(
        String name,
        List<String> deployArguments,
        List<String> rolloutTargets,
        List<String> rolloutReaders,
        Optional<RolloutSplit> split,
        State state,
        Duration maxPause,
        String message) {
    private static final List<State> STATES = List.of(State.RUNNING, State.PAUSED, State.STOPPED);
    private static final Duration DRAIN_TIMEOUT = Duration.ofSeconds(30);

    /** Reads a service, or throws a {@link CommandFailure} that quotes what is wrong. */
    static KamalService of(JsonValue service) {
        JsonValue name = service.member("name");
        JsonValue pause = service.member("pause_controller");
        return new KamalService(
                name.text().filter(text -> !text.isBlank()).orElseThrow(() -> name.isNot("a name")),
                deployArguments(service),
                either(service, "rollout_targets", "rollout_target"),
                service.member("rollout_readers").texts(),
                split(service.member("rollout_controller")),
                STATES.get((int)
                        pause.member("state").wholeNumber(0, STATES.size() - 1L).orElse(0)),
                Duration.ofNanos(pause.member("fail_after")
                        .wholeNumber(Long.MIN_VALUE, Long.MAX_VALUE)
                        .orElse(0)),
                pause.member("stop_message").text().orElse(""));
    }

    /** Earlier versions had one target, with a member of its own. */
    private static List<String> either(JsonValue service, String member, String earlier) {
        List<String> targets = service.member(member).texts();
        return targets.isEmpty() ? service.member(earlier).text().stream().toList() : targets;
    }

    private static List<String> orEarlier(List<String> values, JsonValue earlier) {
        return values.isEmpty() ? earlier.texts() : values;
    }

    private static Optional<RolloutSplit> split(JsonValue split) {
        if (split.isAbsent() || split.member("disabled").isTrue()) {
            return Optional.empty();
        }
        int percent = (int) split.member("percentage").wholeNumber(0, 100).orElse(0);
        return Optional.of(new RolloutSplit(
                percent, new HashSet<>(split.member("allowlist").texts())));
    }

    private static List<String> deployArguments(JsonValue service) {
        JsonValue options = service.member("options");
        JsonValue target = service.member("target_options");
        DeployArguments arguments = new DeployArguments();
        arguments.each("--target", either(service, "active_targets", "active_target"));
        arguments.each("--read-target", service.member("active_readers").texts());
        arguments.each("--host", orEarlier(options.member("hosts").texts(), service.member("hosts")));
        arguments.each(
                "--path-prefix", orEarlier(options.member("path_prefixes").texts(), service.member("path_prefixes")));
        arguments.is("--strip-path-prefix", options.member("strip_prefix"));
        arguments.text("--canonical-host", options.member("canonical_host"));
        arguments.time("--writer-affinity-timeout", options.member("writer_affinity_timeout"));
        arguments.is("--read-target-websockets", options.member("read_targets_accept_websockets"));
        arguments.text("--error-pages", options.member("error_page_path"));
        arguments.text("--client-ip-header", options.member("client_ip_header"));
        arguments.each(
                "--exclude-metrics-path",
                options.member("exclude_metrics_paths").texts());
        arguments.is("--forward-headers", target.member("forward_headers"));
        arguments.is("--scope-cookie-paths", target.member("scope_cookie_paths"));
        arguments.each(
                "--log-request-header", target.member("log_request_headers").texts());
        arguments.each(
                "--log-response-header", target.member("log_response_headers").texts());
        arguments.timeUnlessZero("--target-timeout", target.member("response_timeout"), "8760h");
        addHealthCheck(arguments, target.member("health_check_config"));
        addBuffering(arguments, target);
        addTls(arguments, options);
        return arguments.toList();
    }

    private static void addHealthCheck(DeployArguments arguments, JsonValue check) {
        check.member("path").text().ifPresent(path -> arguments.add("--health-check-path", withSlash(path)));
        arguments.number("--health-check-port", check.member("port"));
        arguments.text("--health-check-host", check.member("host"));
        arguments.timeUnlessZero("--health-check-interval", check.member("interval"), "1s");
        arguments.timeUnlessZero("--health-check-timeout", check.member("timeout"), "5s");
    }

    private static String withSlash(String path) {
        return path.startsWith("/") ? path : "/" + path;
    }

    /** Where nothing is buffered the limits are there, too, but Kamal Proxy does not keep to them. */
    private static void addBuffering(DeployArguments arguments, JsonValue target) {
        boolean requests = target.member("buffer_requests").isTrue();
        boolean responses = target.member("buffer_responses").isTrue();
        arguments.is("--buffer-requests", target.member("buffer_requests"));
        arguments.is("--buffer-responses", target.member("buffer_responses"));
        if (requests || responses) {
            arguments.number("--buffer-memory", target.member("max_memory_buffer_size"));
        }
        if (requests) {
            arguments.number("--max-request-body", target.member("max_request_body_size"));
        }
        if (responses) {
            arguments.number("--max-response-body", target.member("max_response_body_size"));
        }
    }

    /** Where Kamal Proxy keeps its certificates is not taken over: they are in a form of its own. */
    private static void addTls(DeployArguments arguments, JsonValue options) {
        if (options.member("tls_enabled").isTrue()) {
            arguments.is("--tls", options.member("tls_enabled"));
            arguments.is("--tls-redirect", options.member("tls_redirect"));
            arguments.text("--tls-certificate-path", options.member("tls_certificate_path"));
            arguments.text("--tls-private-key-path", options.member("tls_private_key_path"));
            boolean automatic =
                    options.member("tls_certificate_path").text().orElse("").isEmpty();
            if (automatic) {
                arguments.text("--tls-on-demand-url", options.member("tls_on_demand_url"));
                arguments.text("--tls-acme-directory", options.member("acme_directory"));
            }
        }
    }

    /** Returns what is to be deployed; throws as the {@code deploy} command does. */
    Deployment deployment(Path directory) {
        List<String> line = Stream.of(List.of("deploy", "--force"), deployArguments, List.of("--", name))
                .flatMap(List::stream)
                .toList();
        Object command = CommandLines.parse(CommandLines.newParser(Map.of(), directory), line)
                .commandSpec()
                .userObject();
        return ((DeployCommand) command).deployment();
    }

    /** Returns the rollout, if there is one, or throws an {@link IllegalArgumentException} that quotes the bad value. */
    Optional<Deployment> rollout() {
        if (rolloutTargets.isEmpty()) {
            return Optional.empty();
        }
        Deployment.Builder rollout = Deployment.builder(name).asRollout().force(true);
        rolloutTargets.forEach(rollout::target);
        rolloutReaders.forEach(rollout::reader);
        return Optional.of(rollout.build());
    }

    /** Puts the service, which has just been deployed, into its state. Requests that have slipped in are waited for. */
    void restoreState(Services services) {
        if (state == State.PAUSED) {
            // None at all is a pause that answers 504 at once.
            services.pause(
                    name,
                    DRAIN_TIMEOUT,
                    maxPause.compareTo(Duration.ofMillis(1)) < 0 ? Duration.ofMillis(1) : maxPause);
        } else if (state == State.STOPPED) {
            services.stop(name, DRAIN_TIMEOUT, message);
        }
    }
}
