package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.io.OutputStream;
import org.eclipse.jetty.compression.gzip.GzipCompression;
import org.eclipse.jetty.compression.gzip.GzipEncoderConfig;

/** RFC 1952. Padding is a comment in its header. */
final class GzipFormat implements BodyFormat {
    private static final int BUFFER_BYTES = 8192;
    /**
     * Where a header of RFC 1952, section 2.3, has its flags; without flags, which is how the JDK writes it, it ends soon after.
     */
    private static final int FLAGS = 3;

    private static final int COMMENT_FOLLOWS = 0x10;

    private final GzipCompression gzip = new GzipCompression();

    @Override
    public OutputStream begin(EncodedBytes into, int level, long length, int padding) throws IOException {
        GzipEncoderConfig config = new GzipEncoderConfig();
        config.setBufferSize(BUFFER_BYTES);
        config.setCompressionLevel(level);
        config.setSyncFlush(true);
        OutputStream body = gzip.newEncoderOutputStream(into, config);
        if (padding > 0) {
            into.setBits(FLAGS, COMMENT_FOLLOWS);
            into.writePadding(padding - 1);
            into.write(0);
        }
        return body;
    }

    @Override
    public void end(OutputStream body, EncodedBytes into, int padding) throws IOException {
        body.close();
    }
}
