package dev.gapless.proxy;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request that is not sent, for {@link Services#explain}. Immutable: each {@code with} method returns another.
 *
 * <pre>{@code
 * DescribedRequest.to("https://shop.example.com/cart").withHeader("Cookie", "kamal-rollout=42")
 * }</pre>
 */
public final class DescribedRequest implements RequestHead {
    private final String method;
    private final boolean secure;
    private final String host;
    private final String path;
    private final @Nullable String query;
    private final String remoteAddress;
    /** By name in lower case. */
    private final Map<String, String> headers;

    private DescribedRequest(
            String method,
            boolean secure,
            String host,
            String path,
            @Nullable String query,
            String remoteAddress,
            Map<String, String> headers) {
        this.method = method;
        this.secure = secure;
        this.host = host;
        this.path = path;
        this.query = query;
        this.remoteAddress = remoteAddress;
        this.headers = Map.copyOf(headers);
    }

    /**
     * {@return a {@code GET} without header fields, from 127.0.0.1}
     *
     * @param url an absolute URL whose scheme is {@code http} or {@code https}
     * @throws IllegalArgumentException if it is anything else
     */
    public static DescribedRequest to(String url) {
        URI uri = parse(url);
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        String host = host(uri);
        if (!(scheme.equals("http") || scheme.equals("https")) || host.isEmpty()) {
            throw notAUrl(url, null);
        }
        String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        return new DescribedRequest(
                "GET", scheme.equals("https"), host, path, uri.getRawQuery(), "127.0.0.1", Map.of());
    }

    private static URI parse(String url) {
        try {
            return new URI(url);
        } catch (URISyntaxException e) {
            throw notAUrl(url, e);
        }
    }

    /** {@link URI#getHost} knows no underscores. */
    private static String host(URI uri) {
        String authority = uri.getRawAuthority() == null ? "" : uri.getRawAuthority();
        return authority.replaceFirst("^.*@", "").replaceFirst(":[0-9]*$", "");
    }

    private static IllegalArgumentException notAUrl(String url, @Nullable Throwable cause) {
        return new IllegalArgumentException(
                "\"" + url + "\" is not an http or https URL; expected for example \"https://example.com/path\"",
                cause);
    }

    /**
     * {@return the same request with another method}
     *
     * @param other the method
     */
    public DescribedRequest withMethod(String other) {
        return new DescribedRequest(other, secure, host, path, query, remoteAddress, headers);
    }

    /**
     * {@return the same request from another address}
     *
     * @param other the address of the client
     */
    public DescribedRequest withRemoteAddress(String other) {
        return new DescribedRequest(method, secure, host, path, query, other, headers);
    }

    /**
     * {@return the same request with another header field} A second field of the same name is joined with the first; a {@code
     * Host} takes the place of the URL's.
     *
     * @param name the name of the field
     * @param value its value
     */
    public DescribedRequest withHeader(String name, String value) {
        String key = name.toLowerCase(Locale.ROOT);
        if (key.equals("host")) {
            String other = value.replaceFirst(":[0-9]*$", "");
            return new DescribedRequest(method, secure, other, path, query, remoteAddress, headers);
        }
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.merge(key, value, (first, second) -> first + (key.equals("cookie") ? "; " : ", ") + second);
        return new DescribedRequest(method, secure, host, path, query, remoteAddress, more);
    }

    @Override
    public String method() {
        return method;
    }

    @Override
    public boolean secure() {
        return secure;
    }

    @Override
    public String host() {
        return host;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public @Nullable String query() {
        return query;
    }

    @Override
    public @Nullable String header(String name) {
        return headers.get(name.toLowerCase(Locale.ROOT));
    }

    @Override
    public String remoteAddress() {
        return remoteAddress;
    }

    @Override
    public String toString() {
        return method + " " + (secure ? "https://" : "http://") + host + path + (query == null ? "" : "?" + query);
    }
}
