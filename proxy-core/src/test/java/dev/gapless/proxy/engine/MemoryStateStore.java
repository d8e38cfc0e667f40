package dev.gapless.proxy.engine;

import dev.gapless.proxy.spi.StateStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keeps states in memory, the newest first, and fails when told to. */
final class MemoryStateStore implements StateStore {
    private static final class Kept implements Saved {
        private final String location;
        private final byte @Nullable [] content;
        private final boolean throwing;

        Kept(String location, byte @Nullable [] content, boolean throwing) {
            this.location = location;
            this.content = content;
            this.throwing = throwing;
        }

        @Override
        public String location() {
            return location;
        }

        @Override
        public byte[] read() throws IOException {
            if (throwing) {
                throw new IllegalStateException(location + ": a bug of the store");
            }
            if (content == null) {
                throw new IOException(location + ": input/output error");
            }
            return content;
        }
    }

    private final List<Kept> kept = new ArrayList<>();
    final List<String> setAside = new ArrayList<>();
    boolean full;
    /** It throws what a store should not, when asked for what it has. */
    boolean isBroken;

    boolean setsAsideNothing;
    int saves;

    /** Puts something in front of what was saved. */
    void overwriteWith(byte @Nullable [] content) {
        kept.add(0, new Kept("state-" + kept.size(), content, false));
    }

    void overwriteWithWhatThrows() {
        kept.add(0, new Kept("state-" + kept.size(), null, true));
    }

    /** Returns what was saved last. */
    String newest() {
        byte[] content = kept.get(0).content;
        return content == null ? "" : new String(content, StandardCharsets.UTF_8);
    }

    @Override
    public List<Saved> load() {
        if (isBroken) {
            throw new IllegalStateException("a bug of the store");
        }
        return List.copyOf(kept);
    }

    @Override
    public void save(byte[] state) throws IOException {
        if (full) {
            throw new IOException("no space left on device");
        }
        saves++;
        overwriteWith(state);
    }

    @Override
    public String setAside(Saved damaged) throws IOException {
        if (setsAsideNothing) {
            throw new IOException("read-only file system");
        }
        setAside.add(damaged.location());
        return damaged.location() + ".damaged";
    }
}
