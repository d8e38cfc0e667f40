package dev.gapless.proxy.cache;

import java.util.List;

/**
 * What hits of a stored response say of themselves, in whole seconds: the same for all within one, however many there are. Immutable.
 *
 * @param age how old the response is, in seconds
 * @param remaining for how many seconds it is still fresh
 */
record HitFields(long age, long remaining, List<Field> fields) {
    static HitFields of(long age, long remaining) {
        return new HitFields(age, remaining, Answers.withAge(age, CacheStatus.hit(remaining)));
    }
}
