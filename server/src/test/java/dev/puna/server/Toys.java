package dev.puna.server;

import dev.puna.ChainModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/** Models of a few hundred numbers, by what they answer to everything. */
public final class Toys {
    /** What the model {@code toy} says. */
    public static final String ANSWER = "Puna, öst.19";

    /** What the model {@code caller} says where it may call a tool. */
    public static final String CALL =
            "<tool_call>[{\"name\":\"get_weather\",\"arguments\":{\"city\":\"Hilo\"}}]</tool_call>";

    /** Tokens of a talk, which are bytes for the most part. */
    public static final int CONTEXT = 2048;

    private Toys() {}

    /** The models {@code toy} and {@code caller}. */
    public static Served serve(Path folder) {
        return new Served(
                saying(folder.resolve("toy"), "Puna", ", ", "öst", ".19"),
                saying(folder.resolve("caller"), CALL.substring(0, 30), CALL.substring(30, 60), CALL.substring(60)));
    }

    private static Path saying(Path folder, String... pieces) {
        try {
            return ChainModel.write(
                    folder, new ChainModel.Script(List.of(pieces), false, CONTEXT, ChainModel.TEMPLATE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
