package dev.gapless.proxy.engine;

import dev.gapless.proxy.ServiceOptions;

/**
 * One host and path prefix of a service.
 *
 * @param prefix the prefix in the form of {@link RequestPath#key}
 * @param service the service
 * @param edge the options that TLS and redirects follow: those of the host's root service, if there is one
 */
record Route(String prefix, Service service, ServiceOptions edge) {}
