package dev.gapless.proxy.spi;

import java.io.IOException;
import java.util.List;

/**
 * Keeps what was deployed across restarts of the process. What is saved is text that carries its own version and checksum; a
 * store only has to keep it, and one version before it. The proxy makes one call at a time, on its executor, which may block.
 *
 * <p>What was damaged is {@linkplain #setAside set aside} before the next {@link #save}, so that it does not become the version
 * before.
 */
public interface StateStore {
    /** What was saved once, read only when asked for. */
    interface Saved {
        /** {@return where it is, for messages} */
        String location();

        /**
         * {@return what was saved}
         *
         * @throws IOException if it cannot be read
         */
        byte[] read() throws IOException;
    }

    /**
     * Returns what was saved last and what was saved before that, as far as they are there; called once, before anything is
     * saved.
     *
     * @return the newest first; empty if nothing was ever saved
     * @throws IOException if it cannot be told what there is
     */
    List<Saved> load() throws IOException;

    /**
     * Saves a state in place of the last. When this returns, the state survives a crash of the process and of the machine; if it
     * throws, or the process dies meanwhile, either this state or the last one is there, never neither and no mixture.
     *
     * @param state what to save
     * @throws IOException if it was not saved
     */
    void save(byte[] state) throws IOException;

    /**
     * Puts a saved state that turned out to be damaged where nothing will overwrite it. If it is the one saved last, the next
     * {@link #save} replaces it, but leaves the version before as it is. Setting the same content aside again, after a restart
     * say, makes no second copy.
     *
     * @param damaged one that {@link #load} has returned
     * @return where it is now, for messages
     * @throws IOException if that was not possible
     * @throws IllegalArgumentException if it is not from this store
     */
    String setAside(Saved damaged) throws IOException;
}
