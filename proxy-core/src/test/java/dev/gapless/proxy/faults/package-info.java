/** The default file system, with faults in it that a test chooses. */
@NullMarked
package dev.gapless.proxy.faults;

import org.jspecify.annotations.NullMarked;
