package dev.gapless.proxy.engine;

import com.google.gson.JsonObject;
import dev.gapless.proxy.ServiceInfo;
import dev.gapless.proxy.ServiceOptions;
import dev.gapless.proxy.spi.StateStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves what is deployed, after each change, and reads what an earlier process has saved. Thread-safe.
 *
 * <p>Changes that come while a save is under way are saved together by the next one. What was saved and cannot be restored
 * is saved again as it is, until it is removed or deployed anew.
 */
final class StateKeeper {
    private static final Logger LOG = LoggerFactory.getLogger(StateKeeper.class);

    private final Optional<StateStore> store;
    private final Executor executor;
    private final Supplier<List<SavedService>> present;
    private final Consumer<Throwable> notSaved;
    private final Map<String, Unrestored> unrestored = new TreeMap<>();
    /** Completes with the next save; null if nothing has changed since the last one began. */
    private @Nullable CompletableFuture<@Nullable Void> next;

    private boolean saving;
    /** Why nothing may be saved: it would overwrite what somebody has to look at. */
    private @Nullable Exception blocked;

    /** A service that stays saved as it was. */
    private record Unrestored(JsonObject json, String reason) {}

    StateKeeper(
            Optional<StateStore> store,
            Executor executor,
            Supplier<List<SavedService>> present,
            Consumer<Throwable> notSaved) {
        this.store = store;
        this.executor = executor;
        this.present = present;
        this.notSaved = notSaved;
    }

    /** {@return the services of the newest state that can be read} Those damaged are reported, and put aside. */
    List<SavedService> load() {
        if (store.isEmpty()) {
            return List.of();
        }
        for (StateStore.Saved saved : saved(store.get())) {
            try {
                return services(StateCodec.services(StateDocument.decode(saved.read())));
            } catch (IOException | DamagedStateException | RuntimeException e) {
                report(saved, e);
            }
        }
        return List.of();
    }

    private synchronized List<StateStore.Saved> saved(StateStore from) {
        try {
            return from.load();
        } catch (IOException | RuntimeException e) {
            LOG.error("The state is unreadable, nothing is restored, and nothing will be saved over it", e);
            blocked = e;
            return List.of();
        }
    }

    private synchronized void report(StateStore.Saved saved, Exception damage) {
        String what = inWords(damage);
        try {
            String aside = store.orElseThrow().setAside(saved);
            LOG.error("The state {} cannot be used ({}); it is kept as {}", saved.location(), what, aside, damage);
        } catch (IOException | RuntimeException e) {
            LOG.error(
                    "The state {} cannot be used ({}) nor put aside; nothing will be saved over it",
                    saved.location(),
                    what,
                    e);
            blocked = e;
        }
    }

    /** Who reads the log looks for one of corrupt, truncated, invalid and unreadable. */
    private static String inWords(Exception damage) {
        if (damage instanceof DamagedStateException) {
            return String.valueOf(damage.getMessage());
        }
        return damage instanceof IllegalArgumentException ? "invalid: " + damage.getMessage() : "unreadable";
    }

    private List<SavedService> services(List<JsonObject> saved) {
        List<SavedService> services = new ArrayList<>();
        for (JsonObject json : saved) {
            try {
                services.add(StateCodec.decode(json));
            } catch (IllegalArgumentException e) {
                keep(StateCodec.name(json), json, e.getMessage());
            }
        }
        return services;
    }

    /** The service stays saved, and listed, although it is not served. */
    void couldNotRestore(SavedService service, @Nullable String reason) {
        keep(service.name(), StateCodec.encode(service), reason);
    }

    private synchronized void keep(String name, JsonObject json, @Nullable String reason) {
        LOG.error("Service \"{}\" of the saved state cannot be restored: {}", name, reason);
        unrestored.put(name, new Unrestored(json, String.valueOf(reason)));
    }

    /** The service of this name was removed, or deployed anew. Returns whether it was one that could not be restored. */
    synchronized boolean forget(String name) {
        return unrestored.remove(name) != null;
    }

    synchronized List<ServiceInfo> unrestored() {
        return unrestored.entrySet().stream()
                .map(entry -> new ServiceInfo(
                        entry.getKey(),
                        ServiceOptions.defaults(),
                        List.of(),
                        0,
                        ServiceInfo.State.NOT_RESTORED,
                        entry.getValue().reason(),
                        0,
                        Optional.empty()))
                .toList();
    }

    /** Saves what is deployed now. Completes when that is done, or has failed, which the listeners hear of. */
    CompletableFuture<@Nullable Void> save() {
        if (store.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<@Nullable Void> saved;
        boolean begin;
        synchronized (this) {
            saved = next == null ? new CompletableFuture<>() : next;
            next = saved;
            begin = !saving;
            saving = true;
        }
        if (begin) {
            executor.execute(() -> saveNext(store.get()));
        }
        return saved;
    }

    private void saveNext(StateStore to) {
        CompletableFuture<@Nullable Void> saved = begin();
        try {
            checkNotBlocked();
            to.save(StateDocument.encode(StateCodec.encode(services())));
        } catch (IOException | RuntimeException | Error e) {
            LOG.error("The state was not saved: a restart would bring an older one", e);
            notSaved.accept(e);
        } finally {
            if (isWantedAgain()) {
                executor.execute(() -> saveNext(to));
            }
            saved.complete(null); // Last: whoever hears of it may wait, on this thread, for another save.
        }
    }

    private synchronized CompletableFuture<@Nullable Void> begin() {
        CompletableFuture<@Nullable Void> saved = Objects.requireNonNull(next);
        next = null;
        return saved;
    }

    private synchronized boolean isWantedAgain() {
        saving = next != null;
        return saving;
    }

    private synchronized void checkNotBlocked() throws IOException {
        if (blocked != null) {
            throw new IOException("an earlier state is damaged and could not be put aside", blocked);
        }
    }

    private List<JsonObject> services() {
        Map<String, JsonObject> services = new TreeMap<>();
        synchronized (this) {
            unrestored.forEach((name, service) -> services.put(name, service.json()));
        }
        present.get().forEach(service -> services.put(service.name(), StateCodec.encode(service)));
        return List.copyOf(services.values());
    }
}
