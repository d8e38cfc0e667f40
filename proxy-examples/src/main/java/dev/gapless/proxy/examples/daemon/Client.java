package dev.gapless.proxy.examples.daemon;

import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;

/** Hands a command to the running daemon and waits for its end. */
final class Client {
    private Client() {}

    /** Returns the exit status. */
    static int send(List<String> arguments) {
        Path socket = ControlPath.of(System.getenv());
        Reply reply;
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            reply = exchange(channel, arguments);
        } catch (IOException | UnsupportedOperationException e) {
            reply = Reply.error("no daemon answers on " + socket + " (" + e.getMessage()
                    + "); is gapless-proxy run running, and GAPLESS_SOCKET the same?");
        }
        return reply.print();
    }

    private static Reply exchange(SocketChannel channel, List<String> arguments) {
        try {
            Wire.writeRequest(
                    new DataOutputStream(new BufferedOutputStream(Channels.newOutputStream(channel))),
                    System.getProperty("user.dir"),
                    arguments);
            return Wire.readReply(new DataInputStream(Channels.newInputStream(channel)));
        } catch (IOException e) {
            return Reply.error("the daemon went away before the command was done");
        }
    }
}
