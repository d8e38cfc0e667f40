package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.ServerCertificate;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What can be said of a certificate and its issuers before any client has seen them. */
final class Chain {
    /** The times at which logs have seen the certificate (RFC 6962, section 3.3): so it is of a public authority. */
    private static final String SIGNED_TIMESTAMPS = "1.3.6.1.4.1.11129.2.4.2";

    /** The types of alternative names of a subject (RFC 5280, section 4.2.1.6). */
    private static final int DNS_NAME = 2;

    private static final int IP_ADDRESS = 7;

    private Chain() {}

    /** {@return the certificate itself, of which the others are the issuers} */
    static X509Certificate leaf(ServerCertificate certificate) {
        return certificate.chain().get(0);
    }

    /** Throws if clients would refuse the certificate for its time. */
    static void checkTime(String what, ServerCertificate certificate, Instant now) throws CertificateException {
        X509Certificate leaf = leaf(certificate);
        if (leaf.getNotAfter().toInstant().isBefore(now)) {
            throw new CertificateException(what + " has expired: it was valid until "
                    + leaf.getNotAfter().toInstant());
        }
        if (leaf.getNotBefore().toInstant().isAfter(now)) {
            throw new CertificateException(what + " is not valid yet: it is from "
                    + leaf.getNotBefore().toInstant());
        }
    }

    /**
     * {@return the certificate with each issuer after what it has signed, and no others}
     *
     * @throws CertificateException if it must have an issuer that is not there
     */
    static ServerCertificate ordered(String what, ServerCertificate certificate) throws CertificateException {
        List<X509Certificate> rest = new ArrayList<>(certificate.chain());
        List<X509Certificate> chain = new ArrayList<>();
        for (X509Certificate next = rest.get(0); next != null; next = issuer(next, rest)) {
            chain.add(next);
            rest.remove(next);
        }
        if (chain.size() == 1 && !isSelfSigned(leaf(certificate))) {
            String issuer = leaf(certificate).getIssuerX500Principal().getName();
            if (!rest.isEmpty()) {
                throw new CertificateException(what + " lacks its issuer \"" + issuer + "\": none of the " + rest.size()
                        + " that follow it has signed it");
            }
            if (leaf(certificate).getExtensionValue(SIGNED_TIMESTAMPS) != null) {
                throw new CertificateException(what + " lacks its issuer \"" + issuer
                        + "\", which must follow it, as clients know only that one's own issuer");
            }
        }
        return chain.equals(certificate.chain()) ? certificate : new ServerCertificate(chain, certificate.key());
    }

    private static @Nullable X509Certificate issuer(X509Certificate of, List<X509Certificate> among) {
        if (!isSelfSigned(of)) {
            for (X509Certificate candidate : among) {
                if (!candidate.equals(of) && hasSigned(candidate, of)) {
                    return candidate;
                }
            }
        }
        return null;
    }

    static boolean isSelfSigned(X509Certificate certificate) {
        return hasSigned(certificate, certificate);
    }

    private static boolean hasSigned(X509Certificate issuer, X509Certificate signed) {
        if (!issuer.getSubjectX500Principal().equals(signed.getIssuerX500Principal())) {
            return false;
        }
        try {
            signed.verify(issuer.getPublicKey());
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** {@return those of the hosts that clients will not believe the certificate for (RFC 9525, section 6.3)} */
    static List<String> notCovered(ServerCertificate certificate, Collection<String> hosts) {
        Set<String> names = names(leaf(certificate));
        return hosts.stream().filter(host -> !covers(names, host)).toList();
    }

    private static boolean covers(Set<String> names, String host) {
        int dot = host.indexOf('.');
        return names.contains(host)
                || (host.startsWith("[") && names.contains(host.substring(1, host.length() - 1)))
                || (dot > 0 && names.contains("*" + host.substring(dot)));
    }

    /** {@return the names and addresses that a certificate is for, in lower case} */
    static Set<String> names(X509Certificate certificate) {
        Set<String> names = new HashSet<>();
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            for (List<?> name : alternatives == null ? List.<List<?>>of() : alternatives) {
                if (name.get(0).equals(DNS_NAME) || name.get(0).equals(IP_ADDRESS)) {
                    names.add(name.get(1).toString().toLowerCase(Locale.ROOT));
                }
            }
        } catch (CertificateParsingException e) {
            return Set.of(); // Clients cannot read them either.
        }
        return names;
    }
}
