package dev.puna.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rows in columns on standard output, under a head. Values are made safe for a terminal; the last column is not padded. */
final class Table {
    private final Output output;
    private final String[] heads;
    private final boolean[] right;
    private final List<String[]> rows = new ArrayList<>();

    /** @param heads the columns' heads; one that begins with {@code >} is aligned to the right */
    Table(Output output, String... heads) {
        this.output = output;
        this.heads = Arrays.stream(heads)
                .map(head -> head.startsWith(">") ? head.substring(1) : head)
                .toArray(String[]::new);
        this.right = new boolean[heads.length];
        for (int i = 0; i < heads.length; i++) {
            right[i] = heads[i].startsWith(">");
        }
    }

    void row(String... cells) {
        rows.add(Arrays.stream(cells)
                .map(cell -> output.value(cell.replace('\n', ' ')))
                .toArray(String[]::new));
    }

    void print() {
        if (rows.isEmpty()) {
            return;
        }
        int[] widths = new int[heads.length];
        for (int i = 0; i < heads.length; i++) {
            widths[i] = heads[i].length();
            for (String[] row : rows) {
                widths[i] = Math.max(widths[i], width(row[i]));
            }
        }
        StringBuilder text = new StringBuilder();
        text.append(output.styled(line(heads, widths), Output.Style.BOLD)).append('\n');
        for (String[] row : rows) {
            text.append(line(row, widths)).append('\n');
        }
        output.print(text.toString());
    }

    private String line(String[] cells, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < cells.length; i++) {
            String padding = " ".repeat(Math.max(0, widths[i] - width(cells[i])));
            boolean last = i + 1 == cells.length;
            line.append(right[i] ? padding : "").append(cells[i]);
            if (!last) {
                line.append(right[i] ? "" : padding).append("  ");
            }
        }
        return line.toString();
    }

    /** Columns that a text takes: marks that sit on a letter and invisible ones take none. */
    private static int width(String text) {
        return (int) text.codePoints()
                .filter(c -> switch (Character.getType(c)) {
                    case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.FORMAT -> false;
                    default -> true;
                })
                .count();
    }
}
