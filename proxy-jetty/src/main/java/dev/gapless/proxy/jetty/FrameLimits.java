package dev.gapless.proxy.jetty;

import dev.gapless.proxy.spi.TimeSource;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.HTTP2Connection;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.HTTP2Stream;
import org.eclipse.jetty.http2.RateControl;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.frames.Frame;
import org.eclipse.jetty.http2.frames.FrameType;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.PingFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.http2.frames.SettingsFrame;
import org.eclipse.jetty.io.EndPoint;
import org.jspecify.annotations.Nullable;

/**
 * What a client may ask of an HTTP/2 connection besides requests and their bodies. One that goes beyond it is sent GOAWAY with
 * ENHANCE_YOUR_CALM, and its connection is closed. Thread-safe.
 *
 * <p>Frames differ by what they cost, and so do the limits: to cancel a request may cost a connection to a target, a head that
 * is no head costs the decoder milliseconds, and a ping is a matter of a microsecond, of which ordinary clients send many.
 * Those that come with a response are earned by it: there are clients that acknowledge each DATA frame with WINDOW_UPDATE
 * twice and measure the way with a ping as often.
 */
final class FrameLimits implements RateControl, HTTP2Session.FrameListener {
    /**
     * Streams that are cancelled, by either side: rapid reset (CVE-2023-44487), and what makes the proxy do it (CVE-2025-8671),
     * requests beyond the streams at once included. A browser cancels all that a page has asked for when its user goes
     * on to the next, several times in a row.
     */
    static final int RESETS = 500;

    static final int RESETS_A_SECOND = 100;

    /** Each may concern all streams. Clients send one to begin with, and a few more as they learn how fast the way is. */
    static final int SETTINGS = 100;

    static final int SETTINGS_A_SECOND = 10;

    /** Heads that are malformed, as by an upper-case name: each may hold thousands of such names, and costs as many exceptions. */
    static final int MALFORMED_HEADS = 20;

    static final int MALFORMED_HEADS_A_SECOND = 5;

    /**
     * Frames that cost about a microsecond: PING, PRIORITY, WINDOW_UPDATE, CONTINUATION, DATA without data, those of unknown
     * types and those for streams that are over.
     */
    static final int LIGHT_FRAMES = 10_000;

    static final int LIGHT_FRAMES_A_SECOND = 10_000;
    /** For each write of a DATA frame so many more. */
    static final int LIGHT_FRAMES_EARNED = 10;

    /** Frames that wait for the client to read; of ordinary responses there are a few a stream. */
    static final int WAITING_FRAMES = 1_000;

    private final Allowance resets;
    private final Allowance settings;
    private final Allowance malformedHeads;
    private final Allowance lightFrames;
    private @Nullable HTTP2Session session;

    FrameLimits(TimeSource time) {
        resets = new Allowance(time, RESETS, RESETS_A_SECOND);
        settings = new Allowance(time, SETTINGS, SETTINGS_A_SECOND);
        malformedHeads = new Allowance(time, MALFORMED_HEADS, MALFORMED_HEADS_A_SECOND);
        lightFrames = new Allowance(time, LIGHT_FRAMES, LIGHT_FRAMES_A_SECOND);
    }

    /** {@return the limits of a client's connection} */
    static FrameLimits of(EndPoint endPoint) {
        return client(endPoint).frames();
    }

    private static LaneServerConnector.ClientEndPoint client(EndPoint endPoint) {
        return (LaneServerConnector.ClientEndPoint) Lanes.unwrapped(endPoint);
    }

    /** Begins to count the frames of a session. To be called before its first frame. */
    void watch(HTTP2Session begun) {
        session = begun;
        begun.addEventListener(this);
    }

    /** Called by Jetty for whatever it finds suspicious. {@return whether the client may go on} */
    @Override
    public boolean onEvent(Object event) {
        if (event instanceof ResetFrame reset) {
            giveUp(reset);
            return (cancelsSomething(reset) ? resets : lightFrames).take() && takesAnswers();
        }
        if (event instanceof SettingsFrame) {
            return settings.take() && takesAnswers();
        }
        if (event instanceof HeadersFrame) {
            return malformedHeads.take();
        }
        return lightFrames.take() && (!(event instanceof PingFrame) || takesAnswers());
    }

    private void giveUp(ResetFrame reset) {
        HTTP2Stream stream = session == null ? null : session.getStream(reset.getStreamId());
        if (stream != null) {
            ClientStream.giveUp(stream);
        }
    }

    /** A stream that is over already may be reset by a client that has not heard of its end. */
    private boolean cancelsSomething(ResetFrame reset) {
        return reset.getError() == ErrorCode.REFUSED_STREAM_ERROR.code
                || session == null
                || session.getStream(reset.getStreamId()) != null;
    }

    /** Whether the client reads what it is answered, or at least has not asked for much more since it stopped to. */
    private boolean takesAnswers() {
        return session == null || session.getFrameQueueSize() <= WAITING_FRAMES;
    }

    /** Of WINDOW_UPDATE Jetty suspects nothing, though there may be a million a second. */
    @Override
    public void onIncomingFrame(Session from, Frame frame) {
        HTTP2Session current = (HTTP2Session) from;
        client(current.getEndPoint()).head().reset();
        if (frame.getType() == FrameType.WINDOW_UPDATE && !lightFrames.take()) {
            refuse(current, "invalid_window_update_frame_rate");
        }
    }

    /** To be called while a frame of the session is looked at. */
    static void refuse(HTTP2Session session, String reason) {
        if (session.getEndPoint().getConnection() instanceof HTTP2Connection connection) {
            connection.onConnectionFailure(ErrorCode.ENHANCE_YOUR_CALM_ERROR.code, reason);
        }
    }

    @Override
    public void onOutgoingFrame(Session to, Frame frame) {
        if (frame.getType() == FrameType.DATA) {
            lightFrames.earn(LIGHT_FRAMES_EARNED);
        }
    }

    /** So many at once, and then so many a second. */
    private static final class Allowance {
        private static final long SECOND_NANOS = 1_000_000_000;

        private final TimeSource time;
        private final int most;
        private final long nanosEach;
        private int left;
        private long counted;

        Allowance(TimeSource time, int most, int perSecond) {
            this.time = time;
            this.most = most;
            this.nanosEach = SECOND_NANOS / perSecond;
            this.left = most;
            this.counted = time.nanoTime();
        }

        /** {@return whether there was one left, which is taken} */
        synchronized boolean take() {
            regain();
            if (left == 0) {
                return false;
            }
            left--;
            return true;
        }

        private void regain() {
            long now = time.nanoTime();
            long regained = (now - counted) / nanosEach;
            if (regained < most - left) {
                left += (int) regained;
                counted += regained * nanosEach;
            } else {
                left = most;
                counted = now;
            }
        }

        synchronized void earn(int more) {
            left = Math.min(most, left + more);
        }
    }
}
