package dev.puna.text.jinja;

import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * A text of the template language, which knows which of its characters came from the caller. The marks are a sorted
 * list of offsets where the marking changes, starting unmarked: {@code [3, 7]} marks the characters 3 to 6.
 *
 * <p>Joining two long texts keeps both and copies nothing; they become one when somebody looks at the characters. So a
 * template that grows a text piece by piece stays linear.
 *
 * <p>Indexes of the language count code points, as Python does; offsets in this class count UTF-16 units.
 */
final class Str implements Value {
    static final int[] UNMARKED = {};
    static final Str EMPTY = of("");
    private static final int COPY_BELOW = 256;

    private final int length;
    private final boolean markup;
    private String text;
    private int[] marks;
    private Str left;
    private Str right;
    private Meter meter;
    private int points = -1;

    private Str(String text, int[] marks, boolean markup) {
        this.length = text.length();
        this.text = text;
        this.marks = marks;
        this.markup = markup;
    }

    private Str(Str left, Str right, Meter meter) {
        this.length = left.length + right.length;
        this.markup = left.markup;
        this.left = left;
        this.right = right;
        this.meter = meter;
    }

    static Str of(String text) {
        return new Str(text, UNMARKED, false);
    }

    static Str of(String text, int[] marks) {
        return new Str(text, marks, false);
    }

    /** A text marked throughout or nowhere. */
    static Str of(String text, boolean fromInput) {
        return new Str(text, fromInput && !text.isEmpty() ? new int[] {0, text.length()} : UNMARKED, false);
    }

    int length() {
        return length;
    }

    String text() {
        if (text == null) {
            flatten();
        }
        return text;
    }

    int[] marks() {
        if (text == null) {
            flatten();
        }
        return marks;
    }

    boolean hasMarks() {
        return marks().length > 0;
    }

    boolean isMarked(int offset) {
        int at = Arrays.binarySearch(marks(), offset);
        return at >= 0 ? (at & 1) == 0 : (-at - 1 & 1) == 1;
    }

    private void flatten() {
        var builder = new MarkedBuilder(meter);
        var rest = new ArrayDeque<Str>();
        rest.push(right);
        Str part = left;
        while (true) {
            if (part.text == null) {
                rest.push(part.right);
                part = part.left;
                continue;
            }
            builder.append(part);
            if (rest.isEmpty()) {
                break;
            }
            part = rest.pop();
        }
        Str flat = builder.build();
        marks = flat.marks;
        text = flat.text;
        left = null;
        right = null;
        meter = null;
    }

    Str concat(Str other, Meter budget) {
        if (length == 0 && !markup) {
            return other.plain();
        }
        if (other.length == 0) {
            return this;
        }
        if (length + (long) other.length > budget.limits().textChars()) {
            budget.text(length + (long) other.length);
        }
        if (length + other.length < COPY_BELOW) {
            Str joined = new MarkedBuilder(budget).append(this).append(other).build();
            return markup ? joined.markup() : joined;
        }
        budget.elements(1);
        return new Str(this, other, budget);
    }

    /** The same text as markup, or not: Python's {@code Markup} escapes what is added to it. */
    Str markup() {
        return markup ? this : new Str(text(), marks(), true);
    }

    Str plain() {
        return markup ? new Str(text(), marks(), false) : this;
    }

    boolean isMarkup() {
        return markup;
    }

    /** A text of this one's kind (markup or not). */
    Str like(Str other) {
        return markup ? other.markup() : other;
    }

    /** The characters between two offsets, with their marks. */
    Str slice(int from, int to, Meter budget) {
        if (from <= 0 && to >= length) {
            return this;
        }
        if (to <= from) {
            return like(EMPTY);
        }
        budget.text(to - from);
        int[] runs = marks();
        int first = Arrays.binarySearch(runs, from);
        int last = Arrays.binarySearch(runs, to);
        first = (first >= 0 ? first : -first - 1) & ~1; // the first run that ends behind `from`
        last = (last >= 0 ? last : -last - 1) + 1 & ~1; // behind the last run that starts before `to`
        if (last <= first) {
            return new Str(text().substring(from, to), UNMARKED, markup);
        }
        int[] part = Arrays.copyOfRange(runs, first, last);
        for (int i = 0; i < part.length; i++) {
            part[i] = Math.clamp(part[i], from, to) - from;
        }
        int start = part[0] == part[1] ? 2 : 0;
        int end = part.length > start && part[part.length - 2] == part[part.length - 1] ? part.length - 2 : part.length;
        return new Str(text().substring(from, to), Arrays.copyOfRange(part, start, Math.max(start, end)), markup);
    }

    /** The same marks on a text of the same length; one of another length is marked whole if this one has any. */
    Str withText(String other) {
        if (other.length() == length) {
            return new Str(other, marks(), markup);
        }
        return like(of(other, hasMarks()));
    }

    /** Length in code points. */
    int size() {
        if (points < 0) {
            points = text().codePointCount(0, length);
        }
        return points;
    }

    /** The offset of a code point. */
    int offset(int point) {
        return size() == length ? point : text().offsetByCodePoints(0, point);
    }

    /** How many code points stand before an offset. */
    int point(int offset) {
        return size() == length ? offset : text().codePointCount(0, offset);
    }

    boolean is(String other) {
        return length == other.length() && text().equals(other);
    }

    @Override
    public String typeName() {
        return markup ? "Markup" : "str";
    }

    @Override
    public String toString() {
        return text();
    }
}
