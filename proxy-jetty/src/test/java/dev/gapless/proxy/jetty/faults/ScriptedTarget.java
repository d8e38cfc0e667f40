package dev.gapless.proxy.jetty.faults;

/** A target that does what the test says. */
final class ScriptedTarget extends RawTarget {
    /** What happens to one request. */
    interface Script {
        /** Returns whether the connection goes on. */
        boolean answer(Call call) throws Exception;
    }

    private volatile Script script;

    ScriptedTarget(Script script) {
        this.script = script;
    }

    void script(Script next) {
        this.script = next;
    }

    @Override
    boolean answer(Call call) throws Exception {
        return script.answer(call);
    }
}
