package dev.puna.chat;

import dev.puna.file.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the calls in an answer as it comes. One reader for every way in which the Llamas and their kin write them:
 *
 * <pre>
 * {"name": "f", "parameters": {"a": 1}}; {…}              Llama 3.1 to 3.3, also after &lt;|python_tag|&gt;
 * &lt;|python_tag|&gt;brave_search.call(query="…")              built-in tools
 * &lt;|python_tag|&gt;print(1)                                  code, where a tool takes it
 * [f(a=1, b="x"), g()]                                    Llama 3.2 and 4
 * &lt;function=f&gt;{"a": 1}&lt;/function&gt;                        Llama 3.1, 4
 * &lt;tool_call&gt;{"name": "f", "arguments": {}}&lt;/tool_call&gt;   Hermes, Qwen, and our own form
 * &lt;function=f&gt;&lt;parameter=a&gt;1&lt;/parameter&gt;…                Qwen3-Coder, mostly between those tags
 * [TOOL_CALLS][{"name": "f", "arguments": {}}, …]         Mistral
 * </pre>
 *
 * <p>Text may stand before, between and after calls. A bare call begins the text, follows white space or another call,
 * and does not stand in a Markdown code block. What only looks like a call, because no tool has that name or because it
 * is not written to its end, is text, to the letter.
 *
 * <p>How it works: glue between values is matched by regular expressions that tell "not yet" from "never"; values are
 * read by {@link Literal}. What could still turn out not to be a call is held back in {@link #raw}.
 */
final class ToolCalls implements Reading {
    static final String PYTHON_TAG = "<|python_tag|>";
    static final String MISTRAL_TAG = "[TOOL_CALLS]";

    private static final int WAIT = -1;
    private static final int NONE = -2;
    private static final MatchResult NO_MATCH = Pattern.compile("").matcher("").toMatchResult();

    /** Characters between two values of a call, white space among them; what is longer is none. */
    private static final int LONGEST_GLUE = 512;

    private static final String NAME = "([A-Za-z0-9_.-]{1,64})";
    private static final String QUOTED_NAME = "[\"']name[\"']\\s*:\\s*[\"']" + NAME + "[\"']";
    private static final String KIND = "(?:[\"']type[\"']\\s*:\\s*[\"']function[\"']\\s*,\\s*)?";
    private static final String VALUES = "[\"'](?:parameters|arguments)[\"']\\s*:\\s*";

    /** {@code {"name": "f", "parameters": } and the brace of the arguments to come. */
    private static final Pattern JSON_HEAD =
            Pattern.compile("\\{\\s*" + KIND + QUOTED_NAME + "\\s*,\\s*" + VALUES + "(?=\\{)");
    /** The beginning of an object whose keys say only later whether it is a call. */
    private static final Pattern OBJECT_HEAD =
            Pattern.compile("(?=\\{\\s*" + KIND + "(?:" + QUOTED_NAME + "\\s*(?:\\}|,\\s*(?:" + VALUES
                    + "[\"'nN]|[\"']id[\"']))|[\"']function[\"']\\s*:|" + VALUES + "[{\"']))\\{");

    private static final Pattern JSON_TAIL = Pattern.compile(
            "\\s*(?:,\\s*[\"'](?:id|type)[\"']\\s*:\\s*(?:\"[^\"\\\\]*\"|'[^'\\\\]*'|null|None)\\s*)*\\}");
    private static final Pattern OBJECTS_HEAD = Pattern.compile("\\[\\s*(?=\\{)");
    private static final Pattern CALLS_HEAD = Pattern.compile("\\[\\s*" + NAME + "\\s*\\(");
    private static final Pattern CALL_HEAD = Pattern.compile(NAME + "\\s*\\(");
    private static final Pattern FUNCTION_HEAD = Pattern.compile("<function=" + NAME + ">\\s*(?=\\{)");
    private static final Pattern FUNCTION_EMPTY = Pattern.compile("<function=" + NAME + ">\\s*</function>");
    private static final Pattern FUNCTION_OPEN = Pattern.compile("<function=" + NAME + ">\\s*(?=<parameter=)");
    private static final Pattern PARAMETER_OPEN = Pattern.compile("\\s*<parameter=([^<>\\s]{1,64})>");
    private static final String PARAMETER_CLOSE = "</parameter>";
    private static final Pattern FUNCTION_TAIL = Pattern.compile("\\s*</function>");
    private static final Pattern TAG_HEAD = Pattern.compile("<tool_call>\\s*(?=[{\\[<])");
    private static final Pattern TAG_TAIL = Pattern.compile("\\s*</tool_call>");
    private static final Pattern ARGS_HEAD =
            Pattern.compile(NAME + "\\s*(?:\\[CALL_ID\\]\\s*\\w*\\s*)?(?:\\[ARGS\\]\\s*)?(?=\\{)");
    private static final Pattern KEYWORD = Pattern.compile("\\s*([A-Za-z_]\\w*)\\s*=(?!=)\\s*(?=\\S)");
    private static final Pattern POSITIONAL = Pattern.compile("\\s*(?=[^\\s),])");
    private static final Pattern SEPARATORS = Pattern.compile("[\\s;,]*(?=[^\\s;,])");
    private static final Pattern PARENTHESIS = Pattern.compile("\\s*\\)");
    private static final Pattern COMMA = Pattern.compile("\\s*,");
    private static final Pattern NEXT_CALL = Pattern.compile("\\s*,\\s*" + NAME + "\\s*\\(");
    private static final Pattern NEXT_OBJECT = Pattern.compile("\\s*,\\s*(?=\\{)");
    private static final Pattern BRACKET = Pattern.compile("\\s*\\]");

    private enum State {
        /** Text, where a call may begin. */
        TEXT,
        /** At something that may be a call. */
        HEAD,
        /** After a mark, which is no text, or after a call: another one may follow. */
        BETWEEN,
        /** In a JSON object whose keys say only later whether it is a call. */
        OBJECT,
        /** In the object of a call's arguments, and after it in the object of the call. */
        ARGUMENTS,
        ARGUMENTS_END,
        /** Between the parentheses of a call: before a parameter, in its value, after that. */
        PARAMETER,
        VALUE,
        VALUE_END,
        /** Between the tags of a call's parameters, and in such a parameter. */
        TAGS,
        TAG_VALUE,
        /** After an element of a list of calls. */
        ELEMENT_END,
        /** After all that stands between two tags. */
        TAG_END,
        /** In code, which goes on to the end. */
        CODE,
        /** In text that goes on to the end, whatever it looks like. */
        REST,
        /** After the one call that was allowed. */
        OVER
    }

    /** What the arguments of a call stand in. */
    private enum Frame {
        OBJECT,
        FUNCTION,
        ARGS
    }

    private final DeclaredTools tools;
    private final CallForm form;
    private final boolean parallel;
    private final boolean eager;
    private final Supplier<String> ids;
    private final Consumer<Delta> out;

    private State state = State.TEXT;
    /** All that has come and has not been told, neither as text nor as a call. */
    private final StringBuilder raw = new StringBuilder();
    /** Where in it the present candidate begins; what is before is white space or separators. */
    private int candidate;
    /** The end of it that no pattern has matched yet. */
    private final StringBuilder glue = new StringBuilder();

    /** The arguments of the present call, and how much of them has been told. */
    private final StringBuilder json = new StringBuilder();

    private Literal literal = new Literal(json);
    private int told;

    private String name = "";
    private String parameter = "";
    private final StringBuilder written = new StringBuilder();
    private final Set<String> given = new HashSet<>();
    private int index = -1;
    private boolean begun;

    private Frame frame = Frame.OBJECT;
    private boolean list;
    private boolean pythonic;
    private Pattern tail = TAG_TAIL;
    private boolean tagged;
    private String mark = "";

    private MatchResult match = NO_MATCH;
    /** How many times a candidate turned out to be none. */
    private int left;

    private char last = '\n';
    private int ticks;
    private boolean fenced;

    /**
     * @param tools that an answer may call
     * @param form how the model was trained to call
     * @param parallel whether there may be calls after the first one
     * @param eager whether calls are told from their names on: right where a grammar sees to it that they end well; else
     *     each is told when it is whole
     * @param ids a new id for each call
     */
    ToolCalls(
            List<Tool> tools,
            CallForm form,
            boolean parallel,
            boolean eager,
            Supplier<String> ids,
            Consumer<Delta> out) {
        this.tools = new DeclaredTools(tools);
        this.form = form;
        this.parallel = parallel;
        this.eager = eager;
        this.ids = ids;
        this.out = out;
    }

    @Override
    public boolean full() {
        return state == State.OVER;
    }

    @Override
    public void text(String piece) {
        for (int i = 0; i < piece.length(); i++) {
            accept(piece.charAt(i));
        }
        if (state == State.TEXT || state == State.REST) {
            tellText(state == State.REST);
        }
        if (begun && eager) {
            tellArguments();
        }
    }

    @Override
    public void control(String spelling) {
        switch (spelling) {
            case PYTHON_TAG, MISTRAL_TAG -> {
                if (state != State.REST && state != State.OVER && state != State.CODE) {
                    if (state != State.TEXT && state != State.BETWEEN) {
                        leave(State.TEXT);
                    }
                    tellText(false);
                    mark = spelling;
                    candidate = raw.length();
                    glue.setLength(0);
                    state = State.BETWEEN;
                }
            }
            case "<tool_call>", "</tool_call>", "[ARGS]", "[CALL_ID]" -> text(spelling);
            default -> {}
        }
    }

    @Override
    public void end(boolean cut) {
        if (state == State.HEAD && mark.equals(PYTHON_TAG)) {
            tools.codeTool().ifPresent(this::code);
        }
        boolean blank = glue.toString().isBlank();
        switch (state) {
            case ARGUMENTS_END -> {
                if (blank) { // the brace that was forgotten changes nothing
                    endCall();
                    raw.setLength(0);
                }
            }
            case CODE -> {
                json.append("\"}");
                endCall();
                raw.setLength(0);
            }
            case ELEMENT_END -> raw.setLength(blank ? 0 : raw.length());
            case BETWEEN, TAG_END, OVER -> raw.setLength(0);
            case ARGUMENTS, PARAMETER, VALUE, VALUE_END, TAGS, TAG_VALUE -> {
                if (begun && eager && cut) { // told as far as it came
                    tellArguments();
                    raw.setLength(0);
                }
            }
            case TEXT, REST, HEAD, OBJECT -> {}
        }
        begun = false;
        state = state == State.OVER ? state : State.REST;
        tellText(true);
    }

    private void accept(char c) {
        switch (state) {
            case TEXT -> plain(c);
            case REST -> raw.append(c);
            case OVER -> {}
            case HEAD,
                    BETWEEN,
                    OBJECT,
                    ARGUMENTS,
                    ARGUMENTS_END,
                    PARAMETER,
                    VALUE,
                    VALUE_END,
                    TAGS,
                    TAG_VALUE,
                    ELEMENT_END,
                    TAG_END,
                    CODE -> {
                raw.append(c);
                take(c);
            }
        }
    }

    /** A character of what may be a call; {@link #raw} has it already. */
    private void take(char c) {
        switch (state) {
            case OBJECT, ARGUMENTS, VALUE -> value(c);
            case CODE -> {
                String quoted = Json.write(String.valueOf(c));
                json.append(quoted, 1, quoted.length() - 1);
            }
            case TAG_VALUE -> tagValue(c);
            case HEAD, BETWEEN, ARGUMENTS_END, PARAMETER, VALUE_END, TAGS, ELEMENT_END, TAG_END -> {
                glue.append(c);
                if (glue.length() > LONGEST_GLUE) {
                    malformed();
                } else {
                    glue();
                }
            }
            case TEXT, REST, OVER -> throw new IllegalStateException("no call in " + state);
        }
    }

    // Text.

    private void plain(char c) {
        boolean edge = Character.isWhitespace(last);
        last = c;
        ticks = c == '`' ? ticks + 1 : 0;
        if (ticks == 3) {
            fenced = !fenced;
        }
        if (!fenced && opens(c, edge)) {
            tellText(false);
            candidate = raw.length();
            raw.append(c);
            list = false;
            tagged = false;
            mark = "";
            state = State.HEAD;
            take(c);
        } else {
            raw.append(c);
        }
    }

    private boolean opens(char c, boolean edge) {
        return switch (c) {
            case '<' -> form != CallForm.MISTRAL;
            case '{', '[' -> form.bare() && edge;
            default -> false;
        };
    }

    /** Tells what is text; white space at its end only if it is final, for before a call it is none. */
    private void tellText(boolean all) {
        int end = raw.length();
        while (!all && end > 0 && Character.isWhitespace(raw.charAt(end - 1))) {
            end--;
        }
        if (end > 0) {
            out.accept(new Delta.Text(raw.substring(0, end)));
            raw.delete(0, end);
        }
    }

    /**
     * This is no call. Up to the candidate's first character it is text for sure; what follows is looked at again, unless
     * {@code next} is the rest.
     */
    private void leave(State next) {
        begun = false;
        left++;
        glue.setLength(0);
        state = next;
        if (next == State.REST || candidate >= raw.length()) {
            return;
        }
        String again = raw.substring(candidate + 1);
        raw.setLength(candidate + 1);
        last = raw.charAt(candidate);
        for (int i = 0; i < again.length(); i++) {
            accept(again.charAt(i));
        }
    }

    // What stands between the values of calls.

    /**
     * Which of these patterns the glue begins with, the first that does: its number, {@link #WAIT} if more characters
     * will tell, {@link #NONE} if it is none of them for ever.
     */
    private int which(Pattern... patterns) {
        for (int i = 0; i < patterns.length; i++) {
            Matcher matcher = patterns[i].matcher(glue);
            if (matcher.lookingAt()) {
                match = matcher.toMatchResult();
                return i;
            }
            if (matcher.hitEnd()) {
                return WAIT;
            }
        }
        return NONE;
    }

    /** Goes on behind the match, or at the beginning of the glue. */
    private void go(State next, int from) {
        String rest = glue.substring(from);
        glue.setLength(0);
        state = state == State.OVER ? state : next;
        int before = left;
        for (int i = 0; i < rest.length() && left == before && state != State.OVER; i++) {
            take(rest.charAt(i));
        }
    }

    private void go(State next) {
        go(next, match.end());
    }

    private void glue() {
        switch (state) {
            case BETWEEN -> {
                if (which(SEPARATORS) == 0) {
                    between(glue.charAt(match.end()));
                }
            }
            case HEAD -> {
                switch (glue.charAt(0)) {
                    case '{' -> object();
                    case '[' -> bracket();
                    case '<' -> tag();
                    default -> named();
                }
            }
            case ARGUMENTS_END -> {
                switch (which(JSON_TAIL)) {
                    case 0 -> {
                        endCall();
                        go(afterCall());
                    }
                    case NONE -> malformed();
                    default -> {}
                }
            }
            case PARAMETER -> parameter();
            case VALUE_END -> {
                switch (which(COMMA, PARENTHESIS)) {
                    case 0 -> go(State.PARAMETER);
                    case 1 -> endParameters();
                    case NONE -> malformed();
                    default -> {}
                }
            }
            case TAGS -> tags();
            case ELEMENT_END -> elementEnd();
            case TAG_END -> {
                switch (which(tail)) {
                    case 0 -> {
                        raw.setLength(0);
                        boolean outer = tagged && tail == FUNCTION_TAIL;
                        tail = TAG_TAIL;
                        go(outer ? State.TAG_END : State.BETWEEN);
                    }
                    case NONE -> go(State.BETWEEN, 0);
                    default -> {}
                }
            }
            case TEXT, OBJECT, ARGUMENTS, VALUE, TAG_VALUE, CODE, REST, OVER ->
                throw new IllegalStateException("glue in " + state);
        }
    }

    private void between(char c) {
        if (!mark.isEmpty() || opens(c, true)) {
            candidate = raw.length() - 1;
            list = false;
            tagged = false;
            go(State.HEAD);
        } else {
            glue.setLength(0);
            raw.setLength(raw.length() - 1);
            state = State.TEXT;
            plain(c);
        }
    }

    private void object() {
        switch (which(JSON_HEAD, OBJECT_HEAD)) {
            case 0 -> {
                if (known(match.group(1))) {
                    begin();
                    frame = Frame.OBJECT;
                    go(State.ARGUMENTS);
                } else {
                    readWhole();
                }
            }
            case 1 -> readWhole();
            case NONE -> noCall();
            default -> {}
        }
    }

    private void readWhole() {
        json.setLength(0);
        literal = new Literal(json);
        go(State.OBJECT, 0);
    }

    private void bracket() {
        switch (which(OBJECTS_HEAD, CALLS_HEAD)) {
            case 0 -> {
                list = true;
                pythonic = false;
                go(State.HEAD);
            }
            case 1 -> {
                if (known(match.group(1))) {
                    list = true;
                    pythonic = true;
                    begin();
                    go(State.PARAMETER);
                } else {
                    noCall();
                }
            }
            case NONE -> noCall();
            default -> {}
        }
    }

    private void tag() {
        switch (which(FUNCTION_HEAD, TAG_HEAD, FUNCTION_EMPTY, FUNCTION_OPEN)) {
            case 0 -> {
                if (known(match.group(1))) {
                    begin();
                    tail = FUNCTION_TAIL;
                    frame = Frame.FUNCTION;
                    go(State.ARGUMENTS);
                } else {
                    noCall();
                }
            }
            case 1 -> {
                if (tagged) {
                    noCall();
                } else {
                    tagged = true;
                    tail = TAG_TAIL;
                    go(State.HEAD);
                }
            }
            case 2 -> {
                if (known(match.group(1))) {
                    begin();
                    json.append("{}");
                    endCall();
                    go(afterCall());
                } else {
                    noCall();
                }
            }
            case 3 -> {
                if (known(match.group(1))) {
                    begin();
                    go(State.TAGS);
                } else {
                    noCall();
                }
            }
            case NONE -> noCall();
            default -> {}
        }
    }

    private void tags() {
        switch (which(PARAMETER_OPEN, FUNCTION_TAIL)) {
            case 0 -> {
                parameter = match.group(1);
                written.setLength(0);
                if (given.add(parameter)) {
                    go(State.TAG_VALUE);
                } else {
                    malformed();
                }
            }
            case 1 -> endParameters();
            case NONE -> malformed();
            default -> {}
        }
    }

    /** A character of a value without quotes, which its closing tag ends. */
    private void tagValue(char c) {
        written.append(c);
        int end = written.length() - PARAMETER_CLOSE.length();
        if (c == '>' && end >= 0 && written.indexOf(PARAMETER_CLOSE, end) == end) {
            json.append(given.size() == 1 ? "{" : ",")
                    .append(Json.write(parameter))
                    .append(':');
            json.append(tools.value(name, parameter, written.substring(0, end)));
            state = State.TAGS;
        }
    }

    private void named() {
        boolean mistral = mark.equals(MISTRAL_TAG);
        switch (which(mistral ? ARGS_HEAD : CALL_HEAD)) {
            case 0 -> {
                if (known(match.group(1))) {
                    begin();
                    frame = Frame.ARGS;
                    pythonic = !mistral;
                    go(mistral ? State.ARGUMENTS : State.PARAMETER);
                } else {
                    noCall();
                }
            }
            case NONE -> noCall();
            default -> {}
        }
    }

    private void parameter() {
        switch (which(PARENTHESIS, KEYWORD, POSITIONAL)) {
            case 0 -> endParameters();
            case 1 -> parameter(match.group(1));
            case 2 -> {
                List<String> all = tools.parameters(name);
                parameter(given.size() < all.size() ? all.get(given.size()) : "");
            }
            case NONE -> malformed();
            default -> {}
        }
    }

    private void parameter(String key) {
        if (key.isEmpty() || given.contains(key)) {
            malformed();
            return;
        }
        json.append(given.isEmpty() ? "{" : ",").append(Json.write(key)).append(':');
        given.add(key);
        literal = new Literal(json);
        go(State.VALUE);
    }

    private void endParameters() {
        json.append(given.isEmpty() ? "{}" : "}");
        endCall();
        go(afterCall());
    }

    private void elementEnd() {
        switch (which(BRACKET, pythonic ? NEXT_CALL : NEXT_OBJECT)) {
            case 0 -> {
                raw.setLength(0);
                list = false;
                go(afterCall());
            }
            case 1 -> {
                if (!pythonic) {
                    candidate = raw.length() - 1;
                    go(State.HEAD);
                } else if (known(match.group(1))) {
                    begin();
                    go(State.PARAMETER);
                } else {
                    malformed();
                }
            }
            case NONE -> malformed();
            default -> {}
        }
    }

    // Calls.

    /** Whether there is such a tool, which {@link #name} is then. */
    private boolean known(String called) {
        Optional<String> tool = tools.named(called);
        name = tool.orElse(called);
        return tool.isPresent();
    }

    private void begin() {
        begun = true;
        json.setLength(0);
        given.clear();
        literal = new Literal(json);
        told = 0;
        if (eager) {
            tellStart();
        }
    }

    private void tellStart() {
        out.accept(new Delta.CallStart(++index, ids.get(), name));
    }

    private void tellArguments() {
        if (json.length() > told) {
            out.accept(new Delta.CallArguments(index, json.substring(told)));
            told = json.length();
        }
    }

    private void endCall() {
        if (!eager) {
            tellStart();
        }
        tellArguments();
        out.accept(new Delta.CallEnd(index));
        begun = false;
        raw.setLength(0);
        candidate = 0;
        if (!parallel) {
            state = State.OVER;
        }
    }

    private State afterCall() {
        return list ? State.ELEMENT_END : tagged ? State.TAG_END : State.BETWEEN;
    }

    private void value(char c) {
        Literal.Step step = literal.accept(c);
        switch (step) {
            case MORE -> {}
            case BAD -> malformed();
            case DONE, DONE_BEFORE -> {
                switch (state) {
                    case OBJECT -> whole();
                    case VALUE -> state = State.VALUE_END;
                    default -> arguments();
                }
                if (step == Literal.Step.DONE_BEFORE) {
                    take(c);
                }
            }
        }
    }

    private void arguments() {
        if (frame == Frame.OBJECT) {
            state = State.ARGUMENTS_END;
            return;
        }
        endCall();
        if (state != State.OVER) {
            state = frame == Frame.FUNCTION ? State.TAG_END : State.BETWEEN;
        }
    }

    /** An object is there, and may be a call. */
    private void whole() {
        Optional<DeclaredTools.Whole> call = tools.call(json.toString());
        if (call.isEmpty()) {
            tellText(true);
            last = '}';
            state = State.TEXT;
            return;
        }
        name = call.get().name();
        begin();
        json.append(Json.write(call.get().arguments()));
        endCall();
        if (state != State.OVER) {
            state = afterCall();
        }
    }

    /** The candidate began as a call and does not go on as one: it is text, and so is all that follows. */
    private void malformed() {
        Optional<String> takesCode = tools.codeTool();
        if (mark.equals(PYTHON_TAG) && !eager && takesCode.isPresent()) {
            code(takesCode.get());
        } else {
            leave(State.REST);
        }
    }

    /** The candidate is no call: text, or code where code is called. */
    private void noCall() {
        Optional<String> takesCode = tools.codeTool();
        if (mark.equals(PYTHON_TAG) && takesCode.isPresent()) {
            code(takesCode.get());
        } else {
            leave(State.TEXT);
        }
    }

    /** All after the mark is code. */
    private void code(String tool) {
        name = tool;
        begin();
        json.append('{').append(Json.write(tools.codeParameter(tool))).append(":\"");
        state = State.CODE;
        glue.setLength(0);
        left++;
        for (int i = candidate; i < raw.length(); i++) {
            take(raw.charAt(i));
        }
    }
}
