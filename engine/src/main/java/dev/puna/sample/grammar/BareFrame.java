package dev.puna.sample.grammar;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A text without quotes and what ends it: a line end and a mark, which the text never holds. Where a character of the
 * end comes the text may still go on with it, so both are followed at once.
 *
 * @param now the automaton's state, or {@link Dfa#DEAD} where only the end can follow
 * @param closing how many characters of the end are there; the text was whole before them
 * @param bits of a character that has begun
 * @param missing bytes of it
 */
record BareFrame(Dfa dfa, String end, int now, int closing, int bits, int missing) implements Frame {
    /** Those of the texts that a mark can end; absent if there are none. */
    static Optional<BareFrame> of(List<Dfa> texts, String mark) {
        var work = new Work(Limits.OURS);
        var automata = new Automata(work);
        Regex any = Regex.times(
                Regex.chars(Ranges.of(Character.MIN_SURROGATE, Character.MAX_SURROGATE)
                        .not()),
                0,
                -1);
        Regex holding = Regex.then(Regex.ALL, Regex.then(Regex.text(mark), Regex.ALL));
        Dfa without = automata.of(Regex.every(List.of(any, Regex.not(holding))), "text")
                .orElseThrow();
        return texts.stream()
                .reduce((a, b) -> a.or(b, "text", work))
                .flatMap(all -> Dfa.both(all, without, "text", work))
                .map(dfa -> new BareFrame(dfa, "\n" + mark, 0, 0, 0, 0));
    }

    @Override
    public void step(int b, @Nullable Stack below, Threads out) {
        int left = missing == 0 ? Utf8Part.missing(b) : missing - 1;
        int more = left < 0 ? -1 : missing == 0 ? Utf8Part.bits(b, left) : Utf8Part.next(bits, missing, b);
        if (more < 0) {
            return;
        }
        if (left > 0) {
            if (now >= 0 && dfa.any(now, Utf8Part.from(more, left, missing == 0), Utf8Part.to(more, left))) {
                out.add(new BareFrame(dfa, end, now, 0, more, left), below);
            }
            return;
        }
        int c = missing == 0 ? b : more;
        int to = now < 0 ? Dfa.DEAD : dfa.next(now, c);
        if (closing > 0 && end.charAt(closing) == c) {
            if (closing + 1 == end.length()) {
                out.pop(below, null);
            } else {
                out.add(new BareFrame(dfa, end, to, closing + 1, 0, 0), below);
            }
        } else if (c == end.charAt(0) && now >= 0 && dfa.accepts(now)) {
            out.add(new BareFrame(dfa, end, to, 1, 0, 0), below);
        } else if (to >= 0) {
            out.add(new BareFrame(dfa, end, to, 0, 0, 0), below);
        }
    }

    @Override
    public Frame alike(int horizon) {
        return now < 0 ? this : new BareFrame(dfa, end, dfa.alike(now, horizon), closing, bits, missing);
    }
}
