package dev.puna.text.jinja;

/** An arithmetic sequence; it holds at most {@link #LONGEST} numbers, as in Python's sandbox. */
record Range(long start, long stop, long step) implements Value {
    static final int LONGEST = 100_000;

    int size() {
        if (step > 0 ? start >= stop : start <= stop) {
            return 0;
        }
        // Unsigned, so that no difference of two longs overflows.
        long span = step > 0 ? stop - start - 1 : start - stop - 1;
        long size = Long.divideUnsigned(span, step > 0 ? step : -step);
        return size < 0 || size >= Integer.MAX_VALUE ? Integer.MAX_VALUE : (int) size + 1;
    }

    long at(int index) {
        return start + index * step;
    }

    /** Where the number stands, or -1. */
    int indexOf(Int number) {
        int size = size();
        if (size == 0 || !number.isSmall()) {
            return -1;
        }
        long value = number.small();
        long low = Math.min(start, at(size - 1));
        long high = Math.max(start, at(size - 1));
        return value < low || value > high || (value - start) % step != 0 ? -1 : (int) ((value - start) / step);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Range range
                && size() == range.size()
                && (size() == 0 || start == range.start && (size() == 1 || step == range.step));
    }

    @Override
    public int hashCode() {
        int size = size();
        return size == 0 ? 0 : Long.hashCode(start) * 31 + size;
    }

    @Override
    public String typeName() {
        return "range";
    }
}
