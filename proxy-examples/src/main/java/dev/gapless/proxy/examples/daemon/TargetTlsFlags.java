package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.TargetTls;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How targets that speak TLS are verified. */
final class TargetTlsFlags {
    @Option(
            names = "--target-ca",
            paramLabel = "<file>",
            description = "PEM file of whom to trust with https:// targets, or of their own certificates "
                    + "(default: what the JDK trusts).")
    private @Nullable Path authority;

    @Option(
            names = "--target-server-name",
            defaultValue = "",
            paramLabel = "<name>",
            description =
                    "Name that the certificates of https:// targets must have (default: the host of the address).")
    private String serverName = "";

    @Option(
            names = "--target-client-certificate",
            paramLabel = "<file>",
            description = "PEM file of the certificate that is shown to https:// targets, and its issuers.")
    private @Nullable Path clientCertificate;

    @Option(
            names = "--target-client-key",
            paramLabel = "<file>",
            description = "PEM file of the key of that certificate, PKCS#8 and not encrypted.")
    private @Nullable Path clientKey;

    /** Returns the settings, or throws a {@link CommandFailure} if one of the two for the certificate is missing. */
    TargetTls targetTls() {
        TargetTls.Builder tls = TargetTls.builder();
        Path trusted = given(authority);
        Path chain = given(clientCertificate);
        Path key = given(clientKey);
        if (trusted != null) {
            tls.certificateAuthority(trusted);
        }
        if (!serverName.isEmpty()) {
            tls.serverName(serverName);
        }
        if (chain != null && key != null) {
            tls.clientCertificate(chain, key);
        } else if (chain != null || key != null) {
            throw new CommandFailure("--target-client-certificate and --target-client-key need each other");
        }
        return tls.build();
    }

    /** Drivers give an empty value where they have none. */
    private static @Nullable Path given(@Nullable Path file) {
        return file == null || file.toString().isEmpty() ? null : file;
    }
}
