package dev.gapless.proxy.jetty;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How a file may have been compressed beforehand, the best first. */
enum FileCoding {
    BROTLI("br", ".br"),
    ZSTANDARD("zstd", ".zst"),
    GZIP("gzip", ".gz");

    private static final Pattern WEIGHT = Pattern.compile("q\\s*=\\s*(0(\\.[0-9]{0,3})?|1(\\.0{0,3})?)");

    private final String token;
    private final String suffix;

    FileCoding(String token, String suffix) {
        this.token = token;
        this.suffix = suffix;
    }

    /** {@return its name in {@code Content-Encoding}} */
    String token() {
        return token;
    }

    /** {@return what follows the name of the file that it is a form of} */
    String suffix() {
        return suffix;
    }

    /**
     * {@return those that a client prefers to the file as it is, the one it prefers most first (RFC 9110, section 12.5.3)}
     *
     * @param acceptEncoding what it says, null for nothing
     */
    static List<FileCoding> accepted(@Nullable String acceptEncoding) {
        if (acceptEncoding == null) {
            return List.of();
        }
        Map<String, Double> weights = weights(acceptEncoding);
        double others = weights.getOrDefault("*", 0.0);
        double identity = weights.getOrDefault("identity", 0.0);
        List<FileCoding> accepted = new ArrayList<>();
        for (FileCoding coding : values()) {
            if (coding.weight(weights, others) > 0 && coding.weight(weights, others) >= identity) {
                accepted.add(coding);
            }
        }
        accepted.sort(Comparator.comparingDouble(coding -> -coding.weight(weights, others)));
        return accepted;
    }

    private double weight(Map<String, Double> weights, double others) {
        Double weight = weights.get(token);
        weight = weight == null && this == GZIP ? weights.get("x-gzip") : weight;
        return weight == null ? others : weight;
    }

    private static Map<String, Double> weights(String acceptEncoding) {
        Map<String, Double> weights = new HashMap<>();
        for (String element : acceptEncoding.split(",", -1)) {
            int parameter = element.indexOf(';');
            String token = parameter < 0 ? element : element.substring(0, parameter);
            weights.put(
                    token.strip().toLowerCase(Locale.ROOT),
                    parameter < 0 ? 1.0 : weight(element.substring(parameter + 1)));
        }
        return weights;
    }

    /** What is no weight asks for nothing. */
    private static double weight(String parameter) {
        String text = parameter.strip().toLowerCase(Locale.ROOT);
        boolean weight = WEIGHT.matcher(text).matches();
        return weight ? Double.parseDouble(text.substring(text.indexOf('=') + 1).strip()) : 0;
    }
}
