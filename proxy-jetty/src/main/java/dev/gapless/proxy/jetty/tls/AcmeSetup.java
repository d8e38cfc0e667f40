package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.CertificateEvent;
import dev.gapless.proxy.spi.CertificateStore;
import dev.gapless.proxy.spi.DnsRecords;
import dev.gapless.proxy.spi.HostApproval;
import dev.gapless.proxy.spi.Scheduler;
import dev.gapless.proxy.spi.TimeSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;

/**
 * What automatic certificates need of the proxy.
 *
 * @param executor runs what blocks: the network, the store, and the approvals of the host application
 * @param scheduler runs what is to be done later
 * @param time the clock by which certificates are renewed
 * @param chance spreads renewals and further tries
 * @param store keeps keys and certificates of options that name no directory for them
 * @param dnsRecords what DNS-01 may use, by name
 * @param approvals what approves hosts on demand, by name
 * @param question how a service is asked for a path
 * @param events hears what becomes of a service's certificates, on any thread
 */
public record AcmeSetup(
        Executor executor,
        Scheduler scheduler,
        TimeSource time,
        RandomGenerator chance,
        Optional<CertificateStore> store,
        Map<String, DnsRecords> dnsRecords,
        Map<String, HostApproval> approvals,
        ServiceQuestion question,
        BiConsumer<String, CertificateEvent> events) {
    /**
     * Copies the maps.
     *
     * @param executor runs what blocks: the network, the store, and the approvals of the host application
     * @param scheduler runs what is to be done later
     * @param time the clock by which certificates are renewed
     * @param chance spreads renewals and further tries
     * @param store keeps keys and certificates of options that name no directory for them
     * @param dnsRecords what DNS-01 may use, by name
     * @param approvals what approves hosts on demand, by name
     * @param question how a service is asked for a path
     * @param events hears what becomes of a service's certificates, on any thread
     */
    public AcmeSetup {
        dnsRecords = Map.copyOf(dnsRecords);
        approvals = Map.copyOf(approvals);
    }

    /** Asks a service itself. */
    @FunctionalInterface
    public interface ServiceQuestion {
        /**
         * Sends a GET to a target of the service. Does not block.
         *
         * @param service its name
         * @param pathAndQuery what to ask for
         * @return the status of the response
         */
        CompletionStage<Integer> status(String service, String pathAndQuery);
    }
}
