package dev.gapless.proxy.jetty;

import dev.gapless.proxy.CacheOptions;
import dev.gapless.proxy.CompressionOptions;
import dev.gapless.proxy.FilterDecision;
import dev.gapless.proxy.HeaderRules;
import dev.gapless.proxy.RequestHead;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.spi.RequestFilter;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/** Compression goes by requests as filters leave them, but does not lose sight of credentials that those take away. */
class FilteredCompressionTest extends ProxyScaffold {
    private static final String TEXT = CompressionScaffold.response(
            CompressionScaffold.TEXT, "Content-Type: text/html", "Cache-Control: max-age=60");

    private static final CompressionOptions FOR_ALL = CompressionOptions.defaults();
    private static final CompressionOptions FOR_STRANGERS =
            CompressionOptions.builder().authenticated(false).build();

    private RawTarget serve(boolean cached, CompressionOptions options, HeaderRules filter) throws Exception {
        proxy = start(loopback().filter(new RequestFilter() {
            @Override
            public CompletionStage<? extends FilterDecision> beforeRouting(RequestHead request) {
                return CompletableFuture.completedFuture(FilterDecision.passOn().withHeaders(filter));
            }
        }));
        ServiceOptions.Builder service = ServiceOptions.builder().compression(options);
        if (cached) {
            service.cache(CacheOptions.defaults());
        }
        return serve(RawTarget.answering(TEXT), service.build());
    }

    private String coding(String... fields) throws Exception {
        RawMessage response = client().get("/", fields);
        assertThat(response.status()).isEqualTo(200);
        return response.field("Content-Encoding");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void credentialsThatAFilterTakesAwayCount(boolean cached) throws Exception {
        HeaderRules filter = HeaderRules.builder().remove("Authorization").build();
        serve(cached, FOR_STRANGERS, filter);

        for (int i = 0; i < 2; i++) {
            assertThat(coding("Accept-Encoding: gzip")).isEqualTo("gzip");
            assertThat(coding("Accept-Encoding: gzip", "Authorization: Bearer x"))
                    .isNull();
        }
    }

    @Test
    void aTargetIsNotAskedToCompressForThem() throws Exception {
        HeaderRules filter = HeaderRules.builder().remove("Authorization").build();
        RawTarget target = serve(false, FOR_STRANGERS, filter);

        client().get("/", "Accept-Encoding: gzip", "Authorization: Bearer x");

        RawMessage request = target.taken();
        assertThat(request.field("Authorization")).isNull();
        assertThat(request.field("Accept-Encoding")).isEqualTo("identity");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void credentialsThatAFilterAddsCount(boolean cached) throws Exception {
        HeaderRules filter = HeaderRules.builder().set("Cookie", "session=1").build();
        serve(cached, FOR_STRANGERS, filter);

        assertThat(coding("Accept-Encoding: gzip")).isNull();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatAFilterHasAClientAcceptCounts(boolean cached) throws Exception {
        HeaderRules filter = HeaderRules.builder().set("Accept-Encoding", "br").build();
        serve(cached, FOR_ALL, filter);

        assertThat(coding("Accept-Encoding: gzip")).isEqualTo("br");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFilterMayAskThatBodiesStayAsTheyAre(boolean cached) throws Exception {
        HeaderRules filter =
                HeaderRules.builder().set("Cache-Control", "no-transform").build();
        serve(cached, FOR_ALL, filter);

        assertThat(coding("Accept-Encoding: gzip")).isNull();
    }
}
