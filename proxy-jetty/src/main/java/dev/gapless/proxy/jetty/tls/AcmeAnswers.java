package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.ServerCertificate;
import java.security.KeyPair;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** What the proxy's listeners answer to challenges at the moment. Thread-safe; reading never blocks. */
final class AcmeAnswers {
    /** Where authorities ask (RFC 8555, section 8.3). */
    private static final String PATH = "/.well-known/acme-challenge/";

    private final Map<Resource, String> resources = new ConcurrentHashMap<>();
    private final Map<String, ServerCertificate> certificates = new ConcurrentHashMap<>();

    /**
     * Signs nothing but challenges, by RSA, as acme4j does. Made when first used; since making one takes a while, all proxies
     * of the process share it.
     */
    private static final class ChallengeKey {
        private static final KeyPair PAIR = AcmeDirectory.newKey(AcmeOptions.KeyType.RSA);
    }

    private record Resource(String host, String path) {}

    /** {@return whether authorities may ask for the path} */
    static boolean isAskedFor(String path) {
        return path.startsWith(PATH);
    }

    /** Answers from now on, until what is returned is run. */
    Runnable publish(String host, AcmeProof proof) {
        if (proof.isByTls()) {
            ServerCertificate certificate = proof.certificate(host, ChallengeKey.PAIR);
            certificates.put(host, certificate);
            return () -> certificates.remove(host, certificate);
        }
        Resource resource = new Resource(host, PATH + proof.token());
        resources.put(resource, proof.authorization());
        return () -> resources.remove(resource);
    }

    /** {@return whether something of the host is to be proved} */
    boolean isProving(String host) {
        return certificates.containsKey(host)
                || resources.keySet().stream()
                        .anyMatch(resource -> resource.host().equals(host));
    }

    Optional<String> httpAnswer(String host, String path) {
        return isAskedFor(path)
                ? Optional.ofNullable(resources.get(new Resource(AcmeHosts.canonical(host), path)))
                : Optional.empty();
    }

    Optional<ServerCertificate> tlsAlpnAnswer(String host) {
        return Optional.ofNullable(certificates.get(AcmeHosts.canonical(host)));
    }
}
