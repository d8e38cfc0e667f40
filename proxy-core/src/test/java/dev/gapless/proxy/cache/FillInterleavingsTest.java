package dev.gapless.proxy.cache;

import dev.gapless.proxy.CacheLimits;
import dev.gapless.proxy.CachePurge;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Requests, responses that come in pieces or are cut, purges and readers in random order. Each response says how many purges there
 * had been when it was asked for, ten times: so it shows in every answer whether it is whole, and not older than it may be.
 */
final class FillInterleavingsTest {
    private static final int STEPS = 300;
    private static final CacheLimits LIMITS = new CacheLimits(20_000, 80, 400, 6);

    private final CacheFixture proxy = new CacheFixture(LIMITS);
    private final List<Asked> underWay = new ArrayList<>();
    private final List<Client> clients = new ArrayList<>();
    private int purges;

    static IntStream fewSeeds() {
        return IntStream.range(0, 60);
    }

    static IntStream manySeeds() {
        return IntStream.range(0, 1_000);
    }

    @ParameterizedTest
    @MethodSource("manySeeds")
    @Tag("proof")
    void everyClientGetsOneWholeAnswerOrIsCutHoweverTheDiceFall(int seed) {
        everyClientGetsOneWholeAnswerOfItsTimeOrIsCut(seed);
    }

    @ParameterizedTest
    @MethodSource("fewSeeds")
    void everyClientGetsOneWholeAnswerOfItsTimeOrIsCut(int seed) {
        Random random = new Random(seed);
        for (int step = 0; step < STEPS; step++) {
            switch (random.nextInt(10)) {
                case 0, 1, 2 -> new Client(random);
                case 3, 4, 5, 6 -> any(underWay, random).forEach(asked -> asked.goOn(random));
                case 7, 8 -> any(clients, random).forEach(Client::read);
                default -> purgeOrPass(random);
            }
            assertThat(proxy.cache.waiting()).isBetween(0, LIMITS.maxWaiting());
            assertThat(proxy.cache.fillBytes()).isBetween(0L, LIMITS.maxFillBytes());
        }
        while (!underWay.isEmpty()) {
            underWay.get(0).goOn(random);
        }
        assertThat(clients).allSatisfy(Client::checkEnd);
        assertThat(proxy.cache.waiting()).isZero();
        assertThat(proxy.cache.running()).isZero();
        assertThat(proxy.cache.fillBytes()).isZero();
    }

    private void purgeOrPass(Random random) {
        if (random.nextInt(3) > 0) {
            proxy.pass(random.nextInt(20));
            return;
        }
        purges++;
        switch (random.nextInt(4)) {
            case 0 -> proxy.cache.purge(CachePurge.everything());
            case 1 -> proxy.cache.purge(CachePurge.ofService("shop").withPathPrefix("/page"));
            case 2 -> proxy.cache.purge(CachePurge.everything().withTag("red"));
            default -> proxy.cache.forwarded(proxy.request("POST", CacheFixture.URL, ""), proxy.head(200, ""));
        }
    }

    private static <T> List<T> any(List<T> list, Random random) {
        return list.isEmpty() ? List.of() : List.of(list.get(random.nextInt(list.size())));
    }

    /** A response of a target. */
    private final class Asked {
        private final Fill fill;
        private final Client client;
        private final int made = purges;
        private String rest = "";
        private boolean responded;

        Asked(Fill fill, Client client) {
            this.fill = fill;
            this.client = client;
            underWay.add(this);
        }

        void goOn(Random random) {
            if (!responded) {
                respond(random);
            } else if (random.nextInt(20) == 0) {
                end();
            } else if (rest.isEmpty()) {
                fill.complete(proxy.now());
                end();
            } else {
                int count = 1 + random.nextInt(rest.length());
                fill.append(ByteBuffer.wrap(rest.substring(0, count).getBytes(StandardCharsets.UTF_8)), () -> {});
                rest = rest.substring(count);
            }
        }

        private void respond(Random random) {
            responded = true;
            rest = String.format("%04d", made).repeat(random.nextInt(8) == 0 ? 30 : 10);
            String length = random.nextBoolean() ? " // Content-Length: " + rest.length() : "";
            String fields = "Cache-Tag: red // " + (random.nextInt(4) == 0 ? "" : "Cache-Control: max-age=10") + length;
            FillStep step = random.nextInt(10) == 0
                    ? fill.failed(proxy.now())
                    : proxy.respond(fill, 200, random.nextInt(5) == 0 ? fields + " // Vary: Foo" : fields);
            if (step instanceof FillStep.Store store) {
                client.answered(store.answer());
            } else {
                client.passed();
                end();
            }
        }

        private void end() {
            fill.close(proxy.now());
            underWay.remove(this);
        }
    }

    /** A request, and what it has got. */
    private final class Client {
        private final int asked = purges;
        private final StringBuilder got = new StringBuilder();
        private int answers;
        private BodyReader reader;

        Client(Random random) {
            clients.add(this);
            CacheRequest request = proxy.request("GET", CacheFixture.URL, random.nextInt(4) == 0 ? "Foo: 1" : "");
            decided(proxy.cache.decide(request, decision -> decided(decision.get()), proxy.now()));
        }

        private void decided(CacheDecision decision) {
            if (decision instanceof CacheDecision.Answer answer) {
                answered(answer.answer());
            } else if (decision instanceof CacheDecision.Ask ask) {
                new Asked(ask.fill(), this);
            }
        }

        void answered(CacheAnswer answer) {
            answers++;
            reader = answer.body();
        }

        void passed() {
            answers++;
        }

        void read() {
            ByteBuffer piece = reader == null ? null : reader.poll();
            if (piece != null) {
                got.append(StandardCharsets.UTF_8.decode(piece));
            }
        }

        void checkEnd() {
            assertThat(answers).isEqualTo(1);
            if (reader == null) {
                return;
            }
            for (int i = 0; i < 200 && !reader.isAtEnd() && !reader.isCut(); i++) {
                read();
            }
            assertThat(reader.isAtEnd()).isNotEqualTo(reader.isCut());
            if (reader.isAtEnd()) {
                String made = got.substring(0, 4);
                assertThat(got.toString()).isIn(made.repeat(10), made.repeat(30));
                assertThat(Integer.parseInt(made)).isGreaterThanOrEqualTo(asked);
            }
        }
    }
}
