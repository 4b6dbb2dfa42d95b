package dev.puna.kernel.x86;

import dev.puna.kernel.x86.CodePage.Refused;
import java.util.Arrays;
import java.util.function.IntFunction;

/** The kernels for one token and perhaps a few, straight from where the weights are; each made when first asked for. */
final class Straight {
    private final Function[] kernels;
    private final IntFunction<byte[]> code;

    /**
     * @param most tokens
     * @param code for so many tokens
     */
    Straight(int most, IntFunction<byte[]> code) {
        this.kernels = new Function[most];
        this.code = code;
        Arrays.fill(kernels, Function.NONE);
    }

    boolean takes(int tokens) {
        return tokens <= kernels.length;
    }

    Function of(int tokens) throws Refused {
        if (kernels[tokens - 1] == Function.NONE) {
            kernels[tokens - 1] = CodePage.load(code.apply(tokens));
        }
        return kernels[tokens - 1];
    }
}
