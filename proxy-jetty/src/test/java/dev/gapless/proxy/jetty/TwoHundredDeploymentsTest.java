package dev.gapless.proxy.jetty;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Two hundred deployments of one service under constant mixed load fail no request and leave nothing behind. */
@Tag("proof")
class TwoHundredDeploymentsTest extends ProxyScaffold {
    private static final int DEPLOYMENTS = 200;

    /** What deployments are done before the first look at heap and threads, so that both have found their size. */
    private static final int WARM_UP = 20;

    /** The load goes on while the heap is measured. */
    private static final long HEAP_BOUND = 2 * 1024 * 1024;

    /** The pool's size follows the load; a thread leaked by each deployment would be 180 more. */
    private static final int THREADS_BOUND = 60;

    @Test
    void twoHundredDeploymentsUnderLoadFailNoRequestAndLeakNothing() throws Exception {
        proxy = start(loopback());
        DeploymentsUnderLoad load = closing(new DeploymentsUnderLoad(proxy));
        load.startLoad(4);
        load.deploy(WARM_UP);
        long heapBefore = heapAfterCollection();
        int threadsBefore = proxyThreads().size();

        load.deploy(DEPLOYMENTS - WARM_UP);

        long heapAfter = heapAfterCollection();
        List<String> threadsAfter = proxyThreads();
        load.assertNoRequestFailed(DEPLOYMENTS);
        assertThat(proxy.services().list().get(0).generation()).isEqualTo(DEPLOYMENTS + 1);
        eventually("no lease is left", () -> requestsInFlight() == 0);
        assertThat(proxy.assembly.client().getDestinations())
                .as("destinations, at most one a lane")
                .hasSizeLessThanOrEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(threadsAfter).as("threads").hasSizeLessThanOrEqualTo(threadsBefore + THREADS_BOUND);
        assertThat(heapAfter - heapBefore).as("growth of the heap").isLessThan(HEAP_BOUND);
    }

    private static List<String> proxyThreads() {
        List<String> names = new ArrayList<>();
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread.getName().startsWith("gapless")) {
                names.add(thread.getName());
            }
        }
        return names;
    }

    /** The least that is used after some collections: the load goes on meanwhile. */
    private static long heapAfterCollection() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            System.gc();
            least = Math.min(
                    least,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return least;
    }
}
