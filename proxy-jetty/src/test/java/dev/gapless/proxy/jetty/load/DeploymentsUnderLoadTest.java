package dev.gapless.proxy.jetty.load;

import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.jetty.ProxyServer;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class DeploymentsUnderLoadTest {
    /** What classes, pools and caches that are filled once may take after the first deployments. */
    private static final long HEAP_SLACK_BYTES = 8L << 20;

    /** The pool grows with bursts, which are as large as the load; a thread a deployment would be many more. */
    private static final int THREAD_SLACK = MixedLoad.CLIENTS;

    @Test
    void tenDeploymentsUnderMixedLoadCostNoRequest() throws Exception {
        deployUnderLoad(0, 10);
    }

    @Test
    @Tag("proof")
    void twoHundredDeploymentsUnderMixedLoadCostNoRequestAndLeaveNothingBehind() throws Exception {
        deployUnderLoad(20, 200);
    }

    private static void deployUnderLoad(int warmUps, int deployments) throws Exception {
        Application running = new Application();
        try (ProxyServer proxy = ProxyServer.builder()
                .bindAddress("127.0.0.1")
                .httpPort(0)
                .accessLog(false)
                .build()
                .start()) {
            proxy.services().deploy(Deployment.of("app", running.address()));
            try (MixedLoad load = new MixedLoad(proxy.port())) {
                running = replace(proxy, running, load, warmUps);
                int threads = proxyThreads();
                long heap = usedHeap();
                running = replace(proxy, running, load, deployments);
                int threadsAfter = proxyThreads();
                long heapAfter = usedHeap();
                load.stop();

                assertThat(load.failures()).isEmpty();
                assertThat(load.answered()).isGreaterThan(deployments);
                assertThat(proxy.services().list()).singleElement().satisfies(service -> {
                    assertThat(service.generation()).isEqualTo(1 + warmUps + deployments);
                    assertThat(service.targets()).hasSize(1);
                });
                if (warmUps > 0) {
                    assertThat(threadsAfter).as("threads").isLessThanOrEqualTo(threads + THREAD_SLACK);
                    assertThat(heapAfter).as("heap").isLessThan(heap + HEAP_SLACK_BYTES);
                }
            }
            proxy.services().remove("app", Duration.ofSeconds(5));
        } finally {
            running.close();
        }
    }

    private static Application replace(ProxyServer proxy, Application running, MixedLoad load, int times) {
        Application current = running;
        for (int i = 0; i < times; i++) {
            Application next = new Application();
            long before = load.answered();
            DeployResult result = proxy.services().deploy(Deployment.of("app", next.address()));
            assertThat(result.requestsCut()).isZero();
            current.close();
            current = next;
            while (load.answered() < before + 50) {
                Thread.onSpinWait(); // Let some requests go to each version.
            }
        }
        return current;
    }

    private static int proxyThreads() {
        return (int) Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("gapless"))
                .count();
    }

    private static long usedHeap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
