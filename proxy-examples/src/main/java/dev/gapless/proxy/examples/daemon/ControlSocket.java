package dev.gapless.proxy.examples.daemon;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import jdk.net.ExtendedSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Unix domain socket on which the daemon takes commands, each on a connection and a thread of its own. Only its owner,
 * and root, are heard.
 *
 * <p>Beside the socket lies a lock, held for as long as the daemon lives: of two that start at once, one gets it. A socket
 * whose daemon has died is replaced.
 */
final class ControlSocket implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlSocket.class);
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final int BACKLOG = 256;
    private static final long LAST_REPLIES_SECONDS = 2;

    private final Path path;
    private final FileChannel lock;
    private final ServerSocketChannel server;
    private final ExecutorService threads = Executors.newCachedThreadPool(ControlSocket::daemonThread);

    private ControlSocket(Path path, FileChannel lock, ServerSocketChannel server) {
        this.path = path;
        this.lock = lock;
        this.server = server;
    }

    /** Takes the socket, or throws a {@link CommandFailure} if a daemon answers on it or it cannot be had. */
    static ControlSocket claim(Path path) {
        try {
            FileChannel lock = lock(path);
            if (answers(path)) {
                throw alreadyRunning(path);
            }
            return new ControlSocket(path, lock, bind(path));
        } catch (IOException | UnsupportedOperationException e) {
            throw new CommandFailure("the control socket " + path + " cannot be opened: " + e);
        }
    }

    private static FileChannel lock(Path path) throws IOException {
        FileChannel file = FileChannel.open(
                path.resolveSibling(path.getFileName() + ".lock"),
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        if (file.tryLock() == null) {
            file.close();
            throw alreadyRunning(path);
        }
        return file;
    }

    private static boolean answers(Path path) {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return probe.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException e) {
            return false;
        }
    }

    private static CommandFailure alreadyRunning(Path path) {
        return new CommandFailure(
                "a daemon is already running on the control socket " + path + "; the socket is in use");
    }

    private static ServerSocketChannel bind(Path path) throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            if (Files.isRegularFile(path) || Files.isDirectory(path)) {
                throw new IOException("it exists and is not a socket");
            }
            Files.delete(path);
        }
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(path), BACKLOG);
        Files.setPosixFilePermissions(path, OWNER_ONLY);
        return server;
    }

    Path path() {
        return path;
    }

    /** Takes commands from now on. */
    void serve(Function<Wire.Request, Reply> handler) {
        threads.execute(() -> acceptAll(handler));
    }

    private void acceptAll(Function<Wire.Request, Reply> handler) {
        while (server.isOpen()) {
            try {
                SocketChannel connection = server.accept();
                threads.execute(() -> answer(connection, handler));
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                LOG.warn("A connection to the control socket could not be accepted", e);
            }
        }
    }

    private void answer(SocketChannel channel, Function<Wire.Request, Reply> handler) {
        try (SocketChannel connection = channel) {
            DataInputStream in = new DataInputStream(new BufferedInputStream(Channels.newInputStream(connection)));
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(connection)));
            Wire.writeReply(out, isTrusted(connection) ? handler.apply(Wire.readRequest(in)) : notTheOwner());
        } catch (IOException e) {
            LOG.debug("A command was not read, or its client did not wait for the reply", e);
        }
    }

    /** The permissions of the socket come a moment after the socket. */
    private boolean isTrusted(SocketChannel connection) throws IOException {
        String peer =
                connection.getOption(ExtendedSocketOptions.SO_PEERCRED).user().getName();
        return peer.equals("root") || peer.equals(Files.getOwner(path).getName());
    }

    private static Reply notTheOwner() {
        return Reply.error("only the owner of the daemon may give it commands");
    }

    void refuseNewCommands() {
        try {
            server.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.warn("The control socket could not be removed", e);
        }
    }

    /** Lets the last replies go out, and frees the socket for another daemon. */
    @Override
    public void close() {
        refuseNewCommands();
        threads.shutdown();
        try {
            threads.awaitTermination(LAST_REPLIES_SECONDS, TimeUnit.SECONDS);
            lock.close();
        } catch (IOException e) {
            LOG.warn("The lock of the control socket could not be freed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Thread daemonThread(Runnable task) {
        Thread thread = new Thread(task, "gapless-control");
        thread.setDaemon(true);
        return thread;
    }
}
