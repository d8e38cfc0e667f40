package dev.gapless.proxy.jetty;

import org.eclipse.jetty.quic.quiche.jna.JnaQuicheBinding;
import org.eclipse.jetty.quic.quiche.jna.LibQuiche;

/**
 * Jetty's binding to its native library, but also to the version of that which the tests have where Jetty's own choice cannot be
 * had. It is asked only if Jetty's binding refuses.
 *
 * <p>What Jetty 12.1.10 says of the functions and structures of 0.29.1 is what Jetty 12.1.5 said of those of 0.24.5, but for
 * {@code quiche_stats}, which it does not ask for.
 */
public final class QuicheOfTests extends JnaQuicheBinding {
    private static final String VERSION = "0.24.5";

    /** Made by the service loader. */
    public QuicheOfTests() {}

    @Override
    public Throwable initialize() {
        try {
            String found = LibQuiche.INSTANCE.quiche_version();
            return VERSION.equals(found) ? null : new IllegalStateException("quiche " + found + " is not " + VERSION);
        } catch (LinkageError e) {
            return e;
        }
    }

    @Override
    public int priority() {
        return super.priority() + 1;
    }
}
