package dev.gapless.proxy.examples.demo;

import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.Deployment;
import dev.gapless.proxy.HealthCheck;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.jetty.ProxyServer;
import java.net.URI;
import java.net.http.HttpClient.Version;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Three deployments under load, one of which fails on purpose. Exits with 1 if a request failed, if a version answered that
 * should not have, or if the deployment that has to fail did not.
 */
public final class Demo {
    private static final Duration TIME_TO_LOOK = Duration.ofMillis(1_200);
    private static final Duration DEPLOY_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration SHORT_DEPLOY_TIMEOUT = Duration.ofMillis(2_200);

    private final Versions versions = new Versions();
    private final Results results = new Results();
    private final Load load = new Load(versions, results);
    private final Map<String, DeployResult> deployments = new LinkedHashMap<>();
    private final ProxyServer proxy;
    private final Progress progress;

    private Demo(ProxyServer proxy) {
        this.proxy = proxy;
        this.progress = new Progress(System.out, results, load);
    }

    public static void main(String[] args) throws Exception {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
        Load.forbidHiddenRetries();
        boolean asExpected;
        try (DemoCertificate certificate = DemoCertificate.create();
                ProxyServer proxy = ProxyServer.builder()
                        .bindAddress("127.0.0.1")
                        .httpPort(0)
                        .httpsPort(0)
                        .certificate(certificate.chain(), certificate.key())
                        .accessLog(false)
                        .build()
                        .start()) {
            asExpected = new Demo(proxy).run(certificate);
        }
        System.exit(asExpected ? 0 : 1);
    }

    private boolean run(DemoCertificate certificate) throws InterruptedException {
        ApplicationProcess v1 = ApplicationProcess.start("v1");
        deploy("v1", v1);
        load.start(Version.HTTP_1_1, URI.create("http://127.0.0.1:" + proxy.port()), certificate.trusting());
        load.start(Version.HTTP_2, URI.create("https://localhost:" + proxy.httpsPort()), certificate.trusting());
        look("v1 serves");

        ApplicationProcess v2 = replace(v1, "v2");
        look("v2 serves, the process of v1 has ended");

        boolean refused = failToDeploy("v3");
        look("v2 serves, v3 has been refused");

        ApplicationProcess v4 = replace(v2, "v4");
        look("v4 serves, the process of v2 has ended");

        progress.step("waiting for the last requests");
        load.stop();
        progress.close();
        v4.close();
        return report(refused);
    }

    /** What a deployment script does: the old process ends as soon as the deployment has returned. */
    private ApplicationProcess replace(ApplicationProcess old, String version) {
        progress.step("starting " + version);
        ApplicationProcess application = ApplicationProcess.start(version);
        deploy(version, application);
        old.close();
        return application;
    }

    private void deploy(String version, ApplicationProcess application) {
        progress.step("deploying " + version);
        versions.begin(version);
        DeployResult result = proxy.services()
                .deploy(deployment(application).deployTimeout(DEPLOY_TIMEOUT).build());
        versions.settle();
        deployments.put("Deployment of " + version, result);
    }

    /** Returns whether it failed, as it must. */
    private boolean failToDeploy(String version) {
        progress.step("starting " + version + ", which is not healthy");
        try (ApplicationProcess application = ApplicationProcess.start(version, DemoApplication.UNHEALTHY)) {
            progress.step("deploying " + version + ", which is not healthy");
            DeployResult result = proxy.services()
                    .deploy(deployment(application)
                            .deployTimeout(SHORT_DEPLOY_TIMEOUT)
                            .build());
            deployments.put("Deployment of " + version + ", which should have failed", result);
            return false;
        } catch (DeployFailedException e) {
            deployments.put("Deployment of " + version + ", which fails on purpose", e.result());
            return true;
        }
    }

    private static Deployment.Builder deployment(ApplicationProcess application) {
        HealthCheck check =
                HealthCheck.builder().interval(Duration.ofMillis(500)).build();
        ServiceOptions options = ServiceOptions.builder()
                .tls(true)
                .redirectToHttps(false)
                .healthCheck(check)
                .build();
        return Deployment.builder("demo").target(application.address()).options(options);
    }

    private void look(String step) throws InterruptedException {
        progress.step(step);
        Thread.sleep(TIME_TO_LOOK.toMillis());
    }

    private boolean report(boolean refused) {
        Report report = new Report(System.out);
        deployments.forEach(report::deployment);
        report.requests(results);
        boolean everyRowHasRequests =
                results.rows().values().stream().allMatch(row -> row.latencies.getTotalCount() > 0);
        boolean asExpected = refused && results.failures() == 0 && everyRowHasRequests;
        System.out.println();
        System.out.println(asExpected ? "No request failed." : "NOT as it should be.");
        return asExpected;
    }
}
