package dev.puna.bench.load;

import java.util.LinkedHashMap;
import java.util.Map;

/** Times, as how often each occurred, to one part in a hundred. Takes the same room however many there are. */
final class Spread {
    private static final double STEP = Math.log(1.01);
    private static final int CLASSES = 4000; // up to centuries

    private final long[] counts = new long[CLASSES];
    private long count;
    private long most;

    synchronized void add(long nanos) {
        counts[(int) Math.clamp(Math.round(Math.log(Math.max(1, nanos)) / STEP), 0, CLASSES - 1)]++;
        count++;
        most = Math.max(most, nanos);
    }

    /** What a share of all were no longer than, in milliseconds. */
    synchronized double millis(double share) {
        long rank = Math.max(1, (long) Math.ceil(share * count));
        long seen = 0;
        for (int i = 0; i < CLASSES; i++) {
            seen += counts[i];
            if (seen >= rank) {
                return Math.min(most, Math.exp(i * STEP)) / 1e6;
            }
        }
        return 0;
    }

    /** Percentiles in milliseconds, for a report. */
    synchronized Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("count", count);
        if (count > 0) {
            json.put("p50", Tally.round(millis(0.5)));
            json.put("p95", Tally.round(millis(0.95)));
            json.put("p99", Tally.round(millis(0.99)));
            json.put("max", Tally.round(most / 1e6));
        }
        return json;
    }
}
