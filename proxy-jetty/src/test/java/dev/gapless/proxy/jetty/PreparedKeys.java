package dev.gapless.proxy.jetty;

import java.security.KeyPair;
import java.security.KeyPairGeneratorSpi;
import java.security.Provider;
import java.security.SecureRandom;
import java.security.Security;
import java.util.List;
import java.util.Map;

/** Has the JDK give RSA keys out that were {@linkplain Keys made beforehand}, to the product as well. */
public final class PreparedKeys extends Provider {
    private PreparedKeys() {
        super("PreparedKeys", "1", "RSA keys of tests");
        putService(new Service(this, "KeyPairGenerator", "RSA", Generator.class.getName(), List.of(), Map.of()) {
            @Override
            public Object newInstance(Object parameter) {
                return new Generator();
            }
        });
    }

    /** From now on in this process. */
    public static void use() {
        Security.insertProviderAt(new PreparedKeys(), 1); // Does nothing the next time.
    }

    private static final class Generator extends KeyPairGeneratorSpi {
        @Override
        public void initialize(int bits, SecureRandom random) {
            if (bits != 2048) {
                throw new IllegalArgumentException("no RSA keys of " + bits + " bits were made");
            }
        }

        @Override
        public KeyPair generateKeyPair() {
            return Keys.rsa();
        }
    }
}
