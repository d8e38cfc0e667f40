package dev.gapless.proxy.jetty;

/** What the buffers of a proxy have taken, for tests of other packages. */
public final class BufferRoom {
    private BufferRoom() {}

    /** {@return bytes of the disk; given back after the file is gone} */
    public static long onDisk(ProxyServer proxy) {
        return proxy.assembly.handler().buffers().diskUsed();
    }
}
