package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceInfo.RolloutInfo;
import dev.gapless.proxy.ServiceInfo.TargetInfo;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A service as {@code list} shows it. Several hosts, paths or targets are joined by commas, writers before readers. */
record ServiceRow(String service, String host, String path, String target, String state, boolean tls, String rollout) {
    private static final List<String> HEADINGS =
            List.of("Service", "Host", "Path", "Target", "State", "TLS", "Rollout");
    private static final String ANY_HOST = "*";
    /** Of a service that could not be restored: it has no routes, whatever was saved of it. */
    private static final String NONE = "-";

    private static final String GAP = "  ";
    private static final int MOST_KEYS = 3;

    /** {@return a row for each service, in their order} */
    static List<ServiceRow> of(List<ServiceInfo> services) {
        return services.stream().map(ServiceRow::of).toList();
    }

    private static ServiceRow of(ServiceInfo service) {
        if (service.state() == ServiceInfo.State.NOT_RESTORED) {
            return new ServiceRow(service.name(), NONE, NONE, NONE, "unrestored", false, "");
        }
        List<String> hosts = service.options().hosts();
        return new ServiceRow(
                service.name(),
                hosts.isEmpty() ? ANY_HOST : String.join(",", hosts),
                String.join(",", service.options().pathPrefixes()),
                joined(service.targets()),
                service.state().name().toLowerCase(Locale.ROOT),
                service.options().tls(),
                service.rollout().map(ServiceRow::rollout).orElse(""));
    }

    private static String rollout(RolloutInfo rollout) {
        return joined(rollout.targets())
                + rollout.split().map(split -> " (" + clients(split) + ")").orElse(" (no split)");
    }

    /** {@code 10%}, {@code list a,b} or {@code 10%, list a,b,c and 7 more}. */
    private static String clients(RolloutSplit split) {
        if (split.allowlist().isEmpty()) {
            return split.percent() + "%";
        }
        List<String> keys = split.allowlist().stream().sorted().toList();
        int more = keys.size() - MOST_KEYS;
        return (split.percent() == 0 ? "" : split.percent() + "%, ")
                + "list "
                + String.join(",", keys.subList(0, Math.min(keys.size(), MOST_KEYS)))
                + (more > 0 ? " and " + more + " more" : "");
    }

    private static String joined(List<TargetInfo> targets) {
        return targets.stream().map(target -> target.address().toString()).collect(Collectors.joining(","));
    }

    static String json(List<ServiceRow> rows) {
        Map<String, Object> services = new LinkedHashMap<>();
        for (ServiceRow row : rows) {
            Map<String, Object> members = new LinkedHashMap<>();
            members.put("host", row.host);
            members.put("path", row.path);
            members.put("tls", row.tls);
            members.put("target", row.target);
            members.put("state", row.state);
            members.put("rollout", row.rollout);
            services.put(row.service, members);
        }
        return Json.write(services);
    }

    static String table(List<ServiceRow> rows) {
        List<List<String>> lines = Stream.concat(
                        Stream.of(HEADINGS), rows.stream().map(ServiceRow::cells))
                .toList();
        int[] widths = IntStream.range(0, HEADINGS.size())
                .map(column -> lines.stream()
                        .mapToInt(line -> width(line.get(column)))
                        .max()
                        .orElse(0))
                .toArray();
        return lines.stream().map(line -> aligned(line, widths) + "\n").collect(Collectors.joining());
    }

    private List<String> cells() {
        return List.of(service, host, path, target, state, tls ? "yes" : "no", rollout);
    }

    private static String aligned(List<String> cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < widths.length; column++) {
            String cell = cells.get(column);
            line.append(cell).append(" ".repeat(widths[column] - width(cell))).append(GAP);
        }
        return line.toString().stripTrailing();
    }

    private static int width(String cell) {
        return cell.codePointCount(0, cell.length());
    }
}
