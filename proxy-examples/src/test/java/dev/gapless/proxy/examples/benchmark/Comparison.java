package dev.gapless.proxy.examples.benchmark;

/** Who is compared with whom, by the names of their series. */
record Comparison(String name, String other) {

    String title() {
        return name + ", times " + other;
    }
}
