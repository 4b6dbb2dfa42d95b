/**
 * From files to a model: the only place that knows how GGUF and Hugging Face name things.
 *
 * <p>Read {@link dev.puna.load.Checkpoint} first. It opens what a person points at (a GGUF file, a Hugging Face folder,
 * a safetensors file) and hands out the Llama with its tokenizer, chat template and defaults. Then {@code HfConfig}
 * and {@code GgufConfig}, which turn the two dialects into one {@link dev.puna.model.Config}.
 *
 * <p>A feature that changes the arithmetic and that we do not have is refused by its name, never ignored. Every tensor's
 * shape is checked against the configuration before anything runs. Weights stay where the file's mapping put them.
 *
 * <p>This package must not know kernels' tiers, sampling, or what is done with the model.
 */
@NullMarked
package dev.puna.load;

import org.jspecify.annotations.NullMarked;
