package dev.gapless.proxy.jetty;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Interim responses for a client that takes nothing, and then all. */
class InterimStreamTest {
    private static final MetaData.Request REQUEST =
            new MetaData.Request("GET", HttpURI.from("http://a/"), HttpVersion.HTTP_1_1, HttpFields.EMPTY);

    private final List<Integer> sent = new ArrayList<>();
    private final Deque<Callback> underWay = new ArrayDeque<>();
    private final InterimStream stream = new InterimStream(new SlowStream());

    /** Sends one thing at a time, for as long as the test wants. */
    private final class SlowStream extends HttpStream.Wrapper {
        SlowStream() {
            super(null);
        }

        @Override
        public void send(
                MetaData.Request request,
                MetaData.Response response,
                boolean last,
                ByteBuffer content,
                Callback callback) {
            sent.add(response.getStatus());
            underWay.add(callback);
        }
    }

    private void send(int status, HttpFields head) {
        MetaData.Response response = new MetaData.Response(status, null, HttpVersion.HTTP_1_1, head);
        stream.send(REQUEST, response, false, null, Callback.NOOP);
    }

    private void takeAll() {
        while (!underWay.isEmpty()) {
            underWay.remove().succeeded();
        }
    }

    /** One is under way meanwhile. */
    @ParameterizedTest
    @CsvSource({"50000, 2", "30000, 3", "100, 482"})
    void onlySoManyBytesWaitAndTheResponseFollows(int length, int passing) {
        HttpFields hint = HttpFields.build().add("Link", "x".repeat(length));
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < 1_000; i++) {
                send(103, hint);
            }
            takeAll();
            assertThat(sent).as("round " + round).hasSize(passing).containsOnly(103);
            sent.clear();
        }

        send(200, HttpFields.EMPTY);

        assertThat(sent).containsExactly(200);
    }
}
