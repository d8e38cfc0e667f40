/**
 * Compares Gapless with other reverse proxies on the machine it runs on. {@link
 * dev.gapless.proxy.examples.benchmark.Benchmark} is the program: {@code mvn -q -Pbenchmark verify}, with options as in
 * {@code -Dbenchmark.args="--quick --only=small"}.
 *
 * <pre>
 *   Benchmark ──► Tournament ──► Wrk, H2load,  ──► Contestant         ──► Backend: Target (nginx),
 *       │              │         WebSocketLoad,     (one process each)             WebSocketTarget, GrpcTarget
 *       │              │         Handshakes
 *       │              └── CpuClock reads what the contestant used meanwhile
 *       ├──► Contest: BufferingCost, CacheHits, SentFiles, HandedOff
 *       ├──► RoutingTable, IdleConnections, DrainLatency: what only some of them are asked
 *       └──► MarkdownReport
 * </pre>
 *
 * <p>A further peer is a class that implements {@code Contestant}, and a line in {@code Benchmark}.
 */
@NullMarked
package dev.gapless.proxy.examples.benchmark;

import org.jspecify.annotations.NullMarked;
