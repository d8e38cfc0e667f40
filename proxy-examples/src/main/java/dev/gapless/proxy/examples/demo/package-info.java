/**
 * The demo of the README: versions of an application in processes of their own, a load of several hundred concurrent
 * requests, and deployments under way. {@link dev.gapless.proxy.examples.demo.Demo} is its main class.
 *
 * <pre>
 *   Load (HTTP/1.1, HTTP/2 over TLS) ──► ProxyServer ──► DemoApplication v1, v2, v3, v4
 *    └──► Results ──► Progress, Report       ▲ deploy
 *                                           Demo
 * </pre>
 */
@NullMarked
package dev.gapless.proxy.examples.demo;

import org.jspecify.annotations.NullMarked;
