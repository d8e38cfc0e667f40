package dev.gapless.proxy;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.List;

/**
 * What a TLS server shows its clients, and the key that proves it. Immutable, and always a pair: no handshake can see the
 * chain of one certificate with the key of another.
 *
 * @param chain the certificate, followed by its issuers
 * @param key its private key
 */
public record ServerCertificate(List<X509Certificate> chain, PrivateKey key) {
    /**
     * Copies the list, and tries whether the key signs for the certificate.
     *
     * @param chain the certificate, followed by its issuers
     * @param key its private key
     * @throws IllegalArgumentException if the chain is empty, or the key belongs to another certificate
     */
    public ServerCertificate {
        chain = List.copyOf(chain);
        if (chain.isEmpty()) {
            throw new IllegalArgumentException("the chain is empty; expected a certificate, followed by its issuers");
        }
        if (!belongTogether(chain.get(0).getPublicKey(), key)) {
            throw new IllegalArgumentException("the key does not belong to the certificate of "
                    + chain.get(0).getSubjectX500Principal() + "; expected its private key");
        }
    }

    private static boolean belongTogether(PublicKey publicKey, PrivateKey key) {
        try {
            Signature signature = Signature.getInstance(signatureAlgorithm(publicKey));
            signature.initSign(key);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private static String signatureAlgorithm(PublicKey key) {
        if (key instanceof RSAPublicKey) {
            return "SHA256withRSA";
        }
        return key instanceof ECPublicKey ? "SHA256withECDSA" : key.getAlgorithm();
    }

    /** {@return the subject and the end of the validity; never the key} */
    @Override
    public String toString() {
        return "ServerCertificate[" + chain.get(0).getSubjectX500Principal() + ", until "
                + chain.get(0).getNotAfter().toInstant() + "]";
    }
}
