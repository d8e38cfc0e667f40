package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.ServerCertificate;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers to challenges of another proxy that shares the store: a balancer may send the authority to any of them. The store is
 * asked by the host, never by what strangers send, and for each host now and then only: whoever comes meanwhile waits for the
 * next time, so that each of them gets to know what was in the store after he came. Thread-safe; no method blocks.
 */
final class AcmeElsewhere {
    /** The least time between two reads for a host. */
    static final Duration PACE = Duration.ofMillis(250);

    /** How long an answer is remembered: an authority may ask from several places at once. */
    static final Duration REMEMBERED = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(AcmeElsewhere.class);

    private final AcmeSteps steps;
    private final int most;
    private final AcmeAnswers found = new AcmeAnswers();
    /** The hosts that were asked for within the pace, with those who wait for the next time, if anybody does. */
    private final Map<String, Optional<CompletableFuture<Boolean>>> underWay = new HashMap<>();

    /** With how many hosts may be asked for at a time; for others there is no answer meanwhile. */
    AcmeElsewhere(AcmeSteps steps, int most) {
        this.steps = steps;
        this.most = most;
    }

    Optional<String> httpAnswer(String host, String path) {
        return found.httpAnswer(host, path);
    }

    Optional<ServerCertificate> tlsAlpnAnswer(String host) {
        return found.tlsAlpnAnswer(host);
    }

    /** Looks whether another proxy has a proof of the host; completes, in any case, with whether it has. */
    CompletableFuture<Boolean> look(String host, AcmeVault vault) {
        CompletableFuture<Boolean> looked;
        synchronized (this) {
            Optional<CompletableFuture<Boolean>> waiting = underWay.get(host);
            if (waiting != null) {
                CompletableFuture<Boolean> next = waiting.orElseGet(CompletableFuture::new);
                underWay.put(host, Optional.of(next));
                return next.copy();
            }
            if (underWay.size() == most) {
                return CompletableFuture.completedFuture(false);
            }
            underWay.put(host, Optional.empty());
            looked = new CompletableFuture<>();
        }
        read(host, vault, looked);
        return looked.copy();
    }

    private void read(String host, AcmeVault vault, CompletableFuture<Boolean> looked) {
        steps.run(() -> remember(host, vault.challenge(host))).whenComplete((there, failure) -> {
            if (failure != null) {
                LOG.debug("Whether another proxy has a proof of {} is not known", host, failure);
            }
            steps.scheduler().schedule(() -> next(host, vault), PACE);
            looked.complete(failure == null && there);
        });
    }

    private boolean remember(String host, Optional<AcmeProof> proof) {
        proof.ifPresent(there -> steps.scheduler().schedule(found.publish(host, there), REMEMBERED));
        return proof.isPresent();
    }

    private void next(String host, AcmeVault vault) {
        @Nullable CompletableFuture<Boolean> waiting;
        synchronized (this) {
            waiting = underWay.getOrDefault(host, Optional.empty()).orElse(null);
            if (waiting == null) {
                underWay.remove(host);
                return;
            }
            underWay.put(host, Optional.empty());
        }
        read(host, vault, waiting);
    }
}
