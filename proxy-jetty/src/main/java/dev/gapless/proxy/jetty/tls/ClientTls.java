package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.CertificateEvent;
import dev.gapless.proxy.CertificateOrigin;
import dev.gapless.proxy.ServerCertificate;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TlsOptions;
import dev.gapless.proxy.engine.Service;
import dev.gapless.proxy.engine.TlsEdge;
import dev.gapless.proxy.spi.CertificateSource;
import dev.gapless.proxy.spi.TimeSource;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS with clients: which certificate each of them gets to see, and what is asked of it. Thread-safe; a handshake reads one
 * snapshot, takes no lock and no file.
 */
public final class ClientTls implements TlsEdge {
    private static final Logger LOG = LoggerFactory.getLogger(ClientTls.class);

    /** What an authority speaks that wants to see a proof (RFC 8737, section 3). */
    private static final String ACME_TLS = "acme-tls/1";

    private final TimeSource time;
    private final boolean listening;
    private final @Nullable CertificateFiles own;
    private final Map<String, CertificateSource> sources;
    private final PendingCertificates pending;
    private final AutomaticServices automatic;
    private final ServerContext plain = ServerContext.withoutClientCertificates();
    private BiConsumer<String, CertificateEvent> listener = (service, event) -> {};
    private volatile CertificateTable table = CertificateTable.EMPTY;
    private volatile Set<CertificateFiles> files;

    /**
     * Where the proxy's own certificate is.
     *
     * @param chain the certificate, followed by its issuers
     * @param key its private key
     */
    public record OwnFiles(Path chain, Path key) {}

    /** What was made ready for a service. */
    private record Serving(
            CertificateTable.Entry entry, Optional<CertificateFiles> files, Optional<AutomaticServices.Wish> automatic)
            implements Prepared {}

    /**
     * Makes TLS for a proxy without services.
     *
     * @param time tells whether a certificate has expired
     * @param listening whether anybody listens for TLS: else a service may do without a certificate
     * @param own the files of the proxy's own certificate, if it has one; read by {@link #start}
     * @param sources the host's certificates, by name
     * @param pending what gets certificates that are not there yet
     */
    public ClientTls(
            TimeSource time,
            boolean listening,
            Optional<OwnFiles> own,
            Map<String, CertificateSource> sources,
            PendingCertificates pending) {
        this.time = time;
        this.listening = listening;
        this.own = own.map(files -> new CertificateFiles("", files.chain(), files.key(), List.of(), time))
                .orElse(null);
        this.sources = Map.copyOf(sources);
        this.pending = pending;
        this.automatic = new AutomaticServices(pending);
        this.files = withOwn(Set.of());
    }

    /**
     * Reads the proxy's own certificate, if it has one.
     *
     * @throws IOException if a file cannot be read; the message names it
     * @throws GeneralSecurityException if one cannot be used; the message names it
     */
    public void start() throws IOException, GeneralSecurityException {
        if (own != null) {
            own.load(CertificateFiles.Strictness.USABLE);
        }
    }

    /** Somebody listens, so that certificates can be had: an authority that wants a proof is answered from now on. */
    public void listens() {
        if (listening) {
            automatic.begin();
        }
    }

    /** Nobody listens any more. */
    public void stop() {
        automatic.end();
    }

    @Override
    public void reportTo(BiConsumer<String, CertificateEvent> told) {
        listener = told;
    }

    @Override
    public Prepared prepare(String service, ServiceOptions options) {
        return prepare(service, options, CertificateFiles.Strictness.ALL);
    }

    @Override
    public Prepared restore(String service, ServiceOptions options) {
        return prepare(service, options, CertificateFiles.Strictness.USABLE);
    }

    private Prepared prepare(String service, ServiceOptions options, CertificateFiles.Strictness strictness) {
        if (!options.tls()) {
            return Prepared.NOTHING;
        }
        TlsOptions tls = options.tlsOptions();
        try {
            ServerContext context = tls.clientCertificates().isPresent()
                    ? ServerContext.asking(tls.clientCertificates().get())
                    : plain;
            if (tls.certificate() instanceof CertificateOrigin.Files paths) {
                CertificateFiles read =
                        new CertificateFiles(service, paths.chain(), paths.key(), options.hosts(), time);
                read.load(strictness);
                read.tellNotCovered(listener);
                return new Serving(
                        new CertificateTable.Entry(service, host -> read.current(), context),
                        Optional.of(read),
                        Optional.empty());
            }
            if (tls.certificate() instanceof CertificateOrigin.Automatic origin) {
                pending.check(service, options.hosts(), origin.options());
                return new Serving(
                        new CertificateTable.Entry(service, pending::certificate, context),
                        Optional.empty(),
                        Optional.of(new AutomaticServices.Wish(service, options.hosts(), origin.options())));
            }
            CertificateSource source = source(service, tls.certificate());
            return new Serving(
                    new CertificateTable.Entry(service, source, context), Optional.empty(), Optional.empty());
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private CertificateSource source(String service, CertificateOrigin origin) {
        if (origin instanceof CertificateOrigin.Source named) {
            CertificateSource source = sources.get(named.name());
            if (source == null) {
                throw new IllegalArgumentException("certificate source \"" + named.name()
                        + "\" is unknown; expected one that the host has given the proxy "
                        + new TreeSet<>(sources.keySet()));
            }
            return host -> ask(named.name(), source, host);
        }
        CertificateFiles proxys = own;
        if (proxys == null) {
            if (listening) {
                throw new IllegalArgumentException("service \"" + service + "\" has TLS but no certificate of its own, "
                        + "and the proxy has none either");
            }
            return host -> Optional.empty(); // Nobody will ask.
        }
        return host -> proxys.current();
    }

    private static Optional<ServerCertificate> ask(String name, CertificateSource source, String host) {
        try {
            return source.certificate(host);
        } catch (RuntimeException | Error e) {
            LOG.warn("Certificate source {} failed for \"{}\"", name, host, e);
            return Optional.empty();
        }
    }

    @Override
    public void serve(Map<String, Optional<Service>> services) {
        Map<String, Optional<CertificateTable.Entry>> entries = new HashMap<>();
        Set<CertificateFiles> inUse = new LinkedHashSet<>();
        Map<String, AutomaticServices.Wish> wishes = new HashMap<>();
        services.forEach((host, service) -> {
            Optional<Serving> serving =
                    service.map(Service::tls).filter(Serving.class::isInstance).map(Serving.class::cast);
            serving.flatMap(Serving::files).ifPresent(inUse::add);
            serving.flatMap(Serving::automatic).ifPresent(wish -> wishes.put(wish.service(), wish));
            entries.put(host, serving.map(Serving::entry));
        });
        table = new CertificateTable(entries);
        files = withOwn(inUse);
        automatic.serve(wishes);
    }

    private Set<CertificateFiles> withOwn(Set<CertificateFiles> others) {
        Set<CertificateFiles> all = new LinkedHashSet<>(others);
        if (own != null) {
            all.add(own);
        }
        return Set.copyOf(all);
    }

    /**
     * Reads the certificates in use again whose files have changed. To be called regularly, on a thread that may wait for files.
     */
    public void checkFiles() {
        files.forEach(certificate -> certificate.check(listener));
    }

    /**
     * Chooses the certificate for a client.
     *
     * @param hello what it has said
     * @return what becomes of it
     */
    public HandshakeChoice choose(ClientHello hello) {
        HandshakeChoice choice = chooseNow(hello);
        if (choice instanceof HandshakeChoice.Refused && hello.serverName().isPresent()) {
            String host = hello.serverName().get();
            if (hello.protocols().contains(ACME_TLS)) {
                return new HandshakeChoice.Awaited(pending.proofWanted(host));
            }
            CertificateTable.Entry entry = table.find(host);
            if (entry != null) {
                return new HandshakeChoice.Awaited(wanted(entry.service(), host));
            }
        }
        return choice;
    }

    private CompletionStage<Boolean> wanted(String service, String host) {
        try {
            return pending.wanted(service, host);
        } catch (RuntimeException | Error e) {
            LOG.warn("The certificate for \"{}\" cannot be got", host, e);
            return CompletableFuture.completedFuture(false);
        }
    }

    /**
     * Chooses the certificate for a client that waits no more.
     *
     * @param hello what it has said
     * @return what becomes of it, which is not {@link HandshakeChoice.Awaited}
     */
    public HandshakeChoice chooseNow(ClientHello hello) {
        CertificateTable now = table;
        String host = hello.serverName().orElse(null);
        if (host == null) {
            return chooseForNoName(now);
        }
        if (hello.protocols().contains(ACME_TLS)) {
            return pending.tlsAlpnAnswer(host)
                    .<HandshakeChoice>map(proof -> new HandshakeChoice.Accepted(plain.begin(proof, ACME_TLS)))
                    .orElse(new HandshakeChoice.Refused(HandshakeChoice.Refused.NO_APPLICATION_PROTOCOL));
        }
        CertificateTable.Entry entry = now.find(host);
        if (entry == null) {
            // Who wants a service without TLS is told so, if there is a certificate to tell it under.
            // And there are clients that give an address for a name.
            return isAnsweredWithoutName(host, now)
                    ? chooseForNoName(now)
                    : new HandshakeChoice.Refused(HandshakeChoice.Refused.UNRECOGNIZED_NAME);
        }
        return entry.certificates()
                .certificate(host)
                .<HandshakeChoice>map(
                        found -> new HandshakeChoice.Accepted(entry.context().begin(found)))
                .orElse(new HandshakeChoice.Refused(HandshakeChoice.Refused.UNRECOGNIZED_NAME));
    }

    private HandshakeChoice chooseForNoName(CertificateTable now) {
        CertificateTable.Entry any = now.anyHost();
        ServerContext context = any == null ? plain : any.context();
        return certificateForNoName(now)
                .<HandshakeChoice>map(found -> new HandshakeChoice.Accepted(context.begin(found)))
                .orElse(new HandshakeChoice.Refused(HandshakeChoice.Refused.HANDSHAKE_FAILURE));
    }

    /**
     * Chooses the certificate for a client of QUIC, by the same rules, but with less to choose from: no service that asks clients
     * for certificates, no proof for an authority, nothing that has to be waited for.
     *
     * @param hello what the client has said
     * @return the certificate, or empty if there is none for it
     */
    public Optional<ServerCertificate> chooseForQuic(ClientHello hello) {
        CertificateTable now = table;
        String host = hello.serverName().orElse("");
        CertificateTable.Entry entry = host.isEmpty() ? now.anyHost() : now.find(host);
        if (entry != null && entry.context().asked().isPresent()) {
            return Optional.empty();
        }
        if (entry != null && !host.isEmpty()) {
            return entry.certificates().certificate(host);
        }
        return isAnsweredWithoutName(host, now) ? certificateForNoName(now) : Optional.empty();
    }

    private boolean isAnsweredWithoutName(String host, CertificateTable now) {
        return host.isEmpty() || TargetSsl.isAddress(host) || (own != null && now.isServed(host));
    }

    private Optional<ServerCertificate> certificateForNoName(CertificateTable now) {
        Optional<ServerCertificate> certificate = own == null ? Optional.empty() : own.current();
        return certificate.isPresent() ? certificate : now.anyCertificate();
    }

    /** {@return how many handshakes have begun that ask nothing of clients, and not ended} */
    public int handshakesUnderWay() {
        return plain.handshakesUnderWay();
    }
}
