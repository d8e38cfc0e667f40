package dev.gapless.proxy.buffer;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The temporary file of one buffer: readable by its owner only, and without a name as soon as it is open, where the platform
 * allows that. All methods block; one at a time has the file.
 */
final class SpillFile {
    private static final Logger LOG = LoggerFactory.getLogger(SpillFile.class);
    private static final Set<StandardOpenOption> OPTIONS = Set.of(
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.DELETE_ON_CLOSE);
    /** The JDK keeps a direct buffer a thread, as large as the largest heap buffer it was ever given. */
    private static final int SLICE = 64 << 10;

    private final Path path;
    private final FileChannel channel;
    private final Runnable whenClosed;

    private SpillFile(Path path, FileChannel channel, Runnable whenClosed) {
        this.path = path;
        this.channel = channel;
        this.whenClosed = whenClosed;
    }

    /** Makes the file; what is to be done when it is closed is done only if this succeeds. */
    static SpillFile create(Path path, Runnable whenClosed) throws IOException {
        return new SpillFile(path, FileChannel.open(path, OPTIONS, OwnerOnly.file(path)), whenClosed);
    }

    /** Writes all that remains of the source. */
    synchronized void write(long position, ByteBuffer source) throws IOException {
        channel.position(position);
        int end = source.limit();
        while (source.position() < end) {
            source.limit(Math.min(end, source.position() + SLICE));
            channel.write(source);
        }
    }

    /** Reads until the target is full. */
    synchronized void read(long position, ByteBuffer target) throws IOException {
        channel.position(position);
        int end = target.limit();
        while (target.position() < end) {
            target.limit(Math.min(end, target.position() + SLICE));
            if (channel.read(target) < 0) {
                throw new EOFException("it has been truncated");
            }
        }
    }

    /** Closes and deletes the file; what goes wrong there is logged. */
    synchronized void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.warn("closing {} failed", path, e);
        }
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.warn("deleting {} failed", path, e);
        }
        whenClosed.run();
    }

    @Override
    public String toString() {
        return path.toString();
    }
}
