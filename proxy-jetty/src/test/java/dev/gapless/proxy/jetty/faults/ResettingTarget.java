package dev.gapless.proxy.jetty.faults;

/** A target that sends something, or nothing, and then resets the connection. */
final class ResettingTarget extends RawTarget {
    private final String before;

    ResettingTarget(String before) {
        this.before = before;
    }

    @Override
    protected boolean answer(Call call) throws Exception {
        call.send(before);
        call.reset();
        return false;
    }
}
