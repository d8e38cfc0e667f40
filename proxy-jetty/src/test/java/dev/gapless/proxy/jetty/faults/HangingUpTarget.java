package dev.gapless.proxy.jetty.faults;

/** A target that answers, as if the connection went on, and closes it a moment later, just when the next request may come. */
final class HangingUpTarget extends RawTarget {
    private final int spins;
    private final boolean resets;

    HangingUpTarget(int spins, boolean resets) {
        this.spins = spins;
        this.resets = resets;
    }

    @Override
    protected boolean answer(Call call) throws Exception {
        call.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + (call.body().isEmpty() ? "no" : "ok"));
        for (int i = 0; i < spins; i++) {
            Thread.onSpinWait();
        }
        if (resets) {
            call.reset();
        }
        return false;
    }
}
