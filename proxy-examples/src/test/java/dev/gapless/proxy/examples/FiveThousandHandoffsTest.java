package dev.gapless.proxy.examples;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Five thousand requests, handed off by an application with a heap of 256 MiB and fewer than 64 threads in all to a backend that
 * takes five seconds for each: exactly so many are under way at once as may be.
 */
@Tag("proof")
class FiveThousandHandoffsTest {
    private static final int REQUESTS = 5_000;
    private static final int FEWER_THREADS = 64;

    @ParameterizedTest
    @ValueSource(ints = {5_000, 2_000})
    void fiveThousandHandoffsKeepToTheLimit(int atOnce) throws Exception {
        try (PatientTarget target = new PatientTarget(atOnce);
                JavaProcess application = JavaProcess.start(
                        Map.of(),
                        List.of("-Xmx256m"),
                        HandoffApplication.class.getName(),
                        target.address(),
                        String.valueOf(atOnce));
                PlainClients clients = new PlainClients()) {
            int port = Integer.parseInt(
                    application.awaitLine(line -> line.startsWith("port ")).substring(5));
            for (int i = 0; i < REQUESTS; i++) {
                clients.send(port, "/" + i);
            }

            assertThat(clients.awaitAnswers()).isEqualTo(REQUESTS);

            assertThat(target.mostAtOnce()).isEqualTo(atOnce);
            application.type("threads\n");
            String threads = application.awaitLine(line -> line.startsWith("threads "));
            assertThat(Integer.parseInt(threads.substring(8))).isLessThan(FEWER_THREADS);
        }
    }
}
