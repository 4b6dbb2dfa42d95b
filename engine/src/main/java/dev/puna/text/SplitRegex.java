package dev.puna.text;

/** TODO engine. */
final class SplitRegex {
    private SplitRegex() {}

    static TextPattern of(String regex) {
        return switch (regex) {
            case "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+" ->
                Words.LLAMA3;
            default -> throw new IllegalArgumentException("not supported");
        };
    }
}
