package dev.gapless.proxy.jetty;

import dev.gapless.proxy.jetty.tls.PemFiles;
import java.io.IOException;
import java.nio.file.Path;
import org.eclipse.jetty.quic.quiche.PemPaths;

/** A process of its own that has a key in use over HTTP/3, says where, and lives until it is killed. */
final class Http3KeysProcess {
    private Http3KeysProcess() {}

    public static void main(String[] arguments) throws Exception {
        Http3Certificates<PemPaths> certificates = new Http3Certificates<>(Path.of(arguments[0]), files -> files);
        PemPaths files = certificates.of(PemFiles.read(Path.of(arguments[1]), Path.of(arguments[2])));
        System.out.println(files.privateKeyPemPath());
        while (System.in.read() >= 0) {
            // Killed here.
        }
        certificates.remove();
    }

    static Process start(Path parent, Certificates certificate) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Http3KeysProcess.class.getName(),
                        parent.toString(),
                        certificate.chain().toString(),
                        certificate.key().toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }
}
