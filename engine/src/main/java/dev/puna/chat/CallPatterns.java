package dev.puna.chat;

import java.util.regex.Pattern;

/** What stands around the values of calls, in every way in which models write them. */
final class CallPatterns {
    private static final String NAME = "([A-Za-z0-9_.-]{1,64})";
    private static final String QUOTED_NAME = "[\"']name[\"']\\s*:\\s*[\"']" + NAME + "[\"']";
    private static final String KIND = "(?:[\"']type[\"']\\s*:\\s*[\"']function[\"']\\s*,\\s*)?";
    private static final String VALUES = "[\"'](?:parameters|arguments)[\"']\\s*:\\s*";

    /** {@code {"name": "f", "parameters": } and the brace of the arguments to come. */
    static final Pattern JSON_HEAD = Pattern.compile("\\{\\s*" + KIND + QUOTED_NAME + "\\s*,\\s*" + VALUES + "(?=\\{)");
    /** The beginning of an object whose keys say only later whether it is a call. */
    static final Pattern OBJECT_HEAD = Pattern.compile("(?=\\{\\s*" + KIND + "(?:" + QUOTED_NAME + "\\s*(?:\\}|,\\s*(?:"
            + VALUES + "[\"'nN]|[\"']id[\"']))|[\"']function[\"']\\s*:|" + VALUES + "[{\"']))\\{");

    static final Pattern JSON_TAIL = Pattern.compile(
            "\\s*(?:,\\s*[\"'](?:id|type)[\"']\\s*:\\s*(?:\"[^\"\\\\]*\"|'[^'\\\\]*'|null|None)\\s*)*\\}");
    static final Pattern OBJECTS_HEAD = Pattern.compile("\\[\\s*(?=\\{)");
    static final Pattern CALLS_HEAD = Pattern.compile("\\[\\s*" + NAME + "\\s*\\(");
    static final Pattern CALL_HEAD = Pattern.compile(NAME + "\\s*\\(");
    static final Pattern FUNCTION_HEAD = Pattern.compile("<function=" + NAME + ">\\s*(?=\\{)");
    static final Pattern FUNCTION_EMPTY = Pattern.compile("<function=" + NAME + ">\\s*</function>");
    static final Pattern FUNCTION_OPEN = Pattern.compile("<function=" + NAME + ">\\s*(?=<parameter=)");
    static final Pattern PARAMETER_OPEN = Pattern.compile("\\s*<parameter=([^<>\\s]{1,64})>");
    static final Pattern FUNCTION_TAIL = Pattern.compile("\\s*</function>");
    static final Pattern TAG_HEAD = Pattern.compile("<tool_call>\\s*(?=[{\\[<])");
    static final Pattern TAG_TAIL = Pattern.compile("\\s*</tool_call>");
    static final Pattern ARGS_HEAD =
            Pattern.compile(NAME + "\\s*(?:\\[CALL_ID\\]\\s*\\w*\\s*)?(?:\\[ARGS\\]\\s*)?(?=\\{)");
    static final Pattern KEYWORD = Pattern.compile("\\s*([A-Za-z_]\\w*)\\s*=(?!=)\\s*(?=\\S)");
    static final Pattern POSITIONAL = Pattern.compile("\\s*(?=[^\\s),])");
    static final Pattern SEPARATORS = Pattern.compile("[\\s;,]*(?=[^\\s;,])");
    static final Pattern PARENTHESIS = Pattern.compile("\\s*\\)");
    static final Pattern COMMA = Pattern.compile("\\s*,");
    static final Pattern NEXT_CALL = Pattern.compile("\\s*,\\s*" + NAME + "\\s*\\(");
    static final Pattern NEXT_OBJECT = Pattern.compile("\\s*,\\s*(?=\\{)");
    static final Pattern BRACKET = Pattern.compile("\\s*\\]");

    private CallPatterns() {}
}
