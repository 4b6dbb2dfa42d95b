package dev.puna.sample.grammar;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An array that has begun.
 *
 * @param position how many items there are, as far as that matters
 * @param met how many of them fulfilled wishes
 * @param kept the items, where somebody wants them: the array itself if they must differ, or what contains it
 */
record ArrayFrame(
        Node.Items items,
        Style style,
        Phase phase,
        int position,
        long met,
        boolean keep,
        List<Object> kept,
        List<Object> taken)
        implements Frame {
    private enum Phase {
        OPENED,
        ITEM,
        AFTER
    }

    static ArrayFrame of(Node.Items items, Style style, boolean keep, List<Object> taken) {
        return new ArrayFrame(items, style, Phase.OPENED, 0, 0, keep, List.of(), taken);
    }

    private ArrayFrame in(Phase to, long nowMet) {
        return new ArrayFrame(items, style, to, position, nowMet, keep, kept, taken);
    }

    @Override
    public void step(int b, @Nullable Stack below, Threads out) {
        if (style != Style.COMPACT && ValueFrame.isSpace(b)) {
            out.add(this, below);
        } else if (b == ']') {
            if (items.mayEnd(position, met) && !(keep && taken.contains(kept))) {
                out.pop(below, keep ? kept : null);
            }
        } else if (phase == Phase.OPENED) {
            for (Node.Choice choice : items.choices(position, met)) {
                value(choice).step(b, new Stack(in(Phase.ITEM, items.met(met, choice.met())), below), out);
            }
        } else if (b == ',' && hasRoom()) {
            for (Node.Choice choice : items.choices(position, met)) {
                out.add(value(choice), new Stack(in(Phase.ITEM, items.met(met, choice.met())), below));
            }
        }
    }

    private boolean hasRoom() {
        return !items.unique
                || style == Style.ANY
                || items.choices(position, met).stream()
                        .anyMatch(choice -> choice.node().size(kept.size() + 1L) > kept.size());
    }

    private ValueFrame value(Node.Choice choice) {
        return new ValueFrame(choice.node(), style, keep || items.unique, items.unique ? kept : List.of());
    }

    @Override
    public void resume(@Nullable Object value, @Nullable Stack below, Threads out) {
        List<Object> all = kept;
        if ((keep || items.unique) && value != null) {
            Object plain = Node.plain(value);
            if (items.unique && kept.contains(plain)) {
                return;
            }
            all = new ArrayList<>(kept);
            all.add(plain);
        }
        out.add(new ArrayFrame(items, style, Phase.AFTER, items.next(position), met, keep, all, taken), below);
    }
}
