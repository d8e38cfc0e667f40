package dev.gapless.proxy.engine;

import dev.gapless.proxy.DeployFailedException;
import dev.gapless.proxy.DeployResult;
import dev.gapless.proxy.DrainResult;
import dev.gapless.proxy.Explanation;
import dev.gapless.proxy.RouteConflictException;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceInfo.Role;
import dev.gapless.proxy.ServiceInfo.RolloutInfo;
import dev.gapless.proxy.ServiceInfo.TargetInfo;
import dev.gapless.proxy.ServiceNotFoundException;
import dev.gapless.proxy.TargetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Compares an engine with its model after a step, and forgets what is over. */
final class SimulationCheck {
    private static final Set<String> LIVE = Set.of("in flight", "held", "released");

    private final EngineSimulation simulation;
    private final EngineModel model;
    private int retirementsSeen;

    SimulationCheck(EngineSimulation simulation) {
        this.simulation = simulation;
        this.model = simulation.model;
    }

    void all() {
        services();
        requests();
        runs();
        pauses();
        retirements();
        timers();
        explanation();
    }

    private void same(String what, Object seen, Object expected) {
        simulation.require(seen.equals(expected), () -> what + " is " + seen + " instead of " + expected);
    }

    private void services() {
        List<ServiceInfo> list = simulation.engine.list();
        same("list", list.stream().map(ServiceInfo::name).toList(), List.copyOf(model.services.keySet()));
        for (ServiceInfo info : list) {
            Modelled.Service service = model.services.get(info.name());
            if (service != null) {
                service(info, service);
            }
        }
    }

    private void service(ServiceInfo info, Modelled.Service service) {
        String name = info.name();
        same("state of " + name, info.state(), service.gate.state);
        same("message of " + name, info.message(), service.gate.message);
        same("hosts of " + name, info.options().hosts(), List.of(service.host));
        same("generation of " + name, info.generation(), service.generation);
        same("held by " + name, info.requestsHeld(), service.gate.waiting.size());
        same("targets of " + name, info.targets(), infos(service.active));
        same(
                "rollout of " + name,
                info.rollout(),
                Optional.ofNullable(service.rollout)
                        .map(pool -> new RolloutInfo(infos(pool), Optional.ofNullable(service.split))));
        simulation.require(!service.gate.mayRelease(), () -> name + " releases nobody, and may");
    }

    private static List<TargetInfo> infos(Modelled.Pool pool) {
        List<TargetInfo> infos = new ArrayList<>();
        for (Modelled.Target target : pool.targets) {
            Role role = target.reader ? Role.READER : Role.WRITER;
            infos.add(new TargetInfo(TargetAddress.parse(target.address), role, target.healthy, target.inFlight));
        }
        return infos;
    }

    private void requests() {
        for (SimulatedRequest request : simulation.requests) {
            simulation.require(request.heard.equals(request.modelled.state), () -> "request is " + request);
        }
        simulation.requests.removeIf(request -> !LIVE.contains(request.heard));
    }

    private void runs() {
        for (Modelled.Run run : model.runs) {
            CompletableFuture<?> report = simulation.runs.get(run);
            same("phase of the work on " + run.service, phase(run, report), run.phase);
        }
        Set<Modelled.Run> over = new HashSet<>(model.runs);
        over.removeIf(run -> !simulation.runs.get(run).isDone());
        for (Modelled.Run run : over) {
            if (!run.pool.targets.isEmpty() && !run.phase.equals("done")) {
                run.pool.targets.forEach(target -> forget(target.address));
            }
        }
        model.runs.removeAll(over);
        simulation.runs.keySet().removeAll(over);
    }

    private String phase(Modelled.Run run, CompletableFuture<?> report) {
        if (!report.isDone()) {
            return run.phase.equals("done") ? "not done" : run.phase;
        }
        Throwable failure = report.handle((done, thrown) -> thrown).join();
        if (failure instanceof DeployFailedException) {
            return "failed";
        } else if (failure instanceof RouteConflictException) {
            return "conflict";
        } else if (failure instanceof ServiceNotFoundException) {
            return "no service";
        }
        Object result = report.join();
        return result instanceof DeployResult deployed && deployed.requestsCut() != run.cuts
                ? deployed.requestsCut() + " cut instead of " + run.cuts
                : "done";
    }

    private void pauses() {
        for (Modelled.Pause pause : List.copyOf(model.pauses)) {
            CompletableFuture<DrainResult> report = simulation.pauses.get(pause);
            same("end of a pause", report.isDone(), pause.done);
            if (pause.done && report.isDone()) {
                same("end of a pause", report.join(), new DrainResult(Duration.ofNanos(pause.took), pause.cuts));
                model.pauses.remove(pause);
                simulation.pauses.remove(pause);
            }
        }
    }

    private void retirements() {
        List<String> retired = simulation.lifecycle.retired();
        for (String target : retired.subList(retirementsSeen, retired.size())) {
            simulation.require(model.retired.remove(target), () -> "retired " + target);
            forget(target);
        }
        retirementsSeen = retired.size();
        same("what is to be retired", model.retired, Set.of());
    }

    private void forget(String target) {
        model.targets.remove(target);
        simulation.probe.forget(target);
    }

    /** Nothing is left over of what is done. */
    private void timers() {
        long probes = model.targets.values().stream()
                .filter(target -> target.pool.probed && !simulation.probe.isLate(target.address))
                .count();
        same("number of timers", (long) simulation.time.scheduled(), probes + model.deadlines());
    }

    private void explanation() {
        Modelled.Request asked = simulation.anyRequest();
        EngineModel.Expected expected = model.expected(asked);
        Explanation explanation = simulation.engine.explain(new SimulatedRequest(simulation, asked).described());
        Explanation.Outcome outcome = switch (expected.outcome()) {
            case "forwarded" -> Explanation.Outcome.FORWARDED;
            case "held" -> Explanation.Outcome.HELD;
            default -> Explanation.Outcome.ANSWERED;
        };
        same("explained outcome", explanation.outcome(), outcome);
        same(
                "explained service",
                explanation.service(),
                Optional.ofNullable(expected.service()).map(service -> service.name));
        same("explained slot", explanation.deployment(), Optional.ofNullable(expected.slot()));
        same(
                "explained targets",
                explanation.targets().stream().map(Object::toString).toList(),
                expected.targets());
    }
}
