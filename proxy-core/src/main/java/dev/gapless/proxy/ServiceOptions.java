package dev.gapless.proxy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/**
 * What a service answers to and how its requests are treated. Immutable; validated by {@link Builder#build()}.
 *
 * <p>A service deployed again takes the options of that deployment as a whole: nothing is kept of the earlier ones.
 */
public final class ServiceOptions {
    private static final ServiceOptions DEFAULTS = builder().build();

    private final List<String> hosts;
    private final List<String> pathPrefixes;
    private final boolean stripPathPrefix;
    private final boolean tls;
    private final boolean redirectToHttps;
    private final Optional<String> canonicalHost;
    private final HealthCheck healthCheck;
    private final Duration responseTimeout;
    private final HoldLimits holdLimits;
    private final Balancing balancing;
    private final String rolloutCookie;
    private final Optional<String> rolloutKey;
    private final Optional<ErrorPages> errorPages;
    private final HeaderOptions headers;
    private final ReportOptions reporting;
    private final BodyOptions bodies;
    private final RetryOptions retries;
    private final TunnelOptions tunnels;
    private final TargetTls targetTls;
    private final TlsOptions tlsOptions;
    private final Optional<CacheOptions> cache;
    private final Optional<SendfileOptions> sendfile;
    private final Optional<StaticFiles> staticFiles;
    private final Optional<CompressionOptions> compression;

    private ServiceOptions(Builder builder) {
        hosts = List.copyOf(builder.hosts);
        pathPrefixes = builder.pathPrefixes.isEmpty() ? List.of("/") : List.copyOf(builder.pathPrefixes);
        stripPathPrefix = builder.stripPathPrefix;
        tls = builder.tls;
        redirectToHttps = builder.redirectToHttps;
        canonicalHost = builder.canonicalHost;
        healthCheck = builder.healthCheck;
        responseTimeout = builder.responseTimeout;
        holdLimits = builder.holdLimits;
        balancing = builder.balancing;
        rolloutCookie = builder.rolloutCookie;
        rolloutKey = builder.rolloutKey;
        errorPages = builder.errorPages;
        headers = builder.headers;
        reporting = builder.reporting;
        bodies = builder.bodies;
        retries = builder.retries;
        tunnels = builder.tunnels;
        targetTls = builder.targetTls;
        tlsOptions = builder.tlsOptions;
        cache = builder.cache;
        sendfile = builder.sendfile;
        staticFiles = builder.staticFiles;
        compression = builder.compression;
    }

    /** {@return the default options: every host, every path, no TLS} */
    public static ServiceOptions defaults() {
        return DEFAULTS;
    }

    /** {@return a builder that starts from the {@linkplain #defaults() defaults}} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@return the hosts of the service in canonical form (lower case, ASCII, no trailing dot), each a name or a wildcard for
     * one label, {@code *.example.com}} Empty by default: every host that no other service has.
     */
    public List<String> hosts() {
        return hosts;
    }

    /** {@return the path prefixes of the service, {@code /} by default; a prefix takes whole path segments} */
    public List<String> pathPrefixes() {
        return pathPrefixes;
    }

    /** {@return whether the matched prefix is taken off the path that is forwarded; true by default} */
    public boolean stripPathPrefix() {
        return stripPathPrefix;
    }

    /** {@return whether the service is served over TLS; false by default} A TLS request to a service without is 503. */
    public boolean tls() {
        return tls;
    }

    /** {@return how it is served over TLS; {@link TlsOptions#defaults()} by default} */
    public TlsOptions tlsOptions() {
        return tlsOptions;
    }

    /** {@return whether requests without TLS are redirected to {@code https}; true by default, counts only with TLS} */
    public boolean redirectToHttps() {
        return redirectToHttps;
    }

    /** {@return the host that requests for the other hosts are redirected to; none by default} */
    public Optional<String> canonicalHost() {
        return canonicalHost;
    }

    /** {@return how targets are probed; {@link HealthCheck#defaults()} by default} */
    public HealthCheck healthCheck() {
        return healthCheck;
    }

    /**
     * {@return how long a target may take from the end of the request to the head of its response, before the client gets
     * 504; 30 seconds by default} Bodies are not counted: a long download or upload lives, as long as the target takes some of the
     * request within this time.
     */
    public Duration responseTimeout() {
        return responseTimeout;
    }

    /** {@return what is believed and changed of headers; {@link HeaderOptions#defaults()} by default} */
    public HeaderOptions headers() {
        return headers;
    }

    /** {@return what is told of requests; {@link ReportOptions#defaults()} by default} */
    public ReportOptions reporting() {
        return reporting;
    }

    /** {@return what becomes of bodies on their way; {@link BodyOptions#defaults()} by default} */
    public BodyOptions bodies() {
        return bodies;
    }

    /** {@return when a request is sent again; {@link RetryOptions#defaults()} by default} */
    public RetryOptions retries() {
        return retries;
    }

    /** {@return how long upgraded connections live; {@link TunnelOptions#defaults()} by default} */
    public TunnelOptions tunnels() {
        return tunnels;
    }

    /** {@return how targets that speak TLS are verified; {@link TargetTls#defaults()} by default} */
    public TargetTls targetTls() {
        return targetTls;
    }

    /** {@return how responses are cached; empty (the default) for not at all} */
    public Optional<CacheOptions> cache() {
        return cache;
    }

    /** {@return how responses are compressed; empty (the default) for not at all} */
    public Optional<CompressionOptions> compression() {
        return compression;
    }

    /** {@return which files targets may have sent by naming them; empty (the default) for none} */
    public Optional<SendfileOptions> sendfile() {
        return sendfile;
    }

    /** {@return the files that are served before the application is asked; empty (the default) for none} */
    public Optional<StaticFiles> staticFiles() {
        return staticFiles;
    }

    /** {@return whether some requests may be answered without a target: those for files, or whose answers are cached} */
    public boolean answersItself() {
        return cache.isPresent() || staticFiles.isPresent();
    }

    /** {@return how many requests are held while the service is paused, and how fast they are released} */
    public HoldLimits holdLimits() {
        return holdLimits;
    }

    /** {@return how requests are shared among several targets; {@link Balancing#defaults()} by default} */
    public Balancing balancing() {
        return balancing;
    }

    /** {@return the cookie whose value tells a client in a rollout; {@code kamal-rollout} by default} */
    public String rolloutCookie() {
        return rolloutCookie;
    }

    /**
     * {@return the name under which the host application has given the proxy the {@link
     * dev.gapless.proxy.spi.RolloutKey} by which this service tells clients} Empty (the default) for the cookie.
     */
    public Optional<String> rolloutKey() {
        return rolloutKey;
    }

    /** {@return the service's own pages for errors; empty (the default) for the proxy's} */
    public Optional<ErrorPages> errorPages() {
        return errorPages;
    }

    /** Builds {@link ServiceOptions}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private final LinkedHashSet<String> hosts = new LinkedHashSet<>();
        private final LinkedHashSet<String> pathPrefixes = new LinkedHashSet<>();
        private boolean stripPathPrefix = true;
        private boolean tls;
        private boolean redirectToHttps = true;
        private Optional<String> canonicalHost = Optional.empty();
        private HealthCheck healthCheck = HealthCheck.defaults();
        private Duration responseTimeout = Duration.ofSeconds(30);
        private HoldLimits holdLimits = HoldLimits.defaults();
        private Balancing balancing = Balancing.defaults();
        private String rolloutCookie = "kamal-rollout";
        private Optional<String> rolloutKey = Optional.empty();
        private Optional<ErrorPages> errorPages = Optional.empty();
        private HeaderOptions headers = HeaderOptions.defaults();
        private ReportOptions reporting = ReportOptions.defaults();
        private BodyOptions bodies = BodyOptions.defaults();
        private RetryOptions retries = RetryOptions.defaults();
        private TunnelOptions tunnels = TunnelOptions.defaults();
        private TargetTls targetTls = TargetTls.defaults();
        private TlsOptions tlsOptions = TlsOptions.defaults();
        private Optional<CacheOptions> cache = Optional.empty();
        private Optional<SendfileOptions> sendfile = Optional.empty();
        private Optional<StaticFiles> staticFiles = Optional.empty();
        private Optional<CompressionOptions> compression = Optional.empty();

        private Builder() {}

        /**
         * Adds a host; may be called several times.
         *
         * @param host a name such as {@code example.com}, or {@code *.example.com} for one label before it; internationalised
         *     names are taken in either form
         * @return this builder
         * @throws IllegalArgumentException if it is not a host name (a scheme, port or path among it)
         */
        public Builder host(String host) {
            hosts.add(HostNames.canonical(host));
            return this;
        }

        /**
         * Adds a path prefix; may be called several times. {@code /api} takes {@code /api} and {@code /api/x}, not {@code
         * /api2}.
         *
         * @param prefix a decoded absolute path; a trailing slash is ignored
         * @return this builder
         * @throws IllegalArgumentException if it does not start with a slash, or has empty or dot segments, a query, a
         *     percent sign or a control character
         */
        public Builder pathPrefix(String prefix) {
            pathPrefixes.add(canonicalPrefix(prefix));
            return this;
        }

        /**
         * Sets whether the matched prefix is taken off the path that is forwarded.
         *
         * @param strip true (the default) to take it off
         * @return this builder
         */
        public Builder stripPathPrefix(boolean strip) {
            this.stripPathPrefix = strip;
            return this;
        }

        /**
         * Sets whether the service is served over TLS.
         *
         * @param tls false by default
         * @return this builder
         */
        public Builder tls(boolean tls) {
            this.tls = tls;
            return this;
        }

        /**
         * Sets how the service is served over TLS: with which certificate, and what is asked of clients. Needs {@link
         * #tls(boolean) TLS}.
         *
         * @param tlsOptions {@link TlsOptions#defaults()} by default
         * @return this builder
         */
        public Builder tlsOptions(TlsOptions tlsOptions) {
            this.tlsOptions = tlsOptions;
            return this;
        }

        /**
         * Sets whether requests without TLS are redirected to {@code https}, for a service with TLS.
         *
         * @param redirect true by default; must be true where {@linkplain ClientCertificates#required client certificates are
         *     required}
         * @return this builder
         */
        public Builder redirectToHttps(boolean redirect) {
            this.redirectToHttps = redirect;
            return this;
        }

        /**
         * Sets the host that requests for the other hosts are redirected to, with 301.
         *
         * @param host one of the hosts of the service
         * @return this builder
         * @throws IllegalArgumentException if it is not a host name
         */
        public Builder canonicalHost(String host) {
            this.canonicalHost = Optional.of(HostNames.canonical(host));
            return this;
        }

        /**
         * Sets how targets are probed.
         *
         * @param healthCheck the check
         * @return this builder
         */
        public Builder healthCheck(HealthCheck healthCheck) {
            this.healthCheck = healthCheck;
            return this;
        }

        /**
         * Sets how long a target may take to begin its response.
         *
         * @param timeout longer than zero; 30 seconds by default
         * @return this builder
         * @throws IllegalArgumentException if it is zero or negative
         */
        public Builder responseTimeout(Duration timeout) {
            this.responseTimeout = Checks.positive("response timeout", timeout);
            return this;
        }

        /**
         * Sets what is believed and changed of headers.
         *
         * @param headers the options
         * @return this builder
         */
        public Builder headers(HeaderOptions headers) {
            this.headers = headers;
            return this;
        }

        /**
         * Sets what is told of requests.
         *
         * @param reporting the options
         * @return this builder
         */
        public Builder reporting(ReportOptions reporting) {
            this.reporting = reporting;
            return this;
        }

        /**
         * Sets what becomes of bodies on their way: what is buffered, how long they may be, and how slow.
         *
         * @param bodies the options
         * @return this builder
         */
        public Builder bodies(BodyOptions bodies) {
            this.bodies = bodies;
            return this;
        }

        /**
         * Sets when a request is sent again.
         *
         * @param retries the options
         * @return this builder
         */
        public Builder retries(RetryOptions retries) {
            this.retries = retries;
            return this;
        }

        /**
         * Sets how long WebSockets and other upgraded connections live, and how WebSockets are told of their end.
         *
         * @param tunnels the options
         * @return this builder
         */
        public Builder tunnels(TunnelOptions tunnels) {
            this.tunnels = tunnels;
            return this;
        }

        /**
         * Sets how targets that speak TLS, those whose address begins with {@code https://}, are verified.
         *
         * @param targetTls {@link TargetTls#defaults()} by default
         * @return this builder
         */
        public Builder targetTls(TargetTls targetTls) {
            this.targetTls = targetTls;
            return this;
        }

        /**
         * Sets how many requests are held while the service is paused, and how fast they are released.
         *
         * @param limits {@link HoldLimits#defaults()} by default
         * @return this builder
         */
        public Builder holdLimits(HoldLimits limits) {
            this.holdLimits = limits;
            return this;
        }

        /**
         * Sets how requests are shared among several targets.
         *
         * @param balancing {@link Balancing#defaults()} by default
         * @return this builder
         */
        public Builder balancing(Balancing balancing) {
            this.balancing = balancing;
            return this;
        }

        /**
         * Sets the cookie whose value tells a client in a rollout.
         *
         * @param name {@code kamal-rollout} by default
         * @return this builder
         * @throws IllegalArgumentException if it is not a token (RFC 9110, section 5.6.2)
         */
        public Builder rolloutCookie(String name) {
            this.rolloutCookie = Checks.token("rollout cookie", name);
            return this;
        }

        /**
         * Has clients told in a rollout by what the host application computes, in place of the cookie.
         *
         * @param name the name of a {@link dev.gapless.proxy.spi.RolloutKey} that the proxy was given
         * @return this builder
         */
        public Builder rolloutKey(String name) {
            this.rolloutKey = Optional.of(name);
            return this;
        }

        /**
         * Sets the service's own pages for errors that the proxy answers with.
         *
         * @param pages from a directory or from memory; the proxy's own by default, also for a status that they lack
         * @return this builder
         */
        public Builder errorPages(ErrorPages pages) {
            this.errorPages = Optional.of(pages);
            return this;
        }

        /**
         * Has responses cached that may be.
         *
         * @param options how; {@link CacheOptions#defaults()} is a good start
         * @return this builder
         */
        public Builder cache(CacheOptions options) {
            this.cache = Optional.of(options);
            return this;
        }

        /**
         * Has files sent that targets name in {@code X-Sendfile} or {@code X-Accel-Redirect}.
         *
         * @param options which they may name
         * @return this builder
         */
        public Builder sendfile(SendfileOptions options) {
            this.sendfile = Optional.of(options);
            return this;
        }

        /**
         * Has files served before the application is asked.
         *
         * @param files where they are
         * @return this builder
         */
        public Builder staticFiles(StaticFiles files) {
            this.staticFiles = Optional.of(files);
            return this;
        }

        /**
         * Has responses compressed for clients that accept it.
         *
         * @param options how; {@link CompressionOptions#defaults()} is a good start
         * @return this builder
         */
        public Builder compression(CompressionOptions options) {
            this.compression = Optional.of(options);
            return this;
        }

        /**
         * {@return the options as set so far}
         *
         * @throws IllegalArgumentException if the canonical host is not one of the hosts, or if TLS or a canonical host is
         *     set for a service that does not have the root path (it takes them from the service that has), or if there are
         *     options for TLS without TLS, or certificates required of clients that are not redirected to where they are asked
         *     for them
         */
        public ServiceOptions build() {
            canonicalHost.ifPresent(this::checkCanonicalHost);
            boolean hasRoot = pathPrefixes.isEmpty() || pathPrefixes.contains("/");
            if (!hasRoot && (tls || canonicalHost.isPresent())) {
                throw new IllegalArgumentException("TLS and canonical host are settings of the root path; the paths "
                        + new ArrayList<>(pathPrefixes) + " take them from the service that has \"/\" on their host");
            }
            checkTlsOptions();
            return new ServiceOptions(this);
        }

        private void checkTlsOptions() {
            if (!tlsOptions.askForNothing() && !tls) {
                throw new IllegalArgumentException(
                        "TLS options, for a certificate say, need TLS, and tls is false; expected tls(true)");
            }
            boolean certified = tlsOptions.clientCertificates().isPresent()
                    && tlsOptions.clientCertificates().get().areRequired();
            if (certified && !redirectToHttps) {
                throw new IllegalArgumentException("clientCertificates are required, and redirectToHttps is false: "
                        + "clients without TLS cannot be asked for one; expected them to be redirected, or certificates "
                        + "to be optional");
            }
        }

        private void checkCanonicalHost(String canonical) {
            boolean wildcardCovers = hosts.stream()
                    .anyMatch(host -> host.startsWith("*.")
                            && canonical.indexOf('.') > 0
                            && canonical.substring(canonical.indexOf('.')).equals(host.substring(1)));
            if (canonical.startsWith("*.") || !(hosts.contains(canonical) || wildcardCovers)) {
                throw new IllegalArgumentException("canonical host \"" + canonical
                        + "\" must be one of the service's hosts " + new ArrayList<>(hosts));
            }
        }

        static String canonicalPrefix(String prefix) {
            String trimmed =
                    prefix.length() > 1 && prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix;
            boolean plain = trimmed.startsWith("/")
                    && !prefix.contains("//")
                    && trimmed.chars().noneMatch(c -> c < ' ' || c == 0x7F || c == '?' || c == '#' || c == '%')
                    && List.of(trimmed.split("/", -1)).stream().noneMatch(s -> s.equals(".") || s.equals(".."));
            if (!plain) {
                throw new IllegalArgumentException(
                        "path prefix \"" + prefix + "\" must be a decoded path that starts with "
                                + "\"/\", without empty or dot segments, \"?\", \"#\" or \"%\"");
            }
            return trimmed;
        }
    }
}
