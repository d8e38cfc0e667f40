package dev.gapless.proxy;

import java.util.LinkedHashSet;
import java.util.List;

/** What is told of a service's requests, beyond what always is, to the access log and to listeners. Immutable. */
public final class ReportOptions {
    private static final ReportOptions DEFAULTS = builder().build();

    private final List<String> logRequestHeaders;
    private final List<String> logResponseHeaders;
    private final List<String> excludedMetricsPaths;

    private ReportOptions(Builder builder) {
        logRequestHeaders = List.copyOf(builder.logRequestHeaders);
        logResponseHeaders = List.copyOf(builder.logResponseHeaders);
        excludedMetricsPaths = List.copyOf(builder.excludedMetricsPaths);
    }

    /** {@return the default options: nothing more} */
    public static ReportOptions defaults() {
        return DEFAULTS;
    }

    /** {@return a builder that starts from the {@linkplain #defaults() defaults}} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@return the names of headers of the client's request that are logged, none by default} See {@link
     * RequestSummary#loggedHeaders}.
     */
    public List<String> logRequestHeaders() {
        return logRequestHeaders;
    }

    /** {@return the names of headers of the response to the client that are logged, none by default} */
    public List<String> logResponseHeaders() {
        return logResponseHeaders;
    }

    /**
     * {@return the paths whose requests do not count in metrics, none by default; each is compared with the whole path as the
     * client sent it} These requests are logged all the same.
     */
    public List<String> excludedMetricsPaths() {
        return excludedMetricsPaths;
    }

    /** Builds {@link ReportOptions}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private final LinkedHashSet<String> logRequestHeaders = new LinkedHashSet<>();
        private final LinkedHashSet<String> logResponseHeaders = new LinkedHashSet<>();
        private final LinkedHashSet<String> excludedMetricsPaths = new LinkedHashSet<>();

        private Builder() {}

        /**
         * Adds headers of the client's request to log; may be called several times.
         *
         * @param names names of headers, in any case
         * @return this builder
         * @throws IllegalArgumentException if one is no header name
         */
        public Builder logRequestHeaders(String... names) {
            for (String name : names) {
                logRequestHeaders.add(HeaderNames.check("request header to log", name));
            }
            return this;
        }

        /**
         * Adds headers of the response to log; may be called several times.
         *
         * @param names names of headers, in any case
         * @return this builder
         * @throws IllegalArgumentException if one is no header name
         */
        public Builder logResponseHeaders(String... names) {
            for (String name : names) {
                logResponseHeaders.add(HeaderNames.check("response header to log", name));
            }
            return this;
        }

        /**
         * Adds paths whose requests do not count in metrics; may be called several times.
         *
         * @param paths whole paths as clients send them, prefix and all, without a query
         * @return this builder
         * @throws IllegalArgumentException if one does not start with a slash, or has a query or characters that no path has
         */
        public Builder excludedMetricsPaths(String... paths) {
            for (String path : paths) {
                Checks.requestTarget("path to exclude from metrics", path);
                if (path.indexOf('?') >= 0) {
                    throw new IllegalArgumentException(
                            "path to exclude from metrics \"" + path + "\" must be a path without a query");
                }
                excludedMetricsPaths.add(path);
            }
            return this;
        }

        /** {@return the options as set so far} */
        public ReportOptions build() {
            return new ReportOptions(this);
        }
    }
}
