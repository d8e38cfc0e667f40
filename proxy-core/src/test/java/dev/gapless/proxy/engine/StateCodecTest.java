package dev.gapless.proxy.engine;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.gapless.proxy.ErrorPages;
import dev.gapless.proxy.RolloutSplit;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TargetAddress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/** What is saved of a service, and what a state may not say of one. */
final class StateCodecTest {
    private static final List<TargetAddress> ONE = List.of(TargetAddress.parse("a:1"));
    private static final SavedPool POOL = new SavedPool(ONE, List.of(TargetAddress.parse("r:2")));

    private ServiceOptions options = ServiceOptions.defaults();

    @BeforeEach
    void setEveryOption(@TempDir Path directory) throws IOException {
        Files.writeString(directory.resolve("503.html"), "<p>{{ .Message }}</p>");
        options = EveryOption.set(ErrorPages.fromDirectory(directory));
    }

    @Test
    void noOptionIsForgottenInTheseTests() {
        Map<String, String> defaults = Accessors.valuesOf(ServiceOptions.defaults());

        assertThat(Accessors.valuesOf(options))
                .allSatisfy((option, value) -> assertThat(value)
                        .as("%s: EveryOption needs a value that is not the default", option)
                        .isNotEqualTo(Accessors.ABSENT)
                        .isNotEqualTo(defaults.get(option)));
    }

    @Test
    void everyOptionThatThereIsComesBack() {
        SavedService saved = paused(Duration.ofSeconds(5));

        ServiceOptions decoded = StateCodec.decode(StateCodec.encode(saved)).options();

        assertThat(Accessors.valuesOf(decoded)).isEqualTo(Accessors.valuesOf(options));
    }

    @ParameterizedTest
    @EnumSource(
            value = ServiceInfo.State.class,
            names = {"RUNNING", "PAUSED", "STOPPED"})
    void everythingElseOfAServiceComesBack(ServiceInfo.State gate) {
        SavedService saved = new SavedService(
                "web",
                7,
                options,
                POOL,
                new SavedPool(List.of(TargetAddress.parse("n:3")), List.of(TargetAddress.parse("m:4"))),
                new RolloutSplit(10, Set.of("me", "you")),
                gate,
                gate == ServiceInfo.State.PAUSED ? Duration.ofSeconds(5) : Duration.ZERO,
                gate == ServiceInfo.State.STOPPED ? "Back \"soon\"" : "");

        SavedService decoded = StateCodec.decode(StateCodec.encode(saved));

        assertThat(Accessors.valuesOf(decoded)).isEqualTo(Accessors.valuesOf(saved));
    }

    @Test
    void pagesFromMemoryComeBack() {
        ErrorPages pages = ErrorPages.of(Map.of(404, "gone", 503, "<p>{{ .Message }}</p>"));
        options = ServiceOptions.builder().errorPages(pages).build();

        SavedService decoded = StateCodec.decode(StateCodec.encode(paused(Duration.ofSeconds(5))));

        assertThat(decoded.options().errorPages()).contains(pages);
    }

    private SavedService paused(Duration longest) {
        return new SavedService("web", 1, options, POOL, null, null, ServiceInfo.State.PAUSED, longest, "");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'name':'web'}",
                "{'name':'web','active':{'targets':[]}}",
                "{'name':' ','active':{'targets':['a:1']}}",
                "{'name':'web','active':{'targets':['a:1']},'rollout':{'targets':[]}}",
                "{'name':'web','active':{'targets':['a:1']},'rollout':{'targets':['b:1'],'split':{'percent':101}}}",
                "{'name':'web','active':{'targets':['a:1']},'pausedFor':'PT0S'}",
                "{'name':'web','active':{'targets':['a:1']},'pausedFor':'-PT1S'}",
                "{'name':'web','active':{'targets':['a:1']},'pausedFor':'PT99999999999H'}",
                "{'name':'web','active':{'targets':['a:1']},'pausedFor':'PT1S','stoppedWith':''}",
                "{'name':'web','active':{'targets':['a:1']},'later':1}",
                "{'name':'web','active':{'targets':['a:1']},'options':{'balancing':{'ejection':{}}}}",
                "{'name':'web','active':{'targets':['a:1']},'options':{'holdLimits':{'maxBodyBytes':1e400}}}",
                "{'name':'web','active':{'targets':['a:1']},'options':{'errorPages':{'pages':{'x':''}}}}",
                "{'name':'web','active':{'targets':['a:1']},'generation':0}"
            })
    void whatCannotBeIsRefusedWithAReason(String service) {
        JsonObject json = JsonParser.parseString(service).getAsJsonObject();

        assertThatIllegalArgumentException()
                .isThrownBy(() -> StateCodec.decode(json))
                .withMessageMatching("(?s).{10,}");
    }

    @Test
    void nestingWithoutEndIsNoState() {
        String deep = "[".repeat(1_000_000);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> StateCodec.services("{\"services\":" + deep))
                .withMessageContaining("not JSON");
    }
}
