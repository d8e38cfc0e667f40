package dev.gapless.proxy.jetty;

import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.RequestSummary;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.TargetTls;
import java.time.Duration;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http2.ErrorCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What gRPC does with HTTP/2, frame by frame, from clients in clear text and within TLS to targets in either. */
class GrpcTest extends TargetScaffold {
    private static final String[] HEAD = {
        "content-type", "application/grpc", "te", "trailers", "grpc-timeout", "10S", "user-agent", "grpc-test"
    };

    private final Certificates certificate = Certificates.shared();

    private final RequestLog log = new RequestLog();

    private Http2Target serve(boolean tlsToTarget, Http2Target.Answer answer) throws Exception {
        proxy = start(loopback()
                .httpsPort(0)
                .certificate(certificate.chain(), certificate.key())
                .listener(log));
        Http2Target target = tlsToTarget ? Http2Target.answering(certificate, answer) : Http2Target.answering(answer);
        return serve(
                target,
                ServiceOptions.builder()
                        .tls(true)
                        .redirectToHttps(false)
                        .targetTls(TargetTls.builder()
                                .certificateAuthority(certificate.chain())
                                .build())
                        .build());
    }

    private Http2Client client(boolean tls) throws Exception {
        return closing(tls ? Http2Client.overTls(proxy.httpsPort(), certificate) : Http2Client.to(proxy.port()));
    }

    private static byte[] message(String text) {
        return text.getBytes(US_ASCII);
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void aUnaryCallPasses(boolean tls, boolean tlsToTarget) throws Exception {
        Http2Target target = serve(
                tlsToTarget,
                request -> request.whenWhole(() -> {
                    request.respond(200, false, "content-type", "application/grpc", "grpc-encoding", "identity");
                    request.data("reply", false);
                    request.trailers("grpc-status", "0", "grpc-message", "ok");
                }));

        Http2Client.Response response = client(tls)
                .begin("POST", "/pkg.Service/Method", false, HEAD)
                .data(message("ask"), true)
                .response();

        Http2Target.Incoming request = target.taken();
        assertThat(request.path()).isEqualTo("/pkg.Service/Method");
        assertThat(request.scheme()).isEqualTo(tlsToTarget ? "https" : "http");
        assertThat(request.fields().get("TE")).isEqualTo("trailers");
        assertThat(request.fields().get("grpc-timeout")).isEqualTo("10S");
        assertThat(request.fields().get("content-type")).isEqualTo("application/grpc");
        assertThat(request.fields().get("content-length")).isNull();
        assertThat(request.text()).isEqualTo("ask");
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.fields().get("grpc-encoding")).isEqualTo("identity");
        assertThat(response.fields().get("content-length")).isNull();
        assertThat(response.text()).isEqualTo("reply");
        assertThat(response.trailers().get("grpc-status")).isEqualTo("0");
        assertThat(response.trailers().get("grpc-message")).isEqualTo("ok");
    }

    @Test
    void aResponseOfTrailersOnlyIsOneHeadToWhichNothingIsAdded() throws Exception {
        serve(
                false,
                request -> request.whenWhole(
                        () -> request.respond(200, true, "content-type", "application/grpc", "grpc-status", "12")));

        Http2Client.Response response = client(false)
                .begin("POST", "/", false, HEAD)
                .data(message("ask"), true)
                .response();

        assertThat(response.body()).isEmpty();
        assertThat(response.trailers().size()).isZero();
        assertThat(response.fields().stream().map(field -> field.getLowerCaseName() + ": " + field.getValue()))
                .containsExactlyInAnyOrder("content-type: application/grpc", "grpc-status: 12");
    }

    @Test
    void trailersOnlyWithoutWaitingForTheRequestPassToo() throws Exception {
        serve(false, request -> request.respond(200, true, "grpc-status", "16"));
        Http2Client.Sent call = client(false).begin("POST", "/", false, HEAD);

        assertThat(call.response().fields().get("grpc-status")).isEqualTo("16");
        assertThat(call.resetCode()).isEqualTo(ErrorCode.NO_ERROR.code);
    }

    @ParameterizedTest
    @CsvSource({"false, false", "true, true"})
    void eachMessageOfAConversationPassesAtOnceBothWays(boolean tls, boolean tlsToTarget) throws Exception {
        Http2Target target = serve(tlsToTarget, request -> request.respond(200, false));
        Http2Client.Sent call = client(tls).begin("POST", "/chat", false, HEAD);
        Http2Target.Incoming there = target.taken();
        assertThat(call.nextStatus()).isEqualTo(200);

        for (int i = 0; i < 20; i++) {
            call.data(message("ask" + i), false);
            assertThat(there.message()).isEqualTo("ask" + i);
            there.data("reply" + i, false);
            assertThat(call.message()).isEqualTo("reply" + i);
        }
        call.data(new byte[0], true);
        there.whole();
        there.data("last", false);
        there.trailers("grpc-status", "0");

        assertThat(call.response().text()).endsWith("reply19last");
        assertThat(call.response().trailers().get("grpc-status")).isEqualTo("0");
        assertThat(log.next().failure()).isNull();
    }

    @Test
    void aTargetMayFollowUpWhenTheClientHasFinished() throws Exception {
        Http2Target target = serve(false, request -> request.respond(200, false));
        Http2Client.Sent call =
                client(false).begin("POST", "/feed", false, HEAD).data(message("ask"), true);
        Http2Target.Incoming there = target.taken().whole();

        for (int i = 0; i < 20; i++) {
            there.data("event" + i, false);
            assertThat(call.message()).isEqualTo("event" + i);
        }
        there.trailers("grpc-status", "0");

        assertThat(call.response().trailers().get("grpc-status")).isEqualTo("0");
    }

    @Test
    void aClientMayStreamAndGetsItsAnswerAtTheEnd() throws Exception {
        Http2Target target = serve(
                false,
                request -> request.whenWhole(() -> {
                    request.respond(200, false);
                    request.data("got " + request.text(), false);
                    request.trailers("grpc-status", "0");
                }));
        Http2Client.Sent call = client(false).begin("POST", "/collect", false, HEAD);
        Http2Target.Incoming there = target.taken();

        for (int i = 0; i < 5; i++) {
            call.data(message("part" + i), false);
            assertThat(there.message()).isEqualTo("part" + i);
        }
        call.trailers(HttpFields.build().add("x-checksum", "7"));

        assertThat(call.response().text()).isEqualTo("got part0part1part2part3part4");
        assertThat(there.trailers().get("x-checksum")).isEqualTo("7");
    }

    /** RFC 9113, section 8.1: the response counts, and the client is asked to stop. */
    @ParameterizedTest
    @CsvSource({"false, false, false", "true, true, false", "false, false, true", "true, true, true"})
    void aTargetThatEndsEarlyIsHeardBeforeTheStreamEnds(boolean tls, boolean tlsToTarget, boolean resets)
            throws Exception {
        Http2Target target = serve(tlsToTarget, request -> request.respond(200, false));
        Http2Client.Sent call = client(tls).begin("POST", "/chat", false, HEAD);
        Http2Target.Incoming there = target.taken();
        call.data(message("ask"), false);
        assertThat(there.message()).isEqualTo("ask");

        there.data("enough", false);
        there.trailers("grpc-status", "8", "grpc-message", "enough");
        if (resets) {
            there.reset(ErrorCode.NO_ERROR);
        }

        assertThat(call.response().text()).isEqualTo("enough");
        assertThat(call.response().trailers().get("grpc-status")).isEqualTo("8");
        assertThat(call.resetCode()).isEqualTo(ErrorCode.NO_ERROR.code);
        RequestSummary summary = log.next();
        assertThat(summary.status()).isEqualTo(200);
        assertThat(summary.failure()).isNull();
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @ParameterizedTest
    @CsvSource({"false, false", "true, true"})
    void aCallThatTheClientCancelsIsCancelledAtTheTarget(boolean tls, boolean tlsToTarget) throws Exception {
        Http2Target target = serve(tlsToTarget, request -> request.respond(200, false));
        Http2Client.Sent call = client(tls).begin("POST", "/chat", false, HEAD).data(message("ask"), false);
        Http2Target.Incoming there = target.taken();
        assertThat(there.message()).isEqualTo("ask");

        call.reset();

        assertThat(there.resetCode()).isEqualTo(ErrorCode.CANCEL_STREAM_ERROR.code);
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @ParameterizedTest
    @EnumSource(
            value = ErrorCode.class,
            names = {"CANCEL_STREAM_ERROR", "INTERNAL_ERROR", "REFUSED_STREAM_ERROR", "ENHANCE_YOUR_CALM_ERROR"})
    void aCallThatTheTargetResetsBeforeItAnswersEndsWithTheSameCode(ErrorCode code) throws Exception {
        serve(false, request -> request.reset(code));

        Http2Client.Sent call = client(false).begin("POST", "/", false, HEAD);

        assertThat(call.resetCode()).isEqualTo(code.code);
        eventually("no lease is left", () -> requestsInFlight() == 0);
    }

    @Test
    void aCallThatTheTargetResetsInTheMiddleEndsWithTheSameCode() throws Exception {
        Http2Target target = serve(false, request -> request.respond(200, false));
        Http2Client.Sent call = client(false).begin("POST", "/", false, HEAD).data(message("ask"), false);
        assertThat(call.nextStatus()).isEqualTo(200);

        target.taken().reset(ErrorCode.INTERNAL_ERROR);

        assertThat(call.resetCode()).isEqualTo(ErrorCode.INTERNAL_ERROR.code);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aCallThatTheTargetResetsAfterAMessageEndsWithTheSameCode(boolean said) throws Exception {
        Http2Target target = serve(false, request -> {
            request.respond(200, false);
            request.data("welcome", false);
        });
        Http2Client.Sent call = client(false).begin("POST", "/", false, HEAD);
        Http2Target.Incoming request = target.taken();
        assertThat(call.message()).isEqualTo("welcome");
        if (said) {
            call.data(message("ask"), false);
            eventually("it comes", () -> request.body().length > 0);
        }

        request.reset(ErrorCode.INTERNAL_ERROR);

        assertThat(call.resetCode()).isEqualTo(ErrorCode.INTERNAL_ERROR.code);
        assertThatThrownBy(call::response).hasMessageContaining("reset");
    }

    @Test
    void aUnaryCallThatATargetRefusesIsSentAgain() throws Exception {
        Http2Target.Answer[] answers = {
            request -> request.reset(ErrorCode.REFUSED_STREAM_ERROR),
            request -> request.whenWhole(() -> request.respond(200, true, "grpc-status", "0"))
        };
        int[] calls = {0};
        Http2Target target = serve(false, request -> answers[Math.min(1, calls[0]++)].to(request));

        Http2Client.Response response = client(false)
                .begin("POST", "/", false, HEAD)
                .data(message("ask"), true)
                .response();

        assertThat(response.fields().get("grpc-status")).isEqualTo("0");
        target.taken();
        assertThat(target.taken().whole().text()).isEqualTo("ask");
    }

    @Test
    void aConversationOutlivesADeploymentWithinTheDrain() throws Exception {
        Http2Target first = serve(false, request -> request.respond(200, false));
        Http2Client client = client(false);
        Http2Client.Sent call = client.begin("POST", "/chat", false, HEAD);
        Http2Target.Incoming there = first.taken();
        Http2Target second = closing(Http2Target.saying("new")).start();

        var deployment = proxy.services()
                .deployAsync(Deployment.of("app", second.address()))
                .toCompletableFuture();
        eventually("the swap", () -> proxy.services().list().get(0).generation() == 2);
        call.data(message("still here"), false);
        assertThat(there.message()).isEqualTo("still here");
        there.data("so am I", false);
        assertThat(call.message()).isEqualTo("so am I");
        assertThat(deployment).isNotDone();
        call.data(new byte[0], true);
        there.trailers("grpc-status", "0");

        assertThat(call.response().trailers().get("grpc-status")).isEqualTo("0");
        assertThat(deployment).succeedsWithin(Duration.ofSeconds(10));
        eventually("its connections are closed", () -> first.allOpenConnections() == 0);
    }
}
