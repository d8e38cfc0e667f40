package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.ServerCertificate;
import java.security.KeyPair;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.shredzone.acme4j.Identifier;
import org.shredzone.acme4j.challenge.Http01Challenge;
import org.shredzone.acme4j.challenge.TlsAlpn01Challenge;

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

    Runnable publish(String host, Http01Challenge challenge) {
        Resource resource = new Resource(host, PATH + challenge.getToken());
        resources.put(resource, challenge.getAuthorization());
        return () -> resources.remove(resource);
    }

    Runnable publish(String host, TlsAlpn01Challenge challenge) {
        KeyPair pair = ChallengeKey.PAIR;
        ServerCertificate certificate = new ServerCertificate(
                List.of(challenge.createCertificate(pair, Identifier.dns(host))), pair.getPrivate());
        certificates.put(host, certificate);
        return () -> certificates.remove(host, certificate);
    }

    Optional<String> httpAnswer(String host, String path) {
        return path.startsWith(PATH)
                ? Optional.ofNullable(resources.get(new Resource(AcmeHosts.canonical(host), path)))
                : Optional.empty();
    }

    Optional<ServerCertificate> tlsAlpnAnswer(String host) {
        return Optional.ofNullable(certificates.get(AcmeHosts.canonical(host)));
    }
}
