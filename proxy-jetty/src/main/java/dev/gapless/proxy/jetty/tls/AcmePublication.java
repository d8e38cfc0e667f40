package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.spi.DnsRecords;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.shredzone.acme4j.challenge.Challenge;
import org.shredzone.acme4j.challenge.Dns01Challenge;
import org.shredzone.acme4j.challenge.TokenChallenge;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts proofs where authorities look for them: at this proxy's listeners and those that share the store, or in the DNS. */
final class AcmePublication {
    private static final Logger LOG = LoggerFactory.getLogger(AcmePublication.class);
    private static final Duration DNS_PATIENCE = Duration.ofMinutes(5);

    private final AcmeSteps steps;
    private final AcmeAnswers answers;
    private final AcmeVault vault;
    private final Optional<DnsRecords> dns;

    AcmePublication(AcmeSteps steps, AcmeAnswers answers, AcmeAuthority authority) {
        this.steps = steps;
        this.answers = answers;
        this.vault = authority.vault();
        this.dns = authority.dns();
    }

    boolean isPossible(AcmeOptions.Challenge way) {
        return way != AcmeOptions.Challenge.DNS_01 || dns.isPresent();
    }

    /** Answers from now on; completes with what ends that, which may block. */
    CompletableFuture<Runnable> publish(String host, Challenge challenge) {
        return challenge instanceof Dns01Challenge record
                ? addRecord(host, record, dns.orElseThrow())
                : steps.run(() -> show(
                        host, new AcmeProof(challenge.getType(), ((TokenChallenge) challenge).getAuthorization())));
    }

    private Runnable show(String host, AcmeProof proof) {
        Runnable withdrawal = answers.publish(host, proof);
        try {
            vault.save(host, proof);
        } catch (IOException e) {
            LOG.warn("Proxies that share the store cannot prove {}: {}", host, e.getMessage());
        }
        return () -> {
            withdrawal.run();
            forget(host);
        };
    }

    private void forget(String host) {
        try {
            vault.forgetChallenge(host);
        } catch (IOException e) {
            LOG.debug("The proof of {} is kept, though nobody will ask for it", host, e);
        }
    }

    private CompletableFuture<Runnable> addRecord(String host, Dns01Challenge challenge, DnsRecords records) {
        String name = Dns01Challenge.RECORD_NAME_PREFIX + "." + host;
        String value = challenge.getDigest();
        Runnable removal = () -> removeRecord(records, name, value);
        return steps.run(() -> steps.within(DNS_PATIENCE, "adding the record " + name, records.add(name, value)))
                .thenCompose(added -> added)
                .handle((added, failure) -> {
                    if (failure == null) {
                        return CompletableFuture.completedFuture(removal);
                    }
                    removal.run();
                    return CompletableFuture.<Runnable>failedFuture(new AcmeOrder.ProofFailed(
                            "the record " + name + " could not be added: "
                                    + AcmeFailure.unwrapped(failure).getMessage(),
                            AcmeOptions.Challenge.DNS_01,
                            null));
                })
                .thenCompose(result -> result);
    }

    private void removeRecord(DnsRecords records, String name, String value) {
        steps.run(() -> steps.within(DNS_PATIENCE, "removing the record " + name, records.remove(name, value)))
                .thenCompose(removed -> removed)
                .whenComplete((removed, failure) -> {
                    if (failure != null) {
                        LOG.warn("The record {} could not be removed", name, AcmeFailure.unwrapped(failure));
                    }
                });
    }
}
