package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Balancing;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.PassiveEjection;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.Slot;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Which of a service's targets gets a request: rollouts, readers and writers, ejection. */
class TrafficSharingTest extends ProxyScaffold {
    private final RequestLog log = new RequestLog();

    private RawTarget target(String name, String... lines) throws Exception {
        StringBuilder head = new StringBuilder("HTTP/1.1 200 OK\r\n");
        for (String line : lines) {
            head.append(line).append("\r\n");
        }
        return closing(RawTarget.answering(head + "Content-Length: " + name.length() + "\r\n\r\n" + name));
    }

    private void deploy(Deployment.Builder deployment) {
        proxy = proxy == null ? start(loopback().listener(log)) : proxy;
        proxy.services().deploy(deployment.build());
    }

    private void deployRollout() throws Exception {
        deploy(Deployment.builder("app").target(target("active").address()));
        deploy(Deployment.builder("app").target(target("rollout").address()).asRollout());
    }

    @Test
    void aRolloutTakesTheClientsThatItsCookieTells() throws Exception {
        deployRollout();
        proxy.services().splitRollout("app", RolloutSplit.allowing(List.of("ann")));
        RawClient client = client();

        assertThat(client.get("/", "Cookie: a=b; kamal-rollout=ann").text()).isEqualTo("rollout");
        assertThat(log.next().slot()).isEqualTo(Slot.ROLLOUT);
        assertThat(client.get("/", "Cookie: kamal-rollout=bob").text()).isEqualTo("active");
        assertThat(log.next().slot()).isEqualTo(Slot.ACTIVE);
        assertThat(client.get("/").text()).isEqualTo("active");
        assertThat(http2().get("/", "cookie", "a=b", "cookie", "kamal-rollout=ann")
                        .text())
                .isEqualTo("rollout");
        proxy.services().stopRollout("app");
        assertThat(client.get("/", "Cookie: kamal-rollout=ann").text()).isEqualTo("active");
    }

    @Test
    void aPromotedRolloutTakesAll() throws Exception {
        deployRollout();
        RawClient client = client();
        assertThat(client.get("/").text()).isEqualTo("active");

        proxy.services().promoteRollout("app", Duration.ofSeconds(5));

        assertThat(client.get("/").text()).isEqualTo("rollout");
        log.next();
        assertThat(log.next().slot()).isEqualTo(Slot.ACTIVE);
    }

    private void deployWithReader(Duration affinity, String... linesOfTheWriter) throws Exception {
        deploy(Deployment.builder("app")
                .options(ServiceOptions.builder()
                        .balancing(Balancing.builder().writerAffinity(affinity).build())
                        .build())
                .target(target("writer", linesOfTheWriter).address())
                .reader(target("reader", "X-Writer-Affinity: false").address()));
    }

    private static String write() {
        return RawClient.head("POST", "/", "Content-Length: 0");
    }

    @Test
    void afterAWriteAClientReadsFromTheWriters() throws Exception {
        deployWithReader(Duration.ofMinutes(1), "Set-Cookie: own=1");
        RawClient client = client();
        assertThat(client.get("/").text()).isEqualTo("reader");

        long before = System.currentTimeMillis();
        RawMessage written = client.send(write()).read();
        long after = System.currentTimeMillis();

        assertThat(written.text()).isEqualTo("writer");
        assertThat(written.all("Set-Cookie")).hasSize(2).contains("own=1");
        String cookie = written.all("Set-Cookie").get(1);
        assertThat(cookie).matches("kamal-writer=\\d+; Path=/; HttpOnly");
        long until = Long.parseLong(cookie.substring(cookie.indexOf('=') + 1, cookie.indexOf(';')));
        assertThat(until).isBetween(before + 60_000, after + 60_000);
        RawMessage read = client.get("/", "Cookie: " + cookie.substring(0, cookie.indexOf(';')));
        assertThat(read.text()).isEqualTo("writer");
        assertThat(read.all("Set-Cookie")).containsExactly("own=1");
        assertThat(client.get("/", "Cookie: kamal-writer=" + before).text()).isEqualTo("reader");
    }

    @Test
    void aTargetCanSayThatAWriteNeedsNoAffinity() throws Exception {
        deployWithReader(Duration.ofMinutes(1), "X-Writer-Affinity: false");
        RawClient client = client();

        RawMessage written = client.send(write()).read();

        assertThat(written.text()).isEqualTo("writer");
        assertThat(written.names()).doesNotContain("set-cookie", "x-writer-affinity");
        RawMessage read = client.get("/");
        assertThat(read.text()).isEqualTo("reader");
        assertThat(read.names()).doesNotContain("x-writer-affinity");
    }

    @Test
    void withoutATimeThereIsNoAffinity() throws Exception {
        deployWithReader(Duration.ZERO, "X-Writer-Affinity: true");

        RawMessage written = client().send(write()).read();

        assertThat(written.text()).isEqualTo("writer");
        assertThat(written.names()).doesNotContain("set-cookie", "x-writer-affinity");
    }

    @Test
    void withoutReadersThereIsNoAffinityAndNothingIsTakenAway() throws Exception {
        deploy(Deployment.builder("app")
                .target(target("only", "X-Writer-Affinity: false").address()));

        RawMessage written = client().send(write()).read();

        assertThat(written.names()).doesNotContain("set-cookie");
        assertThat(written.field("X-Writer-Affinity")).isEqualTo("false");
    }

    private void deployEjecting(RawTarget... targets) {
        Deployment.Builder deployment = Deployment.builder("app")
                .options(ServiceOptions.builder()
                        .balancing(Balancing.builder()
                                .ejection(new PassiveEjection(3, Duration.ofMinutes(5)))
                                .build())
                        .build());
        for (RawTarget target : targets) {
            deployment.target(target.address());
        }
        deploy(deployment);
    }

    private long healthyTargets() {
        return proxy.services().list().get(0).targets().stream()
                .filter(target -> target.healthy())
                .count();
    }

    @Test
    void aTargetThatAnswersWith5xxInARowIsTakenOut() throws Exception {
        AtomicInteger failures = new AtomicInteger();
        RawTarget failing = closing(RawTarget.answering((request, connection) -> {
            failures.incrementAndGet();
            connection.send("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
        }));
        deployEjecting(target("good"), failing);
        RawClient client = client();

        for (int i = 0; i < 20; i++) {
            client.get("/");
        }

        assertThat(failures).hasValue(3);
        assertThat(healthyTargets()).isEqualTo(1);
    }

    @Test
    void aTargetThatHangsUpInARowIsTakenOut() throws Exception {
        AtomicInteger failures = new AtomicInteger();
        RawTarget failing = closing(RawTarget.answering((request, connection) -> {
            failures.incrementAndGet();
            connection.close();
        }));
        deployEjecting(target("good"), failing);
        RawClient client = client();

        for (int i = 0; i < 20; i++) {
            assertThat(client.get("/").text()).isEqualTo("good");
        }

        assertThat(failures).hasValue(3);
        assertThat(healthyTargets()).isEqualTo(1);
    }

    @Test
    void aTargetThatAnswersInBetweenStaysIn() throws Exception {
        AtomicInteger count = new AtomicInteger();
        RawTarget limping = closing(RawTarget.answering((request, connection) -> connection.send(
                count.incrementAndGet() % 3 == 0 ? RawTarget.OK : "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")));
        deployEjecting(target("good"), limping);
        RawClient client = client();

        for (int i = 0; i < 24; i++) {
            client.get("/");
        }

        assertThat(count).hasValue(12);
        assertThat(healthyTargets()).isEqualTo(2);
    }

    @Test
    void clientsThatLeaveAreNotTheTargetsFault() throws Exception {
        RawTarget slow = closing(RawTarget.answering((request, connection) -> connection.isLeft()));
        RawTarget other = closing(RawTarget.answering((request, connection) -> connection.isLeft()));
        deployEjecting(slow, other);

        for (int i = 0; i < 12; i++) {
            RawClient client = client().send(RawClient.head("GET", "/"));
            (i % 2 == 0 ? slow : other).taken();
            client.close();
            assertThat(log.next().status()).isEqualTo(499);
        }

        assertThat(healthyTargets()).isEqualTo(2);
    }
}
