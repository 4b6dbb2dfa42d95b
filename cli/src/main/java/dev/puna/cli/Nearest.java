package dev.puna.cli;

import java.util.Collection;
import java.util.Optional;

/** The name that was probably meant. */
final class Nearest {
    private Nearest() {}

    /** The candidate fewest edits away from what was typed, where that is close enough to be a slip. */
    static Optional<String> of(String typed, Collection<String> candidates) {
        String nearest = null;
        int fewest = Math.max(1, typed.length() / 3) + 1;
        for (String candidate : candidates) {
            boolean begun = typed.length() >= 3 && candidate.startsWith(typed);
            int edits = begun ? 1 : edits(typed, candidate);
            if (edits < fewest) {
                fewest = edits;
                nearest = candidate;
            }
        }
        return Optional.ofNullable(nearest);
    }

    /** Levenshtein's distance, a swap of two neighbours counting as one edit. */
    private static int edits(String source, String target) {
        int[][] cost = new int[source.length() + 1][target.length() + 1];
        for (int i = 0; i <= source.length(); i++) {
            for (int j = 0; j <= target.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                boolean same = source.charAt(i - 1) == target.charAt(j - 1);
                cost[i][j] =
                        Math.min(cost[i - 1][j - 1] + (same ? 0 : 1), 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
                boolean swapped = i > 1
                        && j > 1
                        && source.charAt(i - 1) == target.charAt(j - 2)
                        && source.charAt(i - 2) == target.charAt(j - 1);
                if (swapped) {
                    cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
                }
            }
        }
        return cost[source.length()][target.length()];
    }
}
