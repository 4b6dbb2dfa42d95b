package dev.puna.chat;

import dev.puna.file.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
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
    static final String PARAMETER_CLOSE = "</parameter>";

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
    private final Consumer<Delta> out;

    private State state = State.TEXT;
    /** All that has come and has not been told, neither as text nor as a call. */
    private final StringBuilder raw = new StringBuilder();
    /** Where in it the present candidate begins; what is before is white space or separators. */
    private int candidate;
    /** The end of it that no pattern has matched yet. */
    private final Glue glue = new Glue();

    private final CallTeller call;
    private Literal literal;

    private String name = "";
    private String parameter = "";
    private final StringBuilder written = new StringBuilder();
    private final Set<String> given = new HashSet<>();

    private Frame frame = Frame.OBJECT;
    private boolean list;
    private boolean pythonic;
    private Pattern tail = CallPatterns.TAG_TAIL;
    private boolean tagged;
    private String mark = "";

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
        this.out = out;
        call = new CallTeller(eager, ids, out);
        literal = new Literal(call.json);
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
        if (call.isTold()) {
            call.tellArguments();
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
                    glue.clear();
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
        boolean blank = glue.isBlank();
        switch (state) {
            case ARGUMENTS_END -> {
                if (blank) { // the brace that was forgotten changes nothing
                    endCall();
                    raw.setLength(0);
                }
            }
            case CODE -> {
                call.json.append("\"}");
                endCall();
                raw.setLength(0);
            }
            case ELEMENT_END -> raw.setLength(blank ? 0 : raw.length());
            case BETWEEN, TAG_END, OVER -> raw.setLength(0);
            case ARGUMENTS, PARAMETER, VALUE, VALUE_END, TAGS, TAG_VALUE -> {
                if (call.isTold() && cut) { // told as far as it came
                    call.tellArguments();
                    raw.setLength(0);
                }
            }
            case TEXT, REST, HEAD, OBJECT -> {}
        }
        call.forget();
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
                call.json.append(quoted, 1, quoted.length() - 1);
            }
            case TAG_VALUE -> tagValue(c);
            case HEAD, BETWEEN, ARGUMENTS_END, PARAMETER, VALUE_END, TAGS, ELEMENT_END, TAG_END -> {
                if (glue.append(c)) {
                    glue();
                } else {
                    malformed();
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
        call.forget();
        left++;
        glue.clear();
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

    /** Goes on behind the match, or at the beginning of the glue. */
    private void go(State next, int from) {
        String rest = glue.takeFrom(from);
        state = state == State.OVER ? state : next;
        int before = left;
        for (int i = 0; i < rest.length() && left == before && state != State.OVER; i++) {
            take(rest.charAt(i));
        }
    }

    private void go(State next) {
        go(next, glue.match().end());
    }

    private void glue() {
        switch (state) {
            case BETWEEN -> {
                if (glue.which(CallPatterns.SEPARATORS) == 0) {
                    between(glue.charAt(glue.match().end()));
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
                switch (glue.which(CallPatterns.JSON_TAIL)) {
                    case 0 -> {
                        endCall();
                        go(afterCall());
                    }
                    case Glue.NONE -> malformed();
                    default -> {}
                }
            }
            case PARAMETER -> parameter();
            case VALUE_END -> {
                switch (glue.which(CallPatterns.COMMA, CallPatterns.PARENTHESIS)) {
                    case 0 -> go(State.PARAMETER);
                    case 1 -> endParameters();
                    case Glue.NONE -> malformed();
                    default -> {}
                }
            }
            case TAGS -> tags();
            case ELEMENT_END -> elementEnd();
            case TAG_END -> {
                switch (glue.which(tail)) {
                    case 0 -> {
                        raw.setLength(0);
                        boolean outer = tagged && tail == CallPatterns.FUNCTION_TAIL;
                        tail = CallPatterns.TAG_TAIL;
                        go(outer ? State.TAG_END : State.BETWEEN);
                    }
                    case Glue.NONE -> go(State.BETWEEN, 0);
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
            glue.clear();
            raw.setLength(raw.length() - 1);
            state = State.TEXT;
            plain(c);
        }
    }

    private void object() {
        switch (glue.which(CallPatterns.JSON_HEAD, CallPatterns.OBJECT_HEAD)) {
            case 0 -> {
                if (known(glue.match().group(1))) {
                    begin();
                    frame = Frame.OBJECT;
                    go(State.ARGUMENTS);
                } else {
                    readWhole();
                }
            }
            case 1 -> readWhole();
            case Glue.NONE -> noCall();
            default -> {}
        }
    }

    private void readWhole() {
        call.json.setLength(0);
        literal = new Literal(call.json);
        go(State.OBJECT, 0);
    }

    private void bracket() {
        switch (glue.which(CallPatterns.OBJECTS_HEAD, CallPatterns.CALLS_HEAD)) {
            case 0 -> {
                list = true;
                pythonic = false;
                go(State.HEAD);
            }
            case 1 -> {
                if (known(glue.match().group(1))) {
                    list = true;
                    pythonic = true;
                    begin();
                    go(State.PARAMETER);
                } else {
                    noCall();
                }
            }
            case Glue.NONE -> noCall();
            default -> {}
        }
    }

    private void tag() {
        switch (glue.which(
                CallPatterns.FUNCTION_HEAD,
                CallPatterns.TAG_HEAD,
                CallPatterns.FUNCTION_EMPTY,
                CallPatterns.FUNCTION_OPEN)) {
            case 0 -> {
                if (known(glue.match().group(1))) {
                    begin();
                    tail = CallPatterns.FUNCTION_TAIL;
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
                    tail = CallPatterns.TAG_TAIL;
                    go(State.HEAD);
                }
            }
            case 2 -> {
                if (known(glue.match().group(1))) {
                    begin();
                    call.json.append("{}");
                    endCall();
                    go(afterCall());
                } else {
                    noCall();
                }
            }
            case 3 -> {
                if (known(glue.match().group(1))) {
                    begin();
                    go(State.TAGS);
                } else {
                    noCall();
                }
            }
            case Glue.NONE -> noCall();
            default -> {}
        }
    }

    private void tags() {
        switch (glue.which(CallPatterns.PARAMETER_OPEN, CallPatterns.FUNCTION_TAIL)) {
            case 0 -> {
                parameter = glue.match().group(1);
                written.setLength(0);
                if (given.add(parameter)) {
                    go(State.TAG_VALUE);
                } else {
                    malformed();
                }
            }
            case 1 -> endParameters();
            case Glue.NONE -> malformed();
            default -> {}
        }
    }

    /** A character of a value without quotes, which its closing tag ends. */
    private void tagValue(char c) {
        written.append(c);
        int end = written.length() - PARAMETER_CLOSE.length();
        if (c == '>' && end >= 0 && written.indexOf(PARAMETER_CLOSE, end) == end && !isInside(end)) {
            call.json
                    .append(given.size() == 1 ? "{" : ",")
                    .append(Json.write(parameter))
                    .append(':');
            call.json.append(tools.value(name, parameter, written.substring(0, end)));
            state = State.TAGS;
        }
    }

    /** Whether the closing tag that is there stands in a JSON value that goes on; text that only begins like one ends. */
    private boolean isInside(int end) {
        return (eager || tools.isTyped(name, parameter))
                && tools.isUnfinished(name, parameter, written.subSequence(0, end));
    }

    private void named() {
        boolean mistral = mark.equals(MISTRAL_TAG);
        switch (glue.which(mistral ? CallPatterns.ARGS_HEAD : CallPatterns.CALL_HEAD)) {
            case 0 -> {
                if (known(glue.match().group(1))) {
                    begin();
                    frame = Frame.ARGS;
                    pythonic = !mistral;
                    go(mistral ? State.ARGUMENTS : State.PARAMETER);
                } else {
                    noCall();
                }
            }
            case Glue.NONE -> noCall();
            default -> {}
        }
    }

    private void parameter() {
        switch (glue.which(CallPatterns.PARENTHESIS, CallPatterns.KEYWORD, CallPatterns.POSITIONAL)) {
            case 0 -> endParameters();
            case 1 -> parameter(glue.match().group(1));
            case 2 -> {
                List<String> all = tools.parameters(name);
                parameter(given.size() < all.size() ? all.get(given.size()) : "");
            }
            case Glue.NONE -> malformed();
            default -> {}
        }
    }

    private void parameter(String key) {
        if (key.isEmpty() || given.contains(key)) {
            malformed();
            return;
        }
        call.json.append(given.isEmpty() ? "{" : ",").append(Json.write(key)).append(':');
        given.add(key);
        literal = new Literal(call.json);
        go(State.VALUE);
    }

    private void endParameters() {
        call.json.append(given.isEmpty() ? "{}" : "}");
        endCall();
        go(afterCall());
    }

    private void elementEnd() {
        switch (glue.which(CallPatterns.BRACKET, pythonic ? CallPatterns.NEXT_CALL : CallPatterns.NEXT_OBJECT)) {
            case 0 -> {
                raw.setLength(0);
                list = false;
                go(afterCall());
            }
            case 1 -> {
                if (!pythonic) {
                    candidate = raw.length() - 1;
                    go(State.HEAD);
                } else if (known(glue.match().group(1))) {
                    begin();
                    go(State.PARAMETER);
                } else {
                    malformed();
                }
            }
            case Glue.NONE -> malformed();
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
        call.begin(name);
        given.clear();
        literal = new Literal(call.json);
    }

    private void endCall() {
        call.end();
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
        Optional<DeclaredTools.Whole> read = tools.call(call.json.toString());
        if (read.isEmpty()) {
            tellText(true);
            last = '}';
            state = State.TEXT;
            return;
        }
        name = read.get().name();
        begin();
        call.json.append(Json.write(read.get().arguments()));
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
        call.json.append('{').append(Json.write(tools.codeParameter(tool))).append(":\"");
        state = State.CODE;
        glue.clear();
        left++;
        for (int i = candidate; i < raw.length(); i++) {
            take(raw.charAt(i));
        }
    }
}
