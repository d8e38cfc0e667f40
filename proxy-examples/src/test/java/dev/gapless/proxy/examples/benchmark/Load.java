package dev.gapless.proxy.examples.benchmark;

/**
 * What a load client saw: latencies in microseconds, or NaN where the client does not tell any, and as errors all that was not a
 * response of status 2xx.
 */
record Load(long requests, double perSecond, double p50, double p90, double p99, double max, long errors) {}
