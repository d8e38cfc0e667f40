package dev.gapless.proxy.spi;

import java.io.IOException;
import java.util.Optional;

/**
 * Keeps the keys and certificates of automatic TLS. Several proxies may share one: then they order each certificate once, as
 * far as {@link #claim} keeps them apart. Implementations are thread-safe and may block; they are called on the proxy's
 * executor.
 *
 * <p>While an order is under way it also has what proves to the authority that the host is ours, so that each proxy that shares
 * the store can show it, whichever of them the authority asks. What one of them has saved therefore has to be found by the others
 * as soon as {@link #save} has returned; where it is not, only the one that has ordered can answer. Whoever asks a proxy for such a
 * proof causes a {@link #load}: at most four times a second for a host, and about a thousand times in all.
 *
 * <p>The content has private keys in it: nobody else may be able to read it.
 */
public interface CertificateStore {
    /**
     * Reads what was saved last under a name.
     *
     * @param name lower-case letters, digits and {@code . _ + -}, at most 200, in one or two parts with a slash between, none
     *     of which begins with a dot
     * @return what was saved, if something was
     * @throws IOException if it is there and cannot be read
     */
    Optional<byte[]> load(String name) throws IOException;

    /**
     * Saves a content in place of the last. When this returns, the content survives a crash; if it throws, or the process dies
     * meanwhile, either this or the last is there, never neither and no mixture.
     *
     * @param name as in {@link #load}
     * @param content what to save
     * @throws IOException if it was not saved
     */
    void save(String name, byte[] content) throws IOException;

    /**
     * Removes what was saved under a name, if something was.
     *
     * @param name as in {@link #load}
     * @throws IOException if it may be there still
     */
    void delete(String name) throws IOException;

    /**
     * Claims the work on a name, so that no other proxy does it meanwhile. A claim ends when it is closed, and when the process
     * that has it dies, after a bounded time at least. It is an economy, no guarantee: what two proxies save is whole either way.
     *
     * @implSpec Gives everybody a claim, which is right for a store that nobody shares.
     * @param name as in {@link #load}
     * @return the claim; empty while another proxy has it
     * @throws IOException if it cannot be told who has it
     */
    default Optional<Claim> claim(String name) throws IOException {
        return Optional.of(() -> {});
    }

    /** The right to work on a name. */
    @FunctionalInterface
    interface Claim extends AutoCloseable {
        /** Gives the claim up; does nothing the second time. */
        @Override
        void close();
    }
}
