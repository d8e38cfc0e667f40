package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.CacheOnDeploy;
import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.ServiceOptions;
import java.util.Locale;
import picocli.CommandLine.Option;

/** Whether responses are cached, and which. */
final class CacheFlags {
    @Option(
            names = "--cache",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "<boolean>",
            defaultValue = "false",
            description = "Cache the responses that may be (default ${DEFAULT-VALUE}).")
    private boolean cache;

    @Option(
            names = "--cache-max-object",
            defaultValue = "1048576",
            paramLabel = "<bytes>",
            description = "How long the body of a cached response may be (default ${DEFAULT-VALUE}).")
    private long maxObject;

    @Option(
            names = "--cache-on-deploy",
            defaultValue = "revalidate",
            paramLabel = "<policy>",
            description =
                    "What a deployment does to what is cached: revalidate, keep or drop (default ${DEFAULT-VALUE}).")
    private String onDeploy = "";

    /** Sets the options, or throws an {@link IllegalArgumentException} that quotes the bad value. */
    void addTo(ServiceOptions.Builder options) {
        CacheOnDeploy policy = policy(onDeploy);
        if (cache) {
            options.cache(CacheOptions.builder()
                    .onDeploy(policy)
                    .maxObjectBytes(maxObject)
                    .build());
        }
    }

    private static CacheOnDeploy policy(String name) {
        for (CacheOnDeploy each : CacheOnDeploy.values()) {
            if (each.name().toLowerCase(Locale.ROOT).equals(name)) {
                return each;
            }
        }
        throw new IllegalArgumentException(
                "--cache-on-deploy \"" + name + "\" is unknown; expected revalidate, keep or drop");
    }
}
