/** Keys and certificates. The entry type is {@link dev.gapless.proxy.jetty.tls.PemFiles}; hosts do not see it. */
@NullMarked
package dev.gapless.proxy.jetty.tls;

import org.jspecify.annotations.NullMarked;
