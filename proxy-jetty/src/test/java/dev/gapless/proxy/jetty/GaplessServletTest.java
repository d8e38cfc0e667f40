package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.servlet.GaplessServlet;
import dev.gapless.proxy.jetty.servlet.MountPath;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Enumeration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.eclipse.jetty.ee11.servlet.ErrorPageErrorHandler;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

class GaplessServletTest extends ProxyScaffold {
    private static final String TYPED = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok";

    private final Server server = new Server();
    private int port;

    /** Mounts a proxy with one service in a context. */
    private RawTarget mount(String contextPath, String mapping, MountPath mountPath) throws Exception {
        return mount(new ServletContextHandler(contextPath), mapping, mountPath, true);
    }

    private RawTarget mount(ServletContextHandler context, String mapping, MountPath mountPath, boolean async)
            throws Exception {
        proxy = loopback().withoutPorts().build();
        ServletHolder holder = new ServletHolder(new GaplessServlet(proxy, mountPath));
        holder.setAsyncSupported(async);
        context.addServlet(holder, mapping);
        server.setHandler(context);
        Front.Reached reached = Front.started(server, proxy);
        closing(reached.end());
        port = reached.port();
        client().get("/any"); // The container makes a servlet when it is first asked for.
        RawTarget target = closing(RawTarget.answering(TYPED));
        deploy("app", ServiceOptions.defaults(), target);
        return target;
    }

    private RawTarget mountBehind(Filter filter) throws Exception {
        return mountBehind(filter, new ServletContextHandler("/"));
    }

    private RawTarget mountBehind(Filter filter, ServletContextHandler context) throws Exception {
        FilterHolder holder = new FilterHolder(filter);
        holder.setAsyncSupported(true);
        context.addFilter(holder, "/*", EnumSet.of(DispatcherType.REQUEST));
        return mount(context, "/*", MountPath.STRIPPED, true);
    }

    @Override
    RawClient client() throws Exception {
        return closing(RawClient.to(port));
    }

    @ParameterizedTest
    @CsvSource({
        "/, /*, /a/b?c=d, /a/b?c=d",
        "/, /, /a/b, /a/b",
        "/shop, /*, /shop/a, /a",
        "/shop, /*, /shop/, /",
        "/shop, /api/*, /shop/api/a%41/c, /a%41/c",
        "/shop, /api/*, /shop/api, /",
        "/shop, /api/*, /shop/%61pi/a, /a",
        "/shop, /api/*, /shop/x/../api/a, /a",
        "/, /api/exact, /api/exact, /",
        "/shop, *.do, /shop/a.do, /a.do"
    })
    void servicesSeeWhatFollowsTheMount(String context, String mapping, String asked, String seen) throws Exception {
        RawTarget target = mount(context, mapping, MountPath.STRIPPED);

        assertThat(client().get(asked).status()).isEqualTo(200);

        assertThat(target.taken().requestTarget()).isEqualTo(seen);
    }

    @Test
    void servicesSeeTheWholePathIfItIsKept() throws Exception {
        RawTarget target = mount("/shop", "/api/*", MountPath.KEPT);

        client().get("/shop/api/a%41b?c");

        assertThat(target.taken().requestTarget()).isEqualTo("/shop/api/a%41b?c");
    }

    @Test
    void theContentTypeIsNotChanged() throws Exception {
        mount("/", "/*", MountPath.STRIPPED);

        RawMessage answer = client().get("/");

        assertThat(answer.field("Content-Type")).isEqualTo("text/html");
        assertThat(answer.field("Content-Length")).isEqualTo("2");
    }

    @Test
    void withoutSupportForAsynchronousRequestsTheyAreAnsweredWithAnError() throws Exception {
        RawTarget target = mount(new ServletContextHandler("/"), "/*", MountPath.STRIPPED, false);

        RawMessage answer = client().get("/");

        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.text()).contains("async-supported");
        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void whatAFilterRefusesIsRefusedAlthoughTheErrorPageWouldBeAService() throws Exception {
        ErrorPageErrorHandler pages = new ErrorPageErrorHandler();
        pages.addErrorPage(ErrorPageErrorHandler.GLOBAL_ERROR_PAGE, "/error");
        ServletContextHandler context = new ServletContextHandler("/");
        context.setErrorHandler(pages);
        RawTarget target =
                mountBehind((request, response, chain) -> ((HttpServletResponse) response).sendError(403), context);

        RawMessage answer = client().get("/");

        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.body()).isEmpty();
        assertThat(target.hasTakenNone()).isTrue();
    }

    @Test
    void whatAFilterHasChangedInTheHeadIsSentOn() throws Exception {
        RawTarget target = mountBehind((request, response, chain) -> {
            ((HttpServletResponse) response).addHeader("X-Filter", "was here");
            chain.doFilter(
                    new HttpServletRequestWrapper((HttpServletRequest) request) {
                        @Override
                        public String getHeader(String name) {
                            return "X-User".equalsIgnoreCase(name) ? "ann" : super.getHeader(name);
                        }

                        @Override
                        public Enumeration<String> getHeaders(String name) {
                            return "X-User".equalsIgnoreCase(name)
                                    ? Collections.enumeration(List.of("ann"))
                                    : super.getHeaders(name);
                        }

                        @Override
                        public Enumeration<String> getHeaderNames() {
                            List<String> names = Collections.list(super.getHeaderNames());
                            names.add("X-User");
                            return Collections.enumeration(names);
                        }
                    },
                    response);
        });

        RawMessage answer = client().get("/");

        assertThat(target.taken().field("X-User")).isEqualTo("ann");
        assertThat(answer.field("X-Filter")).isEqualTo("was here");
    }

    private static byte[] inUpperCase(byte[] text) {
        return new String(text, ISO_8859_1).toUpperCase(Locale.ROOT).getBytes(ISO_8859_1);
    }

    @Test
    void aBodyOfAFiltersOwnIsSentOn() throws Exception {
        RawTarget target = mountBehind((request, response, chain) -> chain.doFilter(
                new HttpServletRequestWrapper((HttpServletRequest) request) {
                    private final ServletInputStream upperCase =
                            new ServletBody(inUpperCase(super.getInputStream().readAllBytes()));

                    @Override
                    public ServletInputStream getInputStream() {
                        return upperCase;
                    }
                },
                response));

        client().send(RawClient.head("POST", "/", "Content-Length: 5") + "hello")
                .read();

        assertThat(target.taken().text()).isEqualTo("HELLO");
    }

    @Test
    void aBodyThatAFilterHasReadIsMissed() throws Exception {
        RawTarget target = mountBehind((request, response, chain) -> {
            Objects.requireNonNull(request.getParameter("a"));
            chain.doFilter(request, response);
        });

        RawMessage answer = client().send(RawClient.head(
                                "POST", "/", "Content-Length: 3", "Content-Type: application/x-www-form-urlencoded")
                        + "a=b")
                .read();

        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.text()).contains("has been read");
        assertThat(target.hasTakenNone()).isTrue();
    }

    /** Wraps responses as a filter does that compresses them. */
    private static void compress(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        CompressedResponse compressed = new CompressedResponse((HttpServletResponse) response);
        chain.doFilter(request, compressed);
    }

    @Test
    void aResponseThatAFilterCompressesPasses() throws Exception {
        mountBehind(GaplessServletTest::compress);

        RawMessage answer = client().get("/");

        assertThat(answer.status()).isEqualTo(200);
        try (InputStream plain = new GZIPInputStream(new ByteArrayInputStream(answer.body()))) {
            assertThat(plain.readAllBytes()).asString(ISO_8859_1).isEqualTo("ok");
        }
    }

    @Test
    void aWebSocketPassesWhereAFilterCompressesResponses() throws Exception {
        mountBehind(GaplessServletTest::compress);
        RawTarget target = closing(RawTarget.answeringHeads((request, connection) -> {
            connection.send(WebSockets.granted(request) + "early");
            connection.send(connection.in.readNBytes(5));
        }));
        deploy("app", ServiceOptions.defaults(), target);
        RawClient client = client().send(RawClient.head("GET", "/ws", WebSockets.asked()));

        assertThat(client.readHead().status()).isEqualTo(101);
        assertThat(client.readBytes(5)).isEqualTo("early");
        assertThat(client.send("hello").readBytes(5)).isEqualTo("hello");
        client.close();
        eventually("the lease is released", () -> requestsInFlight() == 0);
    }

    @Test
    void aProxyThatRunsAlreadyIsNotStoppedByTheServlet() throws Exception {
        proxy = start(loopback());
        ServletContextHandler context = new ServletContextHandler("/");
        context.addServlet(new GaplessServlet(proxy), "/*");
        server.setHandler(context);
        Front.Reached reached = Front.started(server, proxy);
        port = reached.port();
        closing(reached.end());
        deploy("app", ServiceOptions.defaults(), closing(RawTarget.answering(RawTarget.OK)));
        assertThat(client().get("/", "Connection: close").status()).isEqualTo(200);

        server.stop();

        assertThat(closing(RawClient.to(proxy.port())).get("/").status()).isEqualTo(200);
    }

    /** A response that is compressed as it is written. */
    private static final class CompressedResponse extends HttpServletResponseWrapper {
        private @Nullable CompressedStream stream;

        CompressedResponse(HttpServletResponse response) {
            super(response);
        }

        @Override
        public ServletOutputStream getOutputStream() throws IOException {
            if (stream == null) {
                stream = new CompressedStream(super.getOutputStream());
            }
            return stream;
        }

        @Override
        public void setContentLengthLong(long length) {
            // It will be another.
        }

        @Override
        public void setHeader(String name, String value) {
            if (!name.equalsIgnoreCase("Content-Length")) {
                super.setHeader(name, value);
            }
        }

        @Override
        public void addHeader(String name, String value) {
            if (!name.equalsIgnoreCase("Content-Length")) {
                super.addHeader(name, value);
            }
        }

        @Override
        public void flushBuffer() throws IOException {
            if (stream != null) {
                stream.flush();
            }
            super.flushBuffer();
        }
    }

    /** Says something, a header and a trailer, of nothing, too. */
    private static final class CompressedStream extends ServletOutputStream {
        private final GZIPOutputStream compressed;

        CompressedStream(ServletOutputStream to) throws IOException {
            compressed = new GZIPOutputStream(to);
        }

        @Override
        public void write(int character) throws IOException {
            compressed.write(character);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            compressed.write(bytes, offset, length);
        }

        @Override
        public void flush() throws IOException {
            compressed.flush();
        }

        @Override
        public void close() throws IOException {
            compressed.close();
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void setWriteListener(WriteListener listener) {
            throw new UnsupportedOperationException("it is written by who waits for it");
        }
    }
}
