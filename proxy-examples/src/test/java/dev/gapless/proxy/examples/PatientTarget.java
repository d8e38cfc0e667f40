package dev.gapless.proxy.examples;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;

/**
 * A target that takes five seconds for each request, answers with its path, and knows how many it has had at once. It begins with
 * the first of them when so many are there as it is to have at once, however long a slow machine takes to bring them.
 */
final class PatientTarget implements AutoCloseable {
    private static final long WORK_SECONDS = 5;

    private final Server server = new Server();
    private final ServerConnector connector = new ServerConnector(server, 1, 1);
    private final AtomicInteger present = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final int first;
    private final List<Runnable> waiting = new ArrayList<>();
    private boolean begun;

    /**
     * @param first how many it waits for before it begins
     */
    PatientTarget(int first) throws Exception {
        this.first = first;
        connector.setHost("127.0.0.1");
        connector.setAcceptQueueSize(1024);
        server.addConnector(connector);
        server.setStopTimeout(0);
        server.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) {
                String path = request.getHttpURI().getPath();
                if (path.equals("/up")) {
                    callback.succeeded();
                    return true;
                }
                most.accumulateAndGet(present.incrementAndGet(), Math::max);
                work(() -> request.getComponents()
                        .getScheduler()
                        .schedule(() -> answer(path, response, callback), WORK_SECONDS, TimeUnit.SECONDS));
                return true;
            }
        });
        server.start();
    }

    private synchronized void work(Runnable work) {
        waiting.add(work);
        begun |= waiting.size() == first;
        if (begun) {
            waiting.forEach(Runnable::run);
            waiting.clear();
        }
    }

    private void answer(String path, Response response, Callback callback) {
        present.decrementAndGet(); // Before the proxy can send the next.
        Content.Sink.write(response, true, path, callback);
    }

    String address() {
        return "127.0.0.1:" + connector.getLocalPort();
    }

    int mostAtOnce() {
        return most.get();
    }

    @Override
    public void close() {
        LifeCycle.stop(server);
    }
}
