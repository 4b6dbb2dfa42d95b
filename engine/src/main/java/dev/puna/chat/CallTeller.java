package dev.puna.chat;

import java.util.function.Consumer;
import java.util.function.Supplier;

/** Tells the calls of an answer one after the other, each in pieces: its name, its arguments as JSON, its end. */
final class CallTeller {
    private final boolean eager;
    private final Supplier<String> ids;
    private final Consumer<Delta> out;

    /** The arguments of the present call. */
    final StringBuilder json = new StringBuilder();

    private int told; // of them
    private int index = -1;
    private String name = "";
    private boolean begun;

    /**
     * @param eager whether calls are told from their names on; else each when it is whole
     * @param ids a new id for each call
     */
    CallTeller(boolean eager, Supplier<String> ids, Consumer<Delta> out) {
        this.eager = eager;
        this.ids = ids;
        this.out = out;
    }

    void begin(String called) {
        name = called;
        begun = true;
        json.setLength(0);
        told = 0;
        if (eager) {
            tellStart();
        }
    }

    /** Whether a call has begun of which somebody knows. */
    boolean isTold() {
        return begun && eager;
    }

    private void tellStart() {
        out.accept(new Delta.CallStart(++index, ids.get(), name));
    }

    /** Tells what there is of the arguments. */
    void tellArguments() {
        if (json.length() > told) {
            out.accept(new Delta.CallArguments(index, json.substring(told)));
            told = json.length();
        }
    }

    void end() {
        if (!eager) {
            tellStart();
        }
        tellArguments();
        out.accept(new Delta.CallEnd(index));
        begun = false;
    }

    /** It was none. */
    void forget() {
        begun = false;
    }
}
