package dev.gapless.proxy;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;

/**
 * What is believed of the headers of a service's requests, and what is changed in those of its requests and responses.
 * Immutable.
 *
 * <p>A proxy in front says who the client is by {@code X-Forwarded-For}, {@code -Proto} and {@code -Host}, or in a field of
 * its own, the client-IP header. As clients can write these too, they are believed only as far as these options say.
 */
public final class HeaderOptions {
    private static final HeaderOptions DEFAULTS = builder().build();

    private final Optional<Boolean> trustForwarded;
    private final List<AddressRange> trustedRanges;
    private final Optional<String> clientIpHeader;
    private final boolean scopeCookiePaths;
    private final HeaderRules requestRules;
    private final HeaderRules responseRules;

    private HeaderOptions(Builder builder) {
        trustForwarded = builder.trustForwarded;
        trustedRanges = List.copyOf(builder.trustedRanges);
        clientIpHeader = builder.clientIpHeader;
        scopeCookiePaths = builder.scopeCookiePaths;
        requestRules = builder.requestRules;
        responseRules = builder.responseRules;
    }

    /** {@return the default options} */
    public static HeaderOptions defaults() {
        return DEFAULTS;
    }

    /** {@return a builder that starts from the {@linkplain #defaults() defaults}} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@return whether the client's {@code X-Forwarded-For}, {@code -Proto} and {@code -Host} are believed: the first gets the
     * peer's address appended and the others are kept} Otherwise all three are replaced by what the proxy saw.
     *
     * <p>Empty by default, which is true if there are {@linkplain #trustedRanges() trusted ranges}, and without them true for
     * requests that come without TLS to a service without TLS only, as there a proxy in front is likely.
     */
    public Optional<Boolean> trustForwarded() {
        return trustForwarded;
    }

    /** {@return the only addresses whose forwarding headers are believed; empty (the default) for no such limit} */
    public List<AddressRange> trustedRanges() {
        return trustedRanges;
    }

    /**
     * {@return the name of the header in which a proxy in front says who the client is; none by default} Its value, with the
     * peer's address appended, is what {@code X-Forwarded-For} says then, whatever the client has sent there, and even where
     * {@linkplain #trustForwarded() X-Forwarded headers} are not believed. A request without it gets the peer's address
     * alone, and so do peers outside the {@linkplain #trustedRanges() trusted ranges}, if there are any.
     */
    public Optional<String> clientIpHeader() {
        return clientIpHeader;
    }

    /**
     * {@return whether the path prefix that is taken off requests is put before the paths of the cookies of their responses;
     * false by default} Cookies with a Domain other than the request's host are left alone, and those whose name begins with
     * {@code __Host-}, which must have the path {@code /}.
     */
    public boolean scopeCookiePaths() {
        return scopeCookiePaths;
    }

    /** {@return what is changed in the header that a target gets, after all that the proxy itself does; nothing by default} */
    public HeaderRules requestRules() {
        return requestRules;
    }

    /**
     * {@return what is changed in the headers of targets' responses, after all that the proxy itself does; nothing by default}
     * They do not apply to interim responses and to the proxy's own ones (errors, redirects).
     */
    public HeaderRules responseRules() {
        return responseRules;
    }

    /**
     * Tells whether the {@linkplain #trustedRanges() trusted ranges} admit a peer.
     *
     * @param address the address of the other end of the connection
     * @return true if it is in one of the ranges, or if there are none
     */
    public boolean admits(String address) {
        if (trustedRanges.isEmpty()) {
            return true;
        }
        IpAddress peer = IpAddress.parse(address);
        for (AddressRange range : trustedRanges) {
            if (range.contains(peer)) {
                return true;
            }
        }
        return false;
    }

    /** Builds {@link HeaderOptions}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private Optional<Boolean> trustForwarded = Optional.empty();
        private final LinkedHashSet<AddressRange> trustedRanges = new LinkedHashSet<>();
        private Optional<String> clientIpHeader = Optional.empty();
        private boolean scopeCookiePaths;
        private HeaderRules requestRules = HeaderRules.none();
        private HeaderRules responseRules = HeaderRules.none();

        private Builder() {}

        /**
         * Sets whether the client's {@code X-Forwarded-*} headers are believed.
         *
         * @param trust by default true with trusted ranges, else true for a service without TLS and false for one with
         * @return this builder
         */
        public Builder trustForwarded(boolean trust) {
            this.trustForwarded = Optional.of(trust);
            return this;
        }

        /**
         * Adds to the only addresses whose forwarding headers are believed; may be called several times.
         *
         * @param ranges in the form of {@link AddressRange#parse}
         * @return this builder
         * @throws IllegalArgumentException if one has another form
         */
        public Builder trustFrom(String... ranges) {
            for (String range : ranges) {
                trustedRanges.add(AddressRange.parse(range));
            }
            return this;
        }

        /**
         * Sets the header in which a proxy in front says who the client is. Every client is believed that can reach the
         * service, unless {@link #trustFrom} says which.
         *
         * @param name the name of the header, in any case
         * @return this builder
         * @throws IllegalArgumentException if it is no header name
         */
        public Builder clientIpHeader(String name) {
            this.clientIpHeader = Optional.of(HeaderNames.check("client IP header", name));
            return this;
        }

        /**
         * Sets whether the path prefix that is taken off requests is put before the paths of cookies.
         *
         * @param scope false by default
         * @return this builder
         */
        public Builder scopeCookiePaths(boolean scope) {
            this.scopeCookiePaths = scope;
            return this;
        }

        /**
         * Sets what is changed in the header that a target gets.
         *
         * @param rules the changes
         * @return this builder
         */
        public Builder requestRules(HeaderRules rules) {
            this.requestRules = rules;
            return this;
        }

        /**
         * Sets what is changed in the headers of targets' responses.
         *
         * @param rules the changes
         * @return this builder
         */
        public Builder responseRules(HeaderRules rules) {
            this.responseRules = rules;
            return this;
        }

        /** {@return the options as set so far} */
        public HeaderOptions build() {
            return new HeaderOptions(this);
        }
    }
}
