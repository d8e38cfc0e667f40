package dev.gapless.proxy.examples.demo;

/** The demo. */
public final class Demo {
    private Demo() {}

    public static void main(String[] args) {
        System.out.println("demo: placeholder");
    }
}
