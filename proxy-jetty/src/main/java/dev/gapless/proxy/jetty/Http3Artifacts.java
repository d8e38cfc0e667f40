package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ProxyStartException;
import java.util.Map;

/** Tells whether there is what HTTP/3 needs, which is optional: nothing else may touch it before. */
final class Http3Artifacts {
    /** What must be there, by a class of it. */
    private static final Map<String, String> ARTIFACTS = Map.of(
            "org.eclipse.jetty.http3.server.HTTP3ServerConnectionFactory", "org.eclipse.jetty.http3:jetty-http3-server",
            "org.eclipse.jetty.quic.quiche.server.QuicheServerConnector",
                    "org.eclipse.jetty.quic:jetty-quic-quiche-server");

    /** Chooses a binding to the native library when it is initialized. */
    private static final String LIBRARY = "org.eclipse.jetty.quic.quiche.Quiche";

    private Http3Artifacts() {}

    /**
     * Loads the native library, unless it is.
     *
     * @throws ProxyStartException if something is missing; the message names the artifact
     */
    static void check() {
        check(Http3Artifacts.class.getClassLoader());
    }

    static void check(ClassLoader from) {
        ARTIFACTS.forEach((type, artifact) -> {
            try {
                Class.forName(type, false, from);
            } catch (ClassNotFoundException | LinkageError e) {
                throw new ProxyStartException("HTTP/3 needs the artifact " + artifact + ", which is missing", e);
            }
        });
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(from); // By which Jetty looks for bindings.
        try {
            Class.forName(LIBRARY, true, from);
        } catch (ClassNotFoundException | LinkageError e) {
            throw new ProxyStartException(
                    "HTTP/3 needs the artifact org.eclipse.jetty.quic:jetty-quic-quiche-jna, with the native library"
                            + " org.mortbay.jetty.quiche:jetty-quiche-native of the version that it names: "
                            + reason(e),
                    e);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static String reason(Throwable failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        Throwable[] details = cause.getSuppressed();
        return String.valueOf((details.length == 0 ? cause : details[0]).getMessage());
    }
}
