/**
 * Files that hold models: GGUF, safetensors and JSON, read with suspicion and written with care.
 *
 * <p>Read {@link dev.puna.file.Gguf} first: it maps a file or its parts, checks the header and every tensor's extent, and
 * hands out tensors in place, without copying a byte. Then {@link dev.puna.file.BadFile}, the one exception that a file
 * with a fault ends in: it names the file, the byte and the fault, for the file's owner to act on.
 *
 * <p>A file's content is never trusted: no length from it sizes an allocation, a loop or a recursion before it was
 * compared with the bytes that are there or with a limit; the limits are constants of the class that needs them. All
 * checks happen on opening, so whoever only lists a file sees the same faults as whoever loads it.
 *
 * <p>This package knows how tensors are stored, and not what they mean: the names of a Llama's tensors and keys belong to
 * the package {@code load}, vocabularies to {@code text}.
 */
@NullMarked
package dev.puna.file;

import org.jspecify.annotations.NullMarked;
