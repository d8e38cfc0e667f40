package dev.gapless.proxy.jetty;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.eclipse.jetty.compression.zstandard.ZstandardCompression;
import org.eclipse.jetty.compression.zstandard.ZstandardEncoderConfig;
import org.eclipse.jetty.io.ArrayByteBufferPool;

/** RFC 8878. Padding is a frame that is skipped, after the one with the body. */
final class ZstandardFormat implements BodyFormat {
    /** The first of the magic numbers of section 3.1.2. */
    private static final int SKIPPABLE_FRAME = 0x184D2A50;

    /** The library wants a little more than 128 KiB for each body. */
    private static final int LARGEST_BUFFER_BYTES = 256 * 1024;

    private static final int POOLED_HEAP_BYTES = 4 * 1024 * 1024;

    private final ZstandardCompression zstandard = new ZstandardCompression();

    ZstandardFormat() {
        zstandard.setByteBufferPool(
                new ArrayByteBufferPool(0, -1, LARGEST_BUFFER_BYTES, Integer.MAX_VALUE, POOLED_HEAP_BYTES, 0));
    }

    @Override
    public OutputStream begin(EncodedBytes into, int level, long length, int padding) throws IOException {
        ZstandardEncoderConfig config = new ZstandardEncoderConfig();
        config.setCompressionLevel(level);
        OutputStream body = zstandard.newEncoderOutputStream(into, config);
        if (body instanceof ZstdOutputStream stream) {
            stream.setWindowLog(BodyFormat.window(length));
        }
        return body;
    }

    @Override
    public void end(OutputStream body, EncodedBytes into, int padding) throws IOException {
        body.close();
        if (padding > 0) {
            writeLittleEndian(into, SKIPPABLE_FRAME);
            writeLittleEndian(into, padding);
            into.writePadding(padding);
        }
    }

    private static void writeLittleEndian(EncodedBytes into, int number) {
        for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
            into.write(number >>> shift);
        }
    }
}
