package dev.gapless.proxy.examples.benchmark;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A whole response, but for most of its body.
 *
 * @param answer the mark that the target gives each of its responses, which no two have; empty if there is none
 * @param firstByte of the body
 */
record Reply(String answer, int firstByte) {
    private static final int TIMEOUT_MILLIS = 10_000;

    /** Sends a workload's request once. Throws if the response is not of the length that the workload is about. */
    static Reply to(Site site, Workload workload) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), site.httpPort()), TIMEOUT_MILLIS);
            String request =
                    "GET " + workload.path() + " HTTP/1.1\r\nHost: " + site.host() + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return read(new BufferedInputStream(socket.getInputStream(), 1 << 16), workload.responseBytes());
        }
    }

    private static Reply read(InputStream in, long expected) throws IOException {
        String status = line(in);
        if (!status.startsWith("HTTP/1.1 200")) {
            throw new IOException("the response was \"" + status + "\"");
        }
        Map<String, String> fields = new TreeMap<>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            fields.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        int firstByte = in.read();
        long length = 1 + in.transferTo(OutputStream.nullOutputStream());
        String declared = fields.getOrDefault("content-length", "none");
        if (length != expected || !declared.equals(Long.toString(expected))) {
            throw new IOException("the response had " + length + " bytes and a declared length of " + declared
                    + ", where " + expected + " were to come");
        }
        return new Reply(fields.getOrDefault(Target.ANSWER, ""), firstByte);
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
            if (next != '\r') {
                line.append((char) next);
            }
        }
        return line.toString();
    }
}
