package dev.gapless.proxy;

import org.jspecify.annotations.Nullable;

/** The root of what the proxy throws, apart from {@link IllegalArgumentException} for a value that cannot be. */
public abstract sealed class ProxyException extends RuntimeException
        permits DeployFailedException,
                RolloutMissingException,
                RouteConflictException,
                ServiceNotFoundException,
                ProxyStartException,
                WaitInterruptedException {
    private static final long serialVersionUID = 1L;

    ProxyException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
