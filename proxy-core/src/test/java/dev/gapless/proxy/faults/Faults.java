package dev.gapless.proxy.faults;

import java.io.IOException;
import java.nio.file.Path;

/** What goes wrong in a {@link FaultyFileSystem}. */
@FunctionalInterface
public interface Faults {
    /**
     * Called before each call reaches the real file system, with the real path (the new one of two); what it throws is what the
     * caller gets instead. A {@link TornWriteException} lets half of the bytes through.
     */
    void before(SystemCall call, Path real) throws IOException;

    default Faults and(Faults other) {
        return (call, real) -> {
            before(call, real);
            other.before(call, real);
        };
    }

    /** A file system such as FAT. */
    static Faults noHardLinks() {
        return (call, real) -> {
            if (call == SystemCall.LINK) {
                throw new UnsupportedOperationException("no hard links");
            }
        };
    }

    static Faults none() {
        return (call, real) -> {};
    }
}
