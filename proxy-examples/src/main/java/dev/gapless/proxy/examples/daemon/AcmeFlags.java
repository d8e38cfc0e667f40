package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.AcmeOptions;
import dev.gapless.proxy.AcmeOptions.Approval;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where certificates come from that arrive by themselves. */
final class AcmeFlags {
    @Option(
            names = "--tls-staging",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            defaultValue = "false",
            description = "Have certificates from Let's Encrypt's staging environment, which no browser trusts "
                    + "(default ${DEFAULT-VALUE}).")
    private boolean staging;

    @Option(
            names = "--tls-on-demand-url",
            defaultValue = "",
            paramLabel = "<url>",
            description =
                    "Have certificates for whatever host this URL, or path of the service, approves: it is asked with "
                            + "?host= and answers 200. Goes without --host.")
    private String onDemand = "";

    @Option(
            names = "--tls-acme-cache-path",
            paramLabel = "<directory>",
            description = "Keep keys and certificates here (default: certificates in the data directory).")
    private @Nullable Path cache;

    @Option(
            names = "--tls-acme-directory",
            defaultValue = "",
            paramLabel = "<url>",
            description = "Directory of the ACME server (default: Let's Encrypt's).")
    private String directory = "";

    @Option(
            names = "--tls-acme-ca",
            paramLabel = "<file>",
            description = "PEM file of whom to trust with that directory (default: what the JDK trusts).")
    private @Nullable Path authority;

    @Option(
            names = "--tls-acme-eab-kid",
            defaultValue = "",
            paramLabel = "<id>",
            description = "Account with the certificate authority, if it wants one.")
    private String accountId = "";

    @Option(
            names = "--tls-acme-eab-key",
            defaultValue = "",
            paramLabel = "<key>",
            description = "Key of that account, in Base64url.")
    private String accountKey = "";

    /** Throws a {@link CommandFailure} that names a flag that asks for something, if there is one. */
    void refuse(String reason) {
        Map<String, Boolean> given = new LinkedHashMap<>();
        given.put("--tls-staging", staging);
        given.put("--tls-on-demand-url", !onDemand.isEmpty());
        given.put("--tls-acme-cache-path", TlsFlags.given(cache) != null);
        given.put("--tls-acme-directory", !directory.isEmpty());
        given.put("--tls-acme-ca", TlsFlags.given(authority) != null);
        given.put("--tls-acme-eab-kid", !accountId.isEmpty());
        given.put("--tls-acme-eab-key", !accountKey.isEmpty());
        given.forEach((flag, isGiven) -> {
            if (isGiven) {
                throw new CommandFailure(flag + " is for automatic certificates and " + reason);
            }
        });
    }

    /** Returns the options, or throws a {@link CommandFailure} or an {@link IllegalArgumentException} that names the bad value. */
    AcmeOptions options() {
        AcmeOptions.Builder options = AcmeOptions.builder().staging(staging);
        if (!onDemand.isEmpty()) {
            options.onDemand(approval());
        }
        if (!directory.isEmpty()) {
            options.directory(url("--tls-acme-directory", directory));
        }
        if (accountId.isEmpty() != accountKey.isEmpty()) {
            throw new CommandFailure("--tls-acme-eab-kid and --tls-acme-eab-key need each other");
        }
        if (!accountId.isEmpty()) {
            options.externalAccount(accountId, accountKey);
        }
        Path kept = TlsFlags.given(cache);
        if (kept != null) {
            options.storeDirectory(kept);
        }
        Path trusted = TlsFlags.given(authority);
        if (trusted != null) {
            options.directoryAuthority(trusted);
        }
        return options.build();
    }

    private Approval approval() {
        return onDemand.startsWith("/")
                ? new Approval.ByPath(onDemand)
                : new Approval.ByUrl(url("--tls-on-demand-url", onDemand));
    }

    private static URI url(String flag, String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            throw new CommandFailure(flag + " is \"" + text + "\", which is not a URL: " + e.getReason());
        }
    }
}
