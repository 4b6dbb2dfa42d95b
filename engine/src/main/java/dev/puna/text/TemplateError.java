package dev.puna.text;

/**
 * A chat template that cannot be parsed, or that does not accept these variables. The message is one line: the template,
 * the line in it where that is known, and what is wrong.
 */
public final class TemplateError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String template;
    private final int line;

    /**
     * @param template the template's name
     * @param line the line in it, from 1; 0 where it is not known
     * @param what what is wrong
     */
    public TemplateError(String template, int line, String what) {
        super(template + (line > 0 ? ": line " + line : "") + ": " + oneLine(what));
        this.template = template;
        this.line = line;
    }

    private static String oneLine(String what) {
        return what.strip().replaceAll("\\R", " ");
    }

    /** The template's name. */
    public String template() {
        return template;
    }

    /** The line in the template, from 1; 0 where it is not known. */
    public int line() {
        return line;
    }
}
