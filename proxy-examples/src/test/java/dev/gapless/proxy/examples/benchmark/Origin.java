package dev.gapless.proxy.examples.benchmark;

import java.io.IOException;

/** Where the responses of a contestant come from. Asked for before anything is measured: what comes from elsewhere says nothing. */
enum Origin {
    /** Wherever; nobody looks. */
    ANY {
        @Override
        void check(Site site, Workload workload) {}
    },
    /** Each from the target. */
    TARGET {
        @Override
        void check(Site site, Workload workload) throws IOException {
            Reply one = Reply.to(site, workload);
            Reply other = Reply.to(site, workload);
            if (one.answer().isEmpty() || one.answer().equals(other.answer())) {
                throw new IOException("not every response came from the target");
            }
        }
    },
    /** From what is stored. The first may still come from the target. */
    CACHE {
        @Override
        void check(Site site, Workload workload) throws IOException {
            Reply stored = Reply.to(site, workload);
            for (int i = 0; i < 3; i++) {
                Reply again = Reply.to(site, workload);
                if (stored.answer().isEmpty() || !stored.answer().equals(again.answer())) {
                    throw new IOException("not every response came from the cache");
                }
            }
        }
    },
    /** From the file that the target names. */
    FILE {
        @Override
        void check(Site site, Workload workload) throws IOException {
            if (Reply.to(site, workload).firstByte() != Target.NAMED_FILE_BEGINS) {
                throw new IOException("the response was not the file that the target names");
            }
        }
    };

    abstract void check(Site site, Workload workload) throws IOException;
}
