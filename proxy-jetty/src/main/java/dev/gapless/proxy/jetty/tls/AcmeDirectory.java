package dev.gapless.proxy.jetty.tls;

import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.spi.CertificateStore;
import java.io.IOException;
import java.net.URL;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.AccountBuilder;
import org.shredzone.acme4j.Login;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.exception.AcmeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An ACME server, and our account there, which is made when first needed. Its methods block. Thread-safe. */
final class AcmeDirectory {
    private static final Logger LOG = LoggerFactory.getLogger(AcmeDirectory.class);
    private static final int RSA_BITS = 2048;

    private final AcmeOptions options;
    private final AcmeVault vault;
    private @Nullable Session session;
    private @Nullable Login login;

    AcmeDirectory(AcmeOptions options, AcmeVault vault) {
        this.options = options;
        this.vault = vault;
    }

    /** Another proxy that shares the store is making the account. */
    static final class BusyElsewhereException extends IOException {
        BusyElsewhereException() {
            super("another proxy that shares the store is registering the ACME account");
        }
    }

    synchronized Session session() throws IOException {
        if (session == null) {
            session = new Session(options.directory(), AcmeNetwork.trusting(options.directoryAuthority()));
            session.setLocale(Locale.ENGLISH);
        }
        return session;
    }

    synchronized Login login() throws IOException, AcmeException {
        if (login == null) {
            Optional<AcmeVault.Account> kept = account();
            login = kept.isPresent() && kept.get().location().isPresent()
                    ? session().login(kept.get().location().get(), kept.get().key())
                    : register();
        }
        return login;
    }

    /** The server does not know the account: it is registered again, with the key that it had. */
    synchronized void forgetLogin(Login unknown) throws IOException {
        Optional<AcmeVault.Account> kept = account();
        if (login == unknown && kept.isPresent()) {
            vault.save(new AcmeVault.Account(kept.get().key(), Optional.empty()));
            login = null;
        }
    }

    private Optional<AcmeVault.Account> account() throws IOException {
        try {
            return vault.account();
        } catch (AcmeVault.DamagedException e) {
            LOG.warn("Another ACME account is registered: {}", e.getMessage());
            vault.setAsideAccount();
            return Optional.empty();
        }
    }

    private Login register() throws IOException, AcmeException {
        CertificateStore.Claim claim = vault.claimAccount().orElseThrow(BusyElsewhereException::new);
        try {
            Optional<AcmeVault.Account> kept = account();
            if (kept.isPresent() && kept.get().location().isPresent()) {
                return session().login(kept.get().location().get(), kept.get().key());
            }
            return register(kept.isPresent() ? kept.get().key() : newKey(AcmeOptions.KeyType.EC));
        } finally {
            claim.close();
        }
    }

    private Login register(KeyPair key) throws IOException, AcmeException {
        // Kept before it is registered: a key that gets lost leaves an account that nobody can use.
        vault.save(new AcmeVault.Account(key, Optional.empty()));
        Login registered = account(key).createLogin(session());
        URL location = registered.getAccountLocation();
        vault.save(new AcmeVault.Account(key, Optional.of(location)));
        LOG.info("ACME account {}; its terms of service are agreed to: {}", location, terms());
        return registered;
    }

    private AccountBuilder account(KeyPair key) {
        AccountBuilder account = new AccountBuilder().agreeToTermsOfService().useKeyPair(key);
        options.contact().ifPresent(account::addEmail);
        options.externalAccount().ifPresent(bound -> account.withKeyIdentifier(bound.keyId(), bound.macKey()));
        return account;
    }

    private String terms() throws IOException, AcmeException {
        return session().getMetadata().getTermsOfService().map(String::valueOf).orElse("none");
    }

    static KeyPair newKey(AcmeOptions.KeyType type) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(type.name());
            if (type == AcmeOptions.KeyType.EC) {
                generator.initialize(new ECGenParameterSpec("secp256r1"));
            } else {
                generator.initialize(RSA_BITS);
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("no " + type + " keys from this JDK", e);
        }
    }
}
