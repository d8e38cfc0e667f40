package dev.gapless.proxy;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * A certificate of the proxy's with its private key: what a client gets to see comes from one such object, so that no handshake
 * has the certificate of one and the key of another. Immutable.
 *
 * @param chain the certificate, followed by its issuers, each certifying the one before it
 * @param key its private key
 */
public record ServerCertificate(List<X509Certificate> chain, PrivateKey key) {
    /**
     * Copies the chain.
     *
     * @param chain the certificate, followed by its issuers; at least one
     * @param key the private key of the first
     * @throws IllegalArgumentException if the chain is empty, or the key is not that of its first certificate
     */
    public ServerCertificate {
        chain = List.copyOf(chain);
        if (chain.isEmpty()) {
            throw new IllegalArgumentException("certificate chain [] must have at least one certificate");
        }
        if (!belongTogether(chain.get(0).getPublicKey(), key)) {
            throw new IllegalArgumentException("certificate \""
                    + chain.get(0).getSubjectX500Principal().getName() + "\" and the " + key.getAlgorithm()
                    + " key given with it do not belong together");
        }
    }

    private static boolean belongTogether(PublicKey certified, PrivateKey key) {
        try {
            Signature signature = Signature.getInstance(algorithm(certified));
            signature.initSign(key);
            byte[] signed = signature.sign();
            signature.initVerify(certified);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false; // The key is not even of its kind.
        }
    }

    private static String algorithm(PublicKey key) {
        return switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
    }

    /** {@return the certificate itself, the first of the chain} */
    public X509Certificate leaf() {
        return chain.get(0);
    }

    /** {@return whose it is and until when it is valid; nothing of the key} */
    @Override
    public String toString() {
        return leaf().getSubjectX500Principal().getName() + ", valid until "
                + leaf().getNotAfter().toInstant();
    }
}
