package dev.puna.chat;

import java.util.List;
import java.util.function.Consumer;

/**
 * Tells what a model thinks before it answers from the answer, and hands the answer on. Thinking stands between marks at
 * the beginning, which some models write as text and some as control tokens; some templates write the first mark
 * themselves.
 */
final class Thoughts implements Reading {
    /** The marks of a beginning and an end. */
    record Marks(String open, String close) {
        /** What models in use write; the second is Llama 4's. */
        static final List<Marks> KNOWN = List.of(
                new Marks("<think>", "</think>"),
                new Marks("<|reasoning_thinking_start|>", "<|reasoning_thinking_end|>"));
    }

    private enum State {
        BEFORE,
        WITHIN,
        BEHIND,
        ANSWER
    }

    private final Marks marks;
    private final Reading next;
    private final Consumer<Delta> out;
    private final StringBuilder held = new StringBuilder();
    private State state;

    /** @param begun whether the prompt ends within thinking */
    Thoughts(Marks marks, boolean begun, Reading next, Consumer<Delta> out) {
        this.marks = marks;
        this.next = next;
        this.out = out;
        state = begun ? State.WITHIN : State.BEFORE;
    }

    @Override
    public boolean full() {
        return next.full();
    }

    @Override
    public void text(String piece) {
        if (state == State.ANSWER) {
            next.text(piece);
            return;
        }
        held.append(piece);
        if (state == State.BEFORE) {
            before();
        }
        if (state == State.WITHIN) {
            within();
        }
        if (state == State.BEHIND) {
            int at = blanks();
            if (at < held.length()) {
                answer(at);
            }
        }
    }

    private int blanks() {
        int at = 0;
        while (at < held.length() && Character.isWhitespace(held.charAt(at))) {
            at++;
        }
        return at;
    }

    private void before() {
        String text = held.substring(blanks());
        if (text.startsWith(marks.open())) {
            held.setLength(0);
            held.append(text, marks.open().length(), text.length());
            state = State.WITHIN;
        } else if (!marks.open().startsWith(text)) {
            answer(0);
        }
    }

    /** Tells what is held but what may be the beginning of the mark of the end. */
    private void within() {
        int end = held.indexOf(marks.close());
        int safe = end >= 0 ? end : held.length() - undecided();
        think(held.substring(0, safe));
        held.delete(0, end >= 0 ? end + marks.close().length() : safe);
        state = end >= 0 ? State.BEHIND : state;
    }

    private int undecided() {
        for (int n = Math.min(marks.close().length() - 1, held.length()); n > 0; n--) {
            if (marks.close().startsWith(held.substring(held.length() - n))) {
                return n;
            }
        }
        return 0;
    }

    private void think(String text) {
        if (!text.isEmpty()) {
            out.accept(new Delta.Reasoning(text));
        }
    }

    private void answer(int from) {
        state = State.ANSWER;
        next.text(held.substring(from));
        held.setLength(0);
    }

    @Override
    public void control(String spelling) {
        if (spelling.equals(marks.open()) && state == State.BEFORE) {
            held.setLength(0);
            state = State.WITHIN;
        } else if (spelling.equals(marks.close()) && state == State.WITHIN) {
            think(held.toString());
            held.setLength(0);
            state = State.BEHIND;
        } else {
            if (state == State.BEFORE) {
                answer(0);
            }
            next.control(spelling);
        }
    }

    @Override
    public void end(boolean cut) {
        if (state == State.WITHIN) {
            think(held.toString());
        } else if (state == State.BEFORE) {
            answer(0);
        }
        next.end(cut);
    }
}
