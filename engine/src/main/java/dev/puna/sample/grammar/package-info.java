/**
 * What an answer may be: JSON Schema and GBNF, compiled and followed byte by byte.
 *
 * <p>Read first: {@link dev.puna.sample.grammar.Grammar}, the way in; then {@link dev.puna.sample.grammar.Frame}, the one
 * idea of the recogniser: a text so far is a few stacks of frames (an object begun, a string in the middle), each of which
 * takes one more byte.
 *
 * <p>A schema goes from {@code SchemaDocument} (what is where) and {@code SchemaReader} (keywords to demands,
 * {@code Form}) to {@code Nodes} (all demands on one
 * value, sorted by type, contradictions and dead ends taken out) to the frames of values, objects, arrays, numbers and
 * strings. Patterns, lengths and formats become automata ({@code Regex}, {@code Dfa}). GBNF becomes {@code Rule}s.
 * {@code TokenTrie} and {@code Masks} say which tokens of a vocabulary may follow.
 *
 * <p>What cannot be enforced is refused by its place ({@code GrammarRefused}); whatever a stranger's schema can blow up has
 * a limit ({@code Limits}). This package must not know models, threads or wire formats.
 */
@NullMarked
package dev.puna.sample.grammar;

import org.jspecify.annotations.NullMarked;
