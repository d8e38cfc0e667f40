package dev.gapless.proxy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How the responses of a service are compressed for clients that accept it. Immutable; validated by its builder.
 *
 * <p>Compressed are bodies of the {@link #types} that have no coding yet, from {@link #minBytes} on or of unknown length; what
 * says {@code no-transform}, parts of a whole (206), events and gRPC are left alone.
 *
 * <p>Of a service that is {@linkplain ServiceOptions#cache cached}, too, responses are stored compressed beside what the target has
 * sent: once for each coding that clients have wanted, by the options of that time. Its targets are asked for bodies without a
 * coding ({@code identity}), so that one request to them serves all clients.
 *
 * <p>Compression tells how much of a body repeats what is in it. Where a response over TLS has a secret in it beside something
 * that an attacker may put into the request, many requests let who can see the lengths guess the secret (BREACH). Padding of
 * random length makes that take many more requests, not impossible: services with such pages say {@code authenticated(false)}.
 */
public final class CompressionOptions {
    private static final List<ContentCoding> CODINGS =
            List.of(ContentCoding.ZSTANDARD, ContentCoding.BROTLI, ContentCoding.GZIP);

    /** What gains from it: images, films, WOFF and archives have been compressed already. */
    private static final List<String> TYPES = List.of(
            "text/*",
            "*+json",
            "*+xml",
            "application/ecmascript",
            "application/javascript",
            "application/json",
            "application/jsonl",
            "application/rtf",
            "application/vnd.ms-fontobject",
            "application/wasm",
            "application/x-font-ttf",
            "application/x-javascript",
            "application/x-ndjson",
            "application/xml",
            "font/collection",
            "font/otf",
            "font/ttf",
            "image/bmp",
            "image/vnd.microsoft.icon",
            "image/x-icon");

    private static final CompressionOptions DEFAULTS = builder().build();

    private final List<ContentCoding> codings;
    private final Map<ContentCoding, Integer> levels;
    private final List<String> types;
    private final long minBytes;
    private final int maxPadding;
    private final boolean authenticated;

    private CompressionOptions(Builder builder) {
        codings = List.copyOf(builder.codings);
        levels = Collections.unmodifiableMap(new EnumMap<>(builder.levels));
        types = List.copyOf(builder.types);
        minBytes = builder.minBytes;
        maxPadding = builder.maxPadding;
        authenticated = builder.authenticated;
    }

    /** {@return Zstandard, Brotli and gzip for text and the like from 1 KiB on, padded by up to 100 bytes} */
    public static CompressionOptions defaults() {
        return DEFAULTS;
    }

    /** {@return a builder that starts from the {@linkplain #defaults() defaults}} */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * {@return the codings that clients get, the preferred first; by default Zstandard, Brotli, gzip} It decides among those that
     * a client likes equally. One that is not on the class path or module path of the process, or whose native library does not
     * load, is passed over.
     */
    public List<ContentCoding> codings() {
        return codings;
    }

    /** {@return how hard each coding tries, by its own measure; by default 3 for Zstandard, 4 for Brotli, 6 for gzip} */
    public Map<ContentCoding, Integer> levels() {
        return levels;
    }

    /**
     * {@return which media types are compressed: {@code application/json}, {@code text/*} for all of a kind, {@code *+json} for all
     * with a suffix} By default text, JSON, XML, JavaScript, SVG, WebAssembly, and fonts and images that are not compressed yet.
     * Events ({@code text/event-stream}) and gRPC never are.
     */
    public List<String> types() {
        return types;
    }

    /** {@return from what declared length on, in bytes, bodies are compressed; 1024 by default} */
    public long minBytes() {
        return minBytes;
    }

    /**
     * {@return how many bytes that mean nothing are put into a compressed body at most; 100 by default, 0 for none} How many it are
     * is drawn anew for each response; of one that is cached once for all who get it, as it is meant for all and has no secrets of
     * one.
     */
    public int maxPadding() {
        return maxPadding;
    }

    /**
     * {@return whether responses to requests with {@code Authorization} or {@code Cookie} are compressed; true by default} If
     * false, targets are asked not to compress them, either. What is cached goes to such requests as it is, too.
     */
    public boolean authenticated() {
        return authenticated;
    }

    /** Builds {@link CompressionOptions}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private List<ContentCoding> codings = CODINGS;
        private final Map<ContentCoding, Integer> levels = new EnumMap<>(ContentCoding.class);
        private List<String> types = TYPES;
        private long minBytes = 1024;
        private int maxPadding = 100;
        private boolean authenticated = true;

        private Builder() {
            for (ContentCoding coding : ContentCoding.values()) {
                levels.put(coding, coding.defaultLevel());
            }
        }

        /**
         * Sets the codings that clients get.
         *
         * @param preferredFirst at least one; by default Zstandard, Brotli, gzip
         * @return this builder
         * @throws IllegalArgumentException if there is none, or one twice
         */
        public Builder codings(ContentCoding... preferredFirst) {
            List<ContentCoding> given = List.of(preferredFirst);
            if (given.isEmpty() || new LinkedHashSet<>(given).size() < given.size()) {
                throw new IllegalArgumentException("codings " + given + " must be at least one, and none twice");
            }
            this.codings = given;
            return this;
        }

        /**
         * Sets how hard a coding tries. Some requests of other clients wait meanwhile: a few milliseconds at the default levels, a
         * quarter of a second at Brotli's highest.
         *
         * @param coding the coding
         * @param level by its own measure; by default 3 of Zstandard's 1 to 19, 4 of Brotli's 0 to 11, 6 of gzip's 1 to 9
         * @return this builder
         * @throws IllegalArgumentException if the coding has no such level
         */
        public Builder level(ContentCoding coding, int level) {
            levels.put(coding, coding.checkLevel(level));
            return this;
        }

        /**
         * Adds a media type that is compressed.
         *
         * @param type such as {@code application/json}, {@code text/*} or {@code *+json}, in any case
         * @return this builder
         * @throws IllegalArgumentException if it is none of these, with parameters say
         */
        public Builder type(String type) {
            List<String> more = new ArrayList<>(types);
            more.add(type);
            return types(more);
        }

        /**
         * Sets all media types that are compressed.
         *
         * @param types in place of those that were set so far
         * @return this builder
         * @throws IllegalArgumentException if one is no type, {@code text/*} or {@code *+json}
         */
        public Builder types(List<String> types) {
            this.types = types.stream().map(Builder::canonicalType).toList();
            return this;
        }

        /**
         * Sets from what declared length on bodies are compressed.
         *
         * @param bytes 1024 by default; 0 for all
         * @return this builder
         * @throws IllegalArgumentException if it is negative
         */
        public Builder minBytes(long bytes) {
            this.minBytes = Checks.notNegative("min bytes", bytes);
            return this;
        }

        /**
         * Sets how many bytes that mean nothing are put into a compressed body at most.
         *
         * @param bytes 100 by default; 0 for none
         * @return this builder
         * @throws IllegalArgumentException if it is negative or more than 256
         */
        public Builder maxPadding(int bytes) {
            if (bytes < 0 || bytes > 256) {
                throw new IllegalArgumentException("max padding " + bytes + " is outside 0 to 256");
            }
            this.maxPadding = bytes;
            return this;
        }

        /**
         * Sets whether responses to requests with {@code Authorization} or {@code Cookie} are compressed.
         *
         * @param compressed true by default
         * @return this builder
         */
        public Builder authenticated(boolean compressed) {
            this.authenticated = compressed;
            return this;
        }

        /** {@return the options as set so far} */
        public CompressionOptions build() {
            return new CompressionOptions(this);
        }

        private static String canonicalType(String type) {
            String canonical = type.toLowerCase(Locale.ROOT);
            int slash = canonical.indexOf('/');
            boolean known = canonical.startsWith("*+")
                    ? isToken(canonical.substring(2))
                    : slash > 0
                            && isToken(canonical.substring(0, slash))
                            && isToken(canonical.substring(slash + 1))
                            && !canonical.startsWith("*");
            if (!known) {
                throw new IllegalArgumentException(
                        "type \"" + type
                                + "\" is not a media type without parameters; expected one like application/json, text/* or *+json");
            }
            return canonical;
        }

        /** A token of RFC 9110, section 5.6.2, among whose characters the asterisk is. */
        private static boolean isToken(String text) {
            return !text.isEmpty()
                    && text.chars().allMatch(c -> c > ' ' && c < 0x7F && "\"(),/:;<=>?@[\\]{}".indexOf(c) < 0);
        }
    }
}
