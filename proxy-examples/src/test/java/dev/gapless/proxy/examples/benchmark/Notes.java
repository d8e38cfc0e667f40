package dev.gapless.proxy.examples.benchmark;

import java.util.ArrayList;
import java.util.List;

/** Says how far the run is, and keeps what the report has to say of what it could not measure. */
final class Notes {
    private final List<String> leftOut = new ArrayList<>();

    void progress(String line) {
        System.out.println(line);
    }

    void leftOut(String what, Exception reason) {
        String note = what + ": " + reason.getMessage();
        leftOut.add(note);
        progress("left out: " + note);
    }

    List<String> leftOut() {
        return List.copyOf(leftOut);
    }
}
