package dev.gapless.proxy.engine;

import dev.gapless.proxy.Balancing;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.DescribedRequest;
import dev.gapless.proxy.Explanation;
import dev.gapless.proxy.Explanation.Outcome;
import dev.gapless.proxy.LoadBalancing;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.Slot;
import dev.gapless.proxy.TargetAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

import static dev.gapless.proxy.engine.EngineFixture.done;
import static org.assertj.core.api.Assertions.assertThat;

/** What the proxy says it would do with a request is what it does, and why. */
final class ExplainTest {
    private final EngineFixture proxy = new EngineFixture();

    /** Checks what is said against what is done. */
    private Explanation explain(DescribedRequest request) {
        Explanation explanation = proxy.engine.explain(request);
        Decision decision = proxy.engine.decide(request, new Attempts());
        if (decision instanceof Decision.Forward forward) {
            forward.lease().release();
            assertThat(explanation.outcome()).isEqualTo(Outcome.FORWARDED);
            assertThat(explanation.service()).contains(forward.service().name());
            assertThat(explanation.deployment()).contains(forward.slot());
            assertThat(explanation.targets()).contains(forward.lease().address());
        } else {
            assertThat(explanation.deployment()).isEmpty();
            assertThat(explanation.targets()).isEmpty();
            assertThat(explanation.outcome()).isEqualTo(outcome(decision));
            assertThat(why(explanation)).contains(status(decision));
        }
        return explanation;
    }

    private Explanation explain(String url) {
        return explain(DescribedRequest.to(url));
    }

    private static Outcome outcome(Decision decision) {
        if (decision instanceof Decision.Redirect) {
            return Outcome.REDIRECTED;
        }
        return decision instanceof Decision.Wait ? Outcome.HELD : Outcome.ANSWERED;
    }

    private static String status(Decision decision) {
        if (decision instanceof Decision.Respond respond) {
            return "answers " + respond.reason().status();
        } else if (decision instanceof Decision.Redirect redirect) {
            return redirect.location();
        }
        return decision instanceof Decision.Alive ? "answers 200" : "held";
    }

    private static String why(Explanation explanation) {
        return explanation.reasons().get(explanation.reasons().size() - 1);
    }

    @Test
    void whatNoServiceHasIsNotFound() {
        Explanation explanation = explain("http://example.com/x");

        assertThat(explanation.service()).isEmpty();
        assertThat(why(explanation)).contains("\"example.com\"").contains("\"/x\"");
    }

    @Test
    void aRunningServiceGetsItsRequests() {
        done(proxy.deploy("web", "a", "b"));

        Explanation explanation = explain("http://example.com/x");

        assertThat(explanation.targets()).containsExactly(TargetAddress.parse("a:80"), TargetAddress.parse("b:80"));
        assertThat(why(explanation)).contains("[a:80, b:80]").contains("round-robin");
        assertThat(explanation.reasons().get(0)).contains("every host that no other service has");
    }

    @Test
    void nothingIsSentOrClaimed() {
        done(proxy.deploy("web", "a"));
        Object before = proxy.engine.list();

        proxy.engine.explain(DescribedRequest.to("http://example.com/"));

        assertThat(proxy.engine.list()).isEqualTo(before);
    }

    @Test
    void redirectsAndRefusalsComeBeforeAllElse() {
        proxy.serve(
                "tls",
                ServiceOptions.builder()
                        .host("a.example")
                        .host("b.example")
                        .tls(true)
                        .canonicalHost("a.example"));
        proxy.serve("plain", ServiceOptions.builder().host("p.example").pathPrefix("/api"));
        done(proxy.stop("tls", ""));
        done(proxy.stop("plain", ""));

        assertThat(explain("http://b.example/x?y").outcome()).isEqualTo(Outcome.REDIRECTED);
        assertThat(explain("https://p.example/api").outcome()).isEqualTo(Outcome.ANSWERED);
        assertThat(why(explain("http://p.example/api/../x"))).contains("400");
        assertThat(why(explain("https://a.example/"))).contains("stopped");
    }

    @Test
    void aRedirectNeedsAHost() {
        proxy.serve("tls", ServiceOptions.builder().tls(true));

        Explanation explanation = explain(DescribedRequest.to("http://a/").withHeader("Host", ""));

        assertThat(why(explanation)).contains("400");
    }

    @Test
    void aClosedServiceHoldsOrRefuses() {
        done(proxy.deploy("web", "a"));
        done(proxy.pause("web"));
        assertThat(explain("http://a/").outcome()).isEqualTo(Outcome.HELD);
        assertThat(explain("http://a/").service()).contains("web");

        done(proxy.stop("web", "closed"));
        assertThat(why(explain("http://a/"))).contains("stopped").contains("503");
    }

    @Test
    void theHealthPathOfAClosedServiceIsAnswered() {
        proxy.serve("api", ServiceOptions.builder().pathPrefix("/api"));
        assertThat(explain("http://a/api/up").outcome()).isEqualTo(Outcome.FORWARDED);
        done(proxy.pause("api"));

        assertThat(why(explain("http://a/api/up?x"))).contains("health path").contains("200");
        assertThat(explain("http://a/api/upper").outcome()).isEqualTo(Outcome.HELD);
        assertThat(explain(DescribedRequest.to("http://a/api/up").withMethod("POST"))
                        .outcome())
                .isEqualTo(Outcome.HELD);
        done(proxy.stop("api", ""));
        assertThat(why(explain(DescribedRequest.to("http://a/api/up").withMethod("HEAD"))))
                .contains("200");
    }

    @Test
    void aRolloutIsSaidToBeForTheRequestOrNot() {
        DescribedRequest ann = DescribedRequest.to("http://a/").withHeader("Cookie", "kamal-rollout=ann");
        done(proxy.deploy("web", "a"));
        proxy.rollOut("web", "r", "s");
        assertThat(explain(ann).reasons()).anyMatch(reason -> reason.contains("no split"));

        proxy.engine.splitRollout("web", RolloutSplit.allowing(List.of("ann")));
        assertThat(explain(ann).deployment()).contains(Slot.ROLLOUT);
        assertThat(explain(ann).reasons()).anyMatch(reason -> reason.contains("\"ann\": in the rollout"));
        assertThat(explain("http://a/").reasons()).anyMatch(reason -> reason.contains("no cookie kamal-rollout"));
        assertThat(explain(DescribedRequest.to("http://a/").withHeader("Cookie", "kamal-rollout=bob"))
                        .reasons())
                .anyMatch(reason -> reason.contains("\"bob\": not in"));

        proxy.probe.isUnhealthy("r:80", "ill");
        proxy.probe.isUnhealthy("s:80", "ill");
        proxy.advance(Duration.ofSeconds(1));
        assertThat(explain(ann).deployment()).contains(Slot.ACTIVE);
        assertThat(explain(ann).reasons()).anyMatch(reason -> reason.contains("no target of the rollout is healthy"));
    }

    @Test
    void readersAndWritersAreToldApart() {
        Balancing balancing =
                Balancing.builder().policy(LoadBalancing.LEAST_REQUESTS).build();
        done(proxy.deploy(Deployment.builder("web")
                .target("w")
                .reader("r")
                .options(ServiceOptions.builder().balancing(balancing).build())
                .build()));
        DescribedRequest get = DescribedRequest.to("http://a/");
        long soon = proxy.time.now().plusSeconds(1).toEpochMilli();

        assertThat(explain(get).targets()).containsExactly(TargetAddress.parse("r:80"));
        assertThat(explain(get.withMethod("POST")).targets()).containsExactly(TargetAddress.parse("w:80"));
        assertThat(explain(get.withHeader("Upgrade", "websocket")).targets())
                .containsExactly(TargetAddress.parse("w:80"));
        assertThat(explain(get.withHeader("Cookie", "kamal-writer=" + soon)).reasons())
                .anyMatch(reason -> reason.contains("has written just now"));

        proxy.probe.isUnhealthy("w:80", "ill");
        proxy.advance(Duration.ofSeconds(1));
        assertThat(why(explain(get.withMethod("POST")))).contains("503");
    }
}
