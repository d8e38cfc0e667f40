package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.jetty.faults.RawTarget;

/** A target that sends a part of a response and then ends the connection; but what is asked of {@code /next} is answered. */
final class BreakingTarget extends RawTarget {
    private final PausingTarget.Part part;
    private final boolean resets;

    BreakingTarget(PausingTarget.Part part, boolean resets) {
        this.part = part;
        this.resets = resets;
    }

    /** One that closes its connection in order after this. */
    static BreakingTarget after(String part) {
        return new BreakingTarget(PausingTarget.Part.of(part), false);
    }

    @Override
    protected boolean answer(Call call) throws Exception {
        if (call.path().equals("/next")) {
            call.send(OK);
            return true;
        }
        part.writeTo(call.socket().getOutputStream());
        if (resets) {
            call.reset();
        }
        return false;
    }
}
