package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheLimits;
import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.CachePurge;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Requests for the same that come while the target is being asked: one request to the target. */
final class CollapsingTest {
    private static final String FRESH = "Cache-Control: max-age=60";
    private static final String SIZED = FRESH + " // Content-Length: 4";

    private final CacheFixture proxy = new CacheFixture();

    /** A request that waits, and what it is told. */
    private final class Client {
        private final List<CacheDecision> told = new ArrayList<>();
        private final Waiting waiting;

        Client(String fields) {
            CacheDecision decision = proxy.cache.decide(
                    proxy.request("GET", CacheFixture.URL, fields), CacheFixture.telling(told), proxy.now());
            waiting = decision instanceof CacheDecision.Wait wait ? wait.waiting() : null;
            if (waiting == null) {
                told.add(decision);
            }
        }

        boolean waits() {
            return told.isEmpty();
        }

        CacheAnswer answer() {
            assertThat(told).hasSize(1);
            return CacheFixture.answer(told.get(0));
        }

        Fill fill() {
            assertThat(told).hasSize(1);
            return CacheFixture.ask(told.get(0));
        }
    }

    private Fill first() {
        return proxy.ask(proxy.request("GET", CacheFixture.URL, ""));
    }

    private List<Client> clients(int count) {
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(new Client(""));
        }
        return clients;
    }

    @Test
    void tenThousandRequestsForOneKeyAreOneToTheTarget() {
        Fill fill = first();
        List<Client> clients = clients(10_000);
        assertThat(clients).allMatch(Client::waits);
        assertThat(proxy.cache.waiting()).isEqualTo(10_000);
        proxy.respond(fill, 200, SIZED);
        CacheFixture.append(fill, "body");
        fill.complete(proxy.now());
        assertThat(clients)
                .allSatisfy(
                        client -> assertThat(CacheFixture.text(client.answer())).isEqualTo("body"));
        assertThat(proxy.cache.waiting()).isZero();
        assertThat(CacheFixture.status(clients.get(7).answer().added())).isEqualTo("fwd=uri-miss; collapsed");
    }

    @Test
    void whoWaitsReadsABodyOfKnownLengthAsItComes() {
        Fill fill = first();
        Client before = new Client("");
        proxy.respond(fill, 200, SIZED);
        CacheFixture.append(fill, "bo");
        Client after = new Client("");
        assertThat(CacheFixture.text(before.answer())).isEqualTo("bo");
        assertThat(CacheFixture.text(after.answer())).isEqualTo("bo");
        CacheFixture.append(fill, "dy");
        fill.complete(proxy.now());
        assertThat(CacheFixture.text(before.answer())).isEqualTo("dy");
        assertThat(before.answer().body().isAtEnd()).isTrue();
        assertThat(CacheFixture.text(after.answer())).isEqualTo("dy");
    }

    @Test
    void andOneOfUnknownLengthOnceItIsWhole() {
        Fill fill = first();
        Client before = new Client("");
        proxy.respond(fill, 200, FRESH);
        Client after = new Client("");
        CacheFixture.append(fill, "body");
        assertThat(before.waits()).isTrue();
        assertThat(after.waits()).isTrue();
        fill.complete(proxy.now());
        assertThat(CacheFixture.text(before.answer())).isEqualTo("body");
        assertThat(CacheFixture.text(after.answer())).isEqualTo("body");
    }

    @ParameterizedTest(name = "{0} {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "200 | Cache-Control: no-store",
                "200 | Cache-Control: private, max-age=60",
                "200 | ",
                "200 | Cache-Control: max-age=60 // Content-Length: 99999999",
                "200 | Cache-Control: max-age=60, no-cache // ETag: \"a\" // Content-Length: 4",
                "500 | ",
                "304 | "
            })
    void whoWaitsForWhatCannotBeSharedIsLetGoAtOnce(int status, String fields) {
        Fill fill = first();
        List<Client> clients = clients(3);
        proxy.respond(fill, status, fields);
        assertThat(clients).allSatisfy(client -> assertThat(client.fill()).isNotSameAs(fill));
    }

    @Test
    void soIsWhoWaitsForATargetThatFails() {
        Fill fill = first();
        List<Client> clients = clients(3);
        assertThat(fill.failed(proxy.now())).isInstanceOf(FillStep.Pass.class);
        assertThat(clients).allSatisfy(client -> assertThat(client.fill()).isNotSameAs(fill));
    }

    @Test
    void soIsWhoWaitsForARequestThatIsGivenUp() {
        Fill fill = first();
        Client client = new Client("");
        fill.close(proxy.now());
        assertThat(client.fill()).isNotSameAs(fill);
    }

    @Test
    void afterAResponseThatCouldNotBeSharedNobodyWaitsForAWhile() {
        Fill fill = first();
        proxy.respond(fill, 200, "Cache-Control: no-store");
        Fill second = first();
        assertThat(new Client("").waits()).isFalse();
        second.close(proxy.now());
        proxy.pass(11);
        Fill third = first();
        assertThat(new Client("").waits()).isTrue();
        third.close(proxy.now());
    }

    @Test
    void unlessOneCanMeanwhile() {
        Fill fill = first();
        proxy.respond(fill, 200, "Cache-Control: no-store");
        Fill second = first();
        proxy.respond(second, 200, FRESH);
        second.close(proxy.now());
        first();
        assertThat(new Client("").waits()).isTrue();
    }

    @Test
    void whoWantsAnotherVariantIsLetGo() {
        Fill fill = first();
        Client same = new Client("");
        Client other = new Client("Foo: 2");
        proxy.respond(fill, 200, SIZED + " // Vary: Foo");
        assertThat(same.answer().status()).isEqualTo(200);
        assertThat(other.fill()).isNotSameAs(fill);
    }

    @Test
    void andDoesNotWaitAtAllIfItIsKnownWhatVaries() {
        proxy.exchange("Foo: 1", 200, FRESH + " // Vary: Foo");
        Fill two = proxy.ask(proxy.request("GET", CacheFixture.URL, "Foo: 2"));
        assertThat(new Client("Foo: 3").waits()).isFalse();
        assertThat(new Client("Foo: 2").waits()).isTrue();
        two.close(proxy.now());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Range: bytes=0-1",
                "If-None-Match: \"a\"",
                "Authorization: me",
                "X-Forwarded-Host: other.example"
            })
    void whoseAnswerMayBeAnotherDoesNotWait(String fields) {
        Fill fill = first();
        assertThat(new Client(fields).fill()).isNotSameAs(fill);
    }

    @Test
    void whoWantsNewsDoesNotWait() {
        proxy.exchange("", 200, "Cache-Control: max-age=10");
        proxy.pass(20);
        Fill fill = first();
        assertThat(new Client("Cache-Control: no-cache").fill()).isNotSameAs(fill);
    }

    @Test
    void whoWaitsForAValidationGetsWhatIsConfirmed() {
        proxy.exchange("", 200, "Cache-Control: max-age=10 // ETag: \"a\"");
        proxy.pass(20);
        Fill fill = first();
        List<Client> clients = clients(3);
        proxy.respond(fill, 304, FRESH + " // ETag: \"a\"");
        assertThat(clients)
                .allSatisfy(
                        client -> assertThat(CacheFixture.text(client.answer())).isEqualTo("body"));
    }

    @Test
    void orWhatIsStaleIfTheTargetFails() {
        proxy.exchange("", 200, "Cache-Control: max-age=10, stale-if-error=60 // ETag: \"a\"");
        proxy.pass(20);
        Fill fill = first();
        Client client = new Client("");
        proxy.respond(fill, 503, "");
        assertThat(CacheFixture.text(client.answer())).isEqualTo("body");
    }

    @Test
    void orIfItGivesNoAnswerUnlessTheRequestForbids() {
        proxy.with(CacheOptions.builder().staleIfUnreachable(Duration.ofSeconds(60)));
        proxy.exchange("", 200, "Cache-Control: max-age=10 // ETag: \"a\"");
        proxy.pass(20);
        Fill fill = first();
        Client content = new Client("");
        Client strict = new Client("Cache-Control: max-age=30");
        assertThat(fill.failed(proxy.now())).isInstanceOf(FillStep.Answer.class);
        assertThat(CacheFixture.text(content.answer())).isEqualTo("body");
        assertThat(strict.fill()).isNotNull();
    }

    @Test
    void onlyOneValidatesWhatIsUsedMeanwhile() {
        proxy.exchange("", 200, "Cache-Control: max-age=10, stale-while-revalidate=60 // ETag: \"a\"");
        proxy.pass(20);
        CacheDecision.Answer one = (CacheDecision.Answer) new Client("").told.get(0);
        CacheDecision.Answer two = (CacheDecision.Answer) new Client("").told.get(0);
        assertThat(one.revalidation()).isNotNull();
        assertThat(one.revalidation().isWantedByOthers()).isTrue();
        assertThat(one.revalidation().omitted()).contains("If-None-Match", "Range");
        assertThat(two.revalidation()).isNull();
        proxy.respond(one.revalidation(), 304, FRESH);
        assertThat(CacheFixture.status(new Client("").answer().added())).startsWith("hit; ttl=60");
    }

    @Test
    void aClientThatLeavesIsToldNothing() {
        Fill fill = first();
        Client client = new Client("");
        assertThat(fill.isWantedByOthers()).isTrue();
        assertThat(client.waiting.leave()).isTrue();
        assertThat(client.waiting.leave()).isFalse();
        assertThat(fill.isWantedByOthers()).isFalse();
        proxy.respond(fill, 200, SIZED);
        assertThat(client.told).isEmpty();
        assertThat(proxy.cache.waiting()).isZero();
    }

    @Test
    void oneThatHasWaitedForLongEnoughAsksOnItsOwn() {
        Fill fill = first();
        Client client = new Client("");
        assertThat(client.waiting.goAlone(proxy.now())).isNotNull().isNotSameAs(fill);
        assertThat(client.waiting.goAlone(proxy.now())).isNull();
    }

    @Test
    void aFewMayWait() {
        CacheFixture few = new CacheFixture(new CacheLimits(1 << 20, 1 << 10, 1 << 20, 2));
        CacheRequest request = few.request("GET", CacheFixture.URL, "");
        few.ask(request);
        AtomicInteger waits = new AtomicInteger();
        for (int i = 0; i < 5; i++) {
            if (few.cache.decide(request, decision -> {}, few.now()) instanceof CacheDecision.Wait) {
                waits.incrementAndGet();
            }
        }
        assertThat(waits).hasValue(2);
    }

    /** But for those who have come before, and read it by now. */
    @Test
    void nobodyJoinsABodyThatIsBrokenOff() {
        Fill fill = first();
        CacheAnswer reading = CacheFixture.answer(proxy.respond(fill, 200, FRESH + " // Content-Length: 100"));
        List<CacheDecision> others = new ArrayList<>();
        reading.body().await(() -> others.add(proxy.decide(proxy.request("GET", CacheFixture.URL, ""))));

        fill.close(proxy.now());

        assertThat(others).hasSize(1);
        assertThat(CacheFixture.ask(others.get(0))).isNotSameAs(fill);
    }

    @Test
    void whoHasWaitedForWhatHasBrokenOffByNowAsksItself() {
        Fill fill = first();
        List<Supplier<CacheDecision>> told = new ArrayList<>();
        proxy.cache.decide(proxy.request("GET", CacheFixture.URL, ""), told::add, proxy.now());
        proxy.respond(fill, 200, SIZED);

        fill.close(proxy.now());

        assertThat(CacheFixture.ask(told.get(0).get())).isNotSameAs(fill);
    }

    @Test
    void theEndOfOneVariantDoesNotPartThoseWhoAskForAnother() {
        proxy.exchange("Foo: 1", 200, FRESH + " // Vary: Foo // ETag: \"a\"");
        Fill slow = proxy.ask(proxy.request("GET", CacheFixture.URL, "Foo: slow"));
        Fill head = proxy.ask(proxy.request("HEAD", CacheFixture.URL, "Foo: 1 // Cache-Control: no-cache"));
        proxy.respond(head, 200, "ETag: \"b\"");
        head.close(proxy.now());
        proxy.exchange("Foo: 1", 200, FRESH + " // Vary: Foo // ETag: \"a\"");

        assertThat(new Client("Foo: slow").waits()).isTrue();
        slow.close(proxy.now());
    }

    /** As many may wait, and each request may be long. */
    @Test
    void whatBecomesOfThoseWhoWaitIsFoundOutByThemselves() {
        CacheRequest request = CountingRequest.of(proxy.request("GET", CacheFixture.URL, "Foo: 1"));
        Fill fill = first();
        List<Supplier<CacheDecision>> told = new ArrayList<>();
        proxy.cache.decide(request, told::add, proxy.now());
        CountingRequest.timesRead(request, "Foo");

        proxy.respond(fill, 200, SIZED + " // Vary: Foo");

        assertThat(CountingRequest.timesRead(request, "Foo")).isZero();
        assertThat(told).hasSize(1);
        assertThat(CacheFixture.ask(told.get(0).get())).isNotSameAs(fill);
        assertThat(CountingRequest.timesRead(request, "Foo")).isEqualTo(1);
    }

    @Test
    void nothingIsBegunForThoseWhoHaveGoneMeanwhile() {
        Fill fill = first();
        proxy.cache.decide(proxy.request("GET", CacheFixture.URL, ""), decision -> {}, proxy.now());

        fill.failed(proxy.now());

        assertThat(proxy.cache.waiting()).isZero();
        assertThat(proxy.cache.running()).isZero();
    }

    @Test
    void oneThatThrowsLeavesTheOthersAlone() {
        Fill fill = first();
        proxy.cache.decide(
                proxy.request("GET", CacheFixture.URL, ""),
                decision -> {
                    throw new IllegalStateException("thrown on purpose");
                },
                proxy.now());
        Client client = new Client("");
        proxy.respond(fill, 200, SIZED);
        assertThat(client.answer().status()).isEqualTo(200);
    }

    @Test
    void aBodyThatIsCutIsNotStoredAndItsReadersAreTold() {
        Fill fill = first();
        Client client = new Client("");
        proxy.respond(fill, 200, SIZED);
        CacheFixture.append(fill, "bo");
        fill.close(proxy.now());
        assertThat(CacheFixture.text(client.answer())).isEqualTo("bo");
        assertThat(client.answer().body().isCut()).isTrue();
        assertThat(client.answer().body().isAtEnd()).isFalse();
        assertThat(proxy.outcome("")).isEqualTo("fwd=uri-miss");
        assertThat(proxy.cache.fillBytes()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"bod", "bodyy"})
    void soIsOneOfAnotherLengthThanWasDeclared(String body) {
        Fill fill = first();
        CacheAnswer answer = CacheFixture.answer(proxy.respond(fill, 200, SIZED));
        CacheFixture.append(fill, body);
        fill.complete(proxy.now());
        CacheFixture.text(answer);
        assertThat(answer.body().isCut()).isTrue();
        assertThat(proxy.outcome("")).isEqualTo("fwd=uri-miss");
    }

    @Test
    void whoWaitsForABodyOfUnknownLengthThatIsCutIsLetGo() {
        Fill fill = first();
        Client client = new Client("");
        proxy.respond(fill, 200, FRESH);
        fill.close(proxy.now());
        assertThat(client.fill()).isNotSameAs(fill);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 2000", "X-Length: unsaid"})
    void aResponseThatIsTooLongEndsTheOldOneHoweverThatIsFoundOut(String length) {
        CacheFixture small = new CacheFixture(new CacheLimits(1 << 20, 1000, 1 << 20, 10));
        CacheRequest request = small.request("GET", CacheFixture.URL, "");
        small.exchange(request, 200, FRESH + " // ETag: \"a\"", "old");
        Fill fill = small.ask(small.request("GET", CacheFixture.URL, "Cache-Control: no-cache"));

        if (small.respond(fill, 200, FRESH + " // ETag: \"b\" // " + length) instanceof FillStep.Store) {
            fill.append(ByteBuffer.wrap(new byte[2000]), () -> {});
        }
        fill.close(small.now());

        assertThat(small.outcome(request)).isEqualTo("fwd=uri-miss");
    }

    @Test
    void aBodyThatIsTooLongPassesWithAWindow() {
        CacheFixture small = new CacheFixture(new CacheLimits(1 << 20, 1000, 1 << 20, 10));
        CacheRequest request = small.request("GET", CacheFixture.URL, "");
        Fill fill = small.ask(request);
        List<CacheDecision> told = new ArrayList<>();
        small.cache.decide(request, CacheFixture.telling(told), small.now());
        BodyReader reader = CacheFixture.answer(small.respond(fill, 200, FRESH)).body();
        AtomicInteger room = new AtomicInteger();
        int sent = 0;
        while (fill.append(ByteBuffer.wrap(new byte[700]), room::incrementAndGet)) {
            sent += 700;
        }
        sent += 700;
        assertThat(told).singleElement().isInstanceOf(CacheDecision.Ask.class);
        assertThat(sent).isBetween(100_000, 200_000);
        assertThat(CacheFixture.text(reader)).hasSize(sent);
        assertThat(room).hasValue(1);
        assertThat(reader.await(room::incrementAndGet)).isTrue();
        assertThat(fill.append(ByteBuffer.wrap(new byte[700]), room::incrementAndGet))
                .isTrue();
        assertThat(room).hasValue(2);
        fill.complete(small.now());
        assertThat(CacheFixture.text(reader)).hasSize(700);
        assertThat(reader.isAtEnd()).isTrue();
        assertThat(small.cache.fillBytes()).isZero();
        assertThat(small.outcome("")).isEqualTo("fwd=uri-miss");
    }

    @Test
    void nobodyHoldsABodyThatIsTooLongAfterItsClientHasGone() {
        CacheFixture small = new CacheFixture(new CacheLimits(1 << 20, 1000, 1 << 20, 10));
        Fill fill = small.ask(small.request("GET", CacheFixture.URL, ""));
        BodyReader reader = CacheFixture.answer(small.respond(fill, 200, FRESH)).body();
        fill.append(ByteBuffer.wrap(new byte[700]), () -> {});
        assertThat(fill.isWantedByOthers()).isTrue();
        reader.close();
        for (int i = 0; i < 1000; i++) {
            assertThat(fill.append(ByteBuffer.wrap(new byte[700]), () -> {})).isTrue();
        }
        assertThat(fill.isWantedByOthers()).isFalse();
        fill.close(small.now());
    }

    @Test
    void whatIsUnderWayIsBounded() {
        CacheFixture small = new CacheFixture(new CacheLimits(1 << 20, 1000, 1500, 10));
        Fill one = small.ask(small.request("GET", CacheFixture.URL, ""));
        Fill two = small.ask(small.request("GET", CacheFixture.URL + "2", ""));
        small.respond(one, 200, FRESH + " // Content-Length: 1000");
        FillStep step = small.respond(two, 200, FRESH + " // Content-Length: 1000");
        assertThat(CacheFixture.status(((FillStep.Pass) step).added())).isEqualTo("fwd=uri-miss; detail=no-room");
        one.close(small.now());
        assertThat(small.cache.fillBytes()).isZero();
    }

    @Test
    void aResponseIsToldOnce() {
        Fill fill = first();
        proxy.respond(fill, 200, FRESH);
        assertThatThrownBy(() -> proxy.respond(fill, 200, FRESH))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("STORING");
        fill.close(proxy.now());
        fill.close(proxy.now());
        assertThatThrownBy(() -> fill.failed(proxy.now())).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void threadsThatWantTheSameAtOnceAskOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        for (int round = 0; round < 300; round++) {
            CacheRequest request = proxy.request("GET", CacheFixture.URL + round, "");
            CountDownLatch go = new CountDownLatch(1);
            AtomicInteger asked = new AtomicInteger();
            AtomicInteger answered = new AtomicInteger();
            List<Future<?>> done = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                done.add(threads.submit(() -> {
                    go.await();
                    for (int j = 0; j < 3; j++) {
                        askOrWait(request, asked, answered);
                    }
                    return null;
                }));
            }
            go.countDown();
            for (Future<?> each : done) {
                each.get();
            }
            assertThat(asked).hasValue(1);
            assertThat(answered).hasValue(12);
        }
        threads.shutdown();
    }

    private void askOrWait(CacheRequest request, AtomicInteger asked, AtomicInteger answered) {
        CacheDecision decision = proxy.cache.decide(
                request,
                told -> {
                    CacheFixture.answer(told.get());
                    answered.incrementAndGet();
                },
                proxy.now());
        if (decision instanceof CacheDecision.Ask ask) {
            asked.incrementAndGet();
            proxy.respond(ask.fill(), 200, SIZED);
            CacheFixture.append(ask.fill(), "body");
            ask.fill().complete(proxy.now());
        }
        if (!(decision instanceof CacheDecision.Wait)) {
            answered.incrementAndGet();
        }
    }

    @Test
    void threadsThatFillJoinReadAndPurgeAgree() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        CountDownLatch go = new CountDownLatch(1);
        List<Future<?>> done = new ArrayList<>();
        AtomicInteger answered = new AtomicInteger();
        for (int thread = 0; thread < 4; thread++) {
            int number = thread;
            done.add(threads.submit(() -> {
                go.await();
                for (int i = 0; i < 3_000; i++) {
                    turn(number * 3_000 + i, answered);
                }
                return null;
            }));
        }
        go.countDown();
        for (Future<?> each : done) {
            each.get();
        }
        threads.shutdown();
        assertThat(answered).hasValue(12_000);
        assertThat(proxy.cache.waiting()).isZero();
        assertThat(proxy.cache.fillBytes()).isZero();
    }

    private void turn(int number, AtomicInteger answered) {
        CacheRequest request = proxy.request("GET", CacheFixture.URL + number % 3, "");
        if (number % 7 == 0) {
            proxy.cache.purge(CachePurge.ofService("shop"));
        }
        settle(
                proxy.cache.decide(request, decision -> settle(decision.get(), number, answered), proxy.now()),
                number,
                answered);
    }

    private void settle(CacheDecision decision, int number, AtomicInteger answered) {
        if (decision instanceof CacheDecision.Answer answer) {
            answer.answer().body().poll();
            answered.incrementAndGet();
        } else if (decision instanceof CacheDecision.Ask ask) {
            FillStep step = proxy.respond(ask.fill(), 200, number % 5 == 0 ? "Cache-Control: no-store" : SIZED);
            if (step instanceof FillStep.Store) {
                ask.fill().append(ByteBuffer.wrap(new byte[4]), () -> {});
                ask.fill().complete(proxy.now());
            }
            ask.fill().close(proxy.now());
            answered.incrementAndGet();
        }
    }
}
