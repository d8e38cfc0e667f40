package dev.gapless.proxy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A directory whose files are served before the application is asked. Immutable; validated by its builder.
 *
 * <p>They are served to {@code GET} and {@code HEAD}, also while no target is healthy. What is not there goes to the application,
 * and so do directories, paths with dot segments or encoded slashes, and names that begin with a dot, but for {@code .well-known}.
 * Symbolic links do not lead out of the directory; the process must be able to read it, and those below it. Where {@code app.js}
 * has a sibling {@code app.js.br}, {@code .zst} or {@code .gz}, clients that accept it get that.
 *
 * <p>The directory has to be there when the service is deployed. What was deployed before stays available for a {@linkplain
 * #keepPrevious() while}: pages that were made before a deployment ask for its files after it. A deployment that has no static
 * files ends that at once, as its application may have the same names.
 */
public final class StaticFiles {
    /**
     * What names look like that change with their content: {@code app-1f0c3b9a.css} or {@code main.8f2d1c9a7b.js}, with 8 or more
     * hexadecimal digits, letters among them and figures (so that a date is none).
     */
    public static final String DEFAULT_FINGERPRINT =
            ".+[-._](?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,128}(\\.[^.]+){1,3}";

    private final Path directory;
    private final String pathPrefix;
    private final String fingerprint;
    private final Pattern fingerprintPattern;
    private final Duration keepPrevious;

    private StaticFiles(Builder builder) {
        directory = builder.directory;
        pathPrefix = builder.pathPrefix;
        fingerprint = builder.fingerprint;
        fingerprintPattern = Pattern.compile(fingerprint);
        keepPrevious = builder.keepPrevious;
    }

    /**
     * Returns the files of a directory, whose paths are those of requests.
     *
     * @param directory made absolute
     * @return the files
     */
    public static StaticFiles in(Path directory) {
        return builder(directory).build();
    }

    /**
     * Returns a builder.
     *
     * @param directory where the files are; made absolute
     * @return a builder that starts from the defaults
     */
    public static Builder builder(Path directory) {
        return new Builder(directory.toAbsolutePath().normalize());
    }

    /** {@return where the files are; absolute} */
    public Path directory() {
        return directory;
    }

    /**
     * {@return which paths are looked for, {@code /} by default} It is taken off before a path is looked for. Paths are as the
     * application would get them, without the prefix of the service where that is stripped.
     */
    public String pathPrefix() {
        return pathPrefix;
    }

    /**
     * {@return the regular expression of the file names that change with their content; {@link #DEFAULT_FINGERPRINT} by default}
     * These are served with {@code Cache-Control: public, max-age=31536000, immutable}, others with {@code no-cache}.
     */
    public String fingerprint() {
        return fingerprint;
    }

    /**
     * {@return whether a name changes with the content of its file}
     *
     * @param name of a file, without its directories
     */
    public boolean isFingerprinted(String name) {
        return fingerprintPattern.matcher(name).matches();
    }

    /**
     * {@return for how long after a deployment the files of the one before stay available, where the new one has none of that
     * name; an hour by default, zero for not at all} Not kept over a restart of the proxy.
     */
    public Duration keepPrevious() {
        return keepPrevious;
    }

    /** Builds {@link StaticFiles}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private final Path directory;
        private String pathPrefix = "/";
        private String fingerprint = DEFAULT_FINGERPRINT;
        private Duration keepPrevious = Duration.ofHours(1);

        private Builder(Path directory) {
            this.directory = directory;
        }

        /**
         * Sets which paths are looked for.
         *
         * @param prefix a decoded path of whole segments, {@code /assets} say; a slash at its end is ignored
         * @return this builder
         * @throws IllegalArgumentException if it does not start with a slash, or has empty or dot segments, a query, a percent
         *     sign or a control character
         */
        public Builder pathPrefix(String prefix) {
            this.pathPrefix = ServiceOptions.Builder.canonicalPrefix(prefix);
            return this;
        }

        /**
         * Sets which file names change with their content.
         *
         * @param regex matched against the whole name, without its directories
         * @return this builder
         * @throws IllegalArgumentException if it is no regular expression
         */
        public Builder fingerprint(String regex) {
            try {
                Pattern.compile(regex);
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException(
                        "fingerprint \"" + regex + "\" must be a regular expression: " + e.getDescription(), e);
            }
            this.fingerprint = regex;
            return this;
        }

        /**
         * Sets for how long the files of the deployment before stay available.
         *
         * @param time an hour by default; zero for not at all
         * @return this builder
         * @throws IllegalArgumentException if it is negative
         */
        public Builder keepPrevious(Duration time) {
            this.keepPrevious = Checks.notNegative("time to keep the previous files", time);
            return this;
        }

        /** {@return the files as set so far} */
        public StaticFiles build() {
            return new StaticFiles(this);
        }
    }
}
