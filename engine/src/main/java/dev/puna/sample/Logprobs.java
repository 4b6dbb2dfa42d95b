package dev.puna.sample;

/**
 * How likely the model itself found a chosen token and its likeliest rivals: natural logarithms of the probabilities
 * that the raw logits give, before any bias, penalty, temperature or cut.
 *
 * @param chosen the chosen token's
 * @param ids the likeliest tokens, likeliest first, the lower id first among equals
 * @param logprobs theirs, in the same order
 */
public record Logprobs(double chosen, int[] ids, double[] logprobs) {}
