package dev.puna.text.jinja;

import java.time.LocalDateTime;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.time.temporal.TemporalAdjusters;
import java.util.Locale;

/**
 * Python's {@code datetime.now().strftime(format)} with C's locale and no time zone. Between the percent sign and the
 * letter may stand a flag ({@code -} no padding, {@code _} spaces, {@code 0} zeros, {@code ^} upper case, {@code #}
 * other case) and a width.
 */
final class Strftime {
    private final LocalDateTime now;

    private Strftime(LocalDateTime now) {
        this.now = now;
    }

    static Str format(Str format, Run run) {
        String result = new Strftime(LocalDateTime.now(run.clock())).format(format.text(), run.meter());
        return Str.of(result, format.hasMarks());
    }

    private String format(String format, Meter meter) {
        var out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%') {
                out.append(c);
                continue;
            }
            int at = i + 1;
            char pad = 0;
            boolean upper = false;
            boolean swap = false;
            while (at < format.length() && "-_0^#".indexOf(format.charAt(at)) >= 0) {
                char flag = format.charAt(at++);
                upper |= flag == '^';
                swap |= flag == '#';
                pad = flag == '^' || flag == '#' ? pad : flag;
            }
            long width = 0;
            boolean hasWidth = false;
            while (at < format.length() && format.charAt(at) >= '0' && format.charAt(at) <= '9') {
                width = Math.min(Integer.MAX_VALUE, width * 10 + format.charAt(at++) - '0');
                hasWidth = true;
            }
            if (at < format.length() && (format.charAt(at) == 'E' || format.charAt(at) == 'O')) {
                at++;
            }
            Field field = at < format.length() ? field(format.charAt(at)) : null;
            if (field == null) {
                // What C's library does not know it copies.
                int end = Math.min(at + 1, format.length());
                out.append(format, i, end);
                i = end - 1;
                continue;
            }
            String text = field.text;
            if (upper || swap && field.upperOnSwap) {
                text = text.toUpperCase(Locale.ROOT);
            } else if (swap && field.lowerOnSwap) {
                text = text.toLowerCase(Locale.ROOT);
            }
            char fill = pad == '_' ? ' ' : pad == '0' ? '0' : field.fill;
            long wanted = hasWidth ? width : pad == '-' ? 0 : field.width;
            meter.text(Math.max(wanted, text.length()));
            if (wanted > text.length() && (pad != '-' || hasWidth)) {
                out.append(String.valueOf(fill).repeat((int) wanted - text.length()));
            }
            out.append(text);
            i = at;
        }
        return out.toString();
    }

    /** One field: its text without padding, and how it is padded. */
    private record Field(String text, int width, char fill, boolean upperOnSwap, boolean lowerOnSwap) {
        static Field number(long value, int width) {
            return new Field(Long.toString(value), width, '0', false, false);
        }

        static Field blank(long value, int width) {
            return new Field(Long.toString(value), width, ' ', false, false);
        }

        static Field text(String text) {
            return new Field(text, 0, ' ', false, false);
        }

        static Field name(String text) {
            return new Field(text, 0, ' ', true, false);
        }
    }

    private Field field(char code) {
        int hour12 = now.getHour() % 12 == 0 ? 12 : now.getHour() % 12;
        return switch (code) {
            case 'a' -> Field.name(now.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH));
            case 'A' -> Field.name(now.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
            case 'b', 'h' ->
                Field.name(now.getMonth()
                        .getDisplayName(TextStyle.FULL, Locale.ENGLISH)
                        .substring(0, 3));
            case 'B' -> Field.name(now.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
            case 'c' -> composed("%a %b %e %H:%M:%S %Y");
            case 'C' -> Field.number(now.getYear() / 100, 2);
            case 'd' -> Field.number(now.getDayOfMonth(), 2);
            case 'D', 'x' -> composed("%m/%d/%y");
            case 'e' -> Field.blank(now.getDayOfMonth(), 2);
            case 'f' -> Field.text("%06d".formatted(now.getNano() / 1000));
            case 'F' -> composed("%Y-%m-%d");
            case 'g' -> Field.number(now.get(IsoFields.WEEK_BASED_YEAR) % 100, 2);
            case 'G' -> Field.number(now.get(IsoFields.WEEK_BASED_YEAR), 0);
            case 'H' -> Field.number(now.getHour(), 2);
            case 'I' -> Field.number(hour12, 2);
            case 'j' -> Field.number(now.getDayOfYear(), 3);
            case 'k' -> Field.blank(now.getHour(), 2);
            case 'l' -> Field.blank(hour12, 2);
            case 'm' -> Field.number(now.getMonthValue(), 2);
            case 'M' -> Field.number(now.getMinute(), 2);
            case 'n' -> Field.text("\n");
            case 'p' -> new Field(now.getHour() < 12 ? "AM" : "PM", 0, ' ', false, true);
            case 'P' -> Field.text(now.getHour() < 12 ? "am" : "pm");
            case 'r' -> composed("%I:%M:%S %p");
            case 'R' -> composed("%H:%M");
            case 's' ->
                Field.number(
                        now.toEpochSecond(
                                java.time.ZoneId.systemDefault().getRules().getOffset(now)),
                        0);
            case 'S' -> Field.number(now.getSecond(), 2);
            case 't' -> Field.text("\t");
            case 'T', 'X' -> composed("%H:%M:%S");
            case 'u' -> Field.number(now.getDayOfWeek().getValue(), 1);
            case 'U' -> Field.number(week(java.time.DayOfWeek.SUNDAY), 2);
            case 'V' -> Field.number(now.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR), 2);
            case 'w' -> Field.number(now.getDayOfWeek().getValue() % 7, 1);
            case 'W' -> Field.number(week(java.time.DayOfWeek.MONDAY), 2);
            case 'y' -> Field.number(now.getYear() % 100, 2);
            case 'Y' -> Field.number(now.getYear(), 0);
            case 'z', 'Z' -> Field.text("");
            case '%' -> Field.text("%");
            default -> null;
        };
    }

    private Field composed(String format) {
        return Field.text(format(format, new Meter(Limits.DEFAULT)));
    }

    /** Weeks of the year so far that began on this day. */
    private int week(java.time.DayOfWeek first) {
        var begin = now.with(TemporalAdjusters.firstDayOfYear()).with(TemporalAdjusters.nextOrSame(first));
        int days = now.get(ChronoField.DAY_OF_YEAR) - begin.get(ChronoField.DAY_OF_YEAR);
        return days < 0 ? 0 : days / 7 + 1;
    }
}
