/** What the meters of a proxy show. */
@NullMarked
package dev.gapless.proxy.metrics;

import org.jspecify.annotations.NullMarked;
