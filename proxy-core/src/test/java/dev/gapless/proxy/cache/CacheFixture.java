package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheLimits;
import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.DescribedRequest;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A cache whose time the test moves. Header fields are written as text, {@code "ETag: \"a\" // Expires: {+60}"}, with dates as
 * seconds from now in braces.
 */
final class CacheFixture {
    static final String URL = "http://example.com/page";

    /** A Saturday, on the second. */
    private Instant now = Instant.parse("2026-11-21T12:00:00Z");

    final MemoryCacheStore store;
    final HttpCache cache;
    private CacheOptions options = CacheOptions.defaults();
    private long generation = 1;

    CacheFixture() {
        this(CacheLimits.defaults());
    }

    CacheFixture(CacheLimits limits) {
        store = MemoryCacheStore.ofBytes(limits.maxBytes());
        cache = HttpCache.create(store, limits);
    }

    CacheFixture with(CacheOptions.Builder builder) {
        options = builder.build();
        return this;
    }

    void deploy() {
        generation++;
    }

    long generation() {
        return generation;
    }

    Instant now() {
        return now;
    }

    void pass(long seconds) {
        now = now.plus(Duration.ofSeconds(seconds));
    }

    CacheRequest request(String method, String url, String fields) {
        URI uri = URI.create(url);
        DescribedRequest head = DescribedRequest.to(url).withMethod(method);
        for (Field field : fields(fields)) {
            head = head.withHeader(field.name(), field.value());
        }
        String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        CacheKey key = CacheKey.of("shop", uri.getScheme(), uri.getRawAuthority(), path, uri.getRawQuery());
        return new CacheRequest(head, key, options, generation);
    }

    List<Field> fields(String text) {
        List<Field> fields = new ArrayList<>();
        for (String line : text == null || text.isBlank() ? new String[0] : text.split("(?:^|\\s)//(?:\\s|$)")) {
            if (line.isBlank()) {
                continue;
            }
            int colon = line.indexOf(':');
            fields.add(new Field(
                    line.substring(0, colon).strip(),
                    dated(line.substring(colon + 1)).strip()));
        }
        return fields;
    }

    private String dated(String value) {
        Matcher matcher = Pattern.compile("\\{([+-]?\\d+)}").matcher(value);
        return matcher.replaceAll(found -> HttpDates.format(
                now.toEpochMilli() + 1000 * Long.parseLong(found.group(1).replace("+", ""))));
    }

    ResponseHead head(int status, String fields) {
        return new ResponseHead(status, fields(fields));
    }

    CacheDecision decide(CacheRequest request) {
        return cache.decide(
                request,
                decision -> {
                    throw new AssertionError("nobody should wait");
                },
                now);
    }

    /** {@return one that notes down at once what it is told} */
    static Waiter telling(List<CacheDecision> told) {
        return decision -> told.add(decision.get());
    }

    Fill ask(CacheRequest request) {
        return ask(decide(request));
    }

    static Fill ask(CacheDecision decision) {
        if (decision instanceof CacheDecision.Ask ask) {
            return ask.fill();
        }
        throw new AssertionError("expected that the target is asked, but was " + decision);
    }

    static CacheAnswer answer(CacheDecision decision) {
        if (decision instanceof CacheDecision.Answer answer) {
            return answer.answer();
        }
        throw new AssertionError("expected an answer, but was " + decision);
    }

    static CacheAnswer answer(FillStep step) {
        if (step instanceof FillStep.Answer answer) {
            return answer.answer();
        }
        if (step instanceof FillStep.Store store) {
            return store.answer();
        }
        throw new AssertionError("expected an answer, but was " + step);
    }

    FillStep respond(Fill fill, int status, String fields) {
        return fill.responded(head(status, fields), generation, now);
    }

    /** Asks the target, which gives this response. */
    FillStep exchange(CacheRequest request, int status, String fields, String body) {
        Fill fill = ask(request);
        FillStep step = respond(fill, status, fields);
        if (step instanceof FillStep.Store) {
            append(fill, body);
            fill.complete(now);
        }
        fill.close(now);
        return step;
    }

    FillStep exchange(String requestFields, int status, String fields) {
        return exchange(request("GET", URL, requestFields), status, fields, "body");
    }

    static void append(Fill fill, String text) {
        fill.append(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), () -> {
            throw new AssertionError("there should be room");
        });
    }

    /** What becomes of a request, in a word or two: {@code hit}, {@code fwd=stale}. */
    String outcome(CacheRequest request) {
        CacheDecision decision = decide(request);
        if (decision instanceof CacheDecision.Answer answer) {
            if (answer.revalidation() != null) {
                answer.revalidation().close(now);
                return "hit, validated meanwhile";
            }
            return answer.answer().status() == 504 ? "504" : "hit";
        }
        if (decision instanceof CacheDecision.Bypass bypass) {
            return status(bypass.added());
        }
        Fill fill = ask(decision);
        String why = status(fill.failed(now) instanceof FillStep.Pass pass ? pass.added() : List.of());
        fill.close(now);
        return why;
    }

    String outcome(String requestFields) {
        return outcome(request("GET", URL, requestFields));
    }

    /** What {@code Cache-Status} says, without the name of the cache. */
    static String status(List<Field> fields) {
        return value(fields, "Cache-Status").replace("Gapless; ", "");
    }

    static String value(List<Field> fields, String name) {
        return fields.stream()
                .filter(field -> field.is(name))
                .map(Field::value)
                .findFirst()
                .orElse("none");
    }

    static String text(BodyReader reader) {
        StringBuilder text = new StringBuilder();
        for (ByteBuffer piece = reader.poll(); piece != null; piece = reader.poll()) {
            text.append(StandardCharsets.UTF_8.decode(piece));
        }
        return text.toString();
    }

    static String text(CacheAnswer answer) {
        return answer.body() == null ? "none" : text(answer.body());
    }
}
