package dev.gapless.proxy.faults;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryStream;
import java.nio.file.FileStore;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Asks the {@link Faults} before each call to the default provider. */
final class FaultyProvider extends FileSystemProvider {
    private final FaultyFileSystem fileSystem;
    private final Faults faults;

    FaultyProvider(FaultyFileSystem fileSystem, Faults faults) {
        this.fileSystem = fileSystem;
        this.faults = faults;
    }

    private Path before(SystemCall call, Path path) throws IOException {
        Path real = FaultyPath.real(path);
        faults.before(call, real);
        return real;
    }

    @Override
    public FileChannel newFileChannel(Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
            throws IOException {
        Path real = before(SystemCall.OPEN, path);
        return new FaultyChannel(FileChannel.open(real, options, attributes), real, faults);
    }

    @Override
    public SeekableByteChannel newByteChannel(
            Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes) throws IOException {
        return newFileChannel(path, options, attributes);
    }

    @Override
    public DirectoryStream<Path> newDirectoryStream(Path directory, DirectoryStream.Filter<? super Path> filter)
            throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(before(SystemCall.LIST, directory))) {
            for (Path file : files) {
                Path wrapped = new FaultyPath(fileSystem, file);
                if (filter.accept(wrapped)) {
                    found.add(wrapped);
                }
            }
        }
        return new DirectoryStream<>() {
            @Override
            public Iterator<Path> iterator() {
                return found.iterator();
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void createDirectory(Path directory, FileAttribute<?>... attributes) throws IOException {
        Files.createDirectory(before(SystemCall.MAKE_DIRECTORY, directory), attributes);
    }

    @Override
    public void delete(Path path) throws IOException {
        Files.delete(before(SystemCall.DELETE, path));
    }

    @Override
    public void createLink(Path link, Path existing) throws IOException {
        Files.createLink(before(SystemCall.LINK, link), FaultyPath.real(existing));
    }

    @Override
    public Path readSymbolicLink(Path link) throws IOException {
        return new FaultyPath(fileSystem, Files.readSymbolicLink(before(SystemCall.READ_LINK, link)));
    }

    @Override
    public void move(Path source, Path target, CopyOption... options) throws IOException {
        Files.move(FaultyPath.real(source), before(SystemCall.RENAME, target), options);
    }

    @Override
    public <A extends BasicFileAttributes> A readAttributes(Path path, Class<A> type, LinkOption... options)
            throws IOException {
        return Files.readAttributes(before(SystemCall.ATTRIBUTES, path), type, options);
    }

    @Override
    public boolean isSameFile(Path one, Path other) throws IOException {
        return Files.isSameFile(before(SystemCall.ATTRIBUTES, one), FaultyPath.real(other));
    }

    @Override
    public void checkAccess(Path path, AccessMode... modes) throws IOException {
        Path real = before(SystemCall.ATTRIBUTES, path);
        real.getFileSystem().provider().checkAccess(real, modes);
    }

    @Override
    public String getScheme() {
        return "faulty";
    }

    @Override
    public FileSystem getFileSystem(URI uri) {
        return fileSystem;
    }

    @Override
    public FileSystem newFileSystem(URI uri, Map<String, ?> environment) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Path getPath(URI uri) {
        return new FaultyPath(fileSystem, Path.of(uri));
    }

    @Override
    public void copy(Path source, Path target, CopyOption... options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean isHidden(Path path) {
        return false;
    }

    @Override
    public FileStore getFileStore(Path path) {
        throw new UnsupportedOperationException();
    }

    @Override
    public <V extends FileAttributeView> V getFileAttributeView(Path path, Class<V> type, LinkOption... options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void setAttribute(Path path, String attribute, Object value, LinkOption... options) {
        throw new UnsupportedOperationException();
    }
}
