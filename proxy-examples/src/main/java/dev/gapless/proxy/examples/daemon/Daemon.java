package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.ProxyStartException;
import dev.gapless.proxy.jetty.ProxyServer;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running daemon: a proxy, the socket over which it is told what to do, and the port of its metrics if it has one. */
final class Daemon {
    private final ProxyServer proxy;
    private final ControlSocket control;
    private final Optional<MetricsServer> metrics;
    private final Logger log;

    private Daemon(ProxyServer proxy, ControlSocket control, Optional<MetricsServer> metrics) {
        this.proxy = proxy;
        this.control = control;
        this.metrics = metrics;
        this.log = LoggerFactory.getLogger(Daemon.class);
    }

    /** Runs until the process is told to end, which it does with status 0; returns, with another, only if it cannot start. */
    static int run(RunCommand command) {
        JsonLogProvider.install(command.debug());
        ProxyServer.Builder server = command.server().listener(new OperationsLog());
        Optional<InetSocketAddress> metricsAddress = command.metricsAddress();
        ControlSocket control = ControlSocket.claim(ControlPath.of(System.getenv()));
        try (DataDirectory data = DataDirectory.claim(System.getenv())) {
            Optional<MetricsServer> metrics = metricsAddress.map(MetricsServer::bind);
            metrics.ifPresent(served -> server.listener(served.listener()));
            ProxyServer proxy = server.stateStore(data.state())
                    .certificateStore(data.certificates())
                    .build();
            metrics.ifPresent(served -> served.serve(proxy.services()));
            new Daemon(proxy.start(), control, metrics).open();
            Thread.currentThread().join();
            return 0;
        } catch (ProxyStartException | CommandFailure e) {
            control.close();
            return Reply.error(String.valueOf(e.getMessage())).print();
        } catch (InterruptedException e) {
            return Reply.error("interrupted").print();
        }
    }

    private void open() {
        control.serve(new Operator(proxy.services())::carryOut);
        Runtime.getRuntime().addShutdownHook(new Thread(this::shutDown, "gapless-shutdown"));
        log.atInfo()
                .addKeyValue("http_port", proxy.port())
                .addKeyValue("https_port", proxy.httpsPort())
                .addKeyValue("control_socket", control.path())
                .log("Started");
    }

    /** A signal would make the exit status 128 and more; halting is what leaves it to us. */
    private void shutDown() {
        int status = 0;
        try {
            log.info("Stopping");
            control.refuseNewCommands();
            proxy.stop();
            metrics.ifPresent(MetricsServer::close);
            control.close();
            log.info("Stopped");
        } catch (RuntimeException e) {
            log.error("Stopping failed", e);
            status = 1;
        }
        JsonLogProvider.flush();
        Runtime.getRuntime().halt(status);
    }
}
