package dev.gapless.proxy.jetty;

import dev.gapless.proxy.jetty.servlet.GaplessServlet;
import dev.gapless.proxy.jetty.servlet.ServletHandoff;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.EnumSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletContextRequest;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** Servlets and filters that do something wrong, or something rare, around the proxy. */
class ServletFaultsTest extends ProxyScaffold {
    private final BlockingQueue<Object> ends = new LinkedBlockingQueue<>();

    private static final class PageServlet extends HttpServlet {
        private static final long serialVersionUID = 1L;

        private final transient ServletHandoffTest.Page page;

        PageServlet(ServletHandoffTest.Page page) {
            this.page = page;
        }

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            page.handle(request, response);
        }
    }

    private RawClient to(ServletHandoffTest.Page page) throws Exception {
        ServletContextHandler context = new ServletContextHandler("/");
        context.addServlet(new ServletHolder(new PageServlet(page)), "/*");
        return closing(RawClient.to(closing(new Application(context)).port()));
    }

    /** Reaches the proxy by its servlet, behind a filter. */
    private RawClient toMountBehind(Filter filter) throws Exception {
        ServletContextHandler context = new ServletContextHandler("/");
        FilterHolder holder = new FilterHolder(filter);
        holder.setAsyncSupported(true);
        context.addFilter(holder, "/*", EnumSet.of(DispatcherType.REQUEST));
        context.addServlet(new GaplessServlet(proxy), "/*");
        return closing(RawClient.to(closing(new Application(context)).port()));
    }

    private Object end() throws InterruptedException {
        Object end = ends.poll(20, TimeUnit.SECONDS);
        assertThat(end).as("the end").isNotNull();
        return end;
    }

    @Test
    void aBodyThatWasSentBeforeLeavesTheRequestToItsServlet() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        Content.Source once = Content.Source.from(new ByteArrayInputStream("once".getBytes(UTF_8)));
        Handoff handoff = proxy.handoffTo("app").method("POST").body(once).build();
        RawClient client = to((request, response) -> {
            try {
                ServletHandoff.send(handoff, request, response);
            } catch (IllegalStateException e) {
                response.getWriter().print("own: " + e.getMessage());
            }
        });

        assertThat(client.get("/").text()).isEqualTo("ok");
        assertThat(client.get("/").text()).startsWith("own: the body of the handoff");
    }

    @Test
    void whatIsWrittenButNotSentYetKeepsARequestFromBeingHandedOff() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        Handoff handoff = proxy.handoffTo("app").build();
        RawClient client = to((request, response) -> {
            response.getOutputStream().print("own; ");
            try {
                ServletHandoff.send(handoff, request, response);
            } catch (IllegalStateException e) {
                response.getOutputStream().print(e.getMessage());
            }
        });

        for (int i = 0; i < 2; i++) {
            assertThat(client.get("/").text()).startsWith("own; the response");
        }
    }

    @Test
    void theContainersTimeoutDoesNotCountOnceARequestIsHandedOff() throws Exception {
        CountDownLatch late = new CountDownLatch(1);
        RawTarget target = serve(RawTarget.answeringAfter(late, RawTarget.OK));
        Handoff handoff = proxy.handoffTo("app").build();
        RawClient client = to((request, response) -> {
            AsyncContext async = request.startAsync();
            async.setTimeout(1_000);
            new Thread(() -> {
                        eventually("the container waits", () -> isWaiting(request));
                        try {
                            ServletHandoff.send(handoff, request, response);
                        } catch (IOException | IllegalStateException e) {
                            ends.add(e);
                        }
                    })
                    .start();
        });
        client.send(RawClient.head("GET", "/"));
        target.taken();

        new Thread(() -> {
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1_500));
                    late.countDown();
                })
                .start();

        assertThat(client.read().text()).isEqualTo("ok");
    }

    private static boolean isWaiting(HttpServletRequest request) {
        return ServletContextRequest.getServletContextRequest(request)
                .getServletRequestState()
                .isSuspended();
    }

    @Test
    void aRequestThatIsOverIsNotHandedOff() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        Handoff handoff = proxy.handoffTo("app").build();
        CountDownLatch over = new CountDownLatch(1);
        RawClient client = to((request, response) -> {
            AsyncContext async = request.startAsync();
            response.getOutputStream().print("own");
            async.complete();
            new Thread(() -> {
                        RawTarget.awaitUninterrupted(over);
                        try {
                            ServletHandoff.send(handoff, request, response);
                            ends.add("sent");
                        } catch (IOException | RuntimeException e) {
                            ends.add(e);
                        }
                    })
                    .start();
        });

        assertThat(client.get("/").text()).isEqualTo("own");
        assertThat(client.get("/").text()).isEqualTo("own");
        over.countDown();

        assertThat(end()).isInstanceOf(IllegalStateException.class);
        assertThat(end()).isInstanceOf(IllegalStateException.class);
        assertThat(target.hasTakenNone()).isTrue();
        assertThat(client.get("/").text()).isEqualTo("own");
    }

    @Test
    void aBodyThatAFilterMakesLongerThanItsHeadSaysIsNoFurtherRequest() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK), streaming());
        String smuggled = RawClient.head("GET", "/smuggled");
        RawClient client = toMountBehind((request, response, chain) -> {
            HttpServletRequest http = (HttpServletRequest) request;
            chain.doFilter(
                    http.getMethod().equals("POST") ? new OtherBody(http, "hello" + smuggled) : request, response);
        });

        RawMessage answer = client.send(RawClient.head("POST", "/", "Content-Length: 5") + "hello")
                .read();

        assertThat(client().get("/next").text()).isEqualTo("ok");
        assertThat(answer.status()).isIn(200, 400, 500, 502);
        RawMessage first = target.taken();
        RawMessage last = first.requestTarget().equals("/next") ? first : target.taken();
        assertThat(last.requestTarget()).isEqualTo("/next");
    }

    @Test
    void aBodyThatAFilterMakesShorterThanItsHeadSaysTakesNothingOfTheNextRequest() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK), streaming());
        RawClient client = toMountBehind((request, response, chain) -> {
            HttpServletRequest http = (HttpServletRequest) request;
            chain.doFilter(http.getMethod().equals("POST") ? new OtherBody(http, "he") : request, response);
        });

        RawMessage answer = client.send(RawClient.head("POST", "/", "Content-Length: 5") + "hello")
                .read();

        assertThat(client().get("/next").text()).isEqualTo("ok");
        assertThat(answer.status()).isIn(400, 500, 502);
        assertThat(target.taken().requestTarget()).isEqualTo("/next");
    }

    @Test
    void aFilterMayHaveStartedTheAsynchronousMode() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        RawClient client = toMountBehind((request, response, chain) -> {
            request.startAsync(request, response);
            chain.doFilter(request, response);
        });

        for (int i = 0; i < 2; i++) {
            assertThat(client.get("/").text()).isEqualTo("ok");
        }
    }

    @Test
    void aStreamThatThrowsAnErrorKeepsNoRequestWaiting() throws Exception {
        serve(RawTarget.answering(RawTarget.OK), streaming());
        RawClient client = toMountBehind((request, response, chain) -> chain.doFilter(
                new OtherBody((HttpServletRequest) request, "") {
                    @Override
                    public ServletInputStream getInputStream() {
                        return new ServletBody(new byte[0]) {
                            @Override
                            public int read(byte[] buffer, int offset, int length) {
                                throw new LinkageError("on purpose");
                            }
                        };
                    }
                },
                response));

        client.send(RawClient.head("POST", "/", "Content-Length: 5") + "hello");

        assertThat(client.readToEndOrReset()).as("broken off").isEmpty();
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void anHttp2ClientThatResetsItsStreamIsNoticed() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        RawTarget target = serve(RawTarget.answeringAfter(never, RawTarget.OK));
        ServletContextHandler context = new ServletContextHandler("/");
        context.addServlet(new GaplessServlet(proxy), "/*");
        Http2Client client =
                closing(Http2Client.to(closing(new Application(context)).port()));
        Http2Client.Sent sent = client.begin("GET", "/", true);
        target.taken();

        sent.stream().reset(new ResetFrame(sent.stream().getId(), ErrorCode.CANCEL_STREAM_ERROR.code), Callback.NOOP);

        eventually("no lease is left", () -> requestsInFlight() == 0);
        never.countDown();
        assertThat(client.get("/").text()).isEqualTo("ok");
    }

    @Test
    void theContainerMayStopWithARequestUnderWay() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        RawTarget target = serve(RawTarget.answeringAfter(never, RawTarget.OK));
        ServletContextHandler context = new ServletContextHandler("/");
        context.addServlet(new GaplessServlet(proxy), "/*");
        Application application = closing(new Application(context));
        RawClient client = closing(RawClient.to(application.port()));
        client.send(RawClient.head("GET", "/"));
        target.taken();

        application.close();

        eventually("no lease is left", () -> requestsInFlight() == 0);
        never.countDown();
        assertThat(client().get("/").text()).isEqualTo("ok");
    }

    /** Has another body than its client has sent. */
    private static class OtherBody extends HttpServletRequestWrapper {
        private final ServletInputStream body;

        OtherBody(HttpServletRequest request, String body) {
            super(request);
            this.body = new ServletBody(body.getBytes(UTF_8));
        }

        @Override
        public ServletInputStream getInputStream() {
            return body;
        }
    }
}
