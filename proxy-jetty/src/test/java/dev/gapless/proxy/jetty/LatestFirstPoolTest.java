package dev.gapless.proxy.jetty;

import java.util.Objects;
import org.eclipse.jetty.util.Pool;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class LatestFirstPoolTest {
    private final LatestFirstPool<String> pool = new LatestFirstPool<>(2);

    @Test
    void whatWasReturnedLastIsGivenFirst() {
        Pool.Entry<String> first = inUse("first");
        Pool.Entry<String> second = inUse("second");
        assertThat(pool.acquire()).isNull();
        assertThat(second.release()).isTrue();
        assertThat(first.release()).isTrue();
        assertThat(pool.getIdleCount()).isEqualTo(2);
        assertThat(pool.acquire()).isSameAs(first);
        assertThat(pool.acquire()).isSameAs(second);
        assertThat(pool.getInUseCount()).isEqualTo(2);
    }

    @Test
    void whatIsReservedCountsBeforeItIsThere() {
        Pool.Entry<String> first = reserve();
        reserve();
        assertThat(pool.reserve()).isNull();
        assertThat(pool.acquire()).isNull();
        assertThat(pool.getReservedCount()).isEqualTo(2);
        assertThat(first.remove()).isTrue();
        assertThat(pool.reserve()).isNotNull();
    }

    @Test
    void whatIsEnabledIsIdle() {
        Pool.Entry<String> entry = reserve();
        assertThat(entry.enable("it", false)).isTrue();
        assertThat(entry.isIdle()).isTrue();
        assertThat(pool.acquire()).isSameAs(entry);
        assertThat(entry.getPooled()).isEqualTo("it");
        assertThatThrownBy(() -> entry.enable("another", false)).hasMessageContaining("another");
    }

    @Test
    void whatIsRemovedIsNotGivenAgain() {
        Pool.Entry<String> idle = inUse("idle");
        idle.release();
        assertThat(idle.remove()).isTrue();
        assertThat(idle.remove()).isFalse();
        assertThat(idle.isTerminated()).isTrue();
        assertThat(pool.acquire()).isNull();
        Pool.Entry<String> used = inUse("used");
        assertThat(used.remove()).isTrue();
        assertThat(used.release()).isFalse();
        assertThat(pool.size()).isZero();
    }

    @Test
    void aReservedEntryThatIsRemovedCannotBeEnabled() {
        Pool.Entry<String> entry = reserve();
        entry.remove();
        assertThat(entry.enable("late", false)).isFalse();
        assertThat(pool.acquire()).isNull();
    }

    @Test
    void atItsEndItReturnsAllAndTakesNothingBack() {
        Pool.Entry<String> idle = inUse("idle");
        Pool.Entry<String> used = inUse("used");
        idle.release();
        assertThat(pool.terminate()).containsExactly(idle, used);
        assertThat(pool.isTerminated()).isTrue();
        assertThat(used.release()).isFalse();
        assertThat(pool.acquire()).isNull();
        assertThat(pool.reserve()).isNull();
        assertThat(used.remove()).isTrue();
        assertThat(used.isInUse()).isFalse();
    }

    @Test
    void aReleaseTwiceIsOneRelease() {
        Pool.Entry<String> entry = inUse("it");
        assertThat(entry.release()).isTrue();
        assertThat(entry.release()).isFalse();
        assertThat(pool.getIdleCount()).isEqualTo(1);
    }

    private Pool.Entry<String> inUse(String content) {
        Pool.Entry<String> entry = reserve();
        assertThat(entry.enable(content, true)).isTrue();
        return entry;
    }

    private Pool.Entry<String> reserve() {
        return Objects.requireNonNull(pool.reserve());
    }
}
