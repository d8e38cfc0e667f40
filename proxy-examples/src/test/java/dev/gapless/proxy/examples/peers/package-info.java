/**
 * Clients and servers that others wrote, with the proxy between them. The scripts in {@code src/test/node} play both ends, so
 * that what each end saw can be compared with what it sees without a proxy; run by hand ({@code node websocket.mjs}) they play
 * without one.
 *
 * <pre>
 *   PeersScaffold ──► PeerScript (Node): targets ◄── proxy ◄── clients, by each Route
 *        │                 └── a line for each case and route: what was expected, what was seen
 *        └──► deploys the targets that the script names, compares
 * </pre>
 */
@NullMarked
package dev.gapless.proxy.examples.peers;

import org.jspecify.annotations.NullMarked;
