package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.CertificateEvent;
import dev.gapless.proxy.ServerCertificate;
import dev.gapless.proxy.spi.TimeSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A certificate from two files, which are read again when they change. As long as that fails, what was read before is served.
 *
 * <p>The two cannot be replaced in one step: what does not fit together is believed to be a mistake only when it is found twice.
 */
final class CertificateFiles {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateFiles.class);

    /** How much of it is checked. */
    enum Strictness {
        /** All that clients would refuse it for, as whoever gives it hears of that. */
        ALL,
        /** Only what is needed to serve it at all. */
        USABLE
    }

    private final String service;
    private final Path chain;
    private final Path key;
    private final List<String> hosts;
    private final TimeSource time;
    private volatile @Nullable ServerCertificate current;
    private Stamps read = Stamps.NONE;
    private Stamps suspected = Stamps.NONE;
    private Stamps reported = Stamps.NONE;

    /** By what a change of the files is told. */
    private record Stamps(List<String> stamps) {
        static final Stamps NONE = new Stamps(List.of());

        static Stamps of(Path chain, Path key) {
            return new Stamps(List.of(stamp(chain), stamp(key)));
        }

        private static String stamp(Path file) {
            try {
                BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
                return found.size() + " " + found.lastModifiedTime() + " " + found.fileKey();
            } catch (IOException e) {
                return "unreadable";
            }
        }
    }

    CertificateFiles(String service, Path chain, Path key, List<String> hosts, TimeSource time) {
        this.service = service;
        this.chain = chain;
        this.key = key;
        this.hosts = hosts;
        this.time = time;
    }

    /** {@return the certificate; empty before it is {@linkplain #load loaded}} */
    Optional<ServerCertificate> current() {
        return Optional.ofNullable(current);
    }

    /**
     * Reads the files for the first time.
     *
     * @throws IOException if a file cannot be read; the message names it
     * @throws GeneralSecurityException if one cannot be used; the message names it
     */
    synchronized ServerCertificate load(Strictness strictness) throws IOException, GeneralSecurityException {
        Stamps found = Stamps.of(chain, key);
        ServerCertificate loaded = PemFiles.read(chain, key);
        String what = what();
        try {
            loaded = Chain.ordered(what, loaded);
            checkHosts(loaded);
            Chain.checkTime(what, loaded, time.now());
        } catch (CertificateException e) {
            if (strictness == Strictness.ALL) {
                throw e;
            }
            LOG.warn("{}; it is served all the same", e.getMessage());
        }
        if (loaded.chain().size() == 1 && !Chain.isSelfSigned(Chain.leaf(loaded))) {
            LOG.warn(
                    "{} comes without its issuer \"{}\": clients must know that one by themselves",
                    what,
                    Chain.leaf(loaded).getIssuerX500Principal().getName());
        }
        current = loaded;
        read = found;
        return loaded;
    }

    private String what() {
        return "certificate file \"" + chain + "\"";
    }

    private void checkHosts(ServerCertificate loaded) throws CertificateException {
        if (!hosts.isEmpty() && Chain.notCovered(loaded, hosts).size() == hosts.size()) {
            throw new CertificateException(what() + " covers none of the service's hosts " + hosts);
        }
    }

    /** Reads the files again if they have changed. */
    synchronized void check(BiConsumer<String, CertificateEvent> listener) {
        Stamps found = Stamps.of(chain, key);
        if (found.equals(read)) {
            return;
        }
        try {
            ServerCertificate before = current;
            ServerCertificate replacing = load(Strictness.ALL);
            if (!replacing.equals(before)) {
                replaced(replacing, listener);
            }
        } catch (IOException | GeneralSecurityException e) {
            failed(found, String.valueOf(e.getMessage()), listener);
        }
    }

    private void replaced(ServerCertificate by, BiConsumer<String, CertificateEvent> listener) {
        LOG.info("The certificate of {} is now another: {}", this, by);
        listener.accept(
                service,
                new CertificateEvent.Reloaded(
                        hosts, chain, Chain.leaf(by).getNotAfter().toInstant()));
        tellNotCovered(listener);
    }

    /** Tells of hosts that clients will not believe the certificate for. */
    void tellNotCovered(BiConsumer<String, CertificateEvent> listener) {
        ServerCertificate served = current;
        List<String> missing = served == null ? List.of() : Chain.notCovered(served, hosts);
        if (!missing.isEmpty()) {
            LOG.warn("The certificate of {} does not cover the hosts {}", this, missing);
            listener.accept(service, new CertificateEvent.NotCovered(missing, chain));
        }
    }

    private void failed(Stamps found, String reason, BiConsumer<String, CertificateEvent> listener) {
        if (found.equals(suspected) && !found.equals(reported)) {
            reported = found;
            LOG.warn("The certificate in use of {} is kept: {}", this, reason);
            listener.accept(service, new CertificateEvent.NotReloaded(hosts, chain, reason));
        }
        suspected = found;
    }

    @Override
    public String toString() {
        return (service.isEmpty() ? "the proxy" : "service \"" + service + "\"") + " from \"" + chain + "\"";
    }
}
