package dev.gapless.proxy.jetty;

import dev.gapless.proxy.BodyOptions;
import dev.gapless.proxy.Buffering;
import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.ServiceOptions;

/** What tests of compression begin with: a service that compresses, whose encoders must all be closed afterwards. */
abstract class CompressionScaffold extends AnyClientScaffold {
    static final String TEXT = "All work and no play makes Jack a dull boy.\n".repeat(100);

    static ServiceOptions.Builder compressing() {
        return compressing(CompressionOptions.builder());
    }

    static ServiceOptions.Builder compressing(CompressionOptions.Builder compression) {
        return withAndWithoutTls().compression(compression.build());
    }

    /** Bodies go on as they come. */
    static ServiceOptions.Builder compressingStreams() {
        return compressing()
                .bodies(BodyOptions.builder().responseBuffering(Buffering.OFF).build());
    }

    /** A response with TEXT as its body and these further header lines. */
    static String text(String... lines) {
        return response(TEXT, lines);
    }

    static String response(String body, String... lines) {
        StringBuilder head = new StringBuilder("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n");
        for (String line : lines) {
            head.append(line).append("\r\n");
        }
        return head + "\r\n" + body;
    }

    static String chunk(String content) {
        return Integer.toHexString(content.length()) + "\r\n" + content + "\r\n";
    }

    int openEncoders() {
        return proxy.assembly.encoders().open();
    }

    /** The clients, which come later, are closed before. */
    @Override
    RawTarget serve(RawTarget target, ServiceOptions options) {
        RawTarget served = super.serve(target, options);
        closing(this::awaitNoEncoder);
        return served;
    }

    /** Its connection is cut in the end, which one of HTTP/2 is not by a client that stops with a response on the way. */
    @Override
    AnyClient client(AnyClient.Protocol protocol) throws Exception {
        AnyClient client = super.client(protocol);
        closing(client::disconnect);
        return client;
    }

    void awaitNoEncoder() {
        eventually("every encoder is closed", () -> openEncoders() == 0);
    }
}
