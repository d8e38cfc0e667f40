package dev.gapless.proxy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Which files the targets of a service may have sent by the proxy, by naming them in a response. Immutable; validated by its
 * builder.
 *
 * <p>A response that has {@code X-Sendfile}, with the path of a file, is given that file in place of its body; so is one that has
 * {@code X-Accel-Redirect}, with a path below a {@linkplain Location location}. Its status and its other fields stay. A file
 * counts by where it really is: neither {@code ..} nor a symbolic link leads out of the directories that are named here.
 * The process must be able to read these, and the directories below them. Requests tell the application in
 * {@code X-Sendfile-Type}, and in {@code X-Accel-Mapping} where there are locations.
 */
public final class SendfileOptions {
    private final List<Path> roots;
    private final List<Location> locations;

    private SendfileOptions(Builder builder) {
        roots = List.copyOf(builder.roots);
        locations = List.copyOf(builder.locations);
    }

    /**
     * Returns options for the files below a directory.
     *
     * @param root the directory
     * @return the options
     */
    public static SendfileOptions below(Path root) {
        return builder().root(root).build();
    }

    /** {@return a builder without any directory; it needs one} */
    public static Builder builder() {
        return new Builder();
    }

    /** {@return the directories below which files may be named by their paths; absolute} */
    public List<Path> roots() {
        return roots;
    }

    /**
     * {@return what the paths of {@code X-Accel-Redirect} begin with and stand for} Where there is none, such a path is that of a
     * file below a root, or else relative to a root, the first that has such a file.
     */
    public List<Location> locations() {
        return locations;
    }

    /**
     * What the beginning of a path in {@code X-Accel-Redirect} stands for, as nginx has it with {@code location} and {@code alias}.
     *
     * @param prefix the beginning, whole segments of a decoded path
     * @param directory the directory that it stands for, and out of which it does not lead; absolute
     */
    public record Location(String prefix, Path directory) {
        /**
         * Makes the directory absolute.
         *
         * @param prefix the beginning of paths, without a slash at its end
         * @param directory the directory that it stands for
         * @throws IllegalArgumentException if the prefix does not start with a slash, or has empty or dot segments, or one of
         *     {@code ? # %}; or if one of them has a comma, an equals sign or a control character, which would make the field
         *     that tells applications of it ambiguous
         */
        public Location {
            prefix = ServiceOptions.Builder.canonicalPrefix(prefix);
            directory = directory.toAbsolutePath().normalize();
            if (isAmbiguous(prefix) || isAmbiguous(directory.toString())) {
                throw new IllegalArgumentException("location \"" + prefix + "\" for \"" + directory
                        + "\" must have no comma, equals sign or control character, as applications are told of it in "
                        + "X-Accel-Mapping");
            }
        }

        private static boolean isAmbiguous(String text) {
            return text.chars().anyMatch(c -> c == ',' || c == '=' || c < ' ' || c == 0x7F);
        }
    }

    /** Builds {@link SendfileOptions}. Not thread-safe; may be used again after {@link #build()}. */
    public static final class Builder {
        private final List<Path> roots = new ArrayList<>();
        private final List<Location> locations = new ArrayList<>();

        private Builder() {}

        /**
         * Adds a directory below which files may be named by their paths.
         *
         * @param directory made absolute; need not be there yet
         * @return this builder
         */
        public Builder root(Path directory) {
            Path absolute = directory.toAbsolutePath().normalize();
            if (!roots.contains(absolute)) {
                roots.add(absolute);
            }
            return this;
        }

        /**
         * Adds what the beginning of paths in {@code X-Accel-Redirect} stands for; the longest that fits counts.
         *
         * @param prefix a decoded path, {@code /private} say; a slash at its end is ignored
         * @param directory the directory that it stands for
         * @return this builder
         * @throws IllegalArgumentException if there is such a prefix already, or see {@link Location}
         */
        public Builder location(String prefix, Path directory) {
            Location added = new Location(prefix, directory);
            if (locations.stream().anyMatch(location -> location.prefix().equals(added.prefix()))) {
                throw new IllegalArgumentException(
                        "location \"" + added.prefix() + "\" is there already; each stands for one directory");
            }
            locations.add(added);
            return this;
        }

        /**
         * {@return the options as set so far}
         *
         * @throws IllegalArgumentException if there is neither a root nor a location
         */
        public SendfileOptions build() {
            if (roots.isEmpty() && locations.isEmpty()) {
                throw new IllegalArgumentException(
                        "sendfile has no directory; expected a root or a location, without which no file can be sent");
            }
            return new SendfileOptions(this);
        }
    }
}
