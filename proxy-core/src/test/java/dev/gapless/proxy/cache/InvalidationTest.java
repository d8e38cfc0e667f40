package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheLimits;
import dev.gapless.proxy.CachePurge;
import dev.gapless.proxy.spi.CacheStore;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What ends stored responses: unsafe methods (RFC 9111, section 4.4) and purges, also in the middle of a fill. */
final class InvalidationTest {
    private static final String FRESH = "Cache-Control: max-age=60";
    private static final String OTHER = "http://example.com/other?x=1";
    private static final String NEW = "http://example.com/new";

    private final CacheFixture proxy = new CacheFixture();

    @BeforeEach
    void store() {
        store(CacheFixture.URL, FRESH);
        store(OTHER, FRESH);
    }

    private void store(String url, String fields) {
        proxy.exchange(proxy.request("GET", url, ""), 200, fields, "body");
    }

    private String outcome(String url) {
        return proxy.outcome(proxy.request("GET", url, ""));
    }

    private void forwarded(String method, int status, String fields) {
        CacheRequest request = proxy.request(method, CacheFixture.URL, "");
        assertThat(proxy.decide(request)).isInstanceOf(CacheDecision.Bypass.class);
        proxy.cache.forwarded(request, proxy.head(status, fields));
    }

    @ParameterizedTest(name = "{0} with {1}: {2}")
    @CsvSource({
        "POST,     200, fwd=uri-miss",
        "PUT,      204, fwd=uri-miss",
        "DELETE,   200, fwd=uri-miss",
        "PATCH,    303, fwd=uri-miss",
        "M-SEARCH, 200, fwd=uri-miss",
        "POST,     404, hit",
        "POST,     500, hit",
        "OPTIONS,  200, hit",
        "TRACE,    200, hit"
    })
    void anUnsafeMethodThatIsNoErrorEndsWhatIsStoredOfTheUrl(String method, int status, String outcome) {
        forwarded(method, status, "");
        assertThat(outcome(CacheFixture.URL)).isEqualTo(outcome);
        assertThat(outcome(OTHER)).isEqualTo("hit");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "Location: /other?x=1                              | fwd=uri-miss",
                "Content-Location: /other?x=1                      | fwd=uri-miss",
                "Location: other?x=1                               | fwd=uri-miss",
                "Location: http:/other?x=1                         | hit",
                "Location: /other?x=2                              | hit",
                "Location: /other                                  | hit",
                "Location: /%6Fther?x=1                            | hit",
                "Location: not a URL                               | hit",
                "Location: mailto:a@example.com                    | hit"
            })
    void andOfWhatItsResponseNames(String fields, String outcome) {
        forwarded("POST", 201, fields);
        assertThat(outcome(OTHER)).isEqualTo(outcome);
    }

    @Test
    void inTheSameOriginOnly() {
        for (String origin : new String[] {"https://example.com", "http://evil.example", "http://example.com:81"}) {
            forwarded("POST", 201, "Location: " + origin + "/other?x=1");
        }
        assertThat(outcome(OTHER)).isEqualTo("hit");
        forwarded("POST", 201, "Location: http://EXAMPLE.com:80/other?x=1#part");
        assertThat(outcome(OTHER)).isEqualTo("fwd=uri-miss");
    }

    @Test
    void allVariantsEnd() {
        proxy.exchange("Foo: 1 // Cache-Control: no-cache", 200, FRESH + " // Vary: Foo");
        proxy.exchange("Foo: 2 // Cache-Control: no-cache // X-Forwarded-Host: a", 200, FRESH + " // Vary: Foo");
        forwarded("POST", 200, "");
        assertThat(proxy.cache.stored(proxy.request("GET", CacheFixture.URL, "").key()))
                .isNull();
    }

    @Test
    void whatWasAskedForBeforeIsNotStoredAfter() {
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, "Cache-Control: no-cache"));
        forwarded("POST", 200, "");
        proxy.respond(fill, 200, FRESH);
        CacheFixture.append(fill, "old");
        fill.complete(proxy.now());
        assertThat(outcome(CacheFixture.URL)).isEqualTo("fwd=uri-miss");
    }

    @ParameterizedTest(name = "{0} {1} {2} {3}: {4}")
    @CsvSource(
            nullValues = "-",
            value = {
                "-,    -,            -,      -,     4",
                "shop, -,            -,      -,     4",
                "blog, -,            -,      -,     0",
                "-,    EXAMPLE.com,  -,      -,     3",
                "-,    example.org,  -,      -,     1",
                "-,    -,            /,      -,     4",
                "-,    -,            /a,     -,     2",
                "-,    -,            /a/,    -,     2",
                "-,    -,            /a/b,   -,     1",
                "-,    -,            /%61,   -,     2",
                "-,    -,            -,      red,   2",
                "-,    -,            -,      RED,   0",
                "shop, example.com,  /a,     green, 1",
                "shop, example.org,  /a,     green, 0"
            })
    void aPurgeTakesWhatHasAllThatItNames(String service, String host, String path, String tag, int count) {
        proxy.cache.purge(CachePurge.everything());
        store("http://example.com/a/b", FRESH + " // Cache-Tag: red, green");
        store("http://example.com/%61", FRESH + " // Cache-Tag: red // Cache-Tag: blue");
        store("http://example.com:8080/ab", FRESH);
        store("http://example.org/", FRESH);
        CachePurge purge = service == null ? CachePurge.everything() : CachePurge.ofService(service);
        purge = host == null ? purge : purge.withHost(host);
        purge = path == null ? purge : purge.withPathPrefix(path);
        purge = tag == null ? purge : purge.withTag(tag);
        assertThat(proxy.cache.purge(purge)).isEqualTo(count);
        assertThat(proxy.cache.purge(purge)).isZero();
    }

    @Test
    void aPrefixIsAPath() {
        assertThatThrownBy(() -> CachePurge.everything().withPathPrefix("a"))
                .hasMessage("path prefix \"a\" must begin with \"/\"");
    }

    @ParameterizedTest(name = "purged {0}, tags {1}")
    @CsvSource({
        "before the head, true",
        "before the head, false",
        "before the body, true",
        "before the body, false",
        "in the body, true",
        "before the end, false"
    })
    void aPurgeInTheMiddleOfAFillMeansThatItIsNotStored(String moment, boolean byTag) {
        proxy.cache.purge(CachePurge.everything());
        CachePurge purge = byTag ? CachePurge.everything().withTag("red") : CachePurge.ofService("shop");
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, ""));
        purgeIf(moment.equals("before the head"), purge);
        CacheAnswer answer = CacheFixture.answer(proxy.respond(fill, 200, FRESH + " // Cache-Tag: red"));
        purgeIf(moment.equals("before the body"), purge);
        CacheFixture.append(fill, "one");
        purgeIf(moment.equals("in the body"), purge);
        CacheFixture.append(fill, "two");
        purgeIf(moment.equals("before the end"), purge);
        fill.complete(proxy.now());
        assertThat(CacheFixture.text(answer)).isEqualTo("onetwo");
        assertThat(outcome(CacheFixture.URL)).isEqualTo("fwd=uri-miss");
        assertThat(proxy.cache.fillBytes()).isZero();
    }

    /** A request that has just looked at the store may ask the target with what it saw there. */
    @ParameterizedTest
    @ValueSource(strings = {"purge", "POST", "no-store"})
    void whatEndsBetweenALookAtItAndTheQuestionIsNotConfirmed(String how) {
        InterruptedStore store = new InterruptedStore();
        HttpCache cache = HttpCache.create(store, CacheLimits.defaults());
        CacheRequest request = proxy.request("GET", NEW, "");
        Fill first = CacheFixture.ask(cache.decide(request, decision -> {}, proxy.now()));
        proxy.respond(first, 200, "Cache-Control: max-age=10 // ETag: \"a\" // Content-Length: 0");
        first.complete(proxy.now());
        proxy.pass(20);
        CacheRequest another = proxy.request("GET", NEW, "Cache-Control: no-cache");
        Fill other = CacheFixture.ask(cache.decide(another, decision -> {}, proxy.now()));
        store.afterNextLook = () -> {
            switch (how) {
                case "purge" -> cache.purge(CachePurge.everything());
                case "POST" -> cache.forwarded(proxy.request("POST", NEW, ""), proxy.head(200, ""));
                default -> proxy.respond(other, 200, "Cache-Control: no-store");
            }
        };

        Fill late = CacheFixture.ask(cache.decide(request, decision -> {}, proxy.now()));

        assertThat(late.conditions()).isEmpty();
        proxy.respond(late, 304, "Cache-Control: max-age=60 // ETag: \"a\"");
        assertThat(cache.stored(request.key())).isNull();
    }

    /** Has something happen right after somebody has looked. */
    private static final class InterruptedStore implements CacheStore {
        private final MemoryCacheStore store = MemoryCacheStore.ofBytes(1 << 20);
        private Runnable afterNextLook = () -> {};

        @Override
        public Entry get(Key key) {
            Entry seen = store.get(key);
            Runnable then = afterNextLook;
            afterNextLook = () -> {};
            then.run();
            return seen;
        }

        @Override
        public void update(Key key, UnaryOperator<Entry> change) {
            store.update(key, change);
        }

        @Override
        public void forEach(BiConsumer<Key, Entry> visitor) {
            store.forEach(visitor);
        }

        @Override
        public long weight() {
            return store.weight();
        }
    }

    /** All memory, if each of them remembered each change, and minutes, if each change looked at each of them. */
    @Test
    void manyChangesOfAUrlThatManyAskForCostNoMoreThanFewOfThem() {
        int many = 20_000;
        List<Fill> fills = Stream.generate(() -> proxy.request("GET", NEW, "Authorization: me"))
                .limit(many)
                .map(request -> CacheFixture.ask(proxy.decide(request)))
                .toList();

        for (int i = 0; i < many; i++) {
            proxy.cache.forwarded(proxy.request("POST", OTHER, ""), proxy.head(201, "Location: " + NEW));
        }

        Fill last = fills.get(many - 1);
        proxy.respond(last, 200, "Cache-Control: public, max-age=60 // Content-Length: 0");
        last.complete(proxy.now());
        assertThat(outcome(NEW)).isEqualTo("fwd=uri-miss");
        fills.forEach(fill -> fill.close(proxy.now()));
        assertThat(proxy.cache.running()).isZero();
    }

    @Test
    void whatWasAskedForAfterAChangeIsStoredThoughOthersWereAskedForBefore() {
        Fill before = proxy.ask(proxy.request("GET", NEW, ""));
        proxy.cache.forwarded(proxy.request("POST", NEW, ""), proxy.head(200, ""));
        Fill after = proxy.ask(proxy.request("GET", NEW, ""));
        proxy.cache.purge(CachePurge.everything().withTag("red"));

        before.close(proxy.now());
        proxy.respond(after, 200, FRESH + " // Cache-Tag: blue // Content-Length: 0");
        after.complete(proxy.now());

        assertThat(outcome(NEW)).isEqualTo("hit");
    }

    private void purgeIf(boolean now, CachePurge purge) {
        if (now) {
            proxy.cache.purge(purge);
        }
    }

    @Test
    void aPurgeOfSomethingElseLeavesAFillAlone() {
        proxy.cache.purge(CachePurge.everything());
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, ""));
        proxy.cache.purge(CachePurge.everything().withTag("green"));
        proxy.cache.purge(CachePurge.everything().withPathPrefix("/elsewhere"));
        proxy.respond(fill, 200, FRESH + " // Cache-Tag: red");
        proxy.cache.purge(CachePurge.everything().withTag("blue"));
        fill.complete(proxy.now());
        assertThat(outcome(CacheFixture.URL)).isEqualTo("hit");
    }

    @Test
    void aPurgeInTheMiddleOfAValidationMeansThatNothingIsStored() {
        proxy.exchange("Cache-Control: no-cache", 200, "Cache-Control: max-age=10 // ETag: \"a\"");
        proxy.pass(20);
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, ""));
        proxy.cache.purge(CachePurge.everything());
        CacheAnswer answer = CacheFixture.answer(proxy.respond(fill, 304, "ETag: \"a\" // " + FRESH));
        assertThat(CacheFixture.text(answer)).isEqualTo("body");
        assertThat(outcome(CacheFixture.URL)).isEqualTo("fwd=uri-miss");
    }

    @Test
    void whoAsksAfterAPurgeDoesNotWaitForWhatWasAskedBefore() {
        proxy.cache.purge(CachePurge.everything());
        Fill before = proxy.ask(proxy.request("GET", CacheFixture.URL, ""));
        proxy.cache.purge(CachePurge.everything().withTag("any"));
        Fill after = proxy.ask(proxy.request("GET", CacheFixture.URL, ""));
        assertThat(after).isNotSameAs(before);
        proxy.respond(after, 200, FRESH);
        after.append(ByteBuffer.wrap(new byte[] {'n', 'e', 'w'}), () -> {});
        after.complete(proxy.now());
        assertThat(outcome(CacheFixture.URL)).isEqualTo("hit");
    }
}
