package dev.gapless.proxy.engine;

import dev.gapless.proxy.FileStateStore;
import dev.gapless.proxy.spi.StateStore;
import java.io.IOException;
import java.nio.file.Path;

/** A process that saves numbered states until it is killed, and says on its standard output which of them are saved. */
final class NumberedStates {
    private NumberedStates() {}

    public static void main(String[] fileAndFirstNumber) throws IOException {
        StateStore store = FileStateStore.at(Path.of(fileAndFirstNumber[0]));
        for (long number = Long.parseLong(fileAndFirstNumber[1]); ; number++) {
            store.save(StateDocument.encode(payload(number)));
            System.out.println(number);
            System.out.flush();
        }
    }

    /** Of different lengths, so that a mixture of two states is neither. */
    static String payload(long number) {
        return number + ":" + "x".repeat((int) (number * 7919 % 100_000));
    }

    static long number(String payload) {
        return Long.parseLong(payload.substring(0, payload.indexOf(':')));
    }
}
