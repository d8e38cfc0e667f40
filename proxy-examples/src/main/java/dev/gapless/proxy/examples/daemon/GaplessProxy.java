package dev.gapless.proxy.examples.daemon;

import java.util.List;
import java.util.Set;

/** The {@code gapless-proxy} program: runs the daemon, or has a running one carry out a command. */
public final class GaplessProxy {
    private static final Set<String> SENT_TO_DAEMON = Set.of(
            "deploy", "remove", "rm", "list", "ls", "pause", "resume", "stop", "rollout", "purge", "explain", "import");

    private GaplessProxy() {}

    public static void main(String[] args) {
        int status = isSentToDaemon(args) ? Client.send(List.of(args)) : Program.run(args);
        if (status != 0) {
            System.exit(status);
        }
    }

    /** Without a lambda: setting up the first one takes a good part of the time that a command takes. */
    private static boolean isSentToDaemon(String[] args) {
        for (String arg : args) {
            if (arg.equals("--help") || arg.equals("-h")) {
                return false;
            }
        }
        return args.length > 0 && SENT_TO_DAEMON.contains(args[0]);
    }
}
