package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheLimits;
import dev.gapless.proxy.CachePurge;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** Bodies that are stored in a coding as well. */
final class EncodedBodyTest {
    private static final String FRESH = "Cache-Control: max-age=60 // ETag: \"v1\"";

    private final CacheFixture proxy = new CacheFixture();

    private StoredResponse stored(String body) {
        proxy.exchange(proxy.request("GET", CacheFixture.URL, ""), 200, FRESH, body);
        return hit();
    }

    private StoredResponse hit() {
        return CacheFixture.answer(proxy.decide(proxy.request("GET", CacheFixture.URL, "")))
                .stored();
    }

    private EncodedBody encode(StoredResponse stored, String coding, String bytes) {
        EncodedBody begun = proxy.cache.encode(stored, coding);
        assertThat(append(begun, bytes)).isTrue();
        begun.complete();
        return begun;
    }

    private static boolean append(EncodedBody to, String bytes) {
        return to.append(ByteBuffer.wrap(bytes.getBytes(UTF_8)));
    }

    private static String text(EncodedBody of) {
        return CacheFixture.text(of.open());
    }

    @Test
    void whatWasMadeOnceIsFoundAgain() {
        StoredResponse stored = stored("the whole body");
        assertThat(stored.encoded("gzip")).isNull();

        EncodedBody made = encode(stored, "gzip", "short");

        assertThat(hit().encoded("gzip")).isSameAs(made);
        assertThat(text(made)).isEqualTo("short");
        assertThat(made.length()).isEqualTo(5);
        assertThat(stored.encoded("br")).isNull();
        assertThat(CacheFixture.text(stored.open())).isEqualTo("the whole body");
    }

    @Test
    void onlyOneMakesIt() {
        StoredResponse stored = stored("body");
        EncodedBody begun = proxy.cache.encode(stored, "gzip");

        assertThat(proxy.cache.encode(stored, "gzip")).isNull();
        assertThat(stored.encoded("gzip")).isSameAs(begun);
        assertThat(proxy.cache.encode(stored, "br")).isNotNull();
    }

    @Test
    void othersReadItWhileItIsMade() {
        StoredResponse stored = stored("body");
        EncodedBody begun = proxy.cache.encode(stored, "gzip");
        BodyReader reader = stored.encoded("gzip").open();
        AtomicInteger told = new AtomicInteger();
        assertThat(begun.length()).isNegative();
        assertThat(reader.await(told::incrementAndGet)).isTrue();

        append(begun, "a");

        assertThat(told).hasValue(1);
        assertThat(CacheFixture.text(reader)).isEqualTo("a");
        append(begun, "b");
        begun.complete();
        assertThat(CacheFixture.text(reader)).isEqualTo("b");
        assertThat(reader.isAtEnd()).isTrue();
    }

    @Test
    void itCountsInTheStore() {
        StoredResponse stored = stored("x".repeat(10_000));
        long before = proxy.store.weight();

        encode(stored, "gzip", "y".repeat(3_000));
        encode(stored, "br", "z".repeat(2_000));

        assertThat(proxy.store.weight() - before).isBetween(5_000L, 5_600L);
        assertThat(proxy.cache.fillBytes()).isZero();
    }

    @Test
    void itMayBeTooMuchForTheStore() {
        CacheFixture small = new CacheFixture(new CacheLimits(12_000, 10_000, 1 << 20, 10));
        small.exchange(small.request("GET", CacheFixture.URL, ""), 200, FRESH, "x".repeat(10_000));
        CacheAnswer answer = CacheFixture.answer(small.decide(small.request("GET", CacheFixture.URL, "")));

        EncodedBody made = small.cache.encode(answer.stored(), "gzip");
        append(made, "y".repeat(3_000));
        made.complete();

        assertThat(small.store.weight()).isLessThanOrEqualTo(12_000);
        assertThat(small.outcome("")).isEqualTo("fwd=uri-miss");
        assertThat(text(made)).hasSize(3_000);
    }

    @Test
    void whatWasPurgedMeanwhileIsNotStoredAgain() {
        StoredResponse stored = stored("body");
        EncodedBody begun = proxy.cache.encode(stored, "gzip");
        proxy.cache.purge(CachePurge.everything());

        append(begun, "b");
        begun.complete();

        assertThat(proxy.store.weight()).isZero();
        assertThat(proxy.outcome("")).isEqualTo("fwd=uri-miss");
        assertThat(text(begun)).isEqualTo("b");
    }

    @Test
    void itGoesWithTheBodyThatItWasMadeOf() {
        EncodedBody old = encode(stored("body"), "gzip", "short");
        proxy.pass(61);
        StoredResponse replaced = stored("other");

        assertThat(replaced.encoded("gzip")).isNull();
        assertThat(CacheFixture.text(replaced.open())).isEqualTo("other");
        assertThat(text(old)).isEqualTo("short");
    }

    @Test
    void itStaysWhenTheResponseIsValidated() {
        EncodedBody made = encode(stored("x".repeat(3_000)), "gzip", "y".repeat(3_000));
        long before = proxy.store.weight();
        proxy.pass(61);

        proxy.exchange("", 304, FRESH);

        assertThat(hit().encoded("gzip")).isSameAs(made);
        assertThat(proxy.store.weight()).isBetween(before - 200, before + 200);
    }

    @Test
    void whatIsBegunBeforeAValidationIsWeighedAfterIt() {
        StoredResponse stored = stored("x".repeat(3_000));
        EncodedBody begun = proxy.cache.encode(stored, "gzip");
        proxy.pass(61);
        proxy.exchange("", 304, FRESH);
        long before = proxy.store.weight();

        append(begun, "y".repeat(3_000));
        begun.complete();

        assertThat(proxy.store.weight() - before).isBetween(2_000L, 3_100L);
    }

    @Test
    void whatIsCutIsBegunAnew() {
        StoredResponse stored = stored("body");
        EncodedBody begun = proxy.cache.encode(stored, "gzip");
        append(begun, "b");
        BodyReader reader = begun.open();

        begun.cut();

        assertThat(CacheFixture.text(reader)).isEqualTo("b");
        assertThat(reader.isCut()).isTrue();
        assertThat(stored.encoded("gzip")).isNull();
        EncodedBody second = encode(stored, "gzip", "all");
        begun.cut();
        begun.complete();
        assertThat(stored.encoded("gzip")).isSameAs(second);
        second.cut();
        assertThat(stored.encoded("gzip")).isSameAs(second);
        assertThat(proxy.cache.fillBytes()).isZero();
    }

    @Test
    void itIsMadeOfABodyThatIsStillComing() {
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, ""));
        StoredResponse coming = CacheFixture.answer(proxy.respond(fill, 200, FRESH + " // Content-Length: 8"))
                .stored();
        EncodedBody made = encode(coming, "gzip", "y".repeat(500));

        CacheFixture.append(fill, "the body");
        fill.complete(proxy.now());

        assertThat(hit().encoded("gzip")).isSameAs(made);
        assertThat(proxy.store.weight()).isGreaterThan(1_000);
        fill.close(proxy.now());
        assertThat(proxy.cache.fillBytes()).isZero();
    }

    @Test
    void itIsNotMadeOfABodyThatMayBeTooLongToBeStored() {
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, ""));
        StoredResponse coming =
                CacheFixture.answer(proxy.respond(fill, 200, FRESH)).stored();

        assertThat(proxy.cache.encode(coming, "gzip")).isNull();

        CacheFixture.append(fill, "the body");
        fill.complete(proxy.now());
        fill.close(proxy.now());
        assertThat(proxy.cache.encode(hit(), "gzip")).isNotNull();
    }

    @Test
    void itIsNotMadeOfWhatWasCut() {
        Fill fill = proxy.ask(proxy.request("GET", CacheFixture.URL, ""));
        StoredResponse coming = CacheFixture.answer(proxy.respond(fill, 200, FRESH + " // Content-Length: 8"))
                .stored();
        fill.close(proxy.now());

        assertThat(proxy.cache.encode(coming, "gzip")).isNull();
        assertThat(proxy.cache.fillBytes()).isZero();
    }

    @Test
    void itIsNotMadeWhileTooMuchIsBeingStored() {
        CacheFixture busy = new CacheFixture(new CacheLimits(100_000, 10_000, 20_000, 10));
        busy.exchange(busy.request("GET", CacheFixture.URL, ""), 200, FRESH, "x".repeat(10_000));
        StoredResponse stored = CacheFixture.answer(busy.decide(busy.request("GET", CacheFixture.URL, "")))
                .stored();
        EncodedBody first = busy.cache.encode(stored, "gzip");

        assertThat(busy.cache.encode(stored, "br")).isNull();

        first.cut();
        assertThat(busy.cache.encode(stored, "br")).isNotNull();
    }

    @Test
    void whatCannotBeCompressedFitsAllTheSame() {
        StoredResponse stored = stored("x".repeat(100_000));

        EncodedBody made = encode(stored, "gzip", "y".repeat(102_000));

        assertThat(made.length()).isEqualTo(102_000);
        EncodedBody mad = proxy.cache.encode(stored, "br");
        assertThat(append(mad, "z".repeat(130_000))).isFalse();
        mad.cut();
    }
}
