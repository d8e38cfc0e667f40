package dev.gapless.proxy;

/** Whether bodies are taken in whole before they go on, so that neither side waits for a slow other one. */
public enum Buffering {
    /** Bodies that declare a length of at most {@link BodyOptions#bufferMemory} are buffered; others go on as they come. */
    AUTOMATIC,
    /** All bodies are buffered, beyond the memory limit in a temporary file. */
    FULL,
    /** Bodies go on as they come. */
    OFF
}
