package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

/** What the benchmark reads from other programs and from the kernel. */
class ReadingTest {

    private static final String WRK = """
            Running 2s test @ http://127.0.0.1:21900/small
              2 threads and 64 connections
              Thread Stats   Avg      Stdev     Max   +/- Stdev
                Latency     1.20ms  115.80us   2.60s    58.57%
                Req/Sec   153.17k    22.70k  196.33k    73.81%
              Latency Distribution
                 50%  188.00us
                 75%  262.00us
                 90%    3.19ms
                 99%    1.00m
              638452 requests in 2.10s, 90.11MB read
            """;

    private static final String H2LOAD = """
            finished in 2.00s, 5452.50 req/s, 203.57KB/s
            requests: 16023 total, 16112 started, 16023 done, 16000 succeeded, 23 failed, 3 errored, 0 timeout
            status codes: 16000 2xx, 0 3xx, 0 4xx, 20 5xx
            """;

    @Test
    void wrks_figures_come_in_microseconds_whatever_the_unit() throws IOException {
        Load load = Wrk.parse(WRK + "Requests/sec: 304007.10\n");

        assertThat(load).isEqualTo(new Load(638_452, 304_007.10, 188, 3_190, 60e6, 2.6e6, 0));
    }

    @Test
    void wrks_errors_are_those_of_sockets_and_those_of_status() throws IOException {
        Load load = Wrk.parse(WRK + """
                  Socket errors: connect 1, read 20, write 300, timeout 4000
                  Non-2xx or 3xx responses: 50000
                Requests/sec:      7.10
                """);

        assertThat(load.errors()).isEqualTo(54_321);
    }

    @Test
    void long_responses_count_by_the_bytes_that_wrk_has_read() throws IOException {
        Load load = Wrk.countedByBytes(new Load(7, 3.3, 1, 2, 3, 4, 5), WRK, 10 << 20);

        assertThat(load.requests()).isEqualTo(9);
        assertThat(load.perSecond()).isCloseTo(90.11 / 10 / 2.1, within(1e-9));
        assertThat(load.errors()).isEqualTo(5);
    }

    @Test
    void what_wrk_says_in_place_of_figures_is_passed_on() {
        assertThatThrownBy(() -> Wrk.parse("unable to connect to 127.0.0.1:1 Connection refused\n"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Connection refused");
    }

    @Test
    void h2loads_percentiles_come_from_its_log() throws IOException {
        Load load = H2load.parse(
                H2LOAD, LongStream.rangeClosed(1, 1_000).mapToObj(micros -> "1795224580379597\t200\t" + micros));

        assertThat(load).isEqualTo(new Load(16_023, 5_452.50, 500, 900, 990, 1_000, 23));
    }

    @Test
    void the_web_sockets_figures_are_read_as_they_were_written() throws IOException {
        Load load = WebSocketLoad.parse(
                "messages=300001 perSecond=150000.50 p50=188 p90=3190 p99=5000 max=60000 errors=2\n");

        assertThat(load).isEqualTo(new Load(300_001, 150_000.5, 188, 3_190, 5_000, 60_000, 2));
    }

    @Test
    void handshakes_are_counted_over_the_time_that_passed() throws IOException {
        Load load = Handshakes.parse(Workload.FULL_HANDSHAKES, handshakes("****"), 2.5);

        assertThat(load.requests()).isEqualTo(4);
        assertThat(load.perSecond()).isEqualTo(1.6);
    }

    @Test
    void a_handshake_that_was_not_resumed_is_no_resumed_one() throws IOException {
        assertThat(Handshakes.parse(Workload.RESUMED_HANDSHAKES_1_2, handshakes("rrrr"), 1)
                        .requests())
                .isEqualTo(4);
        assertThatThrownBy(() -> Handshakes.parse(Workload.RESUMED_HANDSHAKES_1_2, handshakes("rr*r"), 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("resumed");
    }

    @Test
    void a_resumed_handshake_whose_request_is_not_answered_does_not_count() {
        assertThatThrownBy(() -> Handshakes.parse(Workload.RESUMED_HANDSHAKES, handshakes("rrrr"), 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("answered");
    }

    private static String handshakes(String marks) {
        return """
                Collecting connection statistics for 2 seconds
                Now timing with session id reuse.
                starting
                %s

                4 connections in 0.01s; 400.00 connections/user sec, bytes read 0
                4 connections in 3 real seconds, 0 bytes read per connection
                """.formatted(marks);
    }

    @Test
    void cpu_time_is_read_past_whatever_a_program_is_called() {
        assertThat(CpuClock.ticks("7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 100 20 3 0 20 0 1 0"))
                .isEqualTo(123);
    }

    @Test
    void cores_come_as_ranges_and_single_ones() {
        assertThat(Cores.parse("0-2,7,9-10")).isEqualTo(List.of(0, 1, 2, 7, 9, 10));
    }
}
