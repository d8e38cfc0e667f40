package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ReportOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eclipse.jetty.http.HttpFields;

/** The headers that a service wants to have in the access log. */
final class LoggedHeaders {
    private LoggedHeaders() {}

    static Map<String, String> of(ReportOptions options, HttpFields request, HttpFields response) {
        if (options.logRequestHeaders().isEmpty()
                && options.logResponseHeaders().isEmpty()) {
            return Map.of();
        }
        Map<String, String> logged = new LinkedHashMap<>();
        put("req_", options.logRequestHeaders(), request, logged);
        put("resp_", options.logResponseHeaders(), response, logged);
        return logged;
    }

    private static void put(String prefix, List<String> names, HttpFields from, Map<String, String> to) {
        for (String name : names) {
            String key = prefix + name.toLowerCase(Locale.ROOT).replace('-', '_');
            to.put(key, String.join(",", from.getValuesList(name)));
        }
    }
}
