package dev.gapless.proxy.engine;

import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.StaticFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the static files of a service are: in the directory of its deployment, and for a while in those of earlier ones. A
 * directory that is a symbolic link may lead elsewhere after the next release, so that where it has led is remembered. Immutable.
 *
 * @param own those of the deployment
 * @param earlier those of the deployments before, the latest first
 */
record StaticDirectories(List<StaticDirectory> own, List<Kept> earlier) {
    static final StaticDirectories NONE = new StaticDirectories(List.of(), List.of());

    private static final Logger LOG = LoggerFactory.getLogger(StaticDirectories.class);

    /** Deployments may follow each other faster than what they keep ends. */
    private static final int MOST_KEPT = 8;

    /** A directory that is looked into until the time is over. */
    record Kept(StaticDirectory directory, long untilNanos) {
        boolean isOver(long nowNanos) {
            return nowNanos - untilNanos >= 0;
        }
    }

    /** Throws an {@link IllegalArgumentException} if the directory is not there. */
    static StaticDirectories deployed(ServiceOptions options) {
        StaticFiles files = options.staticFiles().orElse(null);
        if (files == null) {
            return NONE;
        }
        if (!Files.isDirectory(files.directory())) {
            throw new IllegalArgumentException("static files: \"" + files.directory()
                    + "\" is no directory that can be read; expected one that is there when the service is deployed");
        }
        return of(files);
    }

    /** Serving without its files is better for a service than not being served. */
    static StaticDirectories restored(ServiceOptions options) {
        return options.staticFiles().map(StaticDirectories::of).orElse(NONE);
    }

    private static StaticDirectories of(StaticFiles files) {
        Path directory = files.directory();
        StaticDirectory named = new StaticDirectory(files, directory);
        try {
            Path real = directory.toRealPath();
            return real.equals(directory)
                    ? new StaticDirectories(List.of(named), List.of())
                    : new StaticDirectories(List.of(named, new StaticDirectory(files, real)), List.of());
        } catch (IOException e) {
            LOG.warn("The directory of static files {} cannot be read: {}", directory, e.toString());
            return new StaticDirectories(List.of(named), List.of());
        }
    }

    /** {@return these, and for a while those that they replace} */
    StaticDirectories after(StaticDirectories replaced, long nowNanos) {
        if (own.isEmpty()) {
            return this;
        }
        long keepNanos = own.get(0).files().keepPrevious().toNanos();
        List<Kept> kept = new ArrayList<>();
        if (keepNanos > 0) {
            // The last is the real one, which a link does not lead away from.
            Optional<StaticDirectory> last = replaced.own.stream().reduce((first, second) -> second);
            last.ifPresent(directory -> add(new Kept(directory, nowNanos + keepNanos), kept));
            replaced.earlier.stream().filter(old -> !old.isOver(nowNanos)).forEach(old -> add(old, kept));
        }
        return new StaticDirectories(own, List.copyOf(kept));
    }

    private void add(Kept old, List<Kept> to) {
        boolean there = own.stream().anyMatch(directory -> isSame(directory, old.directory))
                || to.stream().anyMatch(kept -> isSame(kept.directory, old.directory));
        if (!there && to.size() < MOST_KEPT) {
            to.add(old);
        }
    }

    private static boolean isSame(StaticDirectory one, StaticDirectory other) {
        return one.directory().equals(other.directory())
                && one.files().pathPrefix().equals(other.files().pathPrefix());
    }

    /** {@return all that count now} */
    List<StaticDirectory> at(long nowNanos) {
        if (earlier.isEmpty()) {
            return own;
        }
        List<StaticDirectory> all = new ArrayList<>(own);
        earlier.stream().filter(kept -> !kept.isOver(nowNanos)).forEach(kept -> all.add(kept.directory));
        return all;
    }
}
