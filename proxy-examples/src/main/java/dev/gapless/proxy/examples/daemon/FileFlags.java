package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.SendfileOptions;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.StaticFiles;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which files the proxy sends. */
final class FileFlags {
    @Option(
            names = "--sendfile-root",
            split = ",",
            paramLabel = "<directory>",
            description = "Directory of files that the service may have sent by naming them in X-Sendfile or "
                    + "X-Accel-Redirect; may be repeated (default: none).")
    private List<Path> sendfileRoots = List.of();

    @Option(
            names = "--static-root",
            paramLabel = "<directory>",
            description = "Directory of files that are served before the service is asked (default: none).")
    private @Nullable Path staticRoot;

    /** Sets the options. */
    void addTo(ServiceOptions.Builder options) {
        List<Path> roots = sendfileRoots.stream()
                .filter(root -> !root.toString().isEmpty())
                .toList();
        if (!roots.isEmpty()) {
            SendfileOptions.Builder sendfile = SendfileOptions.builder();
            roots.forEach(sendfile::root);
            options.sendfile(sendfile.build());
        }
        Path files = TlsFlags.given(staticRoot);
        if (files != null) {
            options.staticFiles(StaticFiles.in(files));
        }
    }
}
