package dev.gapless.proxy.jetty.bodies;

import dev.gapless.proxy.jetty.faults.RawTarget;

/** A target that does nothing wrong: sends the same response to each request, and reads on. */
final class SendingTarget extends RawTarget {
    private final PausingTarget.Part response;

    SendingTarget(PausingTarget.Part response) {
        this.response = response;
    }

    /** One whose body is a {@link Pattern} of that length, which it declares. */
    static SendingTarget ofLength(long length) {
        return new SendingTarget(PausingTarget.declaring(length).then(PausingTarget.Part.of(0, length)));
    }

    @Override
    protected boolean answer(Call call) throws Exception {
        call.body();
        response.writeTo(call.socket().getOutputStream());
        return true;
    }
}
