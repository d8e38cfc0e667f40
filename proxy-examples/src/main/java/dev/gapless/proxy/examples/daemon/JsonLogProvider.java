package dev.gapless.proxy.examples.daemon;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/** Logging as the daemon has it: one JSON object a line on standard output. Public because SLF4J makes it. */
public final class JsonLogProvider implements SLF4JServiceProvider {
    private static final String DEBUG = "gapless.debug";
    private static final LogOutput OUTPUT = new LogOutput(System.out);

    private final ConcurrentMap<String, Logger> loggers = new ConcurrentHashMap<>();
    private final IMarkerFactory markers = new BasicMarkerFactory();
    private final MDCAdapter contexts = new NOPMDCAdapter();
    private final boolean debug = Boolean.getBoolean(DEBUG);

    /** Made by SLF4J. */
    public JsonLogProvider() {}

    /** Chooses this way of logging for the process; nothing may have been logged before. */
    static void install(boolean debug) {
        System.setProperty(DEBUG, String.valueOf(debug));
        System.setProperty("slf4j.provider", JsonLogProvider.class.getName());
        System.setProperty("slf4j.internal.verbosity", "WARN");
    }

    /** Waits until what has been logged is written. */
    static void flush() {
        OUTPUT.flush();
    }

    @Override
    public ILoggerFactory getLoggerFactory() {
        return name -> loggers.computeIfAbsent(name, key -> new JsonLogger(key, level(key), OUTPUT));
    }

    /** The server beneath is talkative about what it is made of. */
    private Level level(String logger) {
        if (logger.startsWith("dev.gapless.")) {
            return debug ? Level.DEBUG : Level.INFO;
        }
        return debug ? Level.INFO : Level.WARN;
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
        return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
        return contexts;
    }

    @Override
    public String getRequestedApiVersion() {
        return "2.0.99";
    }

    @Override
    public void initialize() {}
}
