package dev.puna.sample.grammar;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * A set of texts, described: a regular expression with intersection and complement. Terms are made by the methods here,
 * which keep equal things equal (so that derivatives of a term are finitely many).
 */
sealed interface Regex {
    /** Where the assertions of an expression look: what is before or after a place between two characters. */
    enum Side {
        EDGE,
        WORD,
        OTHER
    }

    record Chars(Ranges set) implements Regex {}

    record Empty() implements Regex {}

    record Both(Regex first, Regex then, int hash, boolean looks, int size) implements Regex {
        @Override
        public int hashCode() {
            return hash;
        }
    }

    record Any(Set<Regex> of, int hash, boolean looks, int size) implements Regex {
        @Override
        public int hashCode() {
            return hash;
        }
    }

    record Every(Set<Regex> of, int hash, boolean looks, int size) implements Regex {
        @Override
        public int hashCode() {
            return hash;
        }
    }

    record Not(Regex of) implements Regex {}

    /** @param most −1 for no limit */
    record Times(Regex of, int least, int most, int hash, boolean looks, int size) implements Regex {
        @Override
        public int hashCode() {
            return hash;
        }
    }

    record Start() implements Regex {}

    record End() implements Regex {}

    record Boundary(boolean is) implements Regex {}

    Regex NOTHING = new Chars(Ranges.NONE);
    Regex EMPTY = new Empty();
    Regex ALL = times(new Chars(Ranges.ANY), 0, -1);
    Regex START = new Start();
    Regex END = new End();

    static Regex chars(Ranges set) {
        return new Chars(set);
    }

    static Regex text(String text) {
        return text(text.codePoints().toArray(), 0);
    }

    private static Regex text(int[] points, int from) {
        Regex all = EMPTY;
        for (int i = points.length - 1; i >= from; i--) {
            all = then(new Chars(Ranges.of(points[i], points[i])), all);
        }
        return all;
    }

    static Regex words(Collection<String> words) {
        return words(words.stream().map(word -> word.codePoints().toArray()).toList(), 0);
    }

    /** A tree of the words from a character on, which is far smaller than one after another. */
    private static Regex words(List<int[]> words, int from) {
        if (words.size() == 1) {
            return text(words.getFirst(), from);
        }
        List<Regex> ways = new ArrayList<>();
        Map<Integer, List<int[]>> heads = new LinkedHashMap<>();
        for (int[] word : words) {
            if (word.length == from) {
                ways.add(EMPTY);
            } else {
                heads.computeIfAbsent(word[from], _ -> new ArrayList<>()).add(word);
            }
        }
        heads.forEach((c, rest) -> ways.add(then(new Chars(Ranges.of(c, c)), words(rest, from + 1))));
        return any(ways);
    }

    static Regex then(Regex first, Regex then) {
        if (first.equals(NOTHING) || then.equals(NOTHING)) {
            return NOTHING;
        }
        if (first.equals(EMPTY)) {
            return then;
        }
        if (then.equals(EMPTY)) {
            return first;
        }
        if (first instanceof Both both) {
            return then(both.first(), then(both.then(), then));
        }
        if (first.equals(ALL)) { // what begins with anything may begin with it twice
            if (then.equals(ALL) || then instanceof Both both && both.first().equals(ALL)) {
                return then;
            }
            if (then.starts()) { // which nothing but the beginning of the text does
                return then;
            }
        }
        return new Both(
                first,
                then,
                mixed(31 * first.hashCode() + then.hashCode() + 1),
                first.looks() || then.looks(),
                bounded(1L + first.size() + then.size()));
    }

    static Regex any(List<Regex> of) {
        Set<Regex> set = new LinkedHashSet<>();
        Ranges chars = Ranges.NONE;
        for (Regex one : of) {
            for (Regex each : one instanceof Any any ? any.of() : List.of(one)) {
                if (each instanceof Chars c) {
                    chars = chars.or(c.set());
                } else {
                    set.add(each);
                }
            }
        }
        if (set.contains(ALL)) {
            return ALL;
        }
        if (!chars.isEmpty()) {
            set.add(new Chars(chars));
        }
        if (set.size() <= 1) {
            return set.isEmpty() ? NOTHING : set.iterator().next();
        }
        return new Any(set, mixed(set.hashCode() + 2), set.stream().anyMatch(Regex::looks), size(set));
    }

    static Regex every(List<Regex> of) {
        Set<Regex> set = new LinkedHashSet<>();
        for (Regex one : of) {
            set.addAll(one instanceof Every every ? every.of() : List.of(one));
        }
        set.remove(ALL);
        if (set.contains(NOTHING)) {
            return NOTHING;
        }
        if (set.size() <= 1) {
            return set.isEmpty() ? ALL : set.iterator().next();
        }
        return new Every(set, mixed(set.hashCode() + 3), set.stream().anyMatch(Regex::looks), size(set));
    }

    static Regex not(Regex of) {
        if (of instanceof Not not) {
            return not.of();
        }
        return of.equals(NOTHING) ? ALL : of.equals(ALL) ? NOTHING : new Not(of);
    }

    static Regex times(Regex of, int least, int most) {
        if (most == 0 || of.equals(EMPTY)) {
            return EMPTY;
        }
        if (least == 1 && most == 1) {
            return of;
        }
        if (of.equals(NOTHING)) {
            return least == 0 ? EMPTY : NOTHING;
        }
        if (of instanceof Times inner && inner.least() == 0 && inner.most() < 0) {
            return inner; // (a*)* and its kind
        }
        return new Times(
                of,
                least,
                most,
                mixed(31 * (31 * of.hashCode() + least) + most + 4),
                of.looks(),
                bounded(1L + of.size()));
    }

    /** Whether what the term says of a place depends on what is before it; terms with parts remember it. */
    default boolean looks() {
        return this instanceof Start
                || this instanceof Boundary
                || this instanceof Not not && not.of().looks();
    }

    /** Whether all its texts need to stand at the beginning. */
    private boolean starts() {
        return switch (this) {
            case Start _ -> true;
            case Both both -> both.first().starts();
            case Any any -> any.of().stream().allMatch(Regex::starts);
            case Every every -> every.of().stream().anyMatch(Regex::starts);
            case Times times -> times.least() > 0 && times.of().starts();
            case Chars _, Empty _, Not _, End _, Boundary _ -> false;
        };
    }

    /** How many terms it is made of; terms with parts remember it. */
    default int size() {
        return this instanceof Not not ? 1 + not.of().size() : 1;
    }

    private static int size(Set<Regex> of) {
        return bounded(1 + of.stream().mapToLong(Regex::size).sum());
    }

    /** Spread, so that sets of terms that differ by a number each do not come to the same sum. */
    private static int mixed(int hash) {
        int mixed = (hash ^ hash >>> 16) * 0x85EBCA6B;
        mixed = (mixed ^ mixed >>> 13) * 0xC2B2AE35;
        return mixed ^ mixed >>> 16;
    }

    private static int bounded(long size) {
        return (int) Math.min(size, 1 << 30); // shared parts count each time
    }

    /** Whether the empty text fits between what is before and after. */
    default boolean fits(Side before, Side after) {
        return switch (this) {
            case Chars c -> false;
            case Empty e -> true;
            case Both both -> both.first().fits(before, after) && both.then().fits(before, after);
            case Any any -> any.of().stream().anyMatch(one -> one.fits(before, after));
            case Every every -> every.of().stream().allMatch(one -> one.fits(before, after));
            case Not not -> !not.of().fits(before, after);
            case Times times -> times.least() == 0 || times.of().fits(before, after);
            case Start s -> before == Side.EDGE;
            case End e -> after == Side.EDGE;
            case Boundary b -> ((before == Side.WORD) != (after == Side.WORD)) == b.is();
        };
    }

    /** What may follow the character {@code c} in the texts of this set that begin with it. */
    default Regex after(int c, Side before) {
        return switch (this) {
            case Chars chars -> chars.set().has(c) ? EMPTY : NOTHING;
            case Both both -> {
                Regex first = then(both.first().after(c, before), both.then());
                yield both.first().fits(before, side(c))
                        ? any(List.of(first, both.then().after(c, before)))
                        : first;
            }
            case Any any ->
                any(any.of().stream().map(one -> one.after(c, before)).toList());
            case Every every ->
                every(every.of().stream().map(one -> one.after(c, before)).toList());
            case Not not -> not(not.of().after(c, before));
            case Times times -> {
                int least = times.of().fits(before, side(c)) ? 0 : Math.max(0, times.least() - 1);
                int most = times.most() < 0 ? -1 : times.most() - 1;
                yield then(times.of().after(c, before), times(times.of(), least, most));
            }
            case Empty e -> NOTHING;
            case Start s -> NOTHING;
            case End e -> NOTHING;
            case Boundary b -> NOTHING;
        };
    }

    static Side side(int c) {
        return Ranges.WORD.has(c) ? Side.WORD : Side.OTHER;
    }

    /** Adds to {@code starts} where sets of characters begin, or end and something else begins. */
    default void cuts(TreeSet<Integer> starts) {
        switch (this) {
            case Chars chars -> cuts(chars.set(), starts);
            case Both both -> {
                both.first().cuts(starts);
                both.then().cuts(starts);
            }
            case Any any -> any.of().forEach(one -> one.cuts(starts));
            case Every every -> every.of().forEach(one -> one.cuts(starts));
            case Not not -> not.of().cuts(starts);
            case Times times -> times.of().cuts(starts);
            case Boundary b -> cuts(Ranges.WORD, starts);
            case Empty e -> {}
            case Start s -> {}
            case End e -> {}
        }
    }

    private static void cuts(Ranges set, TreeSet<Integer> starts) {
        for (int i = 0; i < set.size(); i++) {
            starts.add(set.from(i));
            starts.add(set.to(i) + 1);
        }
    }
}
