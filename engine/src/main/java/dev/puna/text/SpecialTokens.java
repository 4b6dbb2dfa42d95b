package dev.puna.text;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The tokens with a role of their own, and what goes around a text.
 *
 * @param bos begins a text
 * @param eos ends a text
 * @param eot ends a turn of a conversation
 * @param eom ends a message that a tool will answer
 * @param unknown stands for what the vocabulary cannot say
 * @param pad fills up a batch
 * @param endOfGeneration after any of these a model has said what it had to say
 * @param addBos whether a text should start with {@code bos}
 * @param addEos whether a text should end with {@code eos}
 */
record SpecialTokens(
        OptionalInt bos,
        OptionalInt eos,
        OptionalInt eot,
        OptionalInt eom,
        OptionalInt unknown,
        OptionalInt pad,
        SortedSet<Integer> endOfGeneration,
        boolean addBos,
        boolean addEos) {

    SpecialTokens {
        endOfGeneration = Collections.unmodifiableSortedSet(new TreeSet<>(endOfGeneration));
    }

    private static final List<String> BOS = List.of("<|begin_of_text|>", "<s>", "<|startoftext|>", "<bos>");
    private static final List<String> EOS = List.of("<|end_of_text|>", "</s>", "<|endoftext|>", "<eos>");
    private static final List<String> EOT =
            List.of("<|eot_id|>", "<|eot|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "\u2581<EOT>", "<EOT>");
    private static final List<String> EOM = List.of("<|eom_id|>", "<|eom|>");
    private static final List<String> PAD = List.of("<|finetune_right_pad_id|>", "<|finetune_right_pad|>", "<pad>");

    /** Tokens that end what a model says, beside those above. */
    private static final List<String> ENDS = List.of("<|end_of_text|>", "<|endoftext|>", "</s>", "<step>");

    /** What a file says of roles; what it leaves open follows from the tokens' names. */
    static final class Given {
        OptionalInt bos = OptionalInt.empty();
        OptionalInt eos = OptionalInt.empty();
        OptionalInt eot = OptionalInt.empty();
        OptionalInt eom = OptionalInt.empty();
        OptionalInt unknown = OptionalInt.empty();
        OptionalInt pad = OptionalInt.empty();
        boolean addBos;
        boolean addEos;

        /** @param ids the ids of the control and added tokens by their names */
        SpecialTokens complete(Map<String, Integer> ids) {
            OptionalInt turn = eot.isPresent() ? eot : named(ids, EOT);
            OptionalInt message = eom.isPresent() ? eom : named(ids, EOM);
            OptionalInt end = eos.isPresent() ? eos : named(ids, EOS);
            var ends = new TreeSet<Integer>();
            Stream.of(end, turn, message).flatMapToInt(OptionalInt::stream).forEach(ends::add);
            Stream.of(EOT, EOM, ENDS)
                    .flatMap(List::stream)
                    .filter(ids::containsKey)
                    .map(ids::get)
                    .forEach(ends::add);
            return new SpecialTokens(
                    bos.isPresent() ? bos : named(ids, BOS),
                    end,
                    turn,
                    message,
                    unknown,
                    pad.isPresent() ? pad : named(ids, PAD),
                    ends,
                    addBos,
                    addEos);
        }

        private static OptionalInt named(Map<String, Integer> ids, List<String> names) {
            return names.stream().filter(ids::containsKey).mapToInt(ids::get).findFirst();
        }
    }
}
