package dev.gapless.proxy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

final class DeployResultTest {
    private static final TargetAddress TARGET = TargetAddress.parse("web:3000");

    private static DeployResult result(DeployEvent... timeline) {
        return new DeployResult("web", Instant.EPOCH, List.of(timeline));
    }

    private static Duration millis(long millis) {
        return Duration.ofMillis(millis);
    }

    @Test
    void aSuccessfulDeploymentIsSummedUp() {
        DeployResult result = result(
                new DeployEvent.Started(millis(0), List.of(TARGET)),
                new DeployEvent.Swapped(millis(20), 7),
                new DeployEvent.RequestsCut(millis(50), 3),
                new DeployEvent.Drained(millis(51), millis(31)));

        assertThat(result.generation()).isEqualTo(7);
        assertThat(result.timeToSwap()).contains(millis(20));
        assertThat(result.drainTime()).contains(millis(31));
        assertThat(result.requestsCut()).isEqualTo(3);
    }

    @Test
    void aFailedOneHasNothingToSumUp() {
        DeployResult result = result(new DeployEvent.Failed(millis(5), "no luck"));

        assertThat(result.generation()).isZero();
        assertThat(result.timeToSwap()).isEmpty();
        assertThat(result.drainTime()).isEmpty();
        assertThat(result.requestsCut()).isZero();
    }

    @Test
    void itDescribesEachStepOnALine() {
        DeployResult result = result(
                new DeployEvent.Started(millis(0), List.of(TARGET)),
                new DeployEvent.Probed(millis(3), TARGET, new ProbeOutcome.Unhealthy("status 503"), millis(2)),
                new DeployEvent.Probed(millis(1004), TARGET, new ProbeOutcome.Healthy(204), millis(1)),
                new DeployEvent.BecameHealthy(millis(1004), TARGET),
                new DeployEvent.Swapped(millis(1004), 2),
                new DeployEvent.RequestsCut(millis(2000), 1),
                new DeployEvent.Drained(millis(2000), millis(996)),
                new DeployEvent.Failed(millis(2001), "no luck"));

        assertThat(result.describe().lines().map(String::strip))
                .containsExactly(
                        "+0.0 ms  started, targets [web:3000]",
                        "+3.0 ms  probed web:3000: status 503 (2.0 ms)",
                        "+1004.0 ms  probed web:3000: status 204 (1.0 ms)",
                        "+1004.0 ms  web:3000 became healthy",
                        "+1004.0 ms  swapped, generation 2",
                        "+2000.0 ms  1 requests cut",
                        "+2000.0 ms  drained (996.0 ms)",
                        "+2001.0 ms  failed: no luck");
    }

    @Test
    void theTimelineDoesNotChangeWithTheListItWasMadeFrom() {
        List<DeployEvent> timeline = new ArrayList<>();
        DeployResult result = new DeployResult("web", Instant.EPOCH, timeline);

        timeline.add(new DeployEvent.Failed(millis(5), "no luck"));

        assertThat(result.timeline()).isEmpty();
    }
}
