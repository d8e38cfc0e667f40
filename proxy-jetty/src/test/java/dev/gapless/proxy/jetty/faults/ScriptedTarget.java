package dev.gapless.proxy.jetty.faults;

/** A target that does what the test says. */
public final class ScriptedTarget extends RawTarget {
    /** What happens to one request. */
    public interface Script {
        /** Returns whether the connection goes on. */
        boolean answer(Call call) throws Exception;
    }

    private volatile Script script;

    public ScriptedTarget(Script script) {
        this.script = script;
    }

    public void script(Script next) {
        this.script = next;
    }

    @Override
    protected boolean answer(Call call) throws Exception {
        return script.answer(call);
    }
}
