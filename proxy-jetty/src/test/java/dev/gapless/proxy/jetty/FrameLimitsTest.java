package dev.gapless.proxy.jetty;

import java.time.Duration;
import java.util.Map;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.frames.ContinuationFrame;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.Frame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.PingFrame;
import org.eclipse.jetty.http2.frames.PriorityFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.http2.frames.SettingsFrame;
import org.eclipse.jetty.http2.frames.UnknownFrame;
import org.eclipse.jetty.util.BufferUtil;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class FrameLimitsTest {
    private static final Frame RESET = new ResetFrame(1, 8);
    private static final Frame SETTINGS = new SettingsFrame(Map.of(), false);
    private static final Frame MALFORMED =
            new HeadersFrame(1, new MetaData(HttpVersion.HTTP_2, HttpFields.EMPTY), null, true);
    private static final Frame PING = new PingFrame(1, false);
    private static final Frame EMPTY_DATA = new DataFrame(1, BufferUtil.EMPTY_BUFFER, false);

    private final MovedTime time = new MovedTime();
    private final FrameLimits limits = new FrameLimits(time);

    /** How many of these are let through at once. */
    private int admitted(Frame frame) {
        int count = 0;
        while (count < 100_000 && limits.onEvent(frame)) {
            count++;
        }
        return count;
    }

    @Test
    void aConnectionHasSoManyAtOnce() {
        assertThat(admitted(RESET)).isEqualTo(500);
        assertThat(admitted(SETTINGS)).isEqualTo(100);
        assertThat(admitted(MALFORMED)).isEqualTo(20);
        assertThat(admitted(PING)).isEqualTo(10_000);
    }

    @Test
    void aSecondLaterItHasSoManyMore() {
        aConnectionHasSoManyAtOnce();

        time.advance(Duration.ofSeconds(1));

        assertThat(admitted(RESET)).isEqualTo(100);
        assertThat(admitted(SETTINGS)).isEqualTo(10);
        assertThat(admitted(MALFORMED)).isEqualTo(5);
        assertThat(admitted(PING)).isEqualTo(10_000);
    }

    @Test
    void thoseThatAreNotUsedDoNotAddUp() {
        time.advance(Duration.ofHours(1));

        assertThat(admitted(RESET)).isEqualTo(500);
        assertThat(admitted(RESET)).isZero();
    }

    @Test
    void theyAreRegainedOneByOne() {
        admitted(RESET);

        time.advance(Duration.ofMillis(5));
        assertThat(admitted(RESET)).isZero();
        time.advance(Duration.ofMillis(5));
        assertThat(admitted(RESET)).isEqualTo(1);
        time.advance(Duration.ofMillis(25));
        assertThat(admitted(RESET)).isEqualTo(2);
        time.advance(Duration.ofMillis(5));
        assertThat(admitted(RESET)).isEqualTo(1);
    }

    @Test
    void lightFramesAreCountedTogether() {
        limits.onEvent(EMPTY_DATA);
        limits.onEvent(new ContinuationFrame(1, false));
        limits.onEvent(new PriorityFrame(1, 3, 1, false));
        limits.onEvent(new UnknownFrame(0x55));

        assertThat(admitted(PING)).isEqualTo(10_000 - 4);
    }

    @Test
    void whoIsSentDataMaySpeakOfIt() {
        admitted(PING);

        limits.onOutgoingFrame(null, new DataFrame(1, BufferUtil.toBuffer("x"), false));

        assertThat(admitted(PING)).isEqualTo(10);
    }
}
