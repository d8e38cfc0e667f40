package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TargetAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

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
                service("web", ServiceOptions.defaults(), "web-1:80"),
                service("api", options, "api-1:3000", "api-2:3000"));

        assertThat(ServiceRow.table(ServiceRow.sorted(services))).isEqualTo("""
                        Service  Host                 Path      Target                 State    TLS  Rollout
                        api      a.example,b.example  /api,/v2  api-1:3000,api-2:3000  running  no
                        web      *                    /         web-1:80               running  no
                        """);
    }

    @Test
    void withoutServicesThereIsOnlyTheHeading() {
        assertThat(ServiceRow.table(List.of())).isEqualTo("Service  Host  Path  Target  State  TLS  Rollout\n");
        assertThat(ServiceRow.json(List.of())).isEqualTo("{}");
    }

    @Test
    void servicesAreSortedByCodePoint() {
        List<ServiceInfo> services = Stream.of("\ud83d\ude00", "\uff5e", "b", "B", "a")
                .map(name -> service(name, ServiceOptions.defaults(), "t:1"))
                .toList();
        assertThat(ServiceRow.sorted(services))
                .extracting(ServiceRow::service)
                .containsExactly("B", "a", "b", "\uff5e", "\ud83d\ude00");
    }

    @Test
    void namesAreQuotedInJson() {
        List<ServiceInfo> services = List.of(service("a\"\\ \u00fc", ServiceOptions.defaults(), "t:1"));
        assertThat(ServiceRow.json(ServiceRow.sorted(services)))
                .isEqualTo("{\"a\\\"\\\\ \u00fc\":{\"host\":\"*\",\"path\":\"/\",\"tls\":false,\"target\":\"t:1\","
                        + "\"state\":\"running\",\"rollout\":\"\"}}");
    }
}
