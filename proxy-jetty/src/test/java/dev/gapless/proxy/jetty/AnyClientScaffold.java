package dev.gapless.proxy.jetty;

import dev.gapless.proxy.ServiceOptions;

/** What tests begin with whose clients speak any protocol: a proxy that serves the same service to all of them. */
abstract class AnyClientScaffold extends ProxyScaffold {
    static ProxyServer.Builder withTls(ProxyServer.Builder builder) {
        Certificates certificates = Certificates.shared();
        return builder.httpsPort(0).certificate(certificates.chain(), certificates.key());
    }

    /** Options of a service that is served with and without TLS. */
    static ServiceOptions.Builder withAndWithoutTls() {
        return ServiceOptions.builder().tls(true).redirectToHttps(false);
    }

    RawTarget serveAll(RawTarget target) {
        return serveAll(target, withAndWithoutTls());
    }

    RawTarget serveAll(RawTarget target, ServiceOptions.Builder options) {
        proxy = proxy == null ? start(withTls(loopback())) : proxy;
        return serve(target, options.build());
    }

    /** As {@link #serveAll}, for clients of this protocol alone: without TLS a proxy starts in a fraction of the time. */
    RawTarget serve(AnyClient.Protocol protocol, RawTarget target, ServiceOptions.Builder options) {
        proxy = proxy == null ? start(speaking(protocol, loopback())) : proxy;
        return serve(target, options.tls(protocol.isTls()).build());
    }

    RawTarget serve(AnyClient.Protocol protocol, RawTarget target) {
        return serve(protocol, target, withAndWithoutTls());
    }

    static ProxyServer.Builder speaking(AnyClient.Protocol protocol, ProxyServer.Builder builder) {
        return protocol.isTls() ? withTls(builder) : builder;
    }

    AnyClient client(AnyClient.Protocol protocol) throws Exception {
        return closing(AnyClient.speaking(protocol, proxy));
    }
}
