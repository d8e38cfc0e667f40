package dev.gapless.proxy;

/** A way to write a body in fewer bytes, by the name that {@code Accept-Encoding} has for it (RFC 9110, section 8.4.1). */
public enum ContentCoding {
    /** {@code zstd} (RFC 8878), the least work for what it saves; needs {@code jetty-compression-zstandard}. Levels 1 to 19. */
    ZSTANDARD("zstd", 1, 19, 3),
    /** {@code br} (RFC 7932), the fewest bytes; needs {@code jetty-compression-brotli}. Levels 0 to 11. */
    BROTLI("br", 0, 11, 4),
    /** {@code gzip} (RFC 1952), which every client knows. Levels 1 to 9. */
    GZIP("gzip", 1, 9, 6);

    private final String token;
    private final int lowestLevel;
    private final int highestLevel;
    private final int defaultLevel;

    ContentCoding(String token, int lowestLevel, int highestLevel, int defaultLevel) {
        this.token = token;
        this.lowestLevel = lowestLevel;
        this.highestLevel = highestLevel;
        this.defaultLevel = defaultLevel;
    }

    /** {@return its name in header fields} */
    public String token() {
        return token;
    }

    int defaultLevel() {
        return defaultLevel;
    }

    int checkLevel(int level) {
        if (level < lowestLevel || level > highestLevel) {
            throw new IllegalArgumentException(
                    "level " + level + " of " + token + " is outside " + lowestLevel + " to " + highestLevel);
        }
        return level;
    }
}
