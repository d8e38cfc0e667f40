package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ContentCoding;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/**
 * What the {@code Accept-Encoding} fields of one request say (RFC 9110, section 12.5.3). Of fields that are malformed anywhere
 * nothing counts: whoever writes them gets bodies as they are.
 */
final class AcceptedCodings {
    private static final int UNSAID = -1;

    private final Map<ContentCoding, Integer> weights = new EnumMap<>(ContentCoding.class);
    private int identity = UNSAID;
    private int others;
    private boolean malformed;

    private AcceptedCodings(HttpFields requestHeaders) {
        for (HttpField field : requestHeaders) {
            if (field.getHeader() == HttpHeader.ACCEPT_ENCODING && field.getValue() != null) {
                read(field.getValue());
            }
        }
    }

    /**
     * {@return the coding that the client likes best, null for none}
     *
     * @param offered what it can have, the first being preferred to those that it likes equally
     */
    static @Nullable ContentCoding preferred(HttpFields requestHeaders, List<ContentCoding> offered) {
        return requestHeaders.contains(HttpHeader.ACCEPT_ENCODING)
                ? new AcceptedCodings(requestHeaders).preferred(offered)
                : null; // Any would do, but who says nothing may not know of any.
    }

    private @Nullable ContentCoding preferred(List<ContentCoding> offered) {
        ContentCoding preferred = null;
        int most = 0;
        for (ContentCoding coding : offered) {
            int weight = weights.getOrDefault(coding, others);
            if (weight > most) {
                preferred = coding;
                most = weight;
            }
        }
        return malformed || identity > most ? null : preferred;
    }

    private void read(String value) {
        int start = 0;
        while (start <= value.length() && !malformed) {
            int comma = value.indexOf(',', start);
            int end = comma < 0 ? value.length() : comma;
            String element = value.substring(start, end).strip();
            if (!element.isEmpty()) {
                readElement(element);
            }
            start = end + 1;
        }
    }

    private void readElement(String element) {
        int semicolon = element.indexOf(';');
        String name = semicolon < 0 ? element : element.substring(0, semicolon).strip();
        int weight = semicolon < 0
                ? AcceptedForms.FULL_WEIGHT
                : weight(element.substring(semicolon + 1).strip());
        malformed = weight == AcceptedForms.NO_WEIGHT || !RequestTarget.isToken(name);
        switch (name.toLowerCase(Locale.ROOT)) {
            case "gzip", "x-gzip" -> weights.putIfAbsent(ContentCoding.GZIP, weight);
            case "br" -> weights.putIfAbsent(ContentCoding.BROTLI, weight);
            case "zstd" -> weights.putIfAbsent(ContentCoding.ZSTANDARD, weight);
            case "identity" -> identity = weight;
            case "*" -> others = weight;
            default -> {
                // The proxy knows no such coding.
            }
        }
    }

    private static int weight(String parameter) {
        return parameter.regionMatches(true, 0, "q=", 0, 2)
                ? AcceptedForms.thousandths(parameter.substring(2))
                : AcceptedForms.NO_WEIGHT;
    }
}
