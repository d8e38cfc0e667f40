package dev.gapless.proxy.jetty;

import java.io.IOException;
import java.io.OutputStream;
import org.eclipse.jetty.compression.brotli.BrotliCompression;
import org.eclipse.jetty.compression.brotli.BrotliEncoderConfig;

/** RFC 7932. Padding is a block of metadata before its end. */
final class BrotliFormat implements BodyFormat {
    /** Not the last, no content, one byte for the length (section 9.2): the bits 0, 11, 0 and 01, from the lowest on. */
    private static final int METADATA = 0b010110;

    private static final int METADATA_BITS = 6;

    private final BrotliCompression brotli = new BrotliCompression();

    @Override
    public OutputStream begin(EncodedBytes into, int level, long length, int padding) throws IOException {
        BrotliEncoderConfig config = new BrotliEncoderConfig();
        config.setCompressionLevel(level);
        config.setLgWindow(BodyFormat.window(length));
        return brotli.newEncoderOutputStream(into, config);
    }

    @Override
    public void end(OutputStream body, EncodedBytes into, int padding) throws IOException {
        try {
            if (padding > 0) {
                body.flush(); // Which leaves it at the boundary of a byte.
                int header = METADATA | (padding - 1) << METADATA_BITS;
                into.write(header);
                into.write(header >>> Byte.SIZE);
                into.writePadding(padding);
            }
        } finally {
            body.close();
        }
    }
}
