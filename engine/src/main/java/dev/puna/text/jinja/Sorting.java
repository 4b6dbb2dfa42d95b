package dev.puna.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Python's {@code sorted}: stable, also backwards, and asks nothing but whether one key is less than another. */
final class Sorting {
    private Sorting() {}

    static <T> List<T> sorted(List<T> items, Function<T, Value> key, boolean backwards, Meter meter) {
        int count = items.size();
        meter.elements(count);
        var keys = new Value[count];
        for (int i = 0; i < count; i++) {
            keys[i] = key.apply(items.get(i));
        }
        var order = new int[count];
        for (int i = 0; i < count; i++) {
            order[i] = i;
        }
        sort(order, new int[count], 0, count, keys, backwards, meter);
        var sorted = new ArrayList<T>(count);
        for (int at : order) {
            sorted.add(items.get(at));
        }
        return sorted;
    }

    private static void sort(int[] order, int[] spare, int from, int to, Value[] keys, boolean backwards, Meter meter) {
        if (to - from < 2) {
            return;
        }
        int middle = from + to >>> 1;
        sort(order, spare, from, middle, keys, backwards, meter);
        sort(order, spare, middle, to, keys, backwards, meter);
        System.arraycopy(order, from, spare, from, to - from);
        int left = from;
        int right = middle;
        for (int i = from; i < to; i++) {
            boolean takeRight = left == middle
                    || right < to
                            && (backwards
                                    ? less(keys[spare[left]], keys[spare[right]], meter)
                                    : less(keys[spare[right]], keys[spare[left]], meter));
            order[i] = takeRight ? spare[right++] : spare[left++];
        }
    }

    private static boolean less(Value left, Value right, Meter meter) {
        meter.step();
        return Operators.less(left, right, meter);
    }
}
