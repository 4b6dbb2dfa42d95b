package dev.puna.sample.grammar;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An object that has begun.
 *
 * @param next the first of the named properties that may still come, where they come in order; else 0
 * @param seen the names that were there, where that matters: all in any order, else those that have no place in it
 * @param count how many properties there are, as far as that matters
 * @param pending wishes still to fulfil, a bit each
 * @param key the name being read or just read; null where it does not matter
 * @param other which of the other properties is being read, −1 for a named one
 * @param value what the property shall be
 * @param kept the properties, where somebody wants them
 */
record ObjectFrame(
        Node.Members members,
        Style style,
        Phase phase,
        int next,
        List<String> seen,
        int count,
        int pending,
        @Nullable String key,
        int other,
        @Nullable Node value,
        boolean keep,
        Map<String, Object> kept,
        List<Object> taken)
        implements Frame {
    private enum Phase {
        OPENED,
        KEY,
        COLON,
        VALUE,
        AFTER,
        COMMA
    }

    static ObjectFrame of(Node.Members members, Style style, boolean keep, List<Object> taken) {
        return new ObjectFrame(
                members, style, Phase.OPENED, 0, List.of(), 0, members.wishes, null, -1, null, keep, Map.of(), taken);
    }

    private ObjectFrame in(Phase to, @Nullable String nowKey, int nowOther, @Nullable Node nowValue, int nowPending) {
        return new ObjectFrame(
                members, style, to, next, seen, count, nowPending, nowKey, nowOther, nowValue, keep, kept, taken);
    }

    @Override
    public void step(int b, @Nullable Stack below, Threads out) {
        if (style != Style.COMPACT && ValueFrame.isSpace(b)) {
            out.add(this, below);
            return;
        }
        switch (phase) {
            case OPENED, COMMA -> {
                if (b == '"' && (members.most == Form.NO_LIMIT || count < members.most)) {
                    keys(below, out);
                } else if (b == '}' && phase == Phase.OPENED) {
                    end(below, out);
                }
            }
            case COLON -> {
                if (b == ':' && value != null) {
                    out.add(
                            new ValueFrame(value, style, keep, List.of()),
                            new Stack(in(Phase.VALUE, key, other, null, pending), below));
                }
            }
            case AFTER -> {
                if (b == '}') {
                    end(below, out);
                } else if (b == ',' && mayGoOn()) {
                    out.add(in(Phase.COMMA, null, -1, null, pending), below);
                }
            }
            case KEY, VALUE -> throw new IllegalStateException("something is read above an object");
        }
    }

    private void end(@Nullable Stack below, Threads out) {
        boolean whole = style == Style.ANY
                ? members.named().stream().allMatch(one -> !one.required() || seen.contains(one.name()))
                : !members.requiresFrom(next);
        if (whole && count >= members.least && pending == 0 && !(keep && taken.contains(kept))) {
            out.pop(below, keep ? kept : null);
        }
    }

    private boolean mayGoOn() {
        if (style == Style.ANY) {
            return members.most == Form.NO_LIMIT || count < members.most;
        }
        return !members.candidates(next, count, pending).isEmpty()
                || members.others().stream().anyMatch(one -> members.mayFollow(one, next, count, pending));
    }

    private void keys(@Nullable Stack below, Threads out) {
        List<Integer> candidates = style == Style.ANY ? members.everyone() : members.candidates(next, count, pending);
        if (!candidates.isEmpty()) {
            out.add(
                    TextFrame.of(members.names(candidates), style),
                    new Stack(in(Phase.KEY, null, -1, null, pending), below));
        }
        Collection<String> used = style == Style.ANY ? List.of() : seen.isEmpty() ? members.names() : joined();
        for (int i = 0; i < members.others().size(); i++) {
            Node.Members.Others one = members.others().get(i);
            if (style == Style.ANY
                    || members.mayFollow(one, next, count, pending)
                            && one.names().hasOther(0, "", used)) {
                out.add(
                        TextFrame.keeping(one.names(), style, used),
                        new Stack(in(Phase.KEY, null, i, null, pending), below));
            }
        }
    }

    private Collection<String> joined() {
        List<String> all = new ArrayList<>(members.names());
        all.addAll(seen);
        return all;
    }

    @Override
    public void resume(@Nullable Object read, @Nullable Stack below, Threads out) {
        if (phase == Phase.KEY) {
            String name = read instanceof String text ? text : null;
            List<Node.Choice> choices;
            int to;
            if (other < 0) {
                int index = read instanceof Integer label ? label : 0;
                Node.Members.Named found = members.named().get(index);
                name = found.name();
                choices = found.choices();
                to = style == Style.ANY ? 0 : index + 1;
            } else {
                choices = members.others().get(other).choices();
                to = style == Style.ANY ? 0 : members.named().size();
            }
            if (style == Style.ANY
                    && (seen.contains(name) || other >= 0 && members.names().contains(name))) {
                return;
            }
            for (Node.Choice choice : choices) {
                int left = pending & ~choice.met();
                if (style == Style.ANY || members.mayEndFrom(to, count + 1, left)) {
                    out.add(
                            new ObjectFrame(
                                    members,
                                    style,
                                    Phase.COLON,
                                    to,
                                    seen,
                                    count,
                                    left,
                                    name,
                                    other,
                                    choice.node(),
                                    keep,
                                    kept,
                                    taken),
                            below);
                }
            }
            return;
        }
        List<String> names = seen;
        if (key != null && (style == Style.ANY || other >= 0)) {
            names = new ArrayList<>(seen);
            names.add(key);
        }
        Map<String, Object> all = kept;
        if (keep && key != null && read != null) {
            all = new LinkedHashMap<>(kept);
            all.put(key, Node.plain(read));
        }
        out.add(
                new ObjectFrame(
                        members,
                        style,
                        Phase.AFTER,
                        next,
                        names,
                        members.counted(count + 1),
                        pending,
                        null,
                        -1,
                        null,
                        keep,
                        all,
                        taken),
                below);
    }
}
