package dev.gapless.proxy.cache;

import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * The body of a stored response in a content coding: made of it once, and kept with it for all who accept the coding. Who has
 * begun it appends what its encoder writes, and completes or cuts it, whatever happens; others read it meanwhile. It goes with the
 * body that it was made of, and so stays when that is validated. Thread-safe; one append at a time.
 */
public final class EncodedBody {
    private final CachedBody bytes;
    private final Runnable whenWhole;
    private final Consumer<EncodedBody> whenCut;

    EncodedBody(CachedBody bytes, Runnable whenWhole, Consumer<EncodedBody> whenCut) {
        this.bytes = bytes;
        this.whenWhole = whenWhole;
        this.whenCut = whenCut;
    }

    /** {@return a reader of all of it, what has not been written yet included} */
    public BodyReader open() {
        return BodyReader.of(bytes);
    }

    /** {@return how many bytes it has; negative until it is whole} */
    public long length() {
        return bytes.totalLength();
    }

    /**
     * Appends what an encoder has written.
     *
     * @param encoded the next bytes; consumed
     * @return false if they are more than any coding makes of that body, or the end was told before
     */
    public boolean append(ByteBuffer encoded) {
        return bytes.append(encoded);
    }

    /** Tells that it is whole: from now on it counts in the store. */
    public void complete() {
        if (bytes.end()) {
            whenWhole.run();
        }
    }

    /**
     * Tells that the rest will not come: who wants it from now on begins anew, and its readers are told. After the end it does
     * nothing.
     */
    public void cut() {
        if (bytes.totalLength() < 0) {
            whenCut.accept(this);
        }
        bytes.cut();
    }

    long weight() {
        return bytes.weight();
    }
}
