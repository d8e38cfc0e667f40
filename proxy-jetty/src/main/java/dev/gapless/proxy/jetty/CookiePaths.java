package dev.gapless.proxy.jetty;

import java.util.ListIterator;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/**
 * Puts the path prefix that a target does not know of before the paths of its cookies (RFC 6265), so that the cookies of
 * services on one host do not meet.
 *
 * <p>The prefix is what the client itself wrote, encoded as it was: browsers compare a cookie's path with the bytes of the
 * path that they ask for.
 */
final class CookiePaths {
    /** Cookies whose name begins so must have the path {@code /}, or they are not accepted (RFC 6265bis, section 4.1.3.2). */
    private static final String HOST_PREFIX = "__Host-";

    private CookiePaths() {}

    /** {@return what of the client's path is not in the forwarded one; empty if nothing was taken off} */
    static String prefix(String path, String forwarded) {
        // A path that is nothing but the prefix is forwarded as a slash that the client has not sent.
        boolean cut = path.endsWith(forwarded);
        return RequestTarget.bytes(cut ? path.substring(0, path.length() - forwarded.length()) : path);
    }

    /** Scopes each {@code Set-Cookie} field. */
    static void scope(HttpFields.Mutable fields, String prefix, String host) {
        if (prefix.isEmpty()) {
            return;
        }
        for (ListIterator<HttpField> i = fields.listIterator(); i.hasNext(); ) {
            HttpField field = i.next();
            if (field.getHeader() == HttpHeader.SET_COOKIE && field.getValue() != null) {
                i.set(new HttpField(HttpHeader.SET_COOKIE, field.getName(), scope(field.getValue(), prefix, host)));
            }
        }
    }

    /**
     * {@return the cookie with the prefix before its path} A cookie for another domain than the host is left as it is, and so
     * is a path that has the prefix already; a path that browsers would not take is like none.
     */
    static String scope(String setCookie, String prefix, String host) {
        if (prefix.isEmpty() || isHostCookie(setCookie) || !isFor(host, lastDomain(setCookie))) {
            return setCookie;
        }
        int end = endOfPart(setCookie, 0);
        StringBuilder scoped = new StringBuilder(setCookie.length() + prefix.length() + 8).append(setCookie, 0, end);
        boolean hasPath = false;
        while (end < setCookie.length()) {
            int begin = end;
            end = endOfPart(setCookie, begin + 1);
            if (isNamed("path", setCookie, begin + 1, end)) {
                hasPath = true;
                appendPath(scoped, setCookie, begin, end, prefix);
            } else {
                scoped.append(setCookie, begin, end);
            }
        }
        return hasPath
                ? scoped.toString()
                : scoped.append("; Path=").append(prefix).toString();
    }

    private static boolean isHostCookie(String setCookie) {
        int begin = skipBlanks(setCookie, 0, setCookie.length());
        return setCookie.regionMatches(true, begin, HOST_PREFIX, 0, HOST_PREFIX.length());
    }

    /** Of an attribute that comes twice the last one counts (RFC 6265, section 5.3). */
    private static @Nullable String lastDomain(String setCookie) {
        String domain = null;
        int end = endOfPart(setCookie, 0);
        while (end < setCookie.length()) {
            int begin = end + 1;
            end = endOfPart(setCookie, begin);
            if (isNamed("domain", setCookie, begin, end)) {
                domain = setCookie
                        .substring(beginOfValue(setCookie, begin, end), end)
                        .strip();
            }
        }
        return domain;
    }

    /** A leading dot means nothing (RFC 6265, section 5.2.3). */
    private static boolean isFor(String host, @Nullable String domain) {
        if (domain == null || domain.isEmpty()) {
            return true;
        }
        return (domain.charAt(0) == '.' ? domain.substring(1) : domain).equalsIgnoreCase(host);
    }

    private static void appendPath(StringBuilder scoped, String setCookie, int begin, int end, String prefix) {
        int value = beginOfValue(setCookie, begin + 1, end);
        int quote = value < end && setCookie.charAt(value) == '"' ? 1 : 0;
        int path = value + quote;
        boolean absolute = path < end && setCookie.charAt(path) == '/';
        if (!absolute) {
            scoped.append("; Path=").append(prefix);
        } else if (startsWith(setCookie, path, prefix)) {
            scoped.append(setCookie, begin, end);
        } else {
            boolean root = isEndOfPath(setCookie, path + 1);
            scoped.append(setCookie, begin, path).append(prefix).append(setCookie, root ? path + 1 : path, end);
        }
    }

    private static boolean startsWith(String setCookie, int path, String prefix) {
        int after = path + prefix.length();
        return setCookie.startsWith(prefix, path) && (isEndOfPath(setCookie, after) || setCookie.charAt(after) == '/');
    }

    private static boolean isEndOfPath(String setCookie, int index) {
        return index == setCookie.length() || ";\" \t".indexOf(setCookie.charAt(index)) >= 0;
    }

    private static boolean isNamed(String name, String setCookie, int begin, int end) {
        int first = skipBlanks(setCookie, begin, end);
        int after = first + name.length();
        if (after > end || !setCookie.regionMatches(true, first, name, 0, name.length())) {
            return false;
        }
        int next = skipBlanks(setCookie, after, end);
        return next == end || setCookie.charAt(next) == '=';
    }

    private static int beginOfValue(String setCookie, int begin, int end) {
        int equals = setCookie.indexOf('=', begin);
        return equals < 0 || equals >= end ? end : skipBlanks(setCookie, equals + 1, end);
    }

    private static int skipBlanks(String text, int begin, int end) {
        int i = begin;
        while (i < end && (text.charAt(i) == ' ' || text.charAt(i) == '\t')) {
            i++;
        }
        return i;
    }

    /** Attributes end at semicolons, quoted or not (RFC 6265, section 5.2). */
    private static int endOfPart(String setCookie, int begin) {
        int semicolon = setCookie.indexOf(';', begin);
        return semicolon < 0 ? setCookie.length() : semicolon;
    }
}
