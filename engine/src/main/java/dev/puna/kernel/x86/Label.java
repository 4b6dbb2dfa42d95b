package dev.puna.kernel.x86;

/** A place in the code, known or yet to come. */
final class Label {
    private int position = -1;

    boolean isBound() {
        return position >= 0;
    }

    int position() {
        assert isBound() : "a label was used and never bound";
        return position;
    }

    void bind(int here) {
        assert !isBound() : "a label was bound twice";
        position = here;
    }
}
