package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.RetryOptions;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.faults.RawClient;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * One of two targets breaks off at each byte of a request's head and of its response's head, and at many of their bodies. No
 * idempotent request whose response had not begun fails, and no other reaches two targets.
 */
@Tag("proof")
class TargetKilledAnywhereTest extends ResponseScaffold {
    private static final int WORKERS = 4;
    private static final int OFFSETS_OF_A_BODY = 40;

    /** Less than what is kept of a body that streams. */
    private static final int STREAMED_UPLOAD = 40_000;

    private static final int BUFFERED_UPLOAD = 300_000;

    /** A request of which the first target that it reaches gets, or answers, only so much. */
    private record Trial(String method, Cut cut) {
        boolean mayBeRepeated() {
            return !method.equals("POST");
        }

        boolean responseBegins() {
            return cut.place() == Cut.Place.RESPONSE_BODY;
        }
    }

    @ParameterizedTest
    @EnumSource
    void noIdempotentRequestFailsAndNoOtherReachesTwoTargets(Buffering buffering) throws Exception {
        int upload = buffering == Buffering.OFF ? STREAMED_UPLOAD : BUFFERED_UPLOAD;
        List<Service> services = new ArrayList<>();
        for (int i = 0; i < WORKERS; i++) {
            services.add(new Service("w" + i, buffering, upload));
        }
        List<Trial> all = trials(services.get(0), upload);
        Queue<Trial> trials = new ConcurrentLinkedQueue<>(all);
        ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
        try {
            List<Future<Integer>> done = new ArrayList<>();
            for (Service service : services) {
                done.add(workers.submit(() -> service.tryAll(trials)));
            }
            int count = 0;
            for (Future<Integer> each : done) {
                count += each.get();
            }
            assertThat(count).isEqualTo(all.size()).isGreaterThan(1500);
        } finally {
            workers.shutdownNow();
            for (Service service : services) {
                service.close();
            }
        }
    }

    private static List<Trial> trials(Service measured, int upload) throws IOException {
        List<Trial> trials = new ArrayList<>();
        for (String method : List.of("GET", "PUT", "POST")) {
            int head = measured.headBytes(method);
            for (boolean resets : new boolean[] {true, false}) {
                for (int i = 1; i < head; i++) {
                    trials.add(new Trial(method, new Cut(Cut.Place.REQUEST_HEAD, i, resets)));
                }
                for (int i = 0; i < CuttingTarget.RESPONSE_HEAD.length(); i++) {
                    trials.add(new Trial(method, new Cut(Cut.Place.RESPONSE_HEAD, i, resets)));
                }
                for (int i = 0; i < OFFSETS_OF_A_BODY; i++) {
                    int sent = offset(i, CuttingTarget.RESPONSE_BYTES);
                    trials.add(new Trial(method, new Cut(Cut.Place.RESPONSE_BODY, sent, resets)));
                    if (!method.equals("GET")) {
                        trials.add(new Trial(method, new Cut(Cut.Place.REQUEST_BODY, offset(i, upload), resets)));
                    }
                }
            }
        }
        return trials;
    }

    /** From 0 to one byte before the end. */
    private static int offset(int i, int length) {
        return (int) ((long) i * (length - 1) / (OFFSETS_OF_A_BODY - 1));
    }

    /** A service with two targets, of which one request at a time is made. */
    private final class Service {
        private final String host;
        private final Buffering buffering;
        private final String body;
        private final CuttingTarget.Journal journal = new CuttingTarget.Journal();
        private final CuttingTarget one = new CuttingTarget(journal);
        private final CuttingTarget two = new CuttingTarget(journal);

        Service(String host, Buffering buffering, int upload) throws IOException {
            this.host = host;
            this.buffering = buffering;
            this.body = new String(Pattern.bytes(0, upload), ISO_8859_1);
            BodyOptions bodies = BodyOptions.builder()
                    .requestBuffering(buffering)
                    .responseBuffering(buffering)
                    .bufferMemory(buffering == Buffering.FULL ? MEMORY : MIB)
                    .build();
            proxy.services()
                    .deploy(Deployment.builder(host)
                            .target(one.address())
                            .target(two.address())
                            .options(ServiceOptions.builder()
                                    .host(host)
                                    .bodies(bodies)
                                    // As each request here fails once, and a probe would be taken for one.
                                    .retries(RetryOptions.builder()
                                            .budget(100, 1_000_000)
                                            .build())
                                    .healthCheck(HealthCheck.builder()
                                            .interval(Duration.ofHours(1))
                                            .build())
                                    .build())
                            .build());
        }

        int headBytes(String method) throws IOException {
            journal.begin(null);
            assertThat(answer(method)).startsWith("HTTP/1.1 200 ");
            return journal.headBytes();
        }

        int tryAll(Queue<Trial> trials) throws IOException {
            int count = 0;
            for (Trial trial = trials.poll(); trial != null; trial = trials.poll()) {
                journal.begin(trial.cut());
                String answer = answer(trial.method());
                assertThat(journal.isCut()).as("%s is cut", trial).isTrue();
                assertThat(journal.wrong()).as("%s", trial).isEmpty();
                check(trial, answer);
                count++;
            }
            return count;
        }

        private void check(Trial trial, String answer) {
            List<CuttingTarget> reached = journal.reached();
            boolean succeeds = isWhole(answer);
            if (!trial.mayBeRepeated()) {
                assertThat(reached).as("targets of %s", trial).hasSize(1);
                assertThat(succeeds).as("%s", trial).isFalse();
            } else if (!trial.responseBegins()) {
                assertThat(succeeds).as("%s: %s", trial, begin(answer)).isTrue();
                assertThat(reached).as("targets of %s", trial).containsExactlyInAnyOrder(one, two);
            } else {
                // A reset may overtake the head, and then no response has begun.
                assertThat(succeeds).as("%s: %s", trial, begin(answer)).isEqualTo(reached.size() == 2);
            }
            if (!succeeds && (buffering != Buffering.OFF || !trial.responseBegins())) {
                assertThat(answer).as("%s", trial).startsWith("HTTP/1.1 502 ");
            }
        }

        private static String begin(String answer) {
            return answer.substring(0, Math.min(answer.length(), 300));
        }

        private static boolean isWhole(String answer) {
            return answer.startsWith("HTTP/1.1 200 ")
                    && answer.substring(answer.indexOf("\r\n\r\n") + 4)
                            .equals(new String(CuttingTarget.RESPONSE_BODY, ISO_8859_1));
        }

        private String answer(String method) throws IOException {
            boolean hasBody = !method.equals("GET");
            try (RawClient client = client()) {
                client.sendWhatIsTaken(
                        method + " /x HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n" + journal.field()
                                + (hasBody ? "Content-Length: " + body.length() + "\r\n\r\n" + body : "\r\n"));
                return client.readToEndOrReset();
            }
        }

        void close() throws IOException {
            one.close();
            two.close();
        }
    }
}
