package dev.puna.text;

import java.util.ArrayList;
import java.util.List;

/**
 * Regular expressions for cutting text, with an engine of our own: Java's recurses on long texts, takes exponential time
 * on unlucky ones, and means other things by {@code \s} and by case.
 *
 * <p>It backtracks, so that a match is the one that Oniguruma finds, but over an explicit stack; and what failed once at
 * a place is remembered, so that the whole of a text is cut in time proportional to its length times that of the
 * expression. The expressions of well-known tokenizers are replaced by the splitters in {@link Words}.
 */
final class SplitRegex {
    /** Instructions of one expression: bounds what counted repeats unfold to. */
    private static final int MAX_CODE = 5_000;

    /** Splits of one expression: each takes a bit for each character of a text. */
    private static final int MAX_SPLITS = 500;

    /** What an instruction does; most then go on with the next one. */
    enum Op {
        /** Takes a character of {@code set}. */
        ONE,
        /** Takes as many characters of {@code set} as there are, and keeps them. */
        RUN,
        /** Goes on at {@code first}, and where that fails at {@code second}. */
        SPLIT,
        /** Goes on at {@code first}. */
        JUMP,
        /** Is the place an {@link RegexNode.Edge} of this ordinal? */
        EDGE,
        /** Does the code from the next instruction on match here ({@code second} 0) or not (1)? Goes on at {@code first}. */
        AHEAD,
        /** The same, {@code second >> 1} characters back. */
        BEHIND,
        /** Matches the code from the next instruction on, keeps the match, goes on at {@code first}. */
        ATOMIC,
        /** The end of the expression, or of the code of one of the three above. */
        ACCEPT
    }

    private final List<Op> ops = new ArrayList<>();
    private final List<CharSet> sets = new ArrayList<>();
    private final List<int[]> operands = new ArrayList<>();

    private SplitRegex(RegexNode node) {
        compile(node);
        emit(Op.ACCEPT, CharSet.ANY, 0, 0);
    }

    /** The code of a whole expression. {@code number[pc]} counts the splits, and apart from them the runs. */
    record Code(Op[] op, CharSet[] set, int[] first, int[] second, int[] number, int splits, int runs, boolean ahead) {}

    private Code code() {
        int[] number = new int[ops.size()];
        int splits = 0;
        int runs = 0;
        for (int pc = 0; pc < number.length; pc++) {
            number[pc] = ops.get(pc) == Op.SPLIT ? splits++ : ops.get(pc) == Op.RUN ? runs++ : 0;
        }
        if (splits > MAX_SPLITS) {
            throw new IllegalArgumentException("%d choices, above the limit of %d".formatted(splits, MAX_SPLITS));
        }
        return new Code(
                ops.toArray(new Op[0]),
                sets.toArray(new CharSet[0]),
                operands.stream().mapToInt(operand -> operand[0]).toArray(),
                operands.stream().mapToInt(operand -> operand[1]).toArray(),
                number,
                splits,
                runs,
                ops.contains(Op.AHEAD));
    }

    /**
     * The pattern that a regular expression is.
     *
     * @throws IllegalArgumentException where it is not one, or says what is not supported here
     */
    static TextPattern of(String regex) {
        Words known = Words.of(regex);
        return known != null ? known : engine(regex);
    }

    /** As {@link #of}, never a splitter written by hand; for tests of those. */
    static TextPattern engine(String regex) {
        Code code = new SplitRegex(RegexParser.parse(regex)).code();
        return (text, from, to) -> new RegexSearch(code, text, from, to);
    }

    private int emit(Op op, CharSet set, int first, int second) {
        if (ops.size() == MAX_CODE) {
            throw new IllegalArgumentException("longer than the limit of %d instructions".formatted(MAX_CODE));
        }
        ops.add(op);
        sets.add(set);
        operands.add(new int[] {first, second});
        return ops.size() - 1;
    }

    private void patchFirst(int pc) {
        operands.get(pc)[0] = ops.size();
    }

    private void patchSecond(int pc) {
        operands.get(pc)[1] = ops.size();
    }

    private void compile(RegexNode node) {
        switch (node) {
            case RegexNode.One(var set) -> emit(Op.ONE, set, 0, 0);
            case RegexNode.Sequence(var parts) -> parts.forEach(this::compile);
            case RegexNode.Choice(var options) -> choice(options);
            case RegexNode.Repeat repeat -> repeat(repeat);
            case RegexNode.Atomic(var body) -> atomic(body);
            case RegexNode.Ahead(var body, var negative) -> inner(Op.AHEAD, body, negative ? 1 : 0);
            case RegexNode.Behind(var body, var negative) ->
                inner(Op.BEHIND, body, body.most() << 1 | (negative ? 1 : 0));
            case RegexNode.At(var edge) -> emit(Op.EDGE, CharSet.ANY, edge.ordinal(), 0);
        }
    }

    private void choice(List<RegexNode> options) {
        List<Integer> ends = new ArrayList<>();
        for (int i = 0; i < options.size(); i++) {
            if (i + 1 < options.size()) {
                int split = emit(Op.SPLIT, CharSet.ANY, 0, 0);
                patchFirst(split);
                compile(options.get(i));
                ends.add(emit(Op.JUMP, CharSet.ANY, 0, 0));
                patchSecond(split);
            } else {
                compile(options.get(i));
            }
        }
        ends.forEach(this::patchFirst);
    }

    private void repeat(RegexNode.Repeat repeat) {
        for (int i = 0; i < repeat.least(); i++) {
            compile(repeat.body());
        }
        if (repeat.most() == RegexNode.UNBOUNDED) {
            int split = optional(repeat);
            operands.get(emit(Op.JUMP, CharSet.ANY, 0, 0))[0] = split;
            patchExit(repeat, split);
        } else {
            List<Integer> splits = new ArrayList<>();
            for (int i = repeat.least(); i < repeat.most(); i++) {
                splits.add(optional(repeat));
            }
            splits.forEach(split -> patchExit(repeat, split));
        }
    }

    /** A split that enters the body, or not; where "not" leads is patched later. */
    private int optional(RegexNode.Repeat repeat) {
        int split = emit(Op.SPLIT, CharSet.ANY, 0, 0);
        if (repeat.lazy()) {
            patchSecond(split);
        } else {
            patchFirst(split);
        }
        compile(repeat.body());
        return split;
    }

    private void patchExit(RegexNode.Repeat repeat, int split) {
        if (repeat.lazy()) {
            patchFirst(split);
        } else {
            patchSecond(split);
        }
    }

    private void atomic(RegexNode body) {
        if (body instanceof RegexNode.Repeat(RegexNode.One(var set), var least, var most, var lazy)
                && most == RegexNode.UNBOUNDED
                && !lazy) {
            for (int i = 0; i < least; i++) {
                emit(Op.ONE, set, 0, 0);
            }
            emit(Op.RUN, set, 0, 0);
        } else if (body.most() == RegexNode.UNBOUNDED) {
            throw new IllegalArgumentException("an atomic group without limit is not supported");
        } else {
            inner(Op.ATOMIC, body, 0);
        }
    }

    private void inner(Op op, RegexNode body, int second) {
        int start = emit(op, CharSet.ANY, 0, second);
        compile(body);
        emit(Op.ACCEPT, CharSet.ANY, 0, 0);
        patchFirst(start);
    }
}
