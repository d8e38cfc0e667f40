package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.HeaderOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is believed and changed of headers. */
final class HeaderFlags {
    @Option(
            names = "--forward-headers",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            description = "Believe the X-Forwarded headers of clients (default true without TLS).")
    private @Nullable Boolean forwardHeaders;

    @Option(
            names = "--client-ip-header",
            defaultValue = "",
            paramLabel = "<name>",
            description = "Header in which a proxy in front says who the client is; replaces X-Forwarded-For.")
    private String clientIpHeader = "";

    @Option(
            names = "--trust",
            split = ",",
            paramLabel = "<range>",
            description = "Addresses, or blocks as 10.0.0.0/8, whose forwarding headers alone are believed; may be "
                    + "repeated (default: no such limit).")
    private List<String> trust = List.of();

    @Option(
            names = "--scope-cookie-paths",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            defaultValue = "false",
            description = "Put the path prefix that is taken off before the paths of cookies.")
    private boolean scopeCookiePaths;

    /** Returns the settings, or throws an {@link IllegalArgumentException} that quotes the bad value. */
    HeaderOptions headers() {
        HeaderOptions.Builder headers = HeaderOptions.builder()
                .trustFrom(TargetFlags.given(trust).toArray(String[]::new))
                .scopeCookiePaths(scopeCookiePaths);
        if (forwardHeaders != null) {
            headers.trustForwarded(forwardHeaders);
        }
        if (!clientIpHeader.isEmpty()) {
            headers.clientIpHeader(clientIpHeader);
        }
        return headers.build();
    }
}
