package dev.puna.text;

import dev.puna.text.RegexNode.Edge;
import dev.puna.text.SplitRegex.Code;
import java.util.Arrays;

/**
 * The search for a {@link SplitRegex} in one text. Each split (pc, place) is entered from its first side, then from its
 * second; once both have failed it is marked, whichever search it was part of, since what follows it never depends on
 * what came before. Splits inside a look-ahead that led to a match are marked too: only whether it matches counts.
 */
final class RegexSearch implements TextPattern.Search {
    private static final int FAILED = -1;
    private static final Edge[] EDGES = Edge.values();

    private final Code code;
    private final String text;
    private final int from;
    private final int to;
    private final long[] failed;
    private final long[] succeeded;
    private final int[] runStarts;
    private final int[] runEnds;

    /** Frames of three: pc, place, and whether the second side is under way. */
    private int[] stack = new int[96];

    private int top;

    RegexSearch(Code code, String text, int from, int to) {
        this.code = code;
        this.text = text;
        this.from = from;
        this.to = to;
        long bits = (long) code.splits() * (to - from + 1);
        failed = new long[Math.toIntExact((bits + 63) / 64)];
        succeeded = new long[code.ahead() ? failed.length : 0];
        runStarts = new int[code.runs()];
        runEnds = new int[code.runs()];
    }

    @Override
    public long find(int at) {
        for (int start = at; start <= to; start++) {
            if (start > from && start < to && isInsidePair(start)) {
                continue;
            }
            int end = run(0, start, false);
            if (end != FAILED) {
                return TextPattern.span(start, end);
            }
        }
        return TextPattern.NONE;
    }

    private boolean isInsidePair(int i) {
        return Character.isLowSurrogate(text.charAt(i)) && Character.isHighSurrogate(text.charAt(i - 1));
    }

    /**
     * Runs the code from {@code pc} on.
     *
     * @param looking whether only success counts, not where it ends
     * @return the end of the match, or {@link #FAILED}
     */
    private int run(int start, int place, boolean looking) {
        int base = top;
        int pc = start;
        int at = place;
        while (true) {
            boolean ok = true;
            switch (code.op()[pc]) {
                case ONE -> {
                    ok = at < to && code.set()[pc].contains(text.codePointAt(at));
                    at += ok ? CharKind.width(text, at, to) : 0;
                    pc++;
                }
                case RUN -> at = endOfRun(pc++, at);
                case JUMP -> pc = code.first()[pc];
                case EDGE -> ok = isEdge(EDGES[code.first()[pc++]], at);
                case AHEAD -> {
                    ok = (run(pc + 1, at, true) != FAILED) == (code.second()[pc] == 0);
                    pc = code.first()[pc];
                }
                case BEHIND -> {
                    int back = back(at, code.second()[pc] >> 1);
                    ok = (back >= from && run(pc + 1, back, false) != FAILED) == ((code.second()[pc] & 1) == 0);
                    pc = code.first()[pc];
                }
                case ATOMIC -> {
                    int end = run(pc + 1, at, false);
                    ok = end != FAILED;
                    at = end;
                    pc = code.first()[pc];
                }
                case SPLIT -> {
                    long bit = bit(pc, at);
                    if (looking && get(succeeded, bit)) {
                        return succeed(base, at);
                    }
                    ok = !get(failed, bit);
                    if (ok) {
                        push(pc, at);
                        pc = code.first()[pc];
                    }
                }
                case ACCEPT -> {
                    if (looking) {
                        return succeed(base, at);
                    }
                    top = base;
                    return at;
                }
            }
            if (!ok) {
                while (top > base && stack[top - 1] == 1) {
                    top -= 3;
                    set(failed, bit(stack[top], stack[top + 1]));
                }
                if (top == base) {
                    return FAILED;
                }
                stack[top - 1] = 1;
                pc = code.second()[stack[top - 3]];
                at = stack[top - 2];
            }
        }
    }

    private int succeed(int base, int end) {
        while (top > base) {
            top -= 3;
            set(succeeded, bit(stack[top], stack[top + 1]));
        }
        return end;
    }

    private void push(int pc, int at) {
        if (top == stack.length) {
            stack = Arrays.copyOf(stack, 2 * top);
        }
        stack[top++] = pc;
        stack[top++] = at;
        stack[top++] = 0;
    }

    private long bit(int split, int at) {
        return (long) code.number()[split] * (to - from + 1) + at - from;
    }

    private static boolean get(long[] bits, long bit) {
        return (bits[(int) (bit >>> 6)] >>> bit & 1) != 0;
    }

    private static void set(long[] bits, long bit) {
        bits[(int) (bit >>> 6)] |= 1L << bit;
    }

    /** Runs that begin within the last one end where it ends. */
    private int endOfRun(int pc, int at) {
        int run = code.number()[pc];
        if (at < runStarts[run] || at >= runEnds[run]) {
            int end = at;
            while (end < to && code.set()[pc].contains(text.codePointAt(end))) {
                end += CharKind.width(text, end, to);
            }
            runStarts[run] = at;
            runEnds[run] = end;
        }
        return runEnds[run];
    }

    private int back(int at, int characters) {
        int place = at;
        for (int i = 0; i < characters; i++) {
            place--;
            if (place > from && place < to && isInsidePair(place)) {
                place--;
            }
            if (place < from) {
                return place;
            }
        }
        return place;
    }

    private boolean isEdge(Edge edge, int at) {
        return switch (edge) {
            case TEXT_BEGIN -> at == from;
            case TEXT_END -> at == to;
            case LAST_LINE_END -> at == to || at + 1 == to && text.charAt(at) == '\n';
            case LINE_BEGIN -> at == from || at < to && text.charAt(at - 1) == '\n';
            case LINE_END -> at == to || text.charAt(at) == '\n';
            case WORD -> wordBefore(at) != wordAfter(at);
            case NOT_WORD -> wordBefore(at) == wordAfter(at);
        };
    }

    private boolean wordBefore(int at) {
        return at > from && AddedTokens.isWord(text.codePointBefore(at));
    }

    private boolean wordAfter(int at) {
        return at < to && AddedTokens.isWord(text.codePointAt(at));
    }
}
