package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Pace;
import dev.gapless.proxy.spi.TimeSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.io.Content;

/**
 * Finds the clients that are too slow with a body. It knows only those transfers that have had to wait for their client once,
 * from then to their end, and looks at each of them whenever it is {@linkplain #check told to}. Thread-safe.
 */
final class PaceWatch {
    private final TimeSource time;
    private final Set<PacedTransfer> transfers = ConcurrentHashMap.newKeySet();

    PaceWatch(TimeSource time) {
        this.time = time;
    }

    /**
     * Makes the pace of a body that a client sends.
     *
     * @param tooSlow called once at most, on the thread that checks
     */
    SendingPace sending(Pace pace, Runnable tooSlow) {
        return new SendingPace(this, pace, tooSlow);
    }

    /**
     * Makes the pace of a body that a client receives.
     *
     * @param client takes it
     * @param patience keeps the client from being counted as idle by others
     * @param tooSlow called once at most, on the thread that checks
     */
    ReceivingPace receiving(Pace pace, Content.Sink client, ReceivingPace.Patience patience, Runnable tooSlow) {
        return new ReceivingPace(this, pace, client, patience, tooSlow);
    }

    TimeSource time() {
        return time;
    }

    void add(PacedTransfer transfer) {
        transfers.add(transfer);
    }

    void remove(PacedTransfer transfer) {
        transfers.remove(transfer);
    }

    /** {@return how many transfers it knows} */
    int size() {
        return transfers.size();
    }

    /** Looks at each transfer; one that ends just when it is added is found here, too. */
    void check() {
        if (!transfers.isEmpty()) {
            long now = time.nanoTime();
            transfers.removeIf(transfer -> transfer.check(now));
        }
    }
}
