package dev.puna.sample.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** A set of code points, as ranges in order that do not touch: from, to, from, to, ..., both ends included. */
final class Ranges {
    static final int LAST = Character.MAX_CODE_POINT;
    static final Ranges ANY = new Ranges(new int[] {0, LAST});
    static final Ranges NONE = new Ranges(new int[0]);
    static final Ranges DIGIT = of('0', '9');
    static final Ranges WORD = of('0', '9').or(of('A', 'Z')).or(of('_', '_')).or(of('a', 'z'));
    /** ECMA-262's white space and line ends. */
    static final Ranges SPACE = of(9, 13)
            .or(of(' ', ' '))
            .or(of(0xA0, 0xA0))
            .or(of(0x1680, 0x1680))
            .or(of(0x2000, 0x200A))
            .or(of(0x2028, 0x2029))
            .or(of(0x202F, 0x202F))
            .or(of(0x205F, 0x205F))
            .or(of(0x3000, 0x3000))
            .or(of(0xFEFF, 0xFEFF));
    /** What a dot matches in ECMA-262: all but line ends. */
    static final Ranges DOT =
            of('\n', '\n').or(of('\r', '\r')).or(of(0x2028, 0x2029)).not();

    private final int[] ends;

    private Ranges(int[] ends) {
        this.ends = ends;
    }

    static Ranges of(int from, int to) {
        return from > to ? NONE : new Ranges(new int[] {from, to});
    }

    int size() {
        return ends.length / 2;
    }

    int from(int range) {
        return ends[2 * range];
    }

    int to(int range) {
        return ends[2 * range + 1];
    }

    boolean isEmpty() {
        return ends.length == 0;
    }

    boolean has(int codePoint) {
        return meets(codePoint, codePoint);
    }

    /** Whether any code point of {@code from..to} is in the set. */
    boolean meets(int from, int to) {
        int low = 0;
        int high = size(); // of the ranges that end at `from` or later the first
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ends[2 * middle + 1] < from) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low < size() && ends[2 * low] <= to;
    }

    Ranges or(Ranges other) {
        List<int[]> all = new ArrayList<>();
        for (Ranges one : List.of(this, other)) {
            for (int i = 0; i < one.size(); i++) {
                all.add(new int[] {one.from(i), one.to(i)});
            }
        }
        return of(all);
    }

    static Ranges of(List<int[]> given) {
        List<int[]> all = new ArrayList<>(given);
        all.sort(Comparator.comparingInt(range -> range[0]));
        int[] merged = new int[2 * all.size()];
        int n = 0;
        for (int[] range : all) {
            if (n > 0 && range[0] <= merged[n - 1] + 1) {
                merged[n - 1] = Math.max(merged[n - 1], range[1]);
            } else {
                merged[n++] = range[0];
                merged[n++] = range[1];
            }
        }
        return new Ranges(Arrays.copyOf(merged, n));
    }

    Ranges not() {
        List<int[]> gaps = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < size(); i++) {
            if (next < from(i)) {
                gaps.add(new int[] {next, from(i) - 1});
            }
            next = to(i) + 1;
        }
        if (next <= LAST) {
            gaps.add(new int[] {next, LAST});
        }
        return of(gaps);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Ranges that && Arrays.equals(ends, that.ends);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(ends);
    }
}
