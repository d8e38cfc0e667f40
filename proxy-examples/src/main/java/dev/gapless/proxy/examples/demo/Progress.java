package dev.gapless.proxy.examples.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** What is going on: one line that changes on a terminal, a line now and then elsewhere. */
final class Progress implements AutoCloseable {
    private static final Duration ON_TERMINAL = Duration.ofMillis(100);
    private static final Duration ELSEWHERE = Duration.ofSeconds(2);
    private static final int WIDTH = 100;

    private final PrintStream out;
    private final Results results;
    private final Load load;
    private final boolean terminal = isTerminal();
    private final long start = System.nanoTime();
    private final Thread thread = new Thread(this::showAll, "demo-progress");
    private volatile String step = "starting";

    Progress(PrintStream out, Results results, Load load) {
        this.out = out;
        this.results = results;
        this.load = load;
        thread.setDaemon(true);
        thread.start();
    }

    /** JDK 22 to 24 have a console even where there is no terminal; that costs no more than lines that overwrite another. */
    @SuppressWarnings("SystemConsoleNull")
    private static boolean isTerminal() {
        return System.console() != null && System.getenv("TERM") != null;
    }

    void step(String step) {
        this.step = step;
        if (!terminal) {
            show();
        }
    }

    private void showAll() {
        try {
            while (true) {
                Thread.sleep((terminal ? ON_TERMINAL : ELSEWHERE).toMillis());
                show();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void show() {
        String line = String.format(
                Locale.ROOT,
                "%5.1f s  %,7d requests  %,d failed  %3d in flight  %s",
                (System.nanoTime() - start) / 1e9,
                results.requests(),
                results.failures(),
                load.inFlight(),
                step);
        out.print(terminal ? String.format(Locale.ROOT, "\r%-" + WIDTH + "s", line) : line + "\n");
        out.flush();
    }

    @Override
    public void close() {
        thread.interrupt();
        if (terminal) {
            show();
            out.println();
        }
    }
}
