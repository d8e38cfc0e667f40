package dev.gapless.proxy.engine;

import dev.gapless.proxy.RequestHead;
import dev.gapless.proxy.spi.TargetSelector;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** As the host application says; a choice of its that cannot be is logged, and the first target taken. */
final class HostSelection implements Selection {
    private static final Logger LOG = LoggerFactory.getLogger(HostSelection.class);

    private final String name;
    private final TargetSelector selector;

    HostSelection(String name, TargetSelector selector) {
        this.name = name;
        this.selector = selector;
    }

    @Override
    public Target select(RequestHead head, List<Target> candidates) {
        try {
            int index =
                    selector.select(head, candidates.stream().map(Target::info).toList());
            if (index >= 0 && index < candidates.size()) {
                return candidates.get(index);
            }
            LOG.warn("Load balancing {} has chosen {} of {} targets", name, index, candidates.size());
        } catch (RuntimeException | Error e) {
            LOG.warn("Load balancing {} failed", name, e);
        }
        return candidates.get(0);
    }
}
