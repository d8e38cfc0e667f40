package dev.gapless.proxy.engine;

import dev.gapless.proxy.StaticFiles;
import java.nio.file.Path;

/**
 * A directory of static files.
 *
 * @param files how they are served
 * @param directory where they are
 */
public record StaticDirectory(StaticFiles files, Path directory) {}
