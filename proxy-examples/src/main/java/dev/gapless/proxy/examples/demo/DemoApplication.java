package dev.gapless.proxy.examples.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;

/**
 * A small application, to be put behind the proxy: {@code /up}, {@code /short}, {@code /slow} (a second) and {@code /upload}
 * (answers how many bytes came). Each response begins with the version, which is the first argument; with {@value #UNHEALTHY}
 * as the second, {@code /up} is 503. Prints its port, and ends with its standard input.
 */
public final class DemoApplication extends Handler.Abstract {
    static final String UNHEALTHY = "unhealthy";
    private static final long SLOW_MILLIS = 1_000;

    private final String version;
    private final boolean healthy;

    private DemoApplication(String version, boolean healthy) {
        this.version = version;
        this.healthy = healthy;
    }

    public static void main(String[] args) throws Exception {
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost(InetAddress.getLoopbackAddress().getHostAddress());
        server.addConnector(connector);
        server.setHandler(new DemoApplication(args[0], !List.of(args).contains(UNHEALTHY)));
        server.start();
        System.out.println(connector.getLocalPort());
        System.in.transferTo(OutputStream.nullOutputStream());
        System.exit(0);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        switch (Request.getPathInContext(request)) {
            case "/up" -> answer(healthy ? 200 : 503, healthy ? "ok" : "not yet", response, callback);
            case "/short" -> answer(200, version, response, callback);
            case "/slow" ->
                request.getComponents()
                        .getScheduler()
                        .schedule(() -> answer(200, version, response, callback), SLOW_MILLIS, TimeUnit.MILLISECONDS);
            case "/upload" -> answer(200, version + " " + count(request), response, callback);
            default -> answer(404, "no such page", response, callback);
        }
        return true;
    }

    private static long count(Request request) throws IOException {
        try (InputStream body = Content.Source.asInputStream(request)) {
            return body.transferTo(OutputStream.nullOutputStream());
        }
    }

    private static void answer(int status, String text, Response response, Callback callback) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        response.setStatus(status);
        response.getHeaders().put("Content-Type", "text/plain; charset=utf-8");
        response.getHeaders().put("Content-Length", bytes.length);
        response.write(true, ByteBuffer.wrap(bytes), callback);
    }
}
