package dev.puna.sample.grammar;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A set of numbers.
 *
 * @param least no number is below; null for no bound
 * @param above whether {@code least} itself is left out
 * @param below whether {@code most} itself is left out
 * @param multiples of each of these every number is a whole multiple
 * @param notMultiples of none of these is any number one
 * @param except numbers left out
 */
record Numbers(
        @Nullable BigDecimal least,
        boolean above,
        @Nullable BigDecimal most,
        boolean below,
        Set<BigDecimal> multiples,
        Set<BigDecimal> notMultiples,
        Set<BigDecimal> except) {
    static final Numbers ALL = new Numbers(null, false, null, false, Set.of(), Set.of(), Set.of());
    static final Numbers WHOLE = ALL.multipleOf(BigDecimal.ONE);

    private static final int TRIES = 300; // multiples looked at before a range counts as empty
    private static final int PLACES = 6; // digits after the point beyond those that the set's own numbers have
    private static final int FREE_PLACES = 17; // where the set has no numbers
    private static final int WHOLE_DIGITS = 19; // before the point, beyond those of the bounds: what 64 bits hold
    private static final int SCALE = 10_000; // zeros: beyond that a multiple is not worked out

    static Numbers only(BigDecimal value) {
        return new Numbers(value, false, value, false, Set.of(), Set.of(), Set.of());
    }

    Numbers atLeast(BigDecimal value, boolean open) {
        return and(new Numbers(value, open, null, false, Set.of(), Set.of(), Set.of()));
    }

    Numbers atMost(BigDecimal value, boolean open) {
        return and(new Numbers(null, false, value, open, Set.of(), Set.of(), Set.of()));
    }

    Numbers multipleOf(BigDecimal value) {
        return new Numbers(least, above, most, below, with(multiples, Set.of(plain(value))), notMultiples, except);
    }

    Numbers notMultipleOf(BigDecimal value) {
        return new Numbers(least, above, most, below, multiples, with(notMultiples, Set.of(plain(value))), except);
    }

    Numbers except(Set<BigDecimal> values) {
        Set<BigDecimal> all = new LinkedHashSet<>(except);
        values.forEach(value -> all.add(plain(value)));
        return new Numbers(least, above, most, below, multiples, notMultiples, all);
    }

    private static Set<BigDecimal> with(Set<BigDecimal> one, Set<BigDecimal> other) {
        Set<BigDecimal> all = new LinkedHashSet<>(one);
        all.addAll(other);
        return all;
    }

    /** Equal numbers made equal objects. */
    static BigDecimal plain(BigDecimal value) {
        return value.stripTrailingZeros();
    }

    Numbers and(Numbers other) {
        BigDecimal low = least;
        boolean lowOpen = above;
        if (other.least != null) {
            int order = low == null ? -1 : low.compareTo(other.least);
            lowOpen = order < 0 ? other.above : order > 0 ? above : above || other.above;
            low = order < 0 ? other.least : low;
        }
        BigDecimal high = most;
        boolean highOpen = below;
        if (other.most != null) {
            int order = high == null ? 1 : high.compareTo(other.most);
            highOpen = order > 0 ? other.below : order < 0 ? below : below || other.below;
            high = order > 0 ? other.most : high;
        }
        return new Numbers(
                low,
                lowOpen,
                high,
                highOpen,
                with(multiples, other.multiples),
                with(notMultiples, other.notMultiples),
                with(except, other.except));
    }

    boolean free() {
        return least == null && most == null && multiples.isEmpty() && notMultiples.isEmpty() && except.isEmpty();
    }

    /** The number that all others but this one are kept out for; null if there are several. */
    @Nullable
    BigDecimal only() {
        return least != null && most != null && least.compareTo(most) == 0 ? least : null;
    }

    /** The plainest spelling of a number: digits, as far as they are few. */
    static String text(BigDecimal value) {
        BigDecimal number = plain(value);
        return number.scale() > -WHOLE_DIGITS && number.scale() <= WHOLE_DIGITS + FREE_PLACES
                ? number.toPlainString()
                : number.toString().replace("E+", "e").replace('E', 'e');
    }

    /** Whether all numbers of the set are whole. */
    boolean whole() {
        return multiples.stream().anyMatch(m -> m.signum() != 0 && m.scale() <= 0);
    }

    boolean has(BigDecimal value) {
        if (least != null && (above ? value.compareTo(least) <= 0 : value.compareTo(least) < 0)
                || most != null && (below ? value.compareTo(most) >= 0 : value.compareTo(most) > 0)) {
            return false;
        }
        return multiples.stream().allMatch(m -> isMultiple(value, m))
                && notMultiples.stream().noneMatch(m -> isMultiple(value, m))
                && (except.isEmpty() || !except.contains(plain(value)));
    }

    private static boolean isMultiple(BigDecimal value, BigDecimal of) {
        if (value.signum() == 0) {
            return true;
        }
        BigDecimal number = plain(value);
        if (of.equals(BigDecimal.ONE)) {
            return number.scale() <= 0;
        }
        if (Math.abs((long) number.scale()) > SCALE || Math.abs((long) of.scale()) > SCALE) {
            throw new GrammarRefused("multipleOf", "a number with more than %d zeros".formatted(SCALE));
        }
        return number.remainder(of).signum() == 0;
    }

    /** The set's numbers, counted, up to {@code enough}. */
    long size(long enough) {
        BigDecimal only = only();
        if (only != null) {
            return has(only) ? 1 : 0;
        }
        if (least == null || most == null) {
            return enough;
        }
        int places = places();
        BigInteger step = step(places);
        BigInteger low = scaled(least, places, RoundingMode.CEILING);
        BigInteger high = scaled(most, places, RoundingMode.FLOOR);
        long count = 0;
        BigInteger at = ceiling(low, step);
        for (int i = 0; i < TRIES + enough && at.compareTo(high) <= 0 && count < enough; i++, at = at.add(step)) {
            count += has(new BigDecimal(at, places)) ? 1 : 0;
        }
        return count;
    }

    /** Whether anything is in the set. */
    boolean isEmpty() {
        if (least != null && most != null && least.compareTo(most) > 0) {
            return true;
        }
        if (least != null && most != null) {
            return size(1) == 0;
        }
        return !some(null, null, places());
    }

    /** Digits after the point that the set's numbers need, and some more where they are free. */
    int places() {
        if (whole()) {
            return 0;
        }
        int most = 0;
        for (BigDecimal m : multiples) {
            most = Math.max(most, m.scale());
        }
        if (!multiples.isEmpty()) {
            return most;
        }
        if (free()) {
            return FREE_PLACES;
        }
        most = Math.max(this.least == null ? 0 : this.least.scale(), this.most == null ? 0 : this.most.scale());
        for (BigDecimal m : notMultiples) {
            most = Math.max(most, m.scale());
        }
        return most + PLACES;
    }

    int digits() {
        return WHOLE_DIGITS + Math.max(digits(least), digits(most));
    }

    private static int digits(@Nullable BigDecimal value) {
        return value == null ? 0 : Math.max(0, value.precision() - value.scale());
    }

    private static BigInteger scaled(BigDecimal value, int places, RoundingMode rounding) {
        return value.movePointRight(places).setScale(0, rounding).toBigInteger();
    }

    /** What separates the numbers that can be in the set, as whole numbers of the last place. */
    private BigInteger step(int places) {
        int exact = places;
        for (BigDecimal m : multiples) {
            exact = Math.max(exact, m.scale());
        }
        BigInteger unit = BigInteger.TEN.pow(exact - places);
        BigInteger step = unit;
        for (BigDecimal m : multiples) {
            BigInteger scaled = m.movePointRight(exact).toBigIntegerExact();
            step = step.multiply(scaled).divide(step.gcd(scaled));
        }
        return step.divide(unit);
    }

    private static BigInteger ceiling(BigInteger value, BigInteger step) {
        BigInteger[] parts = value.divideAndRemainder(step);
        return (parts[1].signum() > 0 ? parts[0].add(BigInteger.ONE) : parts[0]).multiply(step);
    }

    /** Whether a number of the set, with so many places, lies in {@code from..to}, counted in the last place. */
    boolean some(@Nullable BigInteger from, @Nullable BigInteger to, int places) {
        BigInteger low = least == null ? null : scaled(least, places, RoundingMode.CEILING);
        BigInteger high = most == null ? null : scaled(most, places, RoundingMode.FLOOR);
        BigInteger a = low == null ? from : from == null ? low : low.max(from);
        BigInteger b = high == null ? to : to == null ? high : high.min(to);
        BigInteger step = step(places);
        boolean down = a == null && b != null;
        BigInteger at = a != null
                ? ceiling(a, step)
                : b != null ? ceiling(b.negate(), step).negate() : BigInteger.ZERO;
        int tries = TRIES + except.size();
        for (int i = 0; i < tries; i++) {
            if (!down && b != null && at.compareTo(b) > 0) {
                return false;
            }
            if (has(new BigDecimal(at, places))) {
                return true;
            }
            at = down ? at.subtract(step) : at.add(step);
        }
        return false;
    }

    /** Every number but those of the set: one of these sets has it. */
    List<Numbers> others() {
        List<Numbers> all = new ArrayList<>();
        Optional.ofNullable(least).ifPresent(value -> all.add(ALL.atMost(value, !above)));
        Optional.ofNullable(most).ifPresent(value -> all.add(ALL.atLeast(value, !below)));
        multiples.forEach(m -> all.add(ALL.notMultipleOf(m)));
        notMultiples.forEach(m -> all.add(ALL.multipleOf(m)));
        except.forEach(value -> all.add(only(value)));
        return all;
    }
}
