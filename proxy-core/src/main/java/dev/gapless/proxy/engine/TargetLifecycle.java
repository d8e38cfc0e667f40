package dev.gapless.proxy.engine;

/** What the adapter does when a target's life ends. */
public interface TargetLifecycle {
    /**
     * Nothing is in flight on the target and nothing ever will be: its connections can be closed. Called once, on the
     * proxy's executor, before the deployment or removal that replaced it is reported as done.
     *
     * @param target the target
     */
    void retired(Target target);
}
