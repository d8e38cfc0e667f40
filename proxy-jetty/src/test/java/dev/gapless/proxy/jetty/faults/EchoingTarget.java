package dev.gapless.proxy.jetty.faults;

/** A target that does nothing wrong: answers with the method, the path and the body of the request. */
public final class EchoingTarget extends RawTarget {
    @Override
    protected boolean answer(Call call) throws Exception {
        String echo = call.head().substring(0, call.head().indexOf(" HTTP/1.1\r\n")) + " " + call.body();
        call.send("HTTP/1.1 200 OK\r\nContent-Length: " + echo.length() + "\r\n\r\n" + echo);
        return true;
    }
}
