package dev.gapless.proxy.buffer;

import dev.gapless.proxy.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A process of its own that makes private directories, looks whether they stay, and keeps the last until it is killed. */
final class KeepingProcess {
    private KeepingProcess() {}

    public static void main(String[] arguments) throws IOException {
        Path parent = Path.of(arguments[0]);
        System.out.println("ready");
        System.in.read();
        for (int i = Integer.parseInt(arguments[1]); i > 1; i--) {
            try (PrivateDirectory passing = PrivateDirectory.in(parent, PrivateDirectoryTest.KIND)) {
                keep(passing);
            }
        }
        System.out.println(keep(PrivateDirectory.in(parent, PrivateDirectoryTest.KIND)));
        while (System.in.read() >= 0) {
            // Killed here.
        }
    }

    private static Path keep(PrivateDirectory directory) throws IOException {
        Path key = Files.writeString(directory.newFile(".key"), "secret");
        if (!Files.readString(key).equals("secret")) {
            throw new IllegalStateException(key + " has changed");
        }
        return key;
    }

    /** Says that it is ready, and begins when it is told anything. */
    static Process start(Path parent, int directories) throws IOException {
        return ChildJvm.start(KeepingProcess.class, parent, directories);
    }
}
