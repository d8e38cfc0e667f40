package dev.gapless.proxy.examples.benchmark;

import java.nio.file.Path;
import java.util.List;

/**
 * Where a contestant is to listen, on loopback, and which its target is, and where. Requests come under the name of {@code host}.
 */
record Site(String host, int httpPort, int httpsPort, Backend backend, int targetPort, Certificate certificate) {

    /** One word for a command line, which {@link #parse} reads back in the contestant's own process. */
    String format() {
        return String.join(
                ",",
                List.of(
                        host,
                        Integer.toString(httpPort),
                        Integer.toString(httpsPort),
                        backend.name(),
                        Integer.toString(targetPort),
                        certificate.directory().toString()));
    }

    /** The same, but for requests under another name. */
    Site under(String otherHost) {
        return new Site(otherHost, httpPort, httpsPort, backend, targetPort, certificate);
    }

    /** The same, but for plain requests at the port that is otherwise for TLS. */
    Site atOtherPort() {
        return new Site(host, httpsPort, httpPort, backend, targetPort, certificate);
    }

    /** Where the target's and the contestants' common files are. */
    Path commonFiles() {
        return certificate.directory();
    }

    static Site parse(String word) {
        String[] parts = word.split(",", 6);
        return new Site(
                parts[0],
                Integer.parseInt(parts[1]),
                Integer.parseInt(parts[2]),
                Backend.valueOf(parts[3]),
                Integer.parseInt(parts[4]),
                new Certificate(Path.of(parts[5])));
    }

    String target() {
        return "127.0.0.1:" + targetPort;
    }
}
