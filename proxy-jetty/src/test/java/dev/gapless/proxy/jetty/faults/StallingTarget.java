package dev.gapless.proxy.jetty.faults;

/** A target that sends something, or nothing, and then no more; it reads until the proxy closes the connection. */
final class StallingTarget extends RawTarget {
    private final String before;

    StallingTarget(String before) {
        this.before = before;
    }

    @Override
    protected boolean answer(Call call) throws Exception {
        call.send(before);
        call.readToEnd();
        return false;
    }
}
