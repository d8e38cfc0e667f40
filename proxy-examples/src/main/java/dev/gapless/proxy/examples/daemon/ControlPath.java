package dev.gapless.proxy.examples.daemon;

import java.nio.file.Path;
import java.util.Map;

/** Where the control socket is: {@code GAPLESS_SOCKET}, or {@code gapless.sock} in the user's runtime directory. */
final class ControlPath {
    private ControlPath() {}

    static Path of(Map<String, String> environment) {
        String socket = environment.getOrDefault("GAPLESS_SOCKET", "");
        if (!socket.isEmpty()) {
            return Path.of(socket);
        }
        String directory = environment.getOrDefault("XDG_RUNTIME_DIR", "");
        return Path.of(directory.isEmpty() ? System.getProperty("java.io.tmpdir") : directory, "gapless.sock");
    }
}
