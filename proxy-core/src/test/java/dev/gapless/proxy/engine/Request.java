package dev.gapless.proxy.engine;

import dev.gapless.proxy.RequestHead;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The head of a request that nobody sends. */
record Request(
        String method,
        boolean secure,
        String host,
        String path,
        @Nullable String query,
        Map<String, String> headers) implements RequestHead {
    /** Returns why the proxy answers the request itself; fails if it does not. */
    static Decision.Reason reason(Decision decision) {
        return ((Decision.Respond) decision).reason();
    }

    /** Reads {@code http://host/path?query}, or the same with {@code https}, without interpreting the parts. */
    static Request to(String uri) {
        boolean secure = uri.startsWith("https://");
        String rest = uri.substring(secure ? "https://".length() : "http://".length());
        int slash = rest.indexOf('/');
        String afterHost = slash < 0 ? "" : rest.substring(slash);
        int mark = afterHost.indexOf('?');
        return new Request(
                "GET",
                secure,
                slash < 0 ? rest : rest.substring(0, slash),
                mark < 0 ? afterHost : afterHost.substring(0, mark),
                mark < 0 ? null : afterHost.substring(mark + 1),
                Map.of());
    }

    Request withMethod(String other) {
        return new Request(other, secure, host, path, query, headers);
    }

    /** Names are compared as they are written here. */
    Request withHeader(String name, String value) {
        Map<String, String> more = new HashMap<>(headers);
        more.put(name, value);
        return new Request(method, secure, host, path, query, more);
    }

    @Override
    public @Nullable String header(String name) {
        return headers.get(name);
    }

    @Override
    public String remoteAddress() {
        return "192.0.2.1";
    }
}
