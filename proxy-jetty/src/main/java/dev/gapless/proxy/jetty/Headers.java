package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HeaderRules;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/** Which header fields go on to the other side. */
final class Headers {
    /** What HPACK counts for each field besides its name and value (RFC 7541, section 4.1). */
    static final int HPACK_OVERHEAD_BYTES = 32;

    static final String X_REQUEST_ID = "X-Request-ID";
    static final String X_REQUEST_START = "X-Request-Start";
    static final String X_KAMAL_TARGET = "X-Kamal-Target";
    static final String X_ACCEL_BUFFERING = "X-Accel-Buffering";

    /** Fields of one connection, not of the message (RFC 9110, section 7.6.1). */
    private static final Set<HttpHeader> HOP_BY_HOP = EnumSet.of(
            HttpHeader.CONNECTION,
            HttpHeader.KEEP_ALIVE,
            HttpHeader.PROXY_CONNECTION,
            HttpHeader.PROXY_AUTHENTICATE,
            HttpHeader.PROXY_AUTHORIZATION,
            HttpHeader.TE,
            HttpHeader.TRANSFER_ENCODING,
            HttpHeader.UPGRADE);

    /** What the proxy itself writes into a request. */
    private static final Set<HttpHeader> REWRITTEN = EnumSet.of(
            HttpHeader.HOST,
            HttpHeader.EXPECT,
            HttpHeader.X_FORWARDED_FOR,
            HttpHeader.X_FORWARDED_PROTO,
            HttpHeader.X_FORWARDED_HOST);

    /** What says something of the body that is not true of another. */
    private static final List<String> OF_BODY = List.of(
            "Content-Length",
            "Transfer-Encoding",
            "Content-Encoding",
            "Content-MD5",
            "Content-Digest",
            "Digest",
            "Repr-Digest",
            "Trailer",
            "Expect");

    private Headers() {}

    /**
     * Copies what a request's head says end to end; {@code TE: trailers} goes on too, as the proxy passes them. The option that goes
     * with it (RFC 9110, section 10.1.4) does not get into HTTP/2, whose encoder leaves {@code Connection} out.
     */
    static void copyRequest(HttpFields from, HttpFields.Mutable to) {
        Set<String> named = namedByConnection(from);
        boolean takesTrailers = false;
        for (HttpField field : from) {
            HttpHeader header = field.getHeader();
            if (header == HttpHeader.TE) {
                takesTrailers = takesTrailers || field.contains("trailers");
            } else if (!isHopByHop(field, named) && !(header != null && REWRITTEN.contains(header))) {
                to.add(field);
            }
        }
        if (takesTrailers) {
            to.put(HttpHeader.TE, "trailers");
            to.put(HttpHeader.CONNECTION, "TE");
        }
    }

    /** Makes one field of the cookies that HTTP/2 may split (RFC 9113, section 8.2.3). */
    static void joinCookies(HttpFields.Mutable fields) {
        HttpField first = fields.getField(HttpHeader.COOKIE);
        if (first != null) {
            fields.computeField(
                    HttpHeader.COOKIE,
                    (header, crumbs) -> crumbs == null || crumbs.size() < 2
                            ? first
                            : new HttpField(
                                    header,
                                    crumbs.stream().map(HttpField::getValue).collect(Collectors.joining("; "))));
        }
    }

    /** Copies what a response's head says end to end, but for what it says to the proxy. */
    static void copyResponse(HttpFields from, HttpFields.Mutable to) {
        Set<String> named = namedByConnection(from);
        for (HttpField field : from) {
            if (!isHopByHop(field, named) && !field.is(X_ACCEL_BUFFERING)) {
                to.add(field);
            }
        }
    }

    /** {@return the values of a field's occurrences as one, or null if there is none} */
    static @Nullable String joined(HttpFields fields, String name) {
        return joined(fields, name, value -> true);
    }

    /** {@return those values that count as one, or null if none does} There may be thousands: a head has room for them. */
    static @Nullable String joined(HttpFields fields, String name, Predicate<String> counts) {
        if (fields.getField(name) == null) {
            return null; // As with most that a cache asks for: a look costs no iterator.
        }
        String first = null;
        StringBuilder several = null;
        for (HttpField field : fields) {
            String value = field.is(name) ? field.getValue() : null;
            if (value == null || !counts.test(value)) {
                continue;
            }
            if (first == null) {
                first = value;
            } else {
                several = several == null ? new StringBuilder(first) : several;
                several.append(field.getHeader() == HttpHeader.COOKIE ? "; " : ", ")
                        .append(value);
            }
        }
        return several == null ? first : several.toString();
    }

    /** Makes the changes that a service asks for. */
    static void apply(HeaderRules rules, HttpFields.Mutable to) {
        if (rules.isEmpty()) {
            return;
        }
        for (HeaderRules.Rule rule : rules.rules()) {
            apply(rule, to);
        }
    }

    static void apply(HeaderRules.Rule rule, HttpFields.Mutable to) {
        switch (rule.action()) {
            case SET -> to.put(rule.name(), rule.value());
            case ADD -> to.add(rule.name(), rule.value());
            case REMOVE -> to.remove(rule.name());
        }
    }

    /** Removes what a head says of a body that is not sent. */
    static void removeBodyFields(HttpFields.Mutable fields) {
        for (String name : OF_BODY) {
            fields.remove(name);
        }
    }

    /** {@return how long a head is} Each field has so many bytes besides its name and value. */
    static long bytes(HttpFields head, int overhead) {
        long bytes = 0;
        for (HttpField field : head) {
            String value = field.getValue();
            bytes += overhead + field.getName().length() + (value == null ? 0 : value.length());
        }
        return bytes;
    }

    static boolean isHopByHop(HttpField field, @Nullable Set<String> named) {
        HttpHeader header = field.getHeader();
        return (header != null && HOP_BY_HOP.contains(header))
                || (named != null && named.contains(field.getLowerCaseName()));
    }

    /** The fields that {@code Connection} names, in lower case; null if it names none but the usual. */
    static @Nullable Set<String> namedByConnection(HttpFields fields) {
        Set<String> named = null;
        for (HttpField field : fields) {
            if (field.getHeader() == HttpHeader.CONNECTION && !isUsual(field.getValue())) {
                named = named == null ? new HashSet<>() : named;
                for (String value : field.getValues()) {
                    named.add(value.toLowerCase(Locale.ROOT));
                }
            }
        }
        return named;
    }

    private static boolean isUsual(@Nullable String connection) {
        return connection == null || connection.equalsIgnoreCase("keep-alive") || connection.equalsIgnoreCase("close");
    }
}
