package dev.puna.chat;

import java.util.List;

/**
 * Ends a streamed text before the first stop string that it completes, wherever the stream is cut into pieces. The first
 * is the one whose last character comes first; the longest, if several end there. Text that could still turn out to be
 * the beginning of a stop string is held back until that is settled, so no part of one is ever shown.
 */
final class StopText {
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private boolean stopped;

    /** @param stops none of them empty */
    StopText(List<String> stops) {
        this.stops = List.copyOf(stops);
    }

    /** Takes the next piece and returns the text that may be shown now. */
    String accept(String piece) {
        if (stopped) {
            return "";
        }
        if (stops.isEmpty()) {
            return piece;
        }
        for (int i = 0; i < piece.length(); i++) {
            held.append(piece.charAt(i));
            int longest = longestEnding();
            if (longest > 0) {
                stopped = true;
                held.setLength(held.length() - longest);
                return finish();
            }
        }
        int settled = held.length() - undecided();
        String shown = held.substring(0, settled);
        held.delete(0, settled);
        return shown;
    }

    /** The stream has ended: the text still held back, which is none if a stop string was found. */
    String finish() {
        String rest = held.toString();
        held.setLength(0);
        return rest;
    }

    /** Whether a stop string has been completed; nothing is shown from then on. */
    boolean stopped() {
        return stopped;
    }

    private int longestEnding() {
        int longest = 0;
        for (String stop : stops) {
            if (stop.length() > longest && endsWith(stop, stop.length())) {
                longest = stop.length();
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
