package dev.gapless.proxy.engine;

import org.jspecify.annotations.Nullable;

/** The head of a request that nobody sends. */
record Request(
        boolean secure, String host, String path, @Nullable String query) implements RequestHead {
    /** Reads {@code http://host/path?query}, or the same with {@code https}, without interpreting the parts. */
    static Request to(String uri) {
        boolean secure = uri.startsWith("https://");
        String rest = uri.substring(secure ? "https://".length() : "http://".length());
        int slash = rest.indexOf('/');
        String afterHost = slash < 0 ? "" : rest.substring(slash);
        int mark = afterHost.indexOf('?');
        return new Request(
                secure,
                slash < 0 ? rest : rest.substring(0, slash),
                mark < 0 ? afterHost : afterHost.substring(0, mark),
                mark < 0 ? null : afterHost.substring(mark + 1));
    }
}
