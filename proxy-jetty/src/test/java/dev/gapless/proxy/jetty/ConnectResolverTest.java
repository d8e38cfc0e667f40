package dev.gapless.proxy.jetty;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.util.Promise;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class ConnectResolverTest {
    private final List<String> lookedUp = new ArrayList<>();
    private final List<InetSocketAddress> found = new ArrayList<>();
    private final ConnectResolver resolver = new ConnectResolver((host, port, context, promise) -> lookedUp.add(host));

    private void resolve(String host) {
        resolver.resolve(host, 80, Map.of(), Promise.from(found::addAll, failure -> {
            throw new AssertionError(failure);
        }));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "10.20.30.255", "::1", "2001:db8::1"})
    void anAddressIsTakenAtOnce(String host) {
        resolve(host);

        assertThat(found).containsExactly(new InetSocketAddress(host, 80));
        assertThat(lookedUp).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "web",
                "1.2.3",
                "1.2.3.4.5",
                "1.2.3.x",
                "1..2.3",
                "1.2.3.",
                "1234.1.1.1",
                "999.1.1.1",
                "v4.2.1.1"
            })
    void aNameIsLookedUpElsewhere(String host) {
        resolve(host);

        assertThat(found).isEmpty();
        assertThat(lookedUp).containsExactly(host);
    }
}
