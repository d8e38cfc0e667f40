package dev.gapless.proxy.jetty;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes X.509 certificates (RFC 5280, section 4.1) as the JDK has no public way to: its keytool would be a process, and most
 * of a second, for each.
 */
final class CertificateBytes {
    private static final int INTEGER = 0x02;
    private static final int BIT_STRING = 0x03;
    private static final int OCTET_STRING = 0x04;
    private static final int UTF8_STRING = 0x0C;
    private static final int UTC_TIME = 0x17;
    private static final int SEQUENCE = 0x30;
    private static final int SET = 0x31;
    private static final int VERSION = 0xA0;
    private static final int EXTENSIONS = 0xA3;
    private static final int DNS_NAME = 0x82;
    private static final int IP_ADDRESS = 0x87;

    private static final byte[] VERSION_3 = bytes("020102");
    private static final byte[] TRUE = bytes("0101FF");
    private static final byte[] COMMON_NAME = bytes("0603550403");
    private static final byte[] ALTERNATIVE_NAMES = bytes("0603551D11");
    private static final byte[] BASIC_CONSTRAINTS = bytes("0603551D13");
    private static final byte[] SIGNED_TIMESTAMPS = bytes("060A2B06010401D679020402");
    private static final byte[] SHA256_WITH_ECDSA = bytes("300A06082A8648CE3D040302");
    private static final byte[] SHA256_WITH_RSA = bytes("300D06092A864886F70D01010B0500");

    private static final DateTimeFormatter UTC =
            DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

    /** No authority may give the same twice. */
    private static final AtomicLong SERIAL = new AtomicLong(1);

    private CertificateBytes() {}

    /** Who signs, or is signed. */
    record Party(String name, KeyPair keys) {}

    /** The certificate of an authority, signed by itself. */
    static X509Certificate ofAuthority(Party authority, Instant from, Instant until) throws Exception {
        byte[] constraints = extension(BASIC_CONSTRAINTS, TRUE, der(SEQUENCE, TRUE));
        return signed(authority, authority, from, until, constraints);
    }

    /** The certificate of a server, for names such as {@code dns:localhost} and {@code ip:127.0.0.1}. */
    static X509Certificate ofServer(Party server, Party signer, Instant from, Instant until, List<String> names)
            throws Exception {
        byte[][] each = new byte[names.size()][];
        for (int i = 0; i < each.length; i++) {
            each[i] = name(names.get(i));
        }
        return signed(server, signer, from, until, extension(ALTERNATIVE_NAMES, der(SEQUENCE, each)));
    }

    /** As {@link #ofServer}, but that public logs have seen it (RFC 6962, section 3.3), or so it says. */
    static X509Certificate ofLoggedServer(Party server, Party signer, Instant from, Instant until) throws Exception {
        return signed(server, signer, from, until, extension(SIGNED_TIMESTAMPS, der(OCTET_STRING, bytes("0000"))));
    }

    private static byte[] name(String name) throws Exception {
        String value = name.substring(name.indexOf(':') + 1);
        return name.startsWith("ip:")
                ? der(IP_ADDRESS, InetAddress.getByName(value).getAddress())
                : der(DNS_NAME, ascii(value));
    }

    private static X509Certificate signed(Party subject, Party signer, Instant from, Instant until, byte[] extension)
            throws Exception {
        boolean rsa = signer.keys().getPrivate().getAlgorithm().equals("RSA");
        byte[] algorithm = rsa ? SHA256_WITH_RSA : SHA256_WITH_ECDSA;
        byte[] content = der(
                SEQUENCE,
                der(VERSION, VERSION_3),
                der(INTEGER, BigInteger.valueOf(SERIAL.getAndIncrement()).toByteArray()),
                algorithm,
                distinguished(signer.name()),
                der(SEQUENCE, time(from), time(until)),
                distinguished(subject.name()),
                subject.keys().getPublic().getEncoded(),
                der(EXTENSIONS, der(SEQUENCE, extension)));
        Signature signature = Signature.getInstance(rsa ? "SHA256withRSA" : "SHA256withECDSA");
        signature.initSign(signer.keys().getPrivate());
        signature.update(content);
        byte[] noUnusedBits = {0};
        byte[] whole = der(SEQUENCE, content, algorithm, der(BIT_STRING, noUnusedBits, signature.sign()));
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(whole));
    }

    private static byte[] distinguished(String commonName) {
        byte[] value = der(UTF8_STRING, commonName.getBytes(StandardCharsets.UTF_8));
        return der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, value)));
    }

    private static byte[] time(Instant time) {
        return der(UTC_TIME, ascii(UTC.format(time)));
    }

    private static byte[] extension(byte[] type, byte[] value) {
        return der(SEQUENCE, type, der(OCTET_STRING, value));
    }

    private static byte[] extension(byte[] type, byte[] critical, byte[] value) {
        return der(SEQUENCE, type, critical, der(OCTET_STRING, value));
    }

    /** A value with its type and length (ITU-T X.690). */
    private static byte[] der(int type, byte[]... parts) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(type);
        int length = content.size();
        if (length >= 0x80) {
            byte[] digits = BigInteger.valueOf(length).toByteArray();
            int skipped = digits[0] == 0 ? 1 : 0;
            out.write(0x80 | (digits.length - skipped));
            out.write(digits, skipped, digits.length - skipped);
        } else {
            out.write(length);
        }
        out.writeBytes(content.toByteArray());
        return out.toByteArray();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }
}
