/**
 * The proxy inside a servlet context: {@link dev.gapless.proxy.jetty.servlet.GaplessServlet}.
 *
 * <pre>
 *   container ─► filters ─► GaplessServlet ─► MountedRequest ─► the data plane of ProxyServer ─► target
 *                                             MountedResponse
 * </pre>
 */
@NullMarked
package dev.gapless.proxy.jetty.servlet;

import org.jspecify.annotations.NullMarked;
