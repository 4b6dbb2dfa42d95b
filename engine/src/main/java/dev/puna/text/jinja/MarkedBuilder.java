package dev.puna.text.jinja;

import java.util.Arrays;

/** Builds a text together with its marks, at most as long as the rendering's limits allow. */
final class MarkedBuilder {
    private final Meter meter;
    private final StringBuilder text = new StringBuilder();
    private int[] toggles = new int[4];
    private int toggleCount;
    private boolean marked;

    MarkedBuilder(Meter meter) {
        this.meter = meter;
    }

    int length() {
        return text.length();
    }

    private void room(int chars) {
        meter.text(chars);
        if (text.length() > meter.limits().textChars() - chars) {
            meter.text(Integer.MAX_VALUE);
        }
    }

    private void mark(boolean now) {
        if (now == marked) {
            return;
        }
        marked = now;
        if (toggleCount > 0 && toggles[toggleCount - 1] == text.length()) {
            toggleCount--;
            return;
        }
        if (toggleCount == toggles.length) {
            toggles = Arrays.copyOf(toggles, toggleCount * 2);
        }
        toggles[toggleCount++] = text.length();
    }

    MarkedBuilder append(CharSequence chars, boolean fromInput) {
        if (!chars.isEmpty()) {
            room(chars.length());
            mark(fromInput);
            text.append(chars);
        }
        return this;
    }

    /** Characters of the template's own making. */
    MarkedBuilder plain(CharSequence chars) {
        return append(chars, false);
    }

    MarkedBuilder append(Str part) {
        return append(part, 0, part.length());
    }

    /** The part of a text between two offsets, with its marks. */
    MarkedBuilder append(Str part, int from, int to) {
        if (to <= from) {
            return this;
        }
        room(to - from);
        int[] runs = part.marks();
        int at = Arrays.binarySearch(runs, from);
        at = at >= 0 ? at + 1 : -at - 1; // the first toggle behind `from`
        boolean now = (at & 1) == 1;
        int start = from;
        while (start < to) {
            int end = at < runs.length ? Math.min(runs[at], to) : to;
            if (end > start) {
                mark(now);
                text.append(part.text(), start, end);
            }
            start = end;
            at++;
            now = !now;
        }
        return this;
    }

    MarkedBuilder codePoint(int codePoint, boolean fromInput) {
        return append(Character.toString(codePoint), fromInput);
    }

    MarkedBuilder repeat(Str part, long times) {
        if (times > 0 && part.length() > 0) {
            if (part.length() * times > meter.limits().textChars()) {
                meter.text(part.length() * times);
            }
            for (long i = 0; i < times; i++) {
                append(part);
            }
        }
        return this;
    }

    Str build() {
        boolean open = marked;
        mark(false);
        int[] runs = toggleCount == 0 ? Str.UNMARKED : Arrays.copyOf(toggles, toggleCount);
        if (open) {
            marked = true; // so that the builder could go on
            toggleCount--;
        }
        return Str.of(text.toString(), runs);
    }
}
