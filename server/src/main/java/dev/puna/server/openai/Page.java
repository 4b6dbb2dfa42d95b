package dev.puna.server.openai;

import dev.puna.server.http.Head;
import dev.puna.server.wire.Failure;
import dev.puna.server.wire.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A part of a list, as a query asks for it by {@code limit}, {@code order}, {@code after} and {@code before}.
 *
 * @param more whether the list goes on
 */
record Page<T>(List<T> data, Function<T, String> id, boolean more) {
    private static final int USUAL = 20;
    private static final int MOST = 10_000;

    /**
     * @param all the oldest first
     * @param newestFirst what counts where the query does not say
     */
    static <T> Page<T> of(Head head, List<T> all, Function<T, String> id, boolean newestFirst) {
        int limit = head.query("limit").map(Page::limit).orElse(USUAL);
        String order = head.query("order").orElse(newestFirst ? "desc" : "asc");
        List<T> sorted = switch (order) {
            case "asc" -> all;
            case "desc" -> all.reversed();
            default -> throw Failure.invalid("order", "must be \"asc\" or \"desc\"");
        };
        int from =
                head.query("after").map(after -> index(sorted, id, after) + 1).orElse(0);
        int to = head.query("before").map(before -> index(sorted, id, before)).orElse(sorted.size());
        List<T> rest = sorted.subList(Math.min(from, to), to);
        return new Page<>(rest.subList(0, Math.min(limit, rest.size())), id, rest.size() > limit);
    }

    private static int limit(String text) {
        if (!text.matches("[1-9]\\d{0,4}") || Integer.parseInt(text) > MOST) {
            throw Failure.invalid("limit", "must be 1 to " + MOST);
        }
        return Integer.parseInt(text);
    }

    private static <T> int index(List<T> all, Function<T, String> id, String wanted) {
        Optional<T> found =
                all.stream().filter(one -> id.apply(one).equals(wanted)).findFirst();
        return all.indexOf(found.orElseThrow(() -> Failure.invalid("after", "names nothing in this list")));
    }

    Map<String, @Nullable Object> json() {
        return json(one -> one);
    }

    Map<String, @Nullable Object> json(Function<T, @Nullable Object> each) {
        return Json.map(
                "object",
                "list",
                "data",
                data.stream().map(each).toList(),
                "first_id",
                data.isEmpty() ? null : id.apply(data.getFirst()),
                "last_id",
                data.isEmpty() ? null : id.apply(data.getLast()),
                "has_more",
                more);
    }
}
