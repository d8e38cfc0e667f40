package dev.gapless.proxy.examples.daemon;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Values of flags that are not given: {@code GAPLESS_HTTP_PORT} for {@code --http-port}, or else {@code HTTP_PORT}. */
final class EnvironmentDefaults implements IDefaultValueProvider {
    private final Map<String, String> environment;

    EnvironmentDefaults(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        if (argument instanceof OptionSpec option && !option.usageHelp()) {
            String name = option.longestName().substring(2).replace('-', '_').toUpperCase(Locale.ROOT);
            String prefixed = environment.getOrDefault("GAPLESS_" + name, "");
            String value = prefixed.isEmpty() ? environment.getOrDefault(name, "") : prefixed;
            return value.isEmpty() ? null : value;
        }
        return null;
    }
}
