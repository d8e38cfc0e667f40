package dev.gapless.proxy.examples.daemon;

import dev.gapless.proxy.Services;

/** A command that the running daemon carries out. */
interface OperatorCommand {
    /** Blocks until the work is done, and returns what is to be printed. */
    String run(Services services);
}
