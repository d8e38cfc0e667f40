package dev.gapless.proxy.jetty;

import dev.gapless.proxy.HandoffResult;
import dev.gapless.proxy.jetty.servlet.ServletHandoff;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.junit.jupiter.api.Test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

/** What an application's servlets hand off to a service. */
class ServletHandoffTest extends ProxyScaffold {
    private final BlockingQueue<Object> ends = new LinkedBlockingQueue<>();

    /** What a servlet does with a request. */
    interface Page {
        void handle(HttpServletRequest request, HttpServletResponse response) throws IOException;
    }

    private static final class PageServlet extends HttpServlet {
        private static final long serialVersionUID = 1L;

        private final transient Page page;

        PageServlet(Page page) {
            this.page = page;
        }

        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            try {
                page.handle(request, response);
            } catch (IllegalStateException e) {
                response.setStatus(400);
                response.getWriter().print(e.getMessage());
            }
        }
    }

    private RawClient to(Page page) throws Exception {
        return to(page, true);
    }

    private RawClient to(Page page, boolean async) throws Exception {
        ServletContextHandler context = new ServletContextHandler("/shop");
        ServletHolder holder = new ServletHolder(new PageServlet(page));
        holder.setAsyncSupported(async);
        context.addServlet(holder, "/api/*");
        return closing(RawClient.to(closing(new Application(context)).port()));
    }

    private Handoff.Builder toApp() {
        return proxy.handoffTo("app").onCompleted(ends::add).onFailed(ends::add);
    }

    private RawClient toHandoff(Handoff handoff) throws Exception {
        return to((request, response) -> ServletHandoff.send(handoff, request, response));
    }

    private Object end() throws InterruptedException {
        return ends.poll(20, TimeUnit.SECONDS);
    }

    @Test
    void theTargetAnswersWhatAServletHandsOff() throws Exception {
        RawTarget target = serve(RawTarget.answering("HTTP/1.1 404 Not Found\r\nContent-Type: text/odd\r\n"
                + "X-A: 1\r\nX-A: 2\r\nContent-Length: 2\r\n\r\nno"));
        RawClient client = toHandoff(toApp().build());

        for (int i = 0; i < 5; i++) {
            RawMessage response = client.get("/shop/api/a%20b?c=d");

            assertThat(response.status()).isEqualTo(404);
            assertThat(response.field("Content-Type")).isEqualTo("text/odd");
            assertThat(response.all("X-A")).containsExactly("1", "2");
            assertThat(response.text()).isEqualTo("no");
            assertThat(target.taken().requestTarget()).isEqualTo("/shop/api/a%20b?c=d");
            assertThat(end()).isInstanceOf(HandoffResult.class);
        }
    }

    @Test
    void theClientsBodyGoesAlong() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));

        RawMessage response = toHandoff(toApp().path("/own").build())
                .send(RawClient.head("POST", "/shop/api/", "Content-Length: 5") + "hello")
                .read();

        assertThat(response.text()).isEqualTo("ok");
        RawMessage request = target.taken();
        assertThat(request.requestTarget()).isEqualTo("/own");
        assertThat(request.text()).isEqualTo("hello");
    }

    @Test
    void aRequestWhoseBodyWasReadNeedsAnother() throws Exception {
        RawTarget target = serve(RawTarget.answering(RawTarget.OK));
        RawClient client = to((request, response) -> {
            String name = request.getParameter("name");
            if (name.equals("lost")) {
                ServletHandoff.send(toApp().build(), request, response);
            } else {
                ServletHandoff.send(toApp().body(name.getBytes(UTF_8)).build(), request, response);
            }
        });
        String form = "Content-Type: application/x-www-form-urlencoded";

        assertThat(client.send(RawClient.head("POST", "/shop/api/", "Content-Length: 9", form) + "name=lost")
                        .read()
                        .text())
                .contains("has been read");
        assertThat(client.send(RawClient.head("POST", "/shop/api/", "Content-Length: 9", form) + "name=kept")
                        .read()
                        .text())
                .isEqualTo("ok");
        assertThat(target.taken().text()).isEqualTo("kept");
    }

    @Test
    void aServletWithoutAsynchronousSupportIsToldSo() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        Handoff handoff = toApp().build();

        RawMessage response = to((request, answer) -> ServletHandoff.send(handoff, request, answer), false)
                .get("/shop/api/");

        assertThat(response.text()).contains("async-supported=true");
    }

    @Test
    void aServletMayHandOffLaterFromAnotherThread() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        Handoff handoff = toApp().build();
        RawClient client = to((request, response) -> {
            request.startAsync();
            new Thread(() -> {
                        try {
                            ServletHandoff.send(handoff, request, response);
                        } catch (IOException e) {
                            ends.add(e);
                        }
                    })
                    .start();
        });

        assertThat(client.get("/shop/api/").text()).isEqualTo("ok");
    }

    @Test
    void aServletThatHasWrittenKeepsItsRequest() throws Exception {
        serve(RawTarget.answering(RawTarget.OK));
        Handoff handoff = toApp().build();

        RawMessage response = to((request, answer) -> {
                    answer.getWriter().print("own; ");
                    answer.flushBuffer();
                    ServletHandoff.send(handoff, request, answer);
                })
                .get("/shop/api/");

        assertThat(response.text()).startsWith("own; the response is committed already");
    }

    @Test
    void statusAndHeadersMayBeChanged() throws Exception {
        serve(RawTarget.answering("HTTP/1.1 200 OK\r\nX-Inner: 1\r\nContent-Length: 2\r\n\r\nok"));
        Handoff handoff = toApp().onResponse(head -> {
                    head.status(201);
                    head.removeHeader("X-Inner");
                    head.setHeader("X-Own", "1");
                })
                .build();

        RawMessage response = toHandoff(handoff).get("/shop/api/");

        assertThat(response.status()).isEqualTo(201);
        assertThat(response.names()).contains("x-own").doesNotContain("x-inner");
    }

    @Test
    void trailersPass() throws Exception {
        serve(RawTarget.answering(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n"));

        assertThat(toHandoff(toApp().build()).get("/shop/api/").trailers()).containsExactly("X-Sum: 7");
    }

    @Test
    void aWebSocketIsHandedOff() throws Exception {
        serve(RawTarget.answering((request, connection) -> {
            connection.send(WebSockets.granted(request) + WebSockets.text("hello"));
            connection.isLeft();
        }));
        RawClient client = toHandoff(toApp().build());

        client.send(RawClient.head("GET", "/shop/api/", WebSockets.asked()));

        assertThat(client.readHead().status()).isEqualTo(101);
        assertThat(client.readBytes(7)).isEqualTo(WebSockets.text("hello"));
    }

    @Test
    void aClientThatLeavesCancelsTheRequestToTheTarget() throws Exception {
        CountDownLatch left = new CountDownLatch(1);
        RawTarget target = serve(RawTarget.answering((request, connection) -> {
            if (connection.isLeft()) {
                left.countDown();
            }
        }));
        RawClient client = toHandoff(toApp().build());

        client.send(RawClient.head("GET", "/shop/api/"));
        target.taken();
        client.close();

        assertThat(left.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(end()).isInstanceOf(Throwable.class);
    }
}
