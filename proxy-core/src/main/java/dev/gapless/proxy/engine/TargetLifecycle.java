package dev.gapless.proxy.engine;

import dev.gapless.proxy.TargetTls;
import java.util.List;

/** What the adapter does when a target's life begins and ends. */
public interface TargetLifecycle {
    /**
     * The targets of a deployment are about to be probed and to get requests: what connections to them need is made ready, and
     * files are read for it. Called once for each deployment, on a thread that may wait for that.
     *
     * @param targets the targets, at least one
     * @param tls how those that speak TLS are verified
     * @throws IllegalArgumentException if a file cannot be read or used; the message names it
     */
    default void prepare(List<Target> targets, TargetTls tls) {}

    /**
     * Nothing is in flight on the target and nothing ever will be: its connections can be closed. Called once, on the
     * proxy's executor, before the deployment or removal that replaced it is reported as done.
     *
     * @param target the target
     */
    void retired(Target target);
}
