package dev.gapless.proxy.cache;

import dev.gapless.proxy.RequestHead;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Notes down which of a request's fields are read. */
final class CountingRequest implements RequestHead {
    private final RequestHead read;
    private final List<String> names = new ArrayList<>();

    private CountingRequest(RequestHead read) {
        this.read = read;
    }

    static CacheRequest of(CacheRequest request) {
        return new CacheRequest(
                new CountingRequest(request.head()), request.key(), request.options(), request.generation());
    }

    /** {@return how often a field was read since this was asked last} */
    static long timesRead(CacheRequest request, String name) {
        List<String> names = ((CountingRequest) request.head()).names;
        long count = names.stream().filter(name::equalsIgnoreCase).count();
        names.clear();
        return count;
    }

    @Override
    public @Nullable String header(String name) {
        names.add(name);
        return read.header(name);
    }

    @Override
    public String method() {
        return read.method();
    }

    @Override
    public boolean secure() {
        return read.secure();
    }

    @Override
    public String host() {
        return read.host();
    }

    @Override
    public String path() {
        return read.path();
    }

    @Override
    public @Nullable String query() {
        return read.query();
    }

    @Override
    public String remoteAddress() {
        return read.remoteAddress();
    }
}
