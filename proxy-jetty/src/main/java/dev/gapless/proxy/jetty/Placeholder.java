package dev.gapless.proxy.jetty;

/** Placeholder. */
public interface Placeholder {}
