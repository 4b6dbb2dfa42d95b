/**
 * The {@code puna} command: every sub-command, the frame they share, and where models come from.
 *
 * <p>Read first: {@link dev.puna.cli.Main}, which finds the sub-command, runs it and turns whatever goes wrong into one
 * line and an exit code; and {@link dev.puna.cli.Models}, which turns a name, a path or a source into a file or folder.
 *
 * <p>A command is a class with picocli annotations and a constructor that takes a {@link dev.puna.cli.Session}; it is
 * listed in {@link dev.puna.cli.Commands}. Its result goes to standard output through {@link dev.puna.cli.Output},
 * everything else to standard error. Only {@link dev.puna.cli.Settings} reads the environment.
 *
 * <p>What this package must not know: how a model computes. It opens models through {@code load}, {@code engine} and
 * {@code chat} and never names a kernel, except where {@code doctor} reports what the machine can do.
 */
package dev.puna.cli;
