package dev.gapless.proxy.buffer;

import dev.gapless.proxy.faults.Faults;
import dev.gapless.proxy.faults.SystemCall;
import dev.gapless.proxy.faults.TornWriteException;
import java.io.IOException;
import java.nio.file.Path;

/** Fails the n-th call, counted from 1; a write after half of its bytes. */
final class FailsOnce implements Faults {
    private final int fatalCall;
    private int calls;

    FailsOnce(int fatalCall) {
        this.fatalCall = fatalCall;
    }

    boolean happened() {
        return calls >= fatalCall;
    }

    @Override
    public void before(SystemCall call, Path real) throws IOException {
        calls++;
        if (calls == fatalCall) {
            String message = call + " fails once";
            throw call == SystemCall.WRITE ? new TornWriteException(message) : new IOException(message);
        }
    }
}
