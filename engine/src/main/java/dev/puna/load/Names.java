package dev.puna.load;

import java.util.List;

/**
 * What a dialect calls the weights; those of a layer follow its prefix, and end in {@code .weight} or {@code .bias}.
 *
 * @param layer prefix of a layer's names, with its number as {@code %d}
 * @param qkv q, k and v stacked in one
 * @param gateUp gate and up stacked in one
 * @param harmless tensors that may be there and say nothing: patterns of whole names
 */
record Names(
        String embedding,
        String norm,
        String output,
        String layer,
        String attentionNorm,
        String q,
        String k,
        String v,
        String qkv,
        String o,
        String qNorm,
        String kNorm,
        String ffnNorm,
        String gate,
        String up,
        String gateUp,
        String down,
        List<String> harmless) {

    static final Names HF = new Names(
            "model.embed_tokens",
            "model.norm",
            "lm_head",
            "model.layers.%d.",
            "input_layernorm",
            "self_attn.q_proj",
            "self_attn.k_proj",
            "self_attn.v_proj",
            "self_attn.qkv_proj",
            "self_attn.o_proj",
            "self_attn.q_norm",
            "self_attn.k_norm",
            "post_attention_layernorm",
            "mlp.gate_proj",
            "mlp.up_proj",
            "mlp.gate_up_proj",
            "mlp.down_proj",
            List.of(
                    "(model\\.)?(layers\\.\\d+\\.self_attn\\.)?rotary_emb\\.(inv_freq|cos_cached|sin_cached)",
                    "model\\.layers\\.\\d+\\.self_attn\\.(masked_)?bias"));

    static final Names GGUF = new Names(
            "token_embd",
            "output_norm",
            "output",
            "blk.%d.",
            "attn_norm",
            "attn_q",
            "attn_k",
            "attn_v",
            "attn_qkv",
            "attn_output",
            "attn_q_norm",
            "attn_k_norm",
            "ffn_norm",
            "ffn_gate",
            "ffn_up",
            "ffn_up",
            "ffn_down",
            List.of("rope_freqs\\.weight", "blk\\.\\d+\\.(attn_rot_embd|rope_freqs)(\\.weight)?"));

    String inLayer(int layer, String name) {
        return this.layer.formatted(layer) + name;
    }
}
