package dev.gapless.proxy.engine;

import org.jspecify.annotations.Nullable;

/** What the engine must know of a request to decide on it: a view of the adapter's request, without copies. */
public interface RequestHead {
    /** {@return whether the client's connection is encrypted} */
    boolean secure();

    /** {@return the host of the request's authority, without a port; empty if there is none} */
    String host();

    /** {@return the path as the client sent it} */
    String path();

    /** {@return the query as the client sent it, without the question mark; null if there is none} */
    @Nullable
    String query();
}
