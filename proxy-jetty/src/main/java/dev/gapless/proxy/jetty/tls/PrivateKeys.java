package dev.gapless.proxy.jetty.tls;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.cert.CertificateException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads private keys from PEM: PKCS#8 (RFC 5958), PKCS#1 of RSA (RFC 8017, appendix A.1.2) and SEC 1 of EC (RFC 5915). */
final class PrivateKeys {
    private static final Pattern PEM =
            Pattern.compile("-----BEGIN (?<type>[A-Z0-9 ]*)PRIVATE KEY-----(?<body>.*?)-----END", Pattern.DOTALL);
    private static final int SEQUENCE = 0x30;
    private static final int OCTET_STRING = 0x04;
    /** The INTEGER 0, the version of PKCS#8. */
    private static final byte[] VERSION = {2, 1, 0};

    private PrivateKeys() {}

    /**
     * Reads the first key of a text.
     *
     * @param what names where the text is from
     * @param certified the public key that it should belong to, whose kind and curve it has
     */
    static PrivateKey read(String what, String text, PublicKey certified) throws GeneralSecurityException {
        Matcher pem = PEM.matcher(text);
        if (!pem.find()) {
            throw new CertificateException(what + " has no private key");
        }
        String type = pem.group("type").trim();
        String body = pem.group("body");
        if (type.equals("ENCRYPTED") || body.contains("ENCRYPTED")) {
            throw new CertificateException(
                    what + " has an encrypted key; expected one that is not, as \"openssl pkey\" " + "writes it");
        }
        String kind = certified.getAlgorithm();
        if (!type.isEmpty() && !type.equals("RSA") && !type.equals("EC")) {
            throw new CertificateException(what + " has a \"" + type
                    + " PRIVATE KEY\"; expected \"PRIVATE KEY\", \"RSA PRIVATE KEY\" or \"EC PRIVATE KEY\"");
        }
        if (!type.isEmpty() && !type.equals(kind)) {
            throw new CertificateException(
                    what + " has an " + type + " key, and the certificate is of an " + kind + " key");
        }
        try {
            byte[] encoded = Base64.getMimeDecoder().decode(body);
            byte[] pkcs8 = type.isEmpty() ? encoded : toPkcs8(encoded, certified);
            return KeyFactory.getInstance(kind).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
        } catch (IllegalArgumentException | GeneralSecurityException e) {
            throw new CertificateException(
                    what + " has no usable " + kind + " key, which is what the certificate needs", e);
        }
    }

    private static byte[] toPkcs8(byte[] key, PublicKey certified) throws GeneralSecurityException {
        return tagged(SEQUENCE, VERSION, algorithm(certified.getEncoded()), tagged(OCTET_STRING, key));
    }

    /** The first element of a SubjectPublicKeyInfo (RFC 5280, section 4.1), which is what PKCS#8 has in its middle. */
    private static byte[] algorithm(byte[] subjectPublicKeyInfo) throws GeneralSecurityException {
        ByteBuffer info = ByteBuffer.wrap(subjectPublicKeyInfo);
        enter(info);
        int start = info.position();
        int length = enter(info);
        return Arrays.copyOfRange(subjectPublicKeyInfo, start, info.position() + length);
    }

    /** Reads tag and length of a sequence. */
    private static int enter(ByteBuffer der) throws GeneralSecurityException {
        if (der.get() != SEQUENCE) {
            throw new GeneralSecurityException("no sequence");
        }
        int length = der.get() & 0xFF;
        if (length < 0x80) {
            return length;
        }
        int value = 0;
        for (int i = 0; i < (length & 0x7F); i++) {
            value = (value << 8) | (der.get() & 0xFF);
        }
        return value;
    }

    private static byte[] tagged(int tag, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream element = new ByteArrayOutputStream();
        element.write(tag);
        int length = content.size();
        if (length < 0x80) {
            element.write(length);
        } else {
            byte[] digits = ByteBuffer.allocate(Integer.BYTES).putInt(length).array();
            int first = Integer.numberOfLeadingZeros(length) / Byte.SIZE;
            element.write(0x80 | (Integer.BYTES - first));
            element.write(digits, first, Integer.BYTES - first);
        }
        element.writeBytes(content.toByteArray());
        return element.toByteArray();
    }
}
