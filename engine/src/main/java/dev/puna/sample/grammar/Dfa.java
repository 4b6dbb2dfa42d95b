package dev.puna.sample.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A deterministic automaton over code points. Every state leads to an accepting one: there is no way into a dead end.
 * State 0 is the first. An accepting state has a label, which words give their number in the list they came from.
 */
final class Dfa {
    /** All texts. */
    static final Dfa ANY = new Dfa(new int[] {0}, new int[] {0}, new int[] {0});

    static final int DEAD = -1;

    private static final long COMPARED = 20_000_000; // steps to find states that are alike; beyond, none is

    private static final int COUNTED = 500; // characters; a language with longer texts counts as endless

    private final int[] starts; // of the classes of characters, in order; the first is 0
    private final int classes;
    private final int[] next; // [state * classes + class]
    private final int[] labels; // [state], -1 where the state does not accept
    private final short[] ascii = new short[128]; // the classes of these
    private int @Nullable [] alike;
    private int alikeHorizon;
    private volatile int @Nullable [] free;
    private volatile @Nullable Boolean endless;

    private Dfa(int[] starts, int[] next, int[] labels) {
        this.starts = starts;
        this.next = next;
        this.labels = labels;
        classes = starts.length;
        for (int c = 0; c < 128; c++) {
            ascii[c] = (short) search(c);
        }
    }

    int states() {
        return labels.length;
    }

    private int search(int c) {
        int found = Arrays.binarySearch(starts, c);
        return found >= 0 ? found : -found - 2;
    }

    /** The state after {@code c}, or {@link #DEAD}. */
    int next(int state, int c) {
        return next[state * classes + (c < 128 ? ascii[c] : search(c))];
    }

    /** The number of the word that ends here; -1 if none does. */
    int label(int state) {
        return labels[state];
    }

    boolean accepts(int state) {
        return labels[state] >= 0;
    }

    /** Whether a character of {@code from..to} can come next. */
    boolean any(int state, int from, int to) {
        for (int i = search(from); i < classes && starts[i] <= to; i++) {
            if (next[state * classes + i] >= 0) {
                return true;
            }
        }
        return false;
    }

    boolean accepts(String text) {
        int state = 0;
        for (int i = 0; i < text.length() && state >= 0; ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            state = next(state, c);
        }
        return state >= 0 && accepts(state);
    }

    /** The state's stand-in: one that no text of up to {@code horizon} characters can tell from it. */
    synchronized int alike(int state, int horizon) {
        if (alike == null || alikeHorizon < horizon) {
            alike = alike(horizon);
            alikeHorizon = horizon;
        }
        return alike[state];
    }

    private int[] alike(int horizon) {
        int n = states();
        if ((long) n * classes * horizon > COMPARED) {
            return IntStream.range(0, n).toArray();
        }
        int[] block = new int[n];
        int blocks = 1;
        for (int s = 0; s < n; s++) {
            block[s] = accepts(s) ? labels[s] + 1 : 0;
        }
        for (int round = 0; round < horizon; round++) {
            Map<Row, Integer> signatures = new HashMap<>();
            int[] finer = new int[n];
            for (int s = 0; s < n; s++) {
                finer[s] = signatures.computeIfAbsent(new Row(s, block), k -> signatures.size());
            }
            block = finer;
            if (signatures.size() == blocks || signatures.size() == n) {
                break; // as fine as it gets
            }
            blocks = signatures.size();
        }
        Map<Integer, Integer> first = new HashMap<>();
        int[] stand = new int[n];
        for (int s = 0; s < n; s++) {
            int here = s;
            stand[s] = first.computeIfAbsent(block[s], k -> here);
        }
        return stand;
    }

    /** A state, equal to those of its block whose characters lead to the same blocks. */
    private final class Row {
        private final int state;
        private final int[] block;
        private final int hash;

        Row(int state, int[] block) {
            this.state = state;
            this.block = block;
            int sum = block[state];
            for (int c = 0; c < classes; c++) {
                sum = 31 * sum + to(c);
            }
            hash = sum;
        }

        private int to(int c) {
            int to = next[state * classes + c];
            return to < 0 ? -1 : block[to];
        }

        @Override
        public boolean equals(@Nullable Object other) {
            if (!(other instanceof Row row) || hash != row.hash || block[state] != block[row.state]) {
                return false;
            }
            for (int c = 0; c < classes; c++) {
                if (to(c) != row.to(c)) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    /**
     * How many characters may follow a state whatever they are, control characters, quotes and backslashes apart.
     * {@link Integer#MAX_VALUE} where any number may.
     */
    int free(int state) {
        int[] known = free;
        if (known == null) {
            known = findFree();
            free = known;
        }
        return known[state];
    }

    /** The distance from a state where some character cannot come, against the arrows. */
    private int[] findFree() {
        int n = states();
        int[] found = new int[n];
        Arrays.fill(found, Integer.MAX_VALUE);
        int[] common = IntStream.range(0, classes).filter(this::isCommon).toArray();
        List<List<Integer>> from = new ArrayList<>();
        for (int s = 0; s < n; s++) {
            from.add(new ArrayList<>(1));
        }
        var todo = new ArrayDeque<Integer>();
        for (int s = 0; s < n; s++) {
            for (int c : common) {
                int to = next[s * classes + c];
                if (to >= 0) {
                    from.get(to).add(s);
                } else if (found[s] != 0) {
                    found[s] = 0;
                    todo.add(s);
                }
            }
        }
        while (!todo.isEmpty()) {
            int to = todo.remove();
            for (int s : from.get(to)) {
                if (found[s] == Integer.MAX_VALUE) {
                    found[s] = found[to] + 1;
                    todo.add(s);
                }
            }
        }
        return found;
    }

    private boolean isCommon(int c) {
        int end = c + 1 < classes ? starts[c + 1] : Character.MAX_CODE_POINT + 1;
        boolean single = end - starts[c] == 1;
        return end > 0x20 && !(single && (starts[c] == '"' || starts[c] == '\\'));
    }

    /** The texts that are in both; absent if there are none. */
    static Optional<Dfa> both(Dfa a, Dfa b, String where, Work work) {
        var cuts = new TreeSet<Integer>();
        Arrays.stream(a.starts).forEach(cuts::add);
        Arrays.stream(b.starts).forEach(cuts::add);
        int[] starts = starts(cuts);
        int[] ofA = Arrays.stream(starts).map(a::search).toArray();
        int[] ofB = Arrays.stream(starts).map(b::search).toArray();
        var cost = work.new Automaton(where);
        Map<Long, Integer> ids = new HashMap<>(Map.of(0L, 0));
        List<Long> pairs = new ArrayList<>(List.of(0L));
        List<int[]> rows = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (int i = 0; i < pairs.size(); i++) {
            int left = (int) (pairs.get(i) >>> 32);
            int right = (int) (long) pairs.get(i);
            int[] row = new int[starts.length];
            for (int c = 0; c < starts.length; c++) {
                int toA = a.next[left * a.classes + ofA[c]];
                int toB = b.next[right * b.classes + ofB[c]];
                row[c] = DEAD;
                if (toA >= 0 && toB >= 0) {
                    long pair = (long) toA << 32 | toB;
                    Integer id = ids.putIfAbsent(pair, pairs.size());
                    row[c] = id == null ? pairs.size() : id;
                    if (id == null) {
                        pairs.add(pair);
                    }
                }
            }
            cost.step(starts.length);
            cost.grow(rows.size(), starts.length);
            rows.add(row);
            labels.add(a.accepts(left) && b.accepts(right) ? 0 : -1);
        }
        return trimmed(starts, rows, labels);
    }

    /** All other texts; absent if there are none. */
    Optional<Dfa> not(Work work) {
        int n = states();
        work.keep((n + 1L) * classes, "#");
        List<int[]> rows = new ArrayList<>();
        List<Integer> marks = new ArrayList<>();
        for (int s = 0; s <= n; s++) { // the last one is where the others are lost
            int[] row = new int[classes];
            for (int c = 0; c < classes; c++) {
                int to = s == n ? DEAD : next[s * classes + c];
                row[c] = to < 0 ? n : to;
            }
            rows.add(row);
            marks.add(s < n && accepts(s) ? -1 : 0);
        }
        return trimmed(starts, rows, marks);
    }

    /** The texts that are in either; both have some. */
    Dfa or(Dfa other, String where, Work work) {
        Optional<Dfa> a = not(work);
        Optional<Dfa> b = other.not(work);
        if (a.isEmpty() || b.isEmpty()) {
            return ANY;
        }
        Optional<Dfa> neither = both(a.get(), b.get(), where, work);
        return neither.isEmpty() ? ANY : neither.get().not(work).orElseThrow();
    }

    /** The words, each with its number in the list as label. */
    static Dfa words(List<String> words, Work work) {
        return words(words, IntStream.range(0, words.size()).boxed().toList(), work);
    }

    static Dfa words(List<String> words, List<Integer> numbers, Work work) {
        List<TreeMap<Integer, Integer>> trie = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        trie.add(new TreeMap<>());
        labels.add(-1);
        var cuts = new TreeSet<Integer>(List.of(0));
        for (int w = 0; w < words.size(); w++) {
            int state = 0;
            for (int c : words.get(w).codePoints().toArray()) {
                cuts.add(c);
                cuts.add(c + 1);
                Integer to = trie.get(state).get(c);
                if (to == null) {
                    to = trie.size();
                    trie.get(state).put(c, to);
                    trie.add(new TreeMap<>());
                    labels.add(-1);
                }
                state = to;
            }
            labels.set(state, numbers.get(w));
        }
        int[] starts = starts(cuts);
        work.keep((long) trie.size() * starts.length, "#");
        int[] next = new int[trie.size() * starts.length];
        Arrays.fill(next, DEAD);
        for (int s = 0; s < trie.size(); s++) {
            for (Map.Entry<Integer, Integer> edge : trie.get(s).entrySet()) {
                next[s * starts.length + Arrays.binarySearch(starts, edge.getKey())] = edge.getValue();
            }
        }
        return new Dfa(starts, next, labels.stream().mapToInt(i -> i).toArray());
    }

    private static int[] starts(TreeSet<Integer> cuts) {
        cuts.add(0);
        return cuts.stream()
                .mapToInt(i -> i)
                .filter(c -> c <= Character.MAX_CODE_POINT)
                .toArray();
    }

    /** All texts of a number of characters; absent if there is none. */
    static Optional<Dfa> lengths(int least, int most, String where, Work work) {
        if (most >= 0 && most < least) {
            return Optional.empty();
        }
        if (least == 0 && most < 0) {
            return Optional.of(ANY);
        }
        int n = most < 0 ? least + 1 : most + 1;
        if (n > 8 * work.limits.patternStates()) {
            throw new GrammarRefused(
                    where,
                    "a text's length is counted up to %d characters only".formatted(8 * work.limits.patternStates()));
        }
        int[] next = new int[n];
        int[] labels = new int[n];
        for (int s = 0; s < n; s++) {
            next[s] = s + 1 < n ? s + 1 : most < 0 ? s : DEAD;
            labels[s] = s >= least ? 0 : -1;
        }
        return Optional.of(new Dfa(new int[] {0}, next, labels));
    }

    /** The automaton of a term; absent if no text is in it. */
    static Optional<Dfa> of(Regex term, String where, Work work) {
        record State(Regex term, Regex.Side before) {}
        var cuts = new TreeSet<Integer>(List.of(0));
        term.cuts(cuts);
        boolean looks = term.looks();
        if (looks) {
            Regex.chars(Ranges.WORD).cuts(cuts);
        }
        int[] starts = starts(cuts);
        Map<State, Integer> ids = new LinkedHashMap<>();
        var todo = new ArrayDeque<State>();
        var first = new State(term, Regex.Side.EDGE);
        ids.put(first, 0);
        todo.add(first);
        List<int[]> rows = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        var cost = work.new Automaton(where);
        try {
            while (!todo.isEmpty()) {
                State state = todo.remove();
                int[] row = new int[starts.length];
                for (int c = 0; c < starts.length; c++) {
                    cost.step(state.term().size());
                    Regex after = state.term().after(starts[c], state.before());
                    if (after.equals(Regex.NOTHING)) {
                        row[c] = DEAD;
                        continue;
                    }
                    var to = new State(after, after.looks() ? Regex.side(starts[c]) : Regex.Side.OTHER);
                    Integer id = ids.get(to);
                    if (id == null) {
                        id = ids.size();
                        cost.grow(id + 1, starts.length);
                        ids.put(to, id);
                        todo.add(to);
                    }
                    row[c] = id;
                }
                rows.add(row);
                labels.add(state.term().fits(state.before(), Regex.Side.EDGE) ? 0 : -1);
            }
        } catch (StackOverflowError e) {
            throw new GrammarRefused(where, "the pattern is nested too deeply");
        }
        return trimmed(starts, rows, labels);
    }

    private static Optional<Dfa> trimmed(int[] starts, List<int[]> rows, List<Integer> labels) {
        int n = rows.size();
        List<List<Integer>> from = new ArrayList<>();
        for (int s = 0; s < n; s++) {
            from.add(new ArrayList<>());
        }
        boolean[] live = new boolean[n];
        var todo = new ArrayDeque<Integer>();
        for (int s = 0; s < n; s++) {
            for (int to : rows.get(s)) {
                if (to >= 0) {
                    from.get(to).add(s);
                }
            }
            if (labels.get(s) >= 0) {
                live[s] = true;
                todo.add(s);
            }
        }
        while (!todo.isEmpty()) {
            for (int s : from.get(todo.remove())) {
                if (!live[s]) {
                    live[s] = true;
                    todo.add(s);
                }
            }
        }
        if (!live[0]) {
            return Optional.empty();
        }
        int[] ids = new int[n];
        int kept = 0;
        for (int s = 0; s < n; s++) {
            ids[s] = live[s] ? kept++ : DEAD;
        }
        int[] next = new int[kept * starts.length];
        int[] marks = new int[kept];
        for (int s = 0; s < n; s++) {
            if (live[s]) {
                marks[ids[s]] = labels.get(s);
                for (int c = 0; c < starts.length; c++) {
                    int to = rows.get(s)[c];
                    next[ids[s] * starts.length + c] = to < 0 ? DEAD : ids[to];
                }
            }
        }
        return Optional.of(new Dfa(starts, next, marks));
    }

    /** All texts, if there are no more than {@code most}. */
    Optional<List<String>> texts(int most) {
        List<String> found = new ArrayList<>();
        return texts(0, "", most, found) ? Optional.of(found) : Optional.empty();
    }

    private boolean texts(int state, String text, int most, List<String> found) {
        if (text.length() > states()) {
            return false; // it went around in a circle
        }
        if (accepts(state)) {
            found.add(text);
        }
        for (int c = 0; c < classes; c++) {
            int to = next[state * classes + c];
            if (to < 0) {
                continue;
            }
            int end = c + 1 < classes ? starts[c + 1] : Character.MAX_CODE_POINT + 1;
            for (int point = starts[c]; point < end; point++) {
                if (found.size() > most || !texts(to, text + Character.toString(point), most, found)) {
                    return false;
                }
            }
        }
        return found.size() <= most;
    }

    /** Whether some text that begins as {@code text}, which led to {@code state}, is none of {@code taken}. */
    boolean hasOther(int state, String text, Collection<String> taken) {
        long begun = taken.stream().filter(one -> one.startsWith(text)).count();
        return begun == 0 || count(state, begun + 1, 0) > begun;
    }

    private long count(int state, long enough, int depth) {
        if (depth > Math.min(states(), COUNTED)) {
            return enough;
        }
        long all = accepts(state) ? 1 : 0;
        for (int c = 0; c < classes && all < enough; c++) {
            int to = next[state * classes + c];
            if (to >= 0) {
                int end = c + 1 < classes ? starts[c + 1] : Character.MAX_CODE_POINT + 1;
                long each = count(to, enough, depth + 1);
                all += Math.min(enough, each * (end - starts[c]));
            }
        }
        return Math.min(all, enough);
    }

    /** Whether every beginning of a text has endless continuations. */
    boolean endless() {
        Boolean known = endless;
        if (known == null) {
            known = findEndless();
            endless = known;
        }
        return known;
    }

    /** Every state leads to an accepting one, so a bounded language ends in a state without a way out. */
    private boolean findEndless() {
        for (int s = 0; s < states(); s++) {
            boolean out = false;
            for (int c = 0; c < classes && !out; c++) {
                out = next[s * classes + c] >= 0;
            }
            if (!out) {
                return false;
            }
        }
        return true;
    }

    /** How many texts there are, up to {@code enough}. */
    long size(long enough) {
        return count(0, enough, 0);
    }
}
