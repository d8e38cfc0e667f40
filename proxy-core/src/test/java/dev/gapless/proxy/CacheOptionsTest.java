package dev.gapless.proxy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

final class CacheOptionsTest {
    @Test
    void theDefaultsAreCareful() {
        CacheOptions options = CacheOptions.defaults();
        assertThat(options.onDeploy()).isEqualTo(CacheOnDeploy.REVALIDATE);
        assertThat(options.heuristics()).isFalse();
        assertThat(options.storeCookies()).isFalse();
        assertThat(options.requestDirectives()).isTrue();
        assertThat(options.negativeLifetime()).isZero();
        assertThat(options.staleIfUnreachable()).isZero();
        assertThat(options.maxObjectBytes()).isEqualTo(1 << 20);
        assertThat(options.targetedFields()).containsExactly("CDN-Cache-Control");
        assertThat(options.keyHeaders()).contains("X-Forwarded-Host", "X-Original-URL");
    }

    @Test
    void whatCannotBeIsRefusedWithTheValue() {
        CacheOptions.Builder builder = CacheOptions.builder();
        assertThatThrownBy(() -> builder.negativeLifetime(Duration.ofSeconds(-1)))
                .hasMessage("negative lifetime PT-1S must not be negative");
        assertThatThrownBy(() -> builder.staleIfUnreachable(Duration.ofSeconds(-1)))
                .hasMessage("stale if unreachable PT-1S must not be negative");
        assertThatThrownBy(() -> builder.maxObjectBytes(-1)).hasMessage("max object bytes -1 must not be negative");
        assertThatThrownBy(() -> builder.targetedFields(List.of("a b"))).hasMessageContaining("targeted field \"a b\"");
        assertThatThrownBy(() -> builder.keyHeader("")).hasMessageContaining("key header \"\"");
    }

    @Test
    void aBuilderThatIsUsedAgainChangesNothingThatWasBuilt() {
        CacheOptions.Builder builder = CacheOptions.builder();
        CacheOptions before = builder.build();
        builder.keyHeader("X-Tenant");
        assertThat(before.keyHeaders()).doesNotContain("X-Tenant");
        assertThat(builder.build().keyHeaders()).contains("X-Tenant", "X-Host");
    }
}
