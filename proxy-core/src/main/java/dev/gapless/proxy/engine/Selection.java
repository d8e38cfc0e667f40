package dev.gapless.proxy.engine;

import dev.gapless.proxy.RequestHead;
import java.util.List;

/** How one of several targets is chosen. Implementations are thread-safe. */
interface Selection {
    /**
     * {@return one of the candidates}
     *
     * @param candidates at least two
     */
    Target select(RequestHead head, List<Target> candidates);
}
