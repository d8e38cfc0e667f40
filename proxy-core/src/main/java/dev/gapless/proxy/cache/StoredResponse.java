package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheOptions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A response that is stored, or is being. Immutable but for its body, which may still grow, and be encoded, its attachment, and what
 * its latest hit has said. Times are in milliseconds.
 */
public final class StoredResponse {
    /** RFC 9111, section 3.1, and what is written anew for each answer. */
    private static final Set<String> NEVER_STORED = Set.of(
            "connection",
            "keep-alive",
            "proxy-connection",
            "proxy-authenticate",
            "proxy-authentication-info",
            "proxy-authorization",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "age",
            "x-cache");

    /** What belongs to the stored body, which a 304 has none of (RFC 9111, section 3.2). */
    private static final Set<String> OF_BODY =
            Set.of("content-length", "content-encoding", "content-range", "content-md5", "content-digest");

    private final CacheKey key;
    private final Variant variant;
    private final ResponseHead head;
    private final CacheControl control;
    private final Freshness freshness;
    private final long generation;
    private final Set<String> tags;
    private final CachedBody body;
    private volatile @Nullable Object attachment;
    private volatile @Nullable HitFields latestHit;

    private StoredResponse(
            CacheKey key,
            Variant variant,
            ResponseHead head,
            CacheControl control,
            Freshness freshness,
            long generation,
            CachedBody body) {
        this.key = key;
        this.variant = variant;
        this.head = head;
        this.control = control;
        this.freshness = freshness;
        this.generation = generation;
        this.tags = tags(head);
        this.body = body;
    }

    /** {@return what is stored of a response that {@link Storing} allows to store} */
    static StoredResponse of(
            CacheRequest request, ResponseHead received, CachedBody body, long requestTime, long responseTime) {
        CacheOptions options = request.options();
        CacheControl control = CacheControl.of(received, options.targetedFields());
        Freshness freshness = Freshness.of(received, control, options, requestTime, responseTime);
        List<String> names = Variant.varyNames(received);
        Variant variant = Variant.of(request.head(), names == null ? List.of() : names, options.keyHeaders());
        ResponseHead kept = new ResponseHead(received.status(), storable(received, control, responseTime));
        return new StoredResponse(request.key(), variant, kept, control, freshness, request.generation(), body);
    }

    private static List<Field> storable(ResponseHead received, CacheControl control, long responseTime) {
        Set<String> connection = new HashSet<>(FieldValues.names(received.value("Connection")));
        List<Field> kept = new ArrayList<>();
        for (Field field : received.fields()) {
            String name = field.name().toLowerCase(Locale.ROOT);
            if (!NEVER_STORED.contains(name)
                    && !connection.contains(name)
                    && !control.unstoredFields().contains(name)) {
                kept.add(field);
            }
        }
        // RFC 9110, section 6.6.1.
        if (received.first("Date") == null) {
            kept.add(new Field("Date", HttpDates.format(responseTime)));
        }
        return kept;
    }

    private static Set<String> tags(ResponseHead head) {
        String value = head.value("Cache-Tag");
        return value == null ? Set.of() : Set.copyOf(new TreeSet<>(FieldValues.list(value)));
    }

    /** {@return this response with the length of its whole body in its head} */
    StoredResponse whole() {
        boolean said = head.first("Content-Length") != null || head.status() == 204;
        if (said) {
            return this;
        }
        List<Field> fields = new ArrayList<>(head.fields());
        fields.add(new Field("Content-Length", Long.toString(body.length())));
        return new StoredResponse(
                key, variant, new ResponseHead(head.status(), fields), control, freshness, generation, body);
    }

    /**
     * {@return this response as a 304, or the head of a 200, says it is now (RFC 9111, sections 3.2, 4.3.4 and 4.3.5)} Of the
     * fields of the new head, all that it has replace the old ones, but those that belong to the stored body.
     */
    StoredResponse freshened(ResponseHead news, CacheRequest request, long requestTime, long responseTime) {
        CacheOptions options = request.options();
        List<Field> received = new ArrayList<>();
        for (Field field : news.fields()) {
            if (!belongsToBody(field)) {
                received.add(field);
            }
        }
        ResponseHead told = new ResponseHead(news.status(), received);
        // A 304 without a Date is of now, not of when the body came.
        List<Field> updates = storable(told, CacheControl.of(merged(received), options.targetedFields()), responseTime);
        ResponseHead merged = merged(updates);
        CacheControl now = CacheControl.of(merged, options.targetedFields());
        List<Field> kept = merged.fields().stream()
                .filter(field -> !now.unstoredFields().contains(field.name().toLowerCase(Locale.ROOT)))
                .toList();
        ResponseHead result = new ResponseHead(head.status(), kept);
        Freshness fresh = Freshness.of(
                new ResponseHead(head.status(), withAge(kept, news)), now, options, requestTime, responseTime);
        return new StoredResponse(key, variant, result, now, fresh, request.generation(), body);
    }

    private static boolean belongsToBody(Field field) {
        return OF_BODY.contains(field.name().toLowerCase(Locale.ROOT));
    }

    /** {@return what a 304 says to the client of its request alone} */
    List<Field> saidToOneClient(ResponseHead notModified) {
        return notModified.fields().stream().filter(this::isForOneClient).toList();
    }

    private boolean isForOneClient(Field field) {
        String name = field.name().toLowerCase(Locale.ROOT);
        return (name.equals("set-cookie") || control.unstoredFields().contains(name))
                && !OF_BODY.contains(name)
                && !NEVER_STORED.contains(name);
    }

    private ResponseHead merged(List<Field> updates) {
        Set<String> updated = Field.names(updates);
        List<Field> fields = new ArrayList<>();
        for (Field field : head.fields()) {
            if (!updated.contains(field.name())) {
                fields.add(field);
            }
        }
        fields.addAll(updates);
        return new ResponseHead(head.status(), fields);
    }

    private static List<Field> withAge(List<Field> fields, ResponseHead news) {
        String age = news.value("Age");
        if (age == null) {
            return fields;
        }
        List<Field> all = new ArrayList<>(fields);
        all.add(new Field("Age", age));
        return all;
    }

    /** {@return the header fields, without those of connections and without {@code Age}} */
    public List<Field> fields() {
        return head.fields();
    }

    /** {@return the status code} */
    public int status() {
        return head.status();
    }

    /** {@return what {@link #attach} has left, or null} */
    public @Nullable Object attachment() {
        return attachment;
    }

    /**
     * Leaves something with the response for as long as it is stored: the fields in the form that the server wants, say. Counts
     * for nothing in the store.
     *
     * @param something what to leave, immutable
     */
    public void attach(Object something) {
        attachment = something;
    }

    /** {@return a reader of the whole body, as the target has sent it} */
    public BodyReader open() {
        return BodyReader.of(body);
    }

    /** {@return how many bytes the body has, or will have; negative if that is not known} */
    public long length() {
        return body.totalLength();
    }

    /**
     * {@return the body in a content coding, whole or being made; null if it is not stored in that}
     *
     * @param coding the name of the coding, as {@link HttpCache#encode} was given it
     */
    public @Nullable EncodedBody encoded(String coding) {
        return body.encoded(coding);
    }

    /** {@return what a hit says of itself} Those of the same second get the same list. */
    List<Field> hitFields(long now) {
        long age = freshness.age(now) / 1000;
        long remaining = Math.floorDiv(freshness.remaining(now), 1000);
        HitFields latest = latestHit;
        if (latest == null || latest.age() != age || latest.remaining() != remaining) {
            latest = HitFields.of(age, remaining);
            latestHit = latest;
        }
        return latest.fields();
    }

    CacheKey key() {
        return key;
    }

    Variant variant() {
        return variant;
    }

    ResponseHead head() {
        return head;
    }

    CacheControl control() {
        return control;
    }

    Freshness freshness() {
        return freshness;
    }

    long generation() {
        return generation;
    }

    Set<String> tags() {
        return tags;
    }

    CachedBody body() {
        return body;
    }

    @Nullable
    String etag() {
        return head.first("ETag");
    }

    @Nullable
    String lastModified() {
        return head.first("Last-Modified");
    }

    boolean hasValidator() {
        return head.hasValidator();
    }

    /** What the response takes of memory, in bytes; the overhead is that of objects and references, about. */
    long weight() {
        long weight = 512 + variant.weight() + body.weight();
        for (Field field : head.fields()) {
            weight += 120L + field.name().length() + field.value().length();
        }
        return weight;
    }
}
