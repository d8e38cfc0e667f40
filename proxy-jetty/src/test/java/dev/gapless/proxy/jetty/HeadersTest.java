package dev.gapless.proxy.jetty;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/** Which fields go on, where a head has as many as there is room for. */
class HeadersTest {
    private static HttpFields saying(int times, String name, String value) {
        HttpFields.Mutable head = HttpFields.build();
        IntStream.range(0, times).forEach(i -> head.add(name, value));
        return head;
    }

    /** Each put looks at all that was copied before. */
    @Test
    void trailersThatAreTakenAThousandTimesArePutOnce() {
        AtomicInteger puts = new AtomicInteger();
        HttpFields.Mutable copy = new HttpFields.Mutable.Wrapper(HttpFields.build()) {
            @Override
            public HttpFields.Mutable put(HttpField field) {
                puts.incrementAndGet();
                return super.put(field);
            }
        };

        Headers.copyRequest(saying(1_000, "TE", "trailers"), copy);

        assertThat(copy.getValuesList(HttpHeader.TE)).containsExactly("trailers");
        assertThat(copy.getValuesList(HttpHeader.CONNECTION)).containsExactly("TE");
        assertThat(puts).hasValue(2);
    }
}
