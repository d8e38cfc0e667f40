package dev.gapless.proxy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How the responses of a service are cached: by RFC 9111, as a shared cache. Immutable; validated by its builder.
 *
 * <p>Stored is what a response allows explicitly. What sets cookies is not stored, unless told otherwise.
 */
public final class CacheOptions {
    /**
     * What frameworks take for the method, the host or the path of a request, though no {@code Vary} names it: whoever sends one
     * must not decide what others get.
     */
    private static final List<String> KEY_HEADERS = List.of(
            "Forwarded",
            "X-Forwarded-Host",
            "X-Forwarded-Port",
            "X-Forwarded-Prefix",
            "X-Forwarded-Proto",
            "X-Forwarded-Scheme",
            "X-Forwarded-Server",
            "X-Forwarded-Ssl",
            "X-Host",
            "X-HTTP-Method",
            "X-HTTP-Method-Override",
            "X-Method-Override",
            "X-Original-Host",
            "X-Original-URL",
            "X-Rewrite-URL");

    private static final CacheOptions DEFAULTS = builder().build();

    private final CacheOnDeploy onDeploy;
    private final boolean heuristics;
    private final boolean storeCookies;
    private final boolean requestDirectives;
    private final Duration negativeLifetime;
    private final Duration staleIfUnreachable;
    private final long maxObjectBytes;
    private final List<String> targetedFields;
    private final List<String> keyHeaders;

    private CacheOptions(Builder builder) {
        onDeploy = builder.onDeploy;
        heuristics = builder.heuristics;
        storeCookies = builder.storeCookies;
        requestDirectives = builder.requestDirectives;
        negativeLifetime = builder.negativeLifetime;
        staleIfUnreachable = builder.staleIfUnreachable;
        maxObjectBytes = builder.maxObjectBytes;
        targetedFields = List.copyOf(builder.targetedFields);
        keyHeaders = List.copyOf(builder.keyHeaders);
    }

    /** {@return revalidation after deployments, explicit freshness only, {@code CDN-Cache-Control}} */
    public static CacheOptions defaults() {
        return DEFAULTS;
    }

    /** {@return a builder that starts from the {@linkplain #defaults() defaults}} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return what a deployment does to what is stored; {@link CacheOnDeploy#REVALIDATE} by default} */
    public CacheOnDeploy onDeploy() {
        return onDeploy;
    }

    /**
     * {@return whether a response that does not say for how long it is fresh is taken to be for a tenth of its age at that time,
     * at most a day (RFC 9111, section 4.2.2); false by default}
     */
    public boolean heuristics() {
        return heuristics;
    }

    /**
     * {@return whether responses that set cookies are stored, cookies included, as RFC 9111 (section 7.3) allows; false by
     * default} If false, they are stored only if they say {@code public} or {@code s-maxage}, or allow it in a targeted field.
     */
    public boolean storeCookies() {
        return storeCookies;
    }

    /**
     * {@return whether requests may ask for more or less than what is stored, with {@code Cache-Control} or {@code Pragma} (RFC
     * 9111, section 5.2.1); true by default} If false, {@code no-store} and {@code only-if-cached} still count.
     */
    public boolean requestDirectives() {
        return requestDirectives;
    }

    /**
     * {@return for how long errors that say nothing of caching are fresh; zero, the default, for not storing them} These are 404,
     * 405, 410, 414 and 501, which RFC 9110 (section 15.1) calls heuristically cacheable.
     */
    public Duration negativeLifetime() {
        return negativeLifetime;
    }

    /**
     * {@return for how long after it has become stale a response stands in for a target that gives no answer: that cannot be
     * reached, closes the connection or takes too long; zero by default} RFC 9111 (section 4.2.4) allows it, unless the response
     * forbids it ({@code must-revalidate}, {@code proxy-revalidate}, {@code s-maxage}, {@code no-cache}) or the request says how
     * old its answer may be. What responses and requests allow themselves, by {@code stale-if-error}, counts whatever this says.
     */
    public Duration staleIfUnreachable() {
        return staleIfUnreachable;
    }

    /**
     * {@return how long the body of a response may be to be stored; 1 MiB by default} No more is stored, either, than the cache
     * of the proxy has room for.
     */
    public long maxObjectBytes() {
        return maxObjectBytes;
    }

    /**
     * {@return the header fields that are read in place of {@code Cache-Control} and {@code Expires}, the first that a response
     * has (RFC 9213); {@code CDN-Cache-Control} by default}
     */
    public List<String> targetedFields() {
        return targetedFields;
    }

    /**
     * {@return the header fields of requests whose values tell stored responses apart even if no {@code Vary} says so} By default
     * those that some frameworks take for the method, host or path, {@code X-Forwarded-Host} and {@code X-Original-URL} say.
     */
    public List<String> keyHeaders() {
        return keyHeaders;
    }

    /** Builds {@link CacheOptions}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private CacheOnDeploy onDeploy = CacheOnDeploy.REVALIDATE;
        private boolean heuristics;
        private boolean storeCookies;
        private boolean requestDirectives = true;
        private Duration negativeLifetime = Duration.ZERO;
        private Duration staleIfUnreachable = Duration.ZERO;
        private long maxObjectBytes = 1 << 20;
        private List<String> targetedFields = List.of("CDN-Cache-Control");
        private List<String> keyHeaders = KEY_HEADERS;

        private Builder() {}

        /**
         * Sets what a deployment does to what is stored.
         *
         * @param policy {@link CacheOnDeploy#REVALIDATE} by default
         * @return this builder
         */
        public Builder onDeploy(CacheOnDeploy policy) {
            this.onDeploy = policy;
            return this;
        }

        /**
         * Sets whether freshness is guessed where a response does not say.
         *
         * @param enabled false by default
         * @return this builder
         */
        public Builder heuristics(boolean enabled) {
            this.heuristics = enabled;
            return this;
        }

        /**
         * Sets whether responses that set cookies are stored without saying {@code public} or {@code s-maxage}.
         *
         * @param enabled false by default
         * @return this builder
         */
        public Builder storeCookies(boolean enabled) {
            this.storeCookies = enabled;
            return this;
        }

        /**
         * Sets whether requests may ask for more or less than what is stored.
         *
         * @param honored true by default
         * @return this builder
         */
        public Builder requestDirectives(boolean honored) {
            this.requestDirectives = honored;
            return this;
        }

        /**
         * Sets for how long errors that say nothing of caching are fresh.
         *
         * @param lifetime zero by default, for not storing them
         * @return this builder
         * @throws IllegalArgumentException if it is negative
         */
        public Builder negativeLifetime(Duration lifetime) {
            this.negativeLifetime = Checks.notNegative("negative lifetime", lifetime);
            return this;
        }

        /**
         * Sets for how long after it has become stale a response stands in for a target that gives no answer.
         *
         * @param longest zero by default, for not at all
         * @return this builder
         * @throws IllegalArgumentException if it is negative
         */
        public Builder staleIfUnreachable(Duration longest) {
            this.staleIfUnreachable = Checks.notNegative("stale if unreachable", longest);
            return this;
        }

        /**
         * Sets how long the body of a response may be to be stored.
         *
         * @param bytes 1 MiB by default; 0 for no bodies
         * @return this builder
         * @throws IllegalArgumentException if it is negative
         */
        public Builder maxObjectBytes(long bytes) {
            this.maxObjectBytes = Checks.notNegative("max object bytes", bytes);
            return this;
        }

        /**
         * Sets the header fields that are read in place of {@code Cache-Control} and {@code Expires}.
         *
         * @param names the most important first; {@code CDN-Cache-Control} by default; may be empty
         * @return this builder
         * @throws IllegalArgumentException if one is no name of a header field
         */
        public Builder targetedFields(List<String> names) {
            names.forEach(name -> HeaderNames.check("targeted field", name));
            this.targetedFields = List.copyOf(names);
            return this;
        }

        /**
         * Adds a header field of requests whose values tell stored responses apart.
         *
         * @param name the name of the field, in any case
         * @return this builder
         * @throws IllegalArgumentException if it is no name of a header field
         */
        public Builder keyHeader(String name) {
            List<String> more = new ArrayList<>(keyHeaders);
            more.add(HeaderNames.check("key header", name));
            return keyHeaders(more);
        }

        /**
         * Sets all header fields of requests whose values tell stored responses apart.
         *
         * @param names in place of those that were set so far; may be empty
         * @return this builder
         * @throws IllegalArgumentException if one is no name of a header field
         */
        public Builder keyHeaders(List<String> names) {
            names.forEach(name -> HeaderNames.check("key header", name));
            this.keyHeaders = List.copyOf(names);
            return this;
        }

        /** {@return the options as set so far} */
        public CacheOptions build() {
            return new CacheOptions(this);
        }
    }
}
