/**
 * The template language of chat templates: Jinja 3.1 as Hugging Face sets it up, with Python's ways of printing,
 * comparing and counting, because a model saw exactly those bytes when it was trained.
 *
 * <p>A template goes through {@link dev.puna.text.jinja.Template}: {@code Lexer} and {@code Parser} make the syntax tree
 * {@code Node}, {@code Symbols} decides which variable a name is, {@code Compiler} turns the tree into code. Values are
 * the closed set {@code Value}; no value stands for a Java object. What a name behind a dot means is decided in
 * {@code Attributes}; filters and tests stand in {@code Filters} and {@code Tests}.
 *
 * <p>A text ({@code Str}) carries marks that say which of its characters came from the caller, through every operation.
 * Where that cannot be followed character by character, the whole result is marked. Whatever a template does is counted
 * by {@code Meter} and ends at the {@link dev.puna.text.jinja.Limits}.
 *
 * <p>Read {@code Template} and {@code Compiler} first. Nothing here knows what a chat is, nor any model.
 */
package dev.puna.text.jinja;
