package dev.gapless.proxy.examples.daemon;

/** The gapless-proxy daemon and its commands. */
public final class GaplessProxy {
    private GaplessProxy() {}

    public static void main(String[] args) {
        System.out.println("gapless-proxy: placeholder");
    }
}
