package dev.puna.cli.store;

/**
 * A file of a model in the store.
 *
 * @param path its name in the model's folder
 * @param sha256 its hash, which is also its place
 * @param bytes its length
 * @param modified when its bytes were last written, in milliseconds, as they were when the hash was checked
 * @param checked against what the hash was checked when it came: the catalogue, or the hash its source publishes
 */
public record StoredFile(String path, String sha256, long bytes, long modified, String checked) {}
