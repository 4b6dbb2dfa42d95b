package dev.puna.file;

import dev.puna.tensor.DType;
import java.nio.file.Path;
import java.util.Optional;

/**
 * One row of a file's tensor table, checked against the file's extent.
 *
 * @param name the tensor's name in the file
 * @param typeName the type's name in the file's own format, also where Puna does not read it
 * @param type the type, where Puna reads it
 * @param shape outermost dimension first
 * @param file the file that holds the bytes: one part of a split model
 * @param offset of the tensor's first byte in that file
 * @param bytes how many
 */
public record TensorEntry(
        String name, String typeName, Optional<DType> type, long[] shape, Path file, long offset, long bytes) {
    public long elements() {
        long product = 1;
        for (long dimension : shape) {
            product *= dimension;
        }
        return product;
    }

    /** What opening a tensor of a type that Puna does not read says. */
    BadFile unread() {
        return BadFile.unsupported(
                file,
                offset,
                "tensor %s has type %s, which Puna does not read yet".formatted(Json.quoted(name), typeName));
    }
}
