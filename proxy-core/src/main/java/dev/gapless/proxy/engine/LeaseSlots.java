package dev.gapless.proxy.engine;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The leases of a target, so that a drain can cut them: a set in which adding and removing are a single atomic operation on
 * a random free slot, without a lock that requests would share. When slots get scarce a table of twice the size is put
 * before the others; tables live as long as the target.
 */
final class LeaseSlots {
    private static final int FIRST_SIZE = 16;
    /** How many neighbouring slots are tried before a table counts as full. */
    private static final int PROBES = 8;

    private static final AtomicReferenceFieldUpdater<LeaseSlots, Table> NEWEST =
            AtomicReferenceFieldUpdater.newUpdater(LeaseSlots.class, Table.class, "newest");

    private volatile Table newest = new Table(FIRST_SIZE, null);

    /** Adds a lease that is in no set yet. */
    void add(Lease lease) {
        while (true) {
            Table first = newest;
            for (Table table = first; table != null; table = table.older) {
                int index = table.occupy(lease);
                if (index >= 0) {
                    lease.slot(table, index);
                    return;
                }
            }
            NEWEST.compareAndSet(this, first, new Table(first.leases.length() * 2, first));
        }
    }

    void forEach(Consumer<Lease> action) {
        for (Table table = newest; table != null; table = table.older) {
            for (int i = 0; i < table.leases.length(); i++) {
                Lease lease = table.leases.get(i);
                if (lease != null) {
                    action.accept(lease);
                }
            }
        }
    }

    /** One table of slots; its length is a power of two. */
    static final class Table {
        private final AtomicReferenceArray<@Nullable Lease> leases;
        private final @Nullable Table older;

        Table(int size, @Nullable Table older) {
            this.leases = new AtomicReferenceArray<>(size);
            this.older = older;
        }

        /** {@return the index of the slot that the lease is in now, or -1 if none of those tried was free} */
        private int occupy(Lease lease) {
            int mask = leases.length() - 1;
            int start = ThreadLocalRandom.current().nextInt();
            for (int i = 0; i < PROBES; i++) {
                int index = (start + i) & mask;
                if (leases.get(index) == null && leases.compareAndSet(index, null, lease)) {
                    return index;
                }
            }
            return -1;
        }

        void free(int index) {
            leases.set(index, null);
        }
    }
}
