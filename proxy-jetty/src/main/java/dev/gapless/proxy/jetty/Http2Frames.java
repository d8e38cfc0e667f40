package dev.gapless.proxy.jetty;

import java.io.IOException;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.HTTP2Stream;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.frames.Frame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/** Sees the frames of HTTP/2 connections to targets, and tells each request what Jetty's client does not. Stateless. */
final class Http2Frames implements HTTP2Session.FrameListener {
    private static final String PROGRESS = Http2Progress.class.getName();

    @Override
    public void onOutgoingFrame(Session session, Frame frame) {
        if (frame instanceof HeadersFrame headers
                && headers.getMetaData() instanceof MetaData.Request request
                && request.getTrailersSupplier() instanceof Http2Progress progress) {
            Stream stream = session.getStream(headers.getStreamId());
            if (stream != null) {
                stream.setAttribute(PROGRESS, progress);
            }
            progress.headIsSent();
        } else if (frame instanceof ResetFrame reset && reset.getError() != ErrorCode.CANCEL_STREAM_ERROR.code) {
            fail(session.getStream(reset.getStreamId()), reset.getError());
        }
    }

    @Override
    public void onIncomingFrame(Session session, Frame frame) {
        if (frame instanceof ResetFrame reset) {
            Stream stream = session.getStream(reset.getStreamId());
            if (stream != null && stream.getAttribute(PROGRESS) instanceof Http2Progress progress) {
                progress.resetBy(reset.getError());
            }
        }
    }

    /**
     * Jetty resets a stream whose target breaks the rules, with more bytes than it has announced say, without telling whoever
     * waits for the rest. Cancelled streams have nobody who waits.
     */
    private static void fail(@Nullable Stream stream, int error) {
        if (stream instanceof HTTP2Stream broken && broken.getListener() != null) {
            IOException failure =
                    new IOException("the target broke the protocol: " + ErrorCode.toString(error, "error " + error));
            Lanes.execute(
                    broken.getSession().getEndPoint(),
                    () -> broken.getListener().onFailure(broken, error, "", failure, Callback.NOOP));
        }
    }
}
