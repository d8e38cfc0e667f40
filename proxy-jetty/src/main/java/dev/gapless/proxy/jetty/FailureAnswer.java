package dev.gapless.proxy.jetty;

import dev.gapless.proxy.buffer.BufferException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpStatus;
import org.jspecify.annotations.Nullable;

/**
 * What the proxy answers when something fails.
 *
 * @param status the status code
 * @param text the reason, for people
 */
record FailureAnswer(int status, String text) {
    static final FailureAnswer HEAD_TOO_LARGE =
            new FailureAnswer(HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431, "The head of the request is too large.");

    static final FailureAnswer TOO_LARGE =
            new FailureAnswer(HttpStatus.PAYLOAD_TOO_LARGE_413, "The request is too large.");

    /** {@return the answer to a request that no service gets to see} */
    static FailureAnswer ofRefusal(int status) {
        return switch (status) {
            case HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431 -> HEAD_TOO_LARGE;
            case HttpStatus.LOOP_DETECTED_508 ->
                new FailureAnswer(
                        status, "The request has come back again and again: a target leads back to the proxy.");
            default -> new FailureAnswer(status, "The proxy does not accept such a request.");
        };
    }

    /** {@return the answer if a file is not sent that a request is for} */
    static FailureAnswer ofFile(int status) {
        return new FailureAnswer(status, "The file that was asked for cannot be sent.");
    }

    /** {@return the answer if a target fails, or cannot be reached, or what it says cannot be passed on} */
    static FailureAnswer ofTarget(Throwable cause) {
        if (cause instanceof HostCodeException) {
            return new FailureAnswer(HttpStatus.INTERNAL_SERVER_ERROR_500, "The proxy has failed.");
        } else if (cause instanceof FileSource.BrokenException) {
            return ofFile(HttpStatus.INTERNAL_SERVER_ERROR_500);
        } else if (cause instanceof Attempt.CutByDrainException) {
            return new FailureAnswer(
                    HttpStatus.GATEWAY_TIMEOUT_504, "The service was replaced or closed before it had answered.");
        } else if (cause instanceof RejectedExecutionException) {
            return new FailureAnswer(
                    HttpStatus.SERVICE_UNAVAILABLE_503, "The service is unavailable: too many requests wait for it.");
        } else if (cause instanceof TimeoutException) {
            return new FailureAnswer(HttpStatus.GATEWAY_TIMEOUT_504, "The service has not answered in time.");
        } else if (cause instanceof Attempt.HeadTooLongException) {
            return new FailureAnswer(
                    HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431,
                    "The service does not take a head as long as this.");
        } else if (cause instanceof BodyTooLongException) {
            return new FailureAnswer(HttpStatus.INTERNAL_SERVER_ERROR_500, "The response of the service is too large.");
        }
        return new FailureAnswer(
                HttpStatus.BAD_GATEWAY_502, "The service cannot be reached or has given no valid answer.");
    }

    /** {@return the answer if the body of a request cannot be had or kept; null if its client is gone} */
    static @Nullable FailureAnswer ofBody(Throwable cause) {
        if (cause instanceof BodyTooLongException) {
            return TOO_LARGE;
        } else if (cause instanceof BufferException) {
            return new FailureAnswer(HttpStatus.INSUFFICIENT_STORAGE_507, "The proxy has no room for the request.");
        } else if (cause instanceof HostCodeException) {
            return ofTarget(cause);
        } else if (cause instanceof HttpException http) {
            return new FailureAnswer(http.getCode(), "The body of the request is malformed.");
        } else if (cause instanceof TimeoutException) {
            return new FailureAnswer(HttpStatus.REQUEST_TIMEOUT_408, "The request was not sent in time.");
        }
        return null;
    }
}
