package dev.gapless.proxy;

/** The thread was interrupted while it waited for work that goes on; its interrupt flag is set again. */
public final class WaitInterruptedException extends ProxyException {
    private static final long serialVersionUID = 1L;

    /**
     * Made by the proxy.
     *
     * @param work what was waited for
     * @param cause the interrupt
     */
    public WaitInterruptedException(String work, InterruptedException cause) {
        super("interrupted while waiting for " + work + ", which goes on", cause);
    }
}
