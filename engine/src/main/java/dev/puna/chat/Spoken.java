package dev.puna.chat;

import dev.puna.sample.Logprobs;
import java.util.Optional;

/**
 * A token whose text belongs to the answer.
 *
 * @param bytes what it adds to the text: perhaps only a part of a character; a control token's spelling
 * @param logprobs present if asked for
 */
public record Spoken(int id, byte[] bytes, Optional<Logprobs> logprobs) {}
