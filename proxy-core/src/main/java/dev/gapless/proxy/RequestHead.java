package dev.gapless.proxy;

import org.jspecify.annotations.Nullable;

/**
 * The head of a request: a view, without copies. What the proxy hands to the host's code is valid during that call only.
 *
 * <p>{@link DescribedRequest} is one that nobody has sent.
 */
public interface RequestHead {
    /** {@return the method, {@code GET} say} */
    String method();

    /** {@return whether the client's connection is encrypted} */
    boolean secure();

    /** {@return the host of the request's authority, without a port; empty if there is none} */
    String host();

    /** {@return the path as the client sent it} */
    String path();

    /** {@return the query as the client sent it, without the question mark; null if there is none} */
    @Nullable
    String query();

    /**
     * {@return the value of a header field, or null if there is none} The values of several fields of the name are joined as
     * RFC 9110 (section 5.2) and, for {@code Cookie}, RFC 9113 (section 8.2.3) say.
     *
     * @param name the name of the field, in any case
     */
    @Nullable
    String header(String name);

    /** {@return the address of the client's end of the connection, in its textual form} */
    String remoteAddress();

    /**
     * {@return the value of a cookie, or null if there is none} Of several the first counts, which is the most specific one
     * (RFC 6265, section 5.4). Quotes around a value are no part of it.
     *
     * @param name the name of the cookie, case-sensitive
     */
    default @Nullable String cookie(String name) {
        String cookies = header("Cookie");
        return cookies == null ? null : Cookies.value(cookies, name);
    }
}
