package dev.gapless.proxy.jetty;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;

/** A class path like that of the tests, but without one of its artifacts, nor the tests themselves. */
final class WithoutArtifact extends URLClassLoader {
    WithoutArtifact(String artifact) {
        super(entriesWithout(artifact), ClassLoader.getPlatformClassLoader());
    }

    private static URL[] entriesWithout(String artifact) {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.contains(artifact) && !entry.contains("test-classes"))
                .map(WithoutArtifact::url)
                .toArray(URL[]::new);
    }

    private static URL url(String entry) {
        try {
            return Path.of(entry).toUri().toURL();
        } catch (MalformedURLException e) {
            throw new IllegalStateException(e);
        }
    }
}
