package dev.puna.sample.grammar;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A value of a document and everything that is demanded of it at once, sorted by type: for each type the ways in which a
 * value of that type can be right. Made by {@link Nodes}, complete once that has finished, and not changed then.
 */
final class Node {
    int literals; // of NULL, FALSE, TRUE
    List<Numbers> numbers = List.of();
    List<Text> texts = List.of();
    List<Items> arrays = List.of();
    List<Members> objects = List.of();
    boolean possible; // whether any value is right

    /**
     * A way for a string to be right.
     *
     * @param dfa of what a model may write
     * @param perhaps of what may be read, if the test says so too
     */
    record Text(Dfa dfa, Dfa perhaps, Predicate<String> test) {
        static Text of(Dfa dfa) {
            return new Text(dfa, dfa, Texts.PASSED);
        }
    }

    /**
     * One choice of what an item or a property's value shall be.
     *
     * @param met which of the container's wishes it fulfils, a bit each
     */
    record Choice(int met, Node node) {}

    /** Whether some value is right as far as is known of the nodes inside; what is known grows. */
    boolean findPossible() {
        return literals != 0
                || numbers.stream().anyMatch(set -> !set.isEmpty())
                || !texts.isEmpty()
                || arrays.stream().anyMatch(Items::possible)
                || objects.stream().anyMatch(Members::possible);
    }

    /** Takes out what is impossible. */
    void settle() {
        numbers = numbers.stream().filter(set -> !set.isEmpty()).toList();
        arrays = arrays.stream().filter(Items::possible).toList();
        objects = objects.stream().filter(Members::possible).toList();
        arrays.forEach(Items::settle);
        objects.forEach(Members::settle);
    }

    /** How many different values there are, up to {@code enough}. */
    long size(long enough) {
        if (!arrays.isEmpty() || !objects.isEmpty()) {
            return enough;
        }
        long all = Integer.bitCount(literals);
        for (Numbers set : numbers) {
            all += set.size(enough);
        }
        for (Text text : texts) {
            all += text.dfa().size(enough);
        }
        return Math.min(all, enough);
    }

    /** A way for an array to be right. */
    static final class Items {
        /** Of the items from {@code from} on, {@code least} to {@code most} must be of a kind. */
        record Wish(int from, int least, int most) {}

        private List<List<Choice>> choices; // of each position; the last one's hold for all that follow
        private final int least;
        private int most;
        private final List<Wish> wishes;
        final boolean unique;
        private final int last; // positions from here on are alike
        private final Map<Long, Boolean> open = new HashMap<>();

        Items(List<List<Choice>> choices, int least, int most, List<Wish> wishes, boolean unique) {
            this.choices = choices;
            this.least = least;
            this.most = most;
            this.wishes = wishes;
            this.unique = unique;
            last = Math.max(Math.max(choices.size() - 1, least), most == Form.NO_LIMIT ? 0 : most);
        }

        /** What the item at this position may be; {@code met} counts the wishes, 8 bits each. */
        List<Choice> choices(int position, long met) {
            if (position >= most) {
                return List.of();
            }
            List<Choice> all = choices.get(Math.min(position, choices.size() - 1));
            return wishes.isEmpty()
                    ? all
                    : all.stream()
                            .filter(choice -> choice.node().possible
                                    && allowed(met, choice.met())
                                    && open(next(position), met(met, choice.met())))
                            .toList();
        }

        private boolean allowed(long met, int more) {
            for (int w = 0; w < wishes.size(); w++) {
                if ((more >> w & 1) != 0 && count(met, w) >= wishes.get(w).most()) {
                    return false;
                }
            }
            return true;
        }

        private static int count(long met, int wish) {
            return (int) (met >>> 8 * wish & 0xFF);
        }

        /** The counts with those of one more item. */
        long met(long met, int more) {
            long all = met;
            for (int w = 0; w < wishes.size(); w++) {
                Wish wish = wishes.get(w);
                int enough = wish.most() == Form.NO_LIMIT ? wish.least() : wish.most();
                if ((more >> w & 1) != 0 && count(met, w) < enough) {
                    all += 1L << 8 * w;
                }
            }
            return all;
        }

        int next(int position) {
            return Math.min(position + 1, last);
        }

        /** Whether the array may end before this position. */
        boolean mayEnd(int position, long met) {
            for (int w = 0; w < wishes.size(); w++) {
                if (count(met, w) < wishes.get(w).least()) {
                    return false;
                }
            }
            return position >= least;
        }

        boolean mayGoOn(int position, long met) {
            return choices(position, met).stream().anyMatch(choice -> choice.node().possible);
        }

        boolean possible() {
            open.clear();
            if (!wishes.isEmpty()) {
                return open(0, 0);
            }
            int reach = 0;
            while (reach < least
                    && choices.get(Math.min(reach, choices.size() - 1)).stream()
                            .anyMatch(choice -> choice.node().possible)) {
                if (++reach >= choices.size()) {
                    reach = least; // the rest is alike
                }
            }
            if (unique && reach >= least && least > 1) {
                return distinct();
            }
            return reach >= least && least <= most;
        }

        private boolean distinct() {
            return choices.size() > 1
                    || choices.getFirst().stream()
                                    .mapToLong(choice -> choice.node().size(least))
                                    .sum()
                            >= least;
        }

        private boolean open(int position, long met) {
            if (mayEnd(position, met)) {
                return position <= most;
            }
            if (position >= most) {
                return false;
            }
            long key = (long) position << 48 ^ met;
            Boolean known = open.get(key);
            if (known != null) {
                return known;
            }
            open.put(key, false);
            boolean found = false;
            for (Choice choice : choices.get(Math.min(position, choices.size() - 1))) {
                if (choice.node().possible && allowed(met, choice.met())) {
                    long more = met(met, choice.met());
                    int to = next(position);
                    if ((to != position || more != met) && open(to, more)) {
                        found = true;
                        break;
                    }
                }
            }
            open.put(key, found);
            return found;
        }

        void settle() {
            choices = choices.stream()
                    .map(all -> all.stream()
                            .filter(choice -> choice.node().possible)
                            .toList())
                    .toList();
            for (int i = 0; i < choices.size(); i++) {
                if (choices.get(i).isEmpty()) {
                    most = Math.min(most, i);
                }
            }
        }
    }

    /** A way for an object to be right. */
    static final class Members {
        record Named(String name, boolean required, List<Choice> choices) {
            boolean possible() {
                return choices.stream().anyMatch(choice -> choice.node().possible);
            }
        }

        /** All other properties whose names are among the automaton's texts. */
        record Others(Dfa names, List<Choice> choices) {
            boolean possible() {
                return choices.stream().anyMatch(choice -> choice.node().possible);
            }
        }

        private static final int AUTOMATA = 64; // of names, kept for an object

        private List<Named> named;
        private List<Others> others;
        final int least;
        final int most;
        final int wishes; // a bit each
        private Set<String> names = Set.of();
        private int[] needed = {0}; // [named property], how many from there on must come
        private int[] left = {0}; // and how many can
        private final Map<List<Integer>, Dfa> automata = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<List<Integer>, Dfa> eldest) {
                return size() > AUTOMATA;
            }
        };

        Members(List<Named> named, List<Others> others, int least, int most, int wishes) {
            this.named = named;
            this.others = others;
            this.least = least;
            this.most = most;
            this.wishes = wishes;
        }

        List<Named> named() {
            return named;
        }

        List<Others> others() {
            return others;
        }

        /** The names that properties have by name. */
        Set<String> names() {
            return names;
        }

        boolean possible() {
            count();
            return named.stream().allMatch(one -> !one.required() || one.possible()) && mayEndFrom(0, 0, wishes);
        }

        void settle() {
            named = named.stream()
                    .filter(Named::possible)
                    .map(one -> new Named(one.name(), one.required(), possible(one.choices())))
                    .toList();
            others = others.stream()
                    .filter(Others::possible)
                    .map(one -> new Others(one.names(), possible(one.choices())))
                    .toList();
            count();
        }

        private void count() {
            needed = new int[named.size() + 1];
            left = new int[named.size() + 1];
            for (int i = named.size() - 1; i >= 0; i--) {
                needed[i] = needed[i + 1] + (named.get(i).required() ? 1 : 0);
                left[i] = left[i + 1] + (named.get(i).possible() ? 1 : 0);
            }
        }

        /** @param all every name that is known, of possible and impossible properties */
        void names(Set<String> all) {
            names = all;
        }

        private static List<Choice> possible(List<Choice> choices) {
            return choices.stream().filter(choice -> choice.node().possible).toList();
        }

        /** The numbers of all named properties. */
        List<Integer> everyone() {
            return IntStream.range(0, named.size()).boxed().toList();
        }

        /** How far the count of properties matters. */
        int counted(int count) {
            int limit = most == Form.NO_LIMIT ? least : most;
            return Math.min(count, limit);
        }

        boolean requiresFrom(int from) {
            return from < named.size() && needed[from] > 0;
        }

        /** Whether an object can still become right whose properties before {@code from} are past. */
        boolean mayEndFrom(int from, int count, int pending) {
            int at = Math.min(from, named.size());
            boolean endless = others.stream().anyMatch(Others::possible);
            return count + (pending == 0 ? needed[at] : fewest(named.subList(at, named.size()), pending)) <= most
                    && (endless || count + left[at] >= least);
        }

        /** The fewest properties that fulfil all pending wishes and hold the required ones. */
        private long fewest(List<Named> left, int pending) {
            long[] fewest = new long[wishes + 1]; // by the wishes still open
            Arrays.fill(fewest, Integer.MAX_VALUE);
            fewest[pending] = 0;
            for (Named one : left) {
                long[] then = one.required() ? new long[wishes + 1] : fewest.clone();
                if (one.required()) {
                    Arrays.fill(then, Integer.MAX_VALUE);
                }
                take(one.choices(), fewest, then);
                fewest = then;
            }
            for (int round = 0; round < Integer.bitCount(wishes); round++) {
                for (Others other : others) {
                    take(other.choices(), fewest.clone(), fewest);
                }
            }
            return fewest[0];
        }

        private static void take(List<Choice> choices, long[] before, long[] after) {
            for (Choice choice : choices) {
                if (choice.node().possible) {
                    for (int open = 0; open < before.length; open++) {
                        int to = open & ~choice.met();
                        after[to] = Math.min(after[to], before[open] + 1);
                    }
                }
            }
        }

        /** The named properties that may come next where those before {@code from} are past, in order. */
        List<Integer> candidates(int from, int count, int pending) {
            List<Integer> all = new ArrayList<>();
            if (most != Form.NO_LIMIT && count >= most) {
                return all;
            }
            boolean counts = least > 0 || most != Form.NO_LIMIT || wishes != 0;
            for (int i = from; i < named.size(); i++) {
                if (!counts || mayFollow(named.get(i).choices(), i + 1, count, pending)) {
                    all.add(i);
                }
                if (named.get(i).required()) {
                    break;
                }
            }
            return all;
        }

        private boolean mayFollow(List<Choice> choices, int next, int count, int pending) {
            return choices.stream().anyMatch(choice -> mayEndFrom(next, count + 1, pending & ~choice.met()));
        }

        /** Whether this kind of other property may come next. */
        boolean mayFollow(Others other, int from, int count, int pending) {
            return (most == Form.NO_LIMIT || count < most)
                    && !requiresFrom(from)
                    && mayFollow(other.choices(), named.size(), count, pending);
        }

        /** An automaton of the names of these properties, with their numbers as labels. */
        Dfa names(List<Integer> of) {
            synchronized (automata) {
                return automata.computeIfAbsent(
                        of,
                        k -> Dfa.words(
                                of.stream().map(i -> named.get(i).name()).toList(), of, new Work(Limits.DEFAULT)));
            }
        }
    }

    /** A JSON value with equal numbers made equal, as frames hand it down. */
    static @Nullable Object plain(@Nullable Object value) {
        return value instanceof BigDecimal number ? Numbers.plain(number) : value;
    }
}
