package dev.gapless.proxy.jetty;

import java.io.InputStream;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import static java.nio.charset.StandardCharsets.US_ASCII;

/**
 * Keys for certificates. Those of RSA were made beforehand: to make one takes seconds of processor time in code that is compiled
 * quickly rather than well.
 */
final class Keys {
    private static final List<KeyPair> RSA = readRsa();
    private static final AtomicInteger NEXT_RSA = new AtomicInteger();

    private Keys() {}

    /** A pair for RSA with 2,048 bits, or for EC with the curve P-256; never the same as the one before. */
    static KeyPair of(String algorithm) throws Exception {
        if (algorithm.equals("RSA")) {
            return rsa();
        }
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        generator.initialize(256);
        return generator.generateKeyPair();
    }

    static KeyPair rsa() {
        return RSA.get(Math.floorMod(NEXT_RSA.getAndIncrement(), RSA.size()));
    }

    private static List<KeyPair> readRsa() {
        try (InputStream in = Keys.class.getResourceAsStream("rsa-keys.txt")) {
            KeyFactory factory = KeyFactory.getInstance("RSA");
            List<KeyPair> pairs = new ArrayList<>();
            for (String line : new String(in.readAllBytes(), US_ASCII).lines().toList()) {
                RSAPrivateCrtKey key = (RSAPrivateCrtKey) factory.generatePrivate(
                        new PKCS8EncodedKeySpec(Base64.getDecoder().decode(line)));
                pairs.add(new KeyPair(
                        factory.generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent())), key));
            }
            return pairs;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
