package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TargetAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class ServiceRowTest {
    private static ServiceInfo service(String name, ServiceOptions options, String... targets) {
        List<ServiceInfo.TargetInfo> infos = Stream.of(targets)
                .map(target ->
                        new ServiceInfo.TargetInfo(TargetAddress.parse(target), ServiceInfo.Role.WRITER, true, 0))
                .toList();
        return new ServiceInfo(name, options, infos, 1, ServiceInfo.State.RUNNING, "", 0, Optional.empty());
    }

    @Test
    void aServiceIsARowOfAnAlignedTable() {
        ServiceOptions options = ServiceOptions.builder()
                .host("a.example")
                .host("b.example")
                .pathPrefix("/api")
                .pathPrefix("/v2")
                .build();
        List<ServiceInfo> services = List.of(
                service("api", options, "api-1:3000", "api-2:3000"),
                service("web", ServiceOptions.defaults(), "web-1:80"));

        assertThat(ServiceRow.table(ServiceRow.of(services))).isEqualTo("""
                        Service  Host                 Path      Target                 State    TLS  Rollout
                        api      a.example,b.example  /api,/v2  api-1:3000,api-2:3000  running  no
                        web      *                    /         web-1:80               running  no
                        """);
    }

    private static ServiceInfo rollingOut(Optional<RolloutSplit> split) {
        List<ServiceInfo.TargetInfo> targets = List.of(
                new ServiceInfo.TargetInfo(TargetAddress.parse("new:80"), ServiceInfo.Role.WRITER, true, 0),
                new ServiceInfo.TargetInfo(TargetAddress.parse("new-reader:80"), ServiceInfo.Role.READER, true, 0));
        return new ServiceInfo(
                "web",
                ServiceOptions.defaults(),
                List.of(),
                1,
                ServiceInfo.State.RUNNING,
                "",
                0,
                Optional.of(new ServiceInfo.RolloutInfo(targets, split)));
    }

    @Test
    void aRolloutIsItsTargetsAndItsSplit() {
        assertThat(rolloutCell(Optional.empty())).isEqualTo("new:80,new-reader:80 (no split)");
        assertThat(rolloutCell(Optional.of(RolloutSplit.percent(0)))).isEqualTo("new:80,new-reader:80 (0%)");
        assertThat(rolloutCell(Optional.of(new RolloutSplit(0, Set.of("b", "a")))))
                .isEqualTo("new:80,new-reader:80 (list a,b)");
        assertThat(rolloutCell(Optional.of(new RolloutSplit(10, Set.of("e", "d", "c", "b", "a")))))
                .isEqualTo("new:80,new-reader:80 (10%, list a,b,c and 2 more)");
    }

    private static String rolloutCell(Optional<RolloutSplit> split) {
        return ServiceRow.of(List.of(rollingOut(split))).get(0).rollout();
    }

    @ParameterizedTest
    @CsvSource({"RUNNING, running", "PAUSED, paused", "STOPPED, stopped", "NOT_RESTORED, unrestored"})
    void aStateIsAWord(ServiceInfo.State state, String word) {
        ServiceInfo service =
                new ServiceInfo("web", ServiceOptions.defaults(), List.of(), 1, state, "", 0, Optional.empty());
        assertThat(ServiceRow.of(List.of(service)).get(0).state()).isEqualTo(word);
    }

    @Test
    void aServiceThatCouldNotBeRestoredClaimsNoRoute() {
        ServiceInfo lost = new ServiceInfo(
                "web",
                ServiceOptions.defaults(),
                List.of(),
                0,
                ServiceInfo.State.NOT_RESTORED,
                "why",
                0,
                Optional.empty());
        assertThat(ServiceRow.of(List.of(lost)))
                .containsExactly(new ServiceRow("web", "-", "-", "-", "unrestored", false, ""));
    }

    @Test
    void withoutServicesThereIsOnlyTheHeading() {
        assertThat(ServiceRow.table(List.of())).isEqualTo("Service  Host  Path  Target  State  TLS  Rollout\n");
        assertThat(ServiceRow.json(List.of())).isEqualTo("{}");
    }

    @Test
    void namesAreQuotedInJson() {
        List<ServiceInfo> services = List.of(service("a\"\\ \u00fc", ServiceOptions.defaults(), "t:1"));
        assertThat(ServiceRow.json(ServiceRow.of(services)))
                .isEqualTo("{\"a\\\"\\\\ \u00fc\":{\"host\":\"*\",\"path\":\"/\",\"tls\":false,\"target\":\"t:1\","
                        + "\"state\":\"running\",\"rollout\":\"\"}}");
    }
}
