package dev.puna.load;

import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.zip.ZipFile;

/** Arrays out of a NumPy archive, of the little-endian types that the golden files hold. */
final class Npz {
    private Npz() {}

    /** The numbers of an array of int32 or float32, row after row. */
    static double[] read(Path file, String name) throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile());
                var in = new DataInputStream(zip.getInputStream(zip.getEntry(name + ".npy")))) {
            in.skipNBytes(8); // magic and version 1.0
            int header = Short.toUnsignedInt(Short.reverseBytes(in.readShort()));
            String description = new String(in.readNBytes(header), StandardCharsets.US_ASCII);
            ByteBuffer data = ByteBuffer.wrap(in.readAllBytes()).order(ByteOrder.LITTLE_ENDIAN);
            boolean floats = description.contains("'<f4'");
            if (!floats && !description.contains("'<i4'")) {
                throw new IOException(description);
            }
            double[] numbers = new double[data.remaining() / 4];
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = floats ? data.getFloat() : data.getInt();
            }
            return numbers;
        }
    }
}
