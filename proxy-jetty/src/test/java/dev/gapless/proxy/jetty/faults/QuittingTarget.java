package dev.gapless.proxy.jetty.faults;

/** A target that sends something, or nothing, and then closes the connection in order. */
final class QuittingTarget extends RawTarget {
    private final String before;

    QuittingTarget(String before) {
        this.before = before;
    }

    @Override
    protected boolean answer(Call call) throws Exception {
        call.body();
        call.send(before);
        return false;
    }
}
