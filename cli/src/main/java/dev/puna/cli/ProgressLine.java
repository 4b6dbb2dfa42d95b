package dev.puna.cli;

import dev.puna.cli.store.Bytes;
import dev.puna.cli.store.Progress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;

/** Progress on standard error: a bar with speed and time left on a terminal, a line now and then elsewhere. */
final class ProgressLine implements Progress {
    private static final long REDRAW_NANOS = 100_000_000L;
    private static final long LINE_NANOS = 10_000_000_000L;
    private static final long WINDOW_NANOS = 5_000_000_000L;

    /** How much had come when; speed is measured over the last of them. */
    private record Mark(long nanos, long bytes) {}

    private final Output output;
    private final int columns;
    private final boolean unicode;
    private final Deque<Mark> marks = new ArrayDeque<>();
    private String what = "";
    private long total;
    private long bytes;
    private long start;
    private long already;
    private long shown;

    ProgressLine(Output output, Settings settings) {
        this.output = output;
        this.columns = output.errTerminal() ? settings.columns() : 80;
        this.unicode = settings.unicode();
    }

    @Override
    public void note(String line) {
        output.note("puna: " + Output.oneLine(line));
    }

    @Override
    public void begin(String name, long before, long length) {
        what = Output.oneLine(name);
        total = length;
        already = before;
        bytes = before;
        start = System.nanoTime();
        shown = start;
        marks.clear();
        marks.add(new Mark(start, before));
        output.ifInterrupted("what has come so far is kept, the same command goes on from there");
        if (!output.errTerminal()) {
            note(what
                    + (length >= 0 ? ": " + Bytes.text(length) : "")
                    + (before > 0 ? ", " + Bytes.text(before) + " are here already" : ""));
        }
    }

    @Override
    public void at(long now) {
        bytes = now;
        long nanos = System.nanoTime();
        if (nanos - shown < (output.errTerminal() ? REDRAW_NANOS : LINE_NANOS)) {
            return;
        }
        shown = nanos;
        marks.add(new Mark(nanos, now));
        while (marks.size() > 2 && nanos - marks.getFirst().nanos() > WINDOW_NANOS) {
            marks.removeFirst();
        }
        if (output.errTerminal()) {
            output.status(bar());
        } else {
            note(what + ": " + facts());
        }
    }

    private double speed() {
        Mark first = marks.getFirst();
        Mark last = marks.getLast();
        double seconds = (last.nanos() - first.nanos()) / 1e9;
        return seconds > 0 ? Math.max(0, last.bytes() - first.bytes()) / seconds : 0;
    }

    private String facts() {
        double speed = speed();
        StringBuilder facts = new StringBuilder(Bytes.text(bytes));
        if (total > 0) {
            facts.append(" of ").append(Bytes.text(total));
            facts.append(String.format(Locale.ROOT, ", %d %%", 100 * bytes / total));
        }
        facts.append(", ").append(Bytes.text((long) speed)).append("/s");
        if (total > 0 && speed > 0) {
            facts.append(", ")
                    .append(time((long) Math.ceil((total - bytes) / speed)))
                    .append(" left");
        }
        return facts.toString();
    }

    private String bar() {
        String facts = facts();
        int room = columns - 1 - facts.length() - 4;
        int name = Math.min(what.length(), Math.max(8, room / 2));
        String label = what.length() > name ? what.substring(0, name - 1) + (unicode ? "…" : "~") : what;
        int width = Math.min(30, room - name);
        if (total <= 0 || width < 5) {
            return label + "  " + facts;
        }
        int full = (int) (width * bytes / total);
        String filled = (unicode ? "━" : "#").repeat(full);
        String empty = (unicode ? "─" : "-").repeat(width - full);
        boolean coloured = output.errColour();
        return label + "  " + (coloured ? "\u001b[32m" : "") + filled + (coloured ? "\u001b[0;2m" : "") + empty
                + (coloured ? "\u001b[0m" : "") + "  " + facts;
    }

    static String time(long seconds) {
        long hours = seconds / 3600;
        return hours > 0
                ? String.format(Locale.ROOT, "%d:%02d:%02d", hours, seconds / 60 % 60, seconds % 60)
                : String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
    }

    @Override
    public void end(boolean whole) {
        output.status("");
        output.ifInterrupted("");
        if (whole) {
            double seconds = Math.max(1e-3, (System.nanoTime() - start) / 1e9);
            note(String.format(
                    Locale.ROOT, "%s: %s in %.1f s (%s/s)", what, Bytes.text(bytes), seconds, Bytes.text((long)
                            ((bytes - already) / seconds))));
        }
    }
}
