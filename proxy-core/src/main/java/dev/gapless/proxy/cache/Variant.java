package dev.gapless.proxy.cache;

import dev.gapless.proxy.RequestHead;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a stored response was selected by besides its URL (RFC 9111, section 4.1): the request's values of the fields that
 * {@code Vary} names, and of those that count whether it does or not. Immutable.
 *
 * <p>Variants have an order, as {@linkplain CacheKey keys} have, of no meaning to anyone but hash tables.
 */
final class Variant implements Comparable<Variant> {
    private static final Comparator<List<@Nullable String>> IN_THEIR_ORDER = (one, other) -> Arrays.compare(
            one.toArray(new String[0]), other.toArray(new String[0]), Comparator.nullsFirst(Comparator.naturalOrder()));

    private static final Comparator<Variant> ORDER = Comparator.comparing((Variant each) -> each.names, IN_THEIR_ORDER)
            .thenComparing(each -> each.values, IN_THEIR_ORDER)
            .thenComparing(each -> each.always, IN_THEIR_ORDER);

    /** What the proxy writes for each request, or each client: who varies on that does not mean to share. */
    private static final Set<String> OF_ONE_REQUEST = Set.of(
            "x-forwarded-for", "x-real-ip", "x-client-ip", "x-request-id", "x-request-start", "x-correlation-id");

    /** Fields whose commas are no list's. */
    private static final Set<String> EXACT =
            Set.of("cookie", "authorization", "user-agent", "if-modified-since", "date");

    private final List<String> names;
    private final List<@Nullable String> values;
    private final List<String> always;

    private Variant(List<String> names, List<@Nullable String> values, List<String> always) {
        this.names = names;
        this.values = values;
        this.always = always;
    }

    /** {@return the names in {@code Vary}, in lower case; or null if no other request may have the response} */
    static @Nullable List<String> varyNames(ResponseHead head) {
        List<String> names = FieldValues.names(head.value("Vary"));
        boolean shared = names.stream().noneMatch(name -> name.equals("*") || OF_ONE_REQUEST.contains(name));
        return shared ? names.stream().distinct().sorted().toList() : null;
    }

    /** {@return what selects for a request} */
    static Variant of(RequestHead request, List<String> names, List<String> keyHeaders) {
        return new Variant(names, values(request, names), always(request, keyHeaders));
    }

    private static List<@Nullable String> values(RequestHead request, List<String> names) {
        if (names.isEmpty()) {
            return List.of();
        }
        List<@Nullable String> values = new ArrayList<>(names.size());
        for (String name : names) {
            values.add(normalized(name, request.header(name)));
        }
        return Collections.unmodifiableList(values);
    }

    private static List<String> always(RequestHead request, List<String> keyHeaders) {
        List<String> present = List.of();
        for (String name : keyHeaders) {
            String value = request.header(name);
            if (value != null) {
                present = present.isEmpty() ? new ArrayList<>() : present;
                present.add(name.toLowerCase(Locale.ROOT) + ":" + value);
            }
        }
        return present;
    }

    /** Blanks around commas say nothing, nor does whether a list comes in one field or several. */
    private static @Nullable String normalized(String name, @Nullable String value) {
        if (value == null || value.indexOf(',') < 0 || EXACT.contains(name)) {
            return value == null ? null : value.strip();
        }
        return String.join(",", FieldValues.list(value));
    }

    List<String> names() {
        return names;
    }

    /** What the variant takes of memory, in bytes. */
    long weight() {
        long weight = 64;
        for (int i = 0; i < names.size(); i++) {
            String value = values.get(i);
            weight += 48L + names.get(i).length() + (value == null ? 0 : value.length());
        }
        for (String text : always) {
            weight += 48L + text.length();
        }
        return weight;
    }

    @Override
    public int compareTo(Variant other) {
        return ORDER.compare(this, other);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Variant variant
                && names.equals(variant.names)
                && values.equals(variant.values)
                && always.equals(variant.always);
    }

    @Override
    public int hashCode() {
        return Objects.hash(names, values, always);
    }
}
