package dev.gapless.proxy.examples.benchmark;

import dev.gapless.proxy.Buffering;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** What the report says of the cost of buffering. */
class AimsTest {
    private final Results results = new Results();

    @Test
    void bufferingOfSmallBodiesMayCostFivePercent() {
        measured(Workload.SMALL_UPLOAD, Buffering.OFF, 0, 1_000, 2_000, 3_000);
        measured(Workload.SMALL_UPLOAD, Buffering.AUTOMATIC, 0, 1_000, 1_900, 2_800);
        measured(Workload.SMALL_UPLOAD, Buffering.FULL, 0, 1_000, 1_880, 2_800);

        assertThat(Aims.of(results))
                .containsExactly(
                        List.of(
                                "1 KiB uploads: Gapless, buffered, times Gapless, streamed",
                                "at least 0.95",
                                "0.94",
                                "**no**"),
                        List.of(
                                "1 KiB uploads: Gapless, automatic, times Gapless, streamed",
                                "at least 0.95",
                                "0.95",
                                "yes"));
    }

    @Test
    void errorsKeepAnAimFromBeingMet() {
        measured(Workload.SMALL, Buffering.OFF, 0, 1_000);
        measured(Workload.SMALL, Buffering.FULL, 1, 1_000);

        assertThat(Aims.of(results))
                .singleElement()
                .satisfies(row -> assertThat(row).endsWith("1.00", "**no**"));
    }

    @Test
    void bufferingOfLargeBodiesHasNoAim() {
        measured(Workload.MEBIBYTE, Buffering.OFF, 0, 1_000);
        measured(Workload.MEBIBYTE, Buffering.FULL, 0, 500);

        assertThat(Aims.of(results)).isEmpty();
    }

    private void measured(Workload workload, Buffering way, long errors, double... perSecond) {
        Series series = new Series(BufferingCost.name(GaplessUnderTest.NAME, way));
        for (double figure : perSecond) {
            series.add(new Sample(new Load(1, figure, 0, 0, 0, 0, errors), Duration.ZERO));
        }
        results.of(BufferingCost.CONTEST).add(workload, List.of(series));
    }
}
