/**
 * Where models come from and where they are kept.
 *
 * <p>Read first: {@link dev.puna.cli.store.Puller}, which brings a model here from the first of its sources that has it,
 * and {@link dev.puna.cli.store.Store}, which keeps files by their SHA-256 and models by their name.
 *
 * <p>A {@link dev.puna.cli.store.Source} is what a person writes; a resolver turns it into an
 * {@link dev.puna.cli.store.Offer}, the exact files with their sizes and hashes; {@link dev.puna.cli.store.Download}
 * fetches one of them, going on where an earlier attempt stopped. Nothing counts as here before its hash is checked, and
 * everything is written beside its place and then renamed.
 *
 * <p>What this package must not know: what is inside a model file, and how a person is shown progress.
 */
package dev.puna.cli.store;
