package dev.gapless.proxy.spi;

import dev.gapless.proxy.RequestHead;
import dev.gapless.proxy.ServiceInfo.TargetInfo;
import java.util.List;

/**
 * The host's own way to choose one of several targets; a service names it in its {@link
 * dev.gapless.proxy.LoadBalancing}. Called for each request, on the thread that serves it: implementations are thread-safe,
 * fast, and do not block. If one throws or returns what is no index, that is logged and the first target is taken.
 */
@FunctionalInterface
public interface TargetSelector {
    /**
     * Chooses a target.
     *
     * @param request the request
     * @param candidates the healthy targets that may take it, at least two
     * @return the index of one of them
     */
    int select(RequestHead request, List<TargetInfo> candidates);
}
