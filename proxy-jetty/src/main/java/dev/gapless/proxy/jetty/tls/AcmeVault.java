package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.ServerCertificate;
import dev.gapless.proxy.spi.CertificateStore;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What is kept for one directory and account, and under which names: {@code <directory>/account-<hash>}, {@code
 * <directory>/certificate-<hosts>}, {@code <directory>/order-<hosts>} and {@code <directory>/challenge-<host>}. A wildcard's star
 * becomes a plus sign, which no host has.
 */
final class AcmeVault {
    private static final int MOST_HOST_CHARACTERS = 100;

    private final CertificateStore store;
    private final String folder;
    private final String account;

    AcmeVault(CertificateStore store, AcmeOptions options) {
        this.store = store;
        this.folder = folder(options.directory());
        this.account = "account-"
                + options.externalAccount()
                        .map(external -> hash(external.keyId()))
                        .orElse("own");
    }

    /** An order that is under way, and the key that its certificate is to be for. */
    record PendingOrder(URL location, KeyPair key) {}

    /** The key of the account, and where the account is, if it is known already. */
    record Account(KeyPair key, Optional<URL> location) {}

    /** What is kept can be read, but makes no sense. */
    static final class DamagedException extends IOException {
        DamagedException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    Optional<ServerCertificate> certificate(List<String> hosts) throws IOException {
        Optional<AcmePem> kept = load("certificate-" + name(hosts));
        return kept.isEmpty() ? Optional.empty() : Optional.of(certificate(kept.get(), hosts));
    }

    private ServerCertificate certificate(AcmePem pem, List<String> hosts) throws IOException {
        try {
            ServerCertificate certificate = new ServerCertificate(pem.chain(), pem.key());
            if (!AcmeHosts.covers(certificate.chain().get(0), hosts)) {
                throw new IOException("its certificate is for other hosts");
            }
            return certificate;
        } catch (IOException | IllegalArgumentException e) {
            throw damaged("certificate-" + name(hosts), e);
        }
    }

    void save(List<String> hosts, ServerCertificate certificate) throws IOException {
        AcmePem pem = AcmePem.empty().line("Hosts", String.join(" ", hosts));
        save("certificate-" + name(hosts), pem.key(certificate.key()).chain(certificate.chain()));
    }

    Optional<PendingOrder> order(List<String> hosts) throws IOException {
        Optional<AcmePem> kept = load("order-" + name(hosts));
        if (kept.isEmpty()) {
            return Optional.empty();
        }
        try {
            AcmePem pem = kept.get();
            Optional<String> location = pem.line("Order");
            return location.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new PendingOrder(url(location.get()), pem.keyPair()));
        } catch (IOException e) {
            throw damaged("order-" + name(hosts), e);
        }
    }

    void save(List<String> hosts, PendingOrder order) throws IOException {
        AcmePem pem = AcmePem.empty().line("Order", order.location().toString());
        save("order-" + name(hosts), pem.keyPair(order.key()));
    }

    /** Keeps a key before there is an order for it. */
    void save(List<String> hosts, KeyPair key) throws IOException {
        save("order-" + name(hosts), AcmePem.empty().keyPair(key));
    }

    /** {@return what an authority that asks for a proof of the host right now is to be shown} */
    Optional<AcmeProof> challenge(String host) throws IOException {
        return load(challengeName(host))
                .flatMap(pem -> pem.line("Challenge")
                        .flatMap(type -> pem.line("Authorization").map(text -> new AcmeProof(type, text))));
    }

    void save(String host, AcmeProof proof) throws IOException {
        save(
                challengeName(host),
                AcmePem.empty().line("Challenge", proof.type()).line("Authorization", proof.authorization()));
    }

    void forgetChallenge(String host) throws IOException {
        store.delete(folder + "/" + challengeName(host));
    }

    private static String challengeName(String host) {
        return "challenge-" + name(List.of(host));
    }

    /** With what a process that was killed may have left of its proofs. */
    void forgetOrder(List<String> hosts) throws IOException {
        store.delete(folder + "/order-" + name(hosts));
        for (String host : hosts) {
            forgetChallenge(host);
        }
    }

    Optional<CertificateStore.Claim> claim(List<String> hosts) throws IOException {
        return store.claim(folder + "/order-" + name(hosts));
    }

    Optional<Account> account() throws IOException {
        Optional<AcmePem> kept = load(account);
        if (kept.isEmpty()) {
            return Optional.empty();
        }
        try {
            Optional<String> location = kept.get().line("Account");
            return Optional.of(new Account(
                    kept.get().keyPair(), location.isEmpty() ? Optional.empty() : Optional.of(url(location.get()))));
        } catch (IOException e) {
            throw damaged(account, e);
        }
    }

    /** Puts a damaged account where it is not overwritten: there may be something in it for people. */
    void setAsideAccount() throws IOException {
        Optional<byte[]> damaged = store.load(folder + "/" + account);
        if (damaged.isPresent()) {
            store.save(folder + "/" + account + "-damaged", damaged.get());
            store.delete(folder + "/" + account);
        }
    }

    void save(Account kept) throws IOException {
        AcmePem pem = AcmePem.empty();
        kept.location().ifPresent(location -> pem.line("Account", location.toString()));
        save(account, pem.keyPair(kept.key()));
    }

    Optional<CertificateStore.Claim> claimAccount() throws IOException {
        return store.claim(folder + "/" + account);
    }

    private Optional<AcmePem> load(String name) throws IOException {
        return store.load(folder + "/" + name).map(AcmePem::of);
    }

    private void save(String name, AcmePem content) throws IOException {
        store.save(folder + "/" + name, content.bytes());
    }

    private IOException damaged(String name, Exception e) {
        return new DamagedException(
                "what is kept as \"" + folder + "/" + name + "\" in " + store + " is damaged: " + e.getMessage(), e);
    }

    private static URL url(String text) throws IOException {
        try {
            return URI.create(text).toURL();
        } catch (IllegalArgumentException | MalformedURLException e) {
            throw new IOException("\"" + text + "\" is not a URL", e);
        }
    }

    private static String folder(URI directory) {
        String host =
                String.valueOf(directory.getHost()).toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.-]", "-");
        return shortened(host.startsWith(".") ? "-" + host : host, 50) + "-" + hash(directory.toString());
    }

    /** A name that files can have everywhere, and no two sets of hosts share. */
    static String name(List<String> hosts) {
        List<String> sorted = hosts.stream().sorted().toList();
        String first = sorted.get(0).replace('*', '+');
        if (sorted.size() == 1 && first.length() <= MOST_HOST_CHARACTERS) {
            return first;
        }
        return shortened(first, MOST_HOST_CHARACTERS) + "+" + sorted.size() + "-" + hash(String.join(" ", sorted));
    }

    private static String shortened(String text, int length) {
        return text.substring(0, Math.min(text.length(), length));
    }

    private static String hash(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 8);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
