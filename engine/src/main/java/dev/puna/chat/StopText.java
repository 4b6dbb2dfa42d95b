package dev.puna.chat;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Ends a streamed text before the first stop string that it completes, wherever the stream is cut into pieces. The first
 * is the one whose last character comes first; the longest, if several end there. Text that could still turn out to be
 * the beginning of a stop string is held back until that is settled, so no part of one is ever shown.
 */
final class StopText {
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private @Nullable String found;

    /** @param stops none of them empty */
    StopText(List<String> stops) {
        this.stops = List.copyOf(stops);
    }

    /** Takes the next piece and returns the text that may be shown now. */
    String accept(String piece) {
        if (found != null) {
            return "";
        }
        if (stops.isEmpty()) {
            return piece;
        }
        for (int i = 0; i < piece.length(); i++) {
            held.append(piece.charAt(i));
            found = longestEnding();
            if (found != null) {
                held.setLength(held.length() - found.length());
                return flush();
            }
        }
        int settled = held.length() - undecided();
        String shown = held.substring(0, settled);
        held.delete(0, settled);
        return shown;
    }

    /** The text held back, which no stop string can continue now; none if one was found. */
    String flush() {
        String rest = held.toString();
        held.setLength(0);
        return rest;
    }

    /** Whether a stop string has been completed; nothing is shown from then on. */
    boolean stopped() {
        return found != null;
    }

    /** The stop string that has been completed. */
    Optional<String> found() {
        return Optional.ofNullable(found);
    }

    private @Nullable String longestEnding() {
        String longest = null;
        for (String stop : stops) {
            if ((longest == null || stop.length() > longest.length()) && endsWith(stop, stop.length())) {
                longest = stop;
            }
        }
        return longest;
    }

    /** Length of the longest end of the held text that begins a stop string. */
    private int undecided() {
        int longest = 0;
        for (String stop : stops) {
            for (int n = Math.min(stop.length() - 1, held.length()); n > longest; n--) {
                if (endsWith(stop, n)) {
                    longest = n;
                }
            }
        }
        return longest;
    }

    /** Whether the held text ends with the first {@code n} characters of {@code stop}. */
    private boolean endsWith(String stop, int n) {
        int start = held.length() - n;
        if (start < 0) {
            return false;
        }
        for (int i = 0; i < n; i++) {
            if (held.charAt(start + i) != stop.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
