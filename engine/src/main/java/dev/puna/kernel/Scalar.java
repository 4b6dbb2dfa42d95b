package dev.puna.kernel;

import dev.puna.tensor.Tensor;
import java.util.List;

/** The tier {@code reference}: each operation as its formula says, in float32. */
public class Scalar implements Kernels {
    protected final Workers workers;

    public Scalar(Workers workers) {
        this.workers = workers;
    }

    @Override
    public String tier() {
        return "reference";
    }

    @Override
    public void gather(Tensor table, int[] rows, Tensor y) {
        throw new UnsupportedOperationException("not yet");
    }

    @Override
    public void rmsNorm(Tensor x, Tensor weight, float epsilon, Tensor y) {
        throw new UnsupportedOperationException("not yet");
    }

    @Override
    public void matmul(Tensor x, List<Tensor> weights, List<Tensor> ys) {
        throw new UnsupportedOperationException("not yet");
    }

    @Override
    public void add(Tensor b, Tensor y) {
        throw new UnsupportedOperationException("not yet");
    }

    @Override
    public void rotate(Rotation rotation, int headSize, Tensor x) {
        throw new UnsupportedOperationException("not yet");
    }

    @Override
    public void store(Tensor keys, Tensor values, List<Span> spans, Pages pages) {
        throw new UnsupportedOperationException("not yet");
    }

    @Override
    public void attention(Tensor queries, List<Span> spans, Pages pages, Reach reach, float scale, Tensor y) {
        throw new UnsupportedOperationException("not yet");
    }

    @Override
    public void swiGlu(Tensor gate, Tensor up, Tensor y) {
        throw new UnsupportedOperationException("not yet");
    }
}
