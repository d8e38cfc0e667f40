package dev.gapless.proxy;

import dev.gapless.proxy.spi.CertificateStore;
import dev.gapless.proxy.spi.DnsRecords;
import dev.gapless.proxy.spi.HostApproval;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How certificates are had automatically, from a server that speaks ACME (RFC 8555). Immutable; validated by its builder.
 *
 * <p>Whoever uses it agrees to the terms of service of the server at {@link #directory()}.
 */
public final class AcmeOptions {
    /** Where Let's Encrypt gives certificates that browsers trust. */
    public static final URI LETS_ENCRYPT = URI.create("https://acme-v02.api.letsencrypt.org/directory");

    /** Where Let's Encrypt gives certificates for trying things out, with higher limits; no browser trusts them. */
    public static final URI LETS_ENCRYPT_STAGING = URI.create("https://acme-staging-v02.api.letsencrypt.org/directory");

    private static final AcmeOptions DEFAULTS = builder().build();

    private final URI directory;
    private final Optional<Path> directoryAuthority;
    private final Optional<String> contact;
    private final Optional<ExternalAccount> externalAccount;
    private final KeyType keyType;
    private final List<Challenge> challenges;
    private final Optional<String> dnsRecords;
    private final OrderScope orderScope;
    private final Optional<Approval> onDemand;
    private final int onDemandPerMinute;
    private final Optional<Path> storeDirectory;
    private final Duration firstRequestWait;

    private AcmeOptions(Builder builder) {
        directory = builder.directory();
        directoryAuthority = builder.directoryAuthority;
        contact = builder.contact;
        externalAccount = builder.externalAccount;
        keyType = builder.keyType;
        challenges = builder.challenges();
        dnsRecords = builder.dnsRecords;
        orderScope = builder.orderScope;
        onDemand = builder.onDemand;
        onDemandPerMinute = builder.onDemandPerMinute;
        storeDirectory = builder.storeDirectory;
        firstRequestWait = builder.firstRequestWait;
    }

    /** {@return Let's Encrypt, an ECDSA certificate for each host, by any challenge but DNS-01} */
    public static AcmeOptions defaults() {
        return DEFAULTS;
    }

    /** {@return a builder that starts from the {@linkplain #defaults() defaults}} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return the directory of the ACME server; {@link #LETS_ENCRYPT} by default} */
    public URI directory() {
        return directory;
    }

    /**
     * {@return a PEM file of the certificates that are trusted at the directory, in place of those that the JDK trusts; empty
     * (the default) for the JDK's}
     */
    public Optional<Path> directoryAuthority() {
        return directoryAuthority;
    }

    /** {@return the mail address that the server may write to; none by default} */
    public Optional<String> contact() {
        return contact;
    }

    /** {@return the account with the certificate authority that the ACME account belongs to; none by default} */
    public Optional<ExternalAccount> externalAccount() {
        return externalAccount;
    }

    /** {@return which keys certificates have; {@link KeyType#EC} by default} A new key is made for each certificate. */
    public KeyType keyType() {
        return keyType;
    }

    /**
     * {@return how control of a host is proved, the preferred way first; by default HTTP-01, TLS-ALPN-01, and DNS-01 last where
     * there are {@link #dnsRecords()}} What the server does not offer, or what fails, is followed by the next.
     */
    public List<Challenge> challenges() {
        return challenges;
    }

    /** {@return the name of the {@link DnsRecords} for DNS-01, which wildcards need; none by default} */
    public Optional<String> dnsRecords() {
        return dnsRecords;
    }

    /** {@return whether a service's hosts share a certificate; {@link OrderScope#EACH_HOST} by default} */
    public OrderScope orderScope() {
        return orderScope;
    }

    /**
     * {@return who approves hosts that are not configured, at their first handshake and again at each renewal; nobody by
     * default, so that there are certificates for the service's hosts only}
     */
    public Optional<Approval> onDemand() {
        return onDemand;
    }

    /** {@return how many certificates for approved hosts are ordered within any minute; 10 by default} */
    public int onDemandPerMinute() {
        return onDemandPerMinute;
    }

    /**
     * {@return the directory for keys and certificates; empty (the default) for the proxy's {@link CertificateStore}} Nobody but
     * the owner can read its files.
     */
    public Optional<Path> storeDirectory() {
        return storeDirectory;
    }

    /** {@return how long a first request waits for its host's certificate; 10 seconds by default} */
    public Duration firstRequestWait() {
        return firstRequestWait;
    }

    /** A kind of key. */
    public enum KeyType {
        /** ECDSA on the curve P-256. */
        EC,
        /** RSA with 2,048 bits. */
        RSA
    }

    /** A way to prove that one controls a host. */
    public enum Challenge {
        /** A resource at port 80 of the host (RFC 8555, section 8.3). */
        HTTP_01,
        /** A certificate at port 443 of the host (RFC 8737). */
        TLS_ALPN_01,
        /** A record in the DNS (RFC 8555, section 8.4). */
        DNS_01
    }

    /** Which hosts share a certificate. */
    public enum OrderScope {
        /** None: each host has its own, so that a host that cannot be proved does not keep the others from theirs. */
        EACH_HOST,
        /** All hosts of the service. */
        WHOLE_SERVICE
    }

    /**
     * An account with the certificate authority (RFC 8555, section 7.3.4).
     *
     * @param keyId which account
     * @param macKey its key, in Base64url as authorities hand it out
     */
    public record ExternalAccount(String keyId, String macKey) {
        /**
         * Checks both.
         *
         * @param keyId which account
         * @param macKey its key, in Base64url as authorities hand it out
         * @throws IllegalArgumentException if the id is blank or the key is not Base64url
         */
        public ExternalAccount {
            if (keyId.isBlank()) {
                throw new IllegalArgumentException("external account key id \"" + keyId + "\" must not be blank");
            }
            if (!macKey.matches("[A-Za-z0-9_-]{16,}=*")) {
                throw new IllegalArgumentException("external account key of \"" + keyId + "\" has " + macKey.length()
                        + " characters that are not Base64url; expected at least 16, letters, digits, \"-\" and \"_\"");
            }
        }

        /** {@return the id alone} */
        @Override
        public String toString() {
            return "ExternalAccount[" + keyId + "]";
        }
    }

    /** Who approves a host that is not configured. */
    public sealed interface Approval {
        /**
         * A {@link HostApproval} that the host application has given the proxy.
         *
         * @param name the name it was given under
         */
        record ByName(String name) implements Approval {
            /**
             * Checks the name.
             *
             * @param name the name it was given under
             * @throws IllegalArgumentException if it is blank
             */
            public ByName {
                if (name.isBlank()) {
                    throw new IllegalArgumentException("host approval \"" + name + "\" must be a name that was given");
                }
            }
        }

        /**
         * A URL that is asked with {@code ?host=} and the host: exactly 200, within two seconds, approves. Redirects are not
         * followed.
         *
         * @param url what to ask, {@code http} or {@code https}
         */
        record ByUrl(URI url) implements Approval {
            /**
             * Checks the URL.
             *
             * @param url what to ask, {@code http} or {@code https}
             * @throws IllegalArgumentException if it is another URL, or has a fragment
             */
            public ByUrl {
                checkUrl("on-demand URL", url, Set.of("http", "https"));
            }
        }

        /**
         * A path that the service itself is asked for, with {@code ?host=} and the host, as by URL.
         *
         * @param path where, beginning with a slash
         */
        record ByPath(String path) implements Approval {
            /**
             * Checks the path.
             *
             * @param path where, beginning with a slash
             * @throws IllegalArgumentException if it does not begin with a slash, or cannot be sent as it stands
             */
            public ByPath {
                Checks.requestTarget("on-demand path", path);
            }
        }
    }

    private static URI checkUrl(String name, URI url, Set<String> schemes) {
        boolean usable = url.getScheme() != null
                && schemes.contains(url.getScheme())
                && url.getHost() != null
                && url.getRawUserInfo() == null
                && url.getRawFragment() == null;
        if (!usable) {
            throw new IllegalArgumentException(name + " \"" + url + "\" must begin with \"https://\""
                    + (schemes.size() > 1 ? " or \"http://\"" : "") + " and a host, without user and fragment");
        }
        return url;
    }

    /** Builds {@link AcmeOptions}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private @Nullable URI directory;
        private boolean staging;
        private Optional<Path> directoryAuthority = Optional.empty();
        private Optional<String> contact = Optional.empty();
        private Optional<ExternalAccount> externalAccount = Optional.empty();
        private KeyType keyType = KeyType.EC;
        private List<Challenge> challenges = List.of();
        private Optional<String> dnsRecords = Optional.empty();
        private OrderScope orderScope = OrderScope.EACH_HOST;
        private Optional<Approval> onDemand = Optional.empty();
        private int onDemandPerMinute = 10;
        private Optional<Path> storeDirectory = Optional.empty();
        private Duration firstRequestWait = Duration.ofSeconds(10);

        private Builder() {}

        /**
         * Sets the ACME server.
         *
         * @param directory the URL of its directory, {@code https}; Let's Encrypt's by default
         * @return this builder
         * @throws IllegalArgumentException if it is no such URL
         */
        public Builder directory(URI directory) {
            this.directory = checkUrl("ACME directory", directory, Set.of("https"));
            return this;
        }

        /**
         * Sets whether certificates come from Let's Encrypt's staging environment, which has higher limits and is trusted by
         * nobody. Goes without {@link #directory}.
         *
         * @param staging false by default
         * @return this builder
         */
        public Builder staging(boolean staging) {
            this.staging = staging;
            return this;
        }

        /**
         * Sets which certificates are trusted at the directory, and no others: for an authority of one's own.
         *
         * @param certificates a PEM file, read when a connection is first needed
         * @return this builder
         */
        public Builder directoryAuthority(Path certificates) {
            this.directoryAuthority = Optional.of(certificates.toAbsolutePath());
            return this;
        }

        /**
         * Sets where the server may write to.
         *
         * @param mailAddress an address such as {@code admin@example.com}; none by default
         * @return this builder
         * @throws IllegalArgumentException if it is no single address
         */
        public Builder contact(String mailAddress) {
            if (!mailAddress.matches("[^\\s@,?&<>\":]+@[^\\s@,?&<>\":]+")) {
                throw new IllegalArgumentException("contact \"" + mailAddress
                        + "\" is not a mail address; expected for example \"admin@example.com\"");
            }
            this.contact = Optional.of(mailAddress);
            return this;
        }

        /**
         * Sets the account with the certificate authority.
         *
         * @param keyId which account
         * @param macKey its key, in Base64url
         * @return this builder
         * @throws IllegalArgumentException if the id is blank or the key is not Base64url
         */
        public Builder externalAccount(String keyId, String macKey) {
            this.externalAccount = Optional.of(new ExternalAccount(keyId, macKey));
            return this;
        }

        /**
         * Sets which keys certificates have. A change counts from the next renewal, which then is due at once.
         *
         * @param keyType {@link KeyType#EC} by default
         * @return this builder
         */
        public Builder keyType(KeyType keyType) {
            this.keyType = keyType;
            return this;
        }

        /**
         * Sets how control of a host is proved.
         *
         * @param inOrder the preferred way first; others are not used
         * @return this builder
         * @throws IllegalArgumentException if there is none, or one twice
         */
        public Builder challenges(Challenge... inOrder) {
            List<Challenge> chosen = List.of(inOrder);
            if (chosen.isEmpty() || chosen.stream().distinct().count() < chosen.size()) {
                throw new IllegalArgumentException("challenges " + chosen + " must be one or more of "
                        + List.of(Challenge.values()) + ", none twice");
            }
            this.challenges = chosen;
            return this;
        }

        /**
         * Sets who changes the DNS for DNS-01.
         *
         * @param name the name of {@link DnsRecords} that the host application has given the proxy
         * @return this builder
         * @throws IllegalArgumentException if it is blank
         */
        public Builder dnsRecords(String name) {
            if (name.isBlank()) {
                throw new IllegalArgumentException("DNS records \"" + name + "\" must be a name that was given");
            }
            this.dnsRecords = Optional.of(name);
            return this;
        }

        /**
         * Sets whether a service's hosts share a certificate.
         *
         * @param orderScope {@link OrderScope#EACH_HOST} by default
         * @return this builder
         */
        public Builder orderScope(OrderScope orderScope) {
            this.orderScope = orderScope;
            return this;
        }

        /**
         * Sets who approves hosts that are not configured. For a service without hosts.
         *
         * @param approval who is asked
         * @return this builder
         */
        public Builder onDemand(Approval approval) {
            this.onDemand = Optional.of(approval);
            return this;
        }

        /**
         * Sets how many certificates for approved hosts are ordered within any minute.
         *
         * @param certificates 10 by default
         * @return this builder
         * @throws IllegalArgumentException if it is less than 1
         */
        public Builder onDemandPerMinute(int certificates) {
            this.onDemandPerMinute = Checks.positive("certificates on demand in a minute", certificates);
            return this;
        }

        /**
         * Sets where keys and certificates are kept.
         *
         * @param directory made when first needed; the proxy's {@link CertificateStore} by default
         * @return this builder
         */
        public Builder storeDirectory(Path directory) {
            this.storeDirectory = Optional.of(directory.toAbsolutePath());
            return this;
        }

        /**
         * Sets how long a first request waits for its host's certificate. It does not wait while a failed order is not yet to
         * be tried again.
         *
         * @param atMost 10 seconds by default; zero for not at all
         * @return this builder
         * @throws IllegalArgumentException if it is negative
         */
        public Builder firstRequestWait(Duration atMost) {
            this.firstRequestWait = Checks.notNegative("wait of a first request", atMost);
            return this;
        }

        private URI directory() {
            if (directory == null) {
                return staging ? LETS_ENCRYPT_STAGING : LETS_ENCRYPT;
            }
            if (staging && !directory.equals(LETS_ENCRYPT_STAGING)) {
                throw new IllegalArgumentException(
                        "ACME directory \"" + directory + "\" is not Let's Encrypt's, which alone has staging");
            }
            return directory;
        }

        /**
         * Builds the options.
         *
         * @return the options as set so far
         * @throws IllegalArgumentException if staging is to be had of another directory, or DNS-01 without DNS records
         */
        public AcmeOptions build() {
            if (challenges.contains(Challenge.DNS_01) && dnsRecords.isEmpty()) {
                throw new IllegalArgumentException("challenges " + challenges
                        + " have DNS_01, which needs DNS records; expected the name of DnsRecords, too");
            }
            return new AcmeOptions(this);
        }

        private List<Challenge> challenges() {
            if (!challenges.isEmpty()) {
                return challenges;
            }
            return dnsRecords.isPresent()
                    ? List.of(Challenge.HTTP_01, Challenge.TLS_ALPN_01, Challenge.DNS_01)
                    : List.of(Challenge.HTTP_01, Challenge.TLS_ALPN_01);
        }
    }
}
