package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.jetty.Http2Client;
import dev.gapless.proxy.jetty.RawMessage;
import dev.gapless.proxy.jetty.faults.RawClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.StreamSupport;
import org.eclipse.jetty.http.HttpField;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/** What a client gets of a response, apart from the sizes of its chunks or frames. */
record Fetched(String status, List<String> fields, String body, List<String> trailers) {
    /** How it is asked for. */
    enum Protocol {
        HTTP_1_0,
        HTTP_1_1,
        HTTP_2
    }

    static Fetched over(Protocol protocol, int port, String method, String path) throws Exception {
        return switch (protocol) {
            case HTTP_1_0 -> overHttp1(port, method + " " + path + " HTTP/1.0\r\nHost: a\r\n\r\n");
            case HTTP_1_1 -> overHttp1(port, method + " " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
            case HTTP_2 -> overHttp2(port, method, path);
        };
    }

    private static Fetched overHttp1(int port, String request) throws IOException {
        try (RawClient client = new RawClient(port)) {
            return of(client.send(request).readToEnd());
        }
    }

    private static Fetched of(String response) throws IOException {
        int end = response.indexOf("\r\n\r\n") + 4;
        boolean chunked = response.substring(0, end).contains("\r\nTransfer-Encoding: chunked\r\n");
        ByteArrayInputStream in = new ByteArrayInputStream(response.getBytes(ISO_8859_1));
        RawMessage message = chunked ? RawMessage.read(in) : RawMessage.readHead(in);
        String body = chunked ? message.text() : response.substring(end);
        return new Fetched(message.startLine(), message.fields(), body, message.trailers());
    }

    private static Fetched overHttp2(int port, String method, String path) throws Exception {
        try (Http2Client client = Http2Client.to(port)) {
            Http2Client.Response response = client.begin(method, path, true).response();
            return new Fetched(
                    String.valueOf(response.status()),
                    lines(response.fields()),
                    response.text(),
                    lines(response.trailers()));
        }
    }

    private static List<String> lines(Iterable<HttpField> fields) {
        return StreamSupport.stream(fields.spliterator(), false)
                .map(field -> field.getName() + ": " + field.getValue())
                .toList();
    }

    /** The same without the fields of that name, in lower case. */
    Fetched without(String name) {
        List<String> rest = fields.stream()
                .filter(field -> !field.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                .toList();
        return new Fetched(status, rest, body, trailers);
    }

    /** The names of the fields, in lower case. */
    List<String> names() {
        return fields.stream()
                .map(field -> field.substring(0, field.indexOf(':')).toLowerCase(Locale.ROOT))
                .toList();
    }

    boolean hasStatus(int wanted) {
        return status.equals(String.valueOf(wanted)) || status.startsWith("HTTP/1.1 " + wanted + " ");
    }
}
