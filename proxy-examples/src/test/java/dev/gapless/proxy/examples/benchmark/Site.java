package dev.gapless.proxy.examples.benchmark;

import java.nio.file.Path;
import java.util.List;

/**
 * Where a contestant is to listen, on loopback, and where its target is. Requests come under the name of {@code host}.
 */
record Site(String host, int httpPort, int httpsPort, int targetPort, Certificate certificate) {

    /** One word for a command line, which {@link #parse} reads back in the contestant's own process. */
    String format() {
        return String.join(
                ",",
                List.of(
                        host,
                        Integer.toString(httpPort),
                        Integer.toString(httpsPort),
                        Integer.toString(targetPort),
                        certificate.directory().toString()));
    }

    /** The same, but for requests under another name. */
    Site under(String otherHost) {
        return new Site(otherHost, httpPort, httpsPort, targetPort, certificate);
    }

    static Site parse(String word) {
        String[] parts = word.split(",", 5);
        return new Site(
                parts[0],
                Integer.parseInt(parts[1]),
                Integer.parseInt(parts[2]),
                Integer.parseInt(parts[3]),
                new Certificate(Path.of(parts[4])));
    }

    String target() {
        return "127.0.0.1:" + targetPort;
    }
}
