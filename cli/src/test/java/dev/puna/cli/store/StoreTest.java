package dev.puna.cli.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.file.BadFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreTest {
    @TempDir
    private Path root;

    private Store store;

    @BeforeEach
    void make() {
        store = Store.at(root.resolve("store"));
    }

    private StoredModel keep(String name, String... contents) throws IOException {
        List<Store.Kept> kept = new ArrayList<>();
        for (int i = 0; i < contents.length; i++) {
            Path file = Files.writeString(store.partial().resolve(name + i), contents[i]);
            kept.add(new Store.Kept(i + ".bin", file, Store.sha256(file), "nothing"));
        }
        Optional<String> main = contents.length == 1 ? Optional.of("0.bin") : Optional.empty();
        return store.keep(
                name,
                "",
                "file:" + name,
                new Licence("MIT", ""),
                Optional.of("terms"),
                "2026-01-01T00:00:00Z",
                main,
                kept);
    }

    private Path blob(StoredModel model) {
        return store.blob(model.files().getFirst().sha256());
    }

    private void writable(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }

    @Test
    void whatIsKeptIsFoundAgain() throws IOException {
        StoredModel model = keep("one", "bytes");
        assertThat(store.names()).containsExactly("one");
        assertThat(store.model("one")).hasValue(model);
        assertThat(store.from("file:one")).hasValue(model);
        assertThat(model.path()).hasContent("bytes");
        assertThat(model.folder().resolveSibling("LICENSE")).hasContent("terms");
        store.verify(model);
    }

    @Test
    void anEmptyStoreIsNoFault() {
        assertThat(store.names()).isEmpty();
        assertThat(store.model("one")).isEmpty();
        assertThat(store.unfinished()).isZero();
        assertThat(store.removeUnfinished()).isZero();
        assertThat(root.resolve("store")).doesNotExist();
    }

    @Test
    void aStoreCanBeMoved() throws IOException {
        keep("one", "bytes");
        Files.move(root.resolve("store"), root.resolve("moved"));
        Store moved = Store.at(root.resolve("moved"));
        StoredModel model = moved.model("one").orElseThrow();
        moved.verify(model);
        assertThat(model.path()).hasContent("bytes");
    }

    @Test
    void aTouchedFileIsReadAgainAndStillGood() throws IOException {
        StoredModel model = keep("one", "bytes");
        Files.setLastModifiedTime(blob(model), FileTime.fromMillis(1));
        assertThatCode(() -> store.verify(model)).doesNotThrowAnyException();
    }

    @Test
    void aChangedFileIsFound() throws IOException {
        StoredModel model = keep("one", "bytes");
        writable(blob(model));
        Files.writeString(blob(model), "other");
        Files.setLastModifiedTime(blob(model), FileTime.fromMillis(1));
        assertThatThrownBy(() -> store.verify(model))
                .isInstanceOf(BadFile.class)
                .hasMessageContaining("0.bin: was changed since it was checked; 'puna pull one' fetches it again");
        Files.delete(blob(model));
        assertThatThrownBy(() -> store.verify(model))
                .isInstanceOf(BadFile.class)
                .hasMessageContaining("is missing");
    }

    @Test
    void aDamagedBlobIsNotTakenForGood() throws IOException {
        StoredModel model = keep("one", "bytes");
        assertThat(store.has(model.files().getFirst().sha256(), 5)).isTrue();
        writable(blob(model));
        Files.writeString(blob(model), "other");
        assertThat(store.has(model.files().getFirst().sha256(), 5)).isFalse();
        assertThat(blob(model)).doesNotExist();
    }

    @Test
    void filesThatAnotherModelHasStay() throws IOException {
        StoredModel one = keep("one", "shared", "own");
        StoredModel two = keep("two", "shared");
        assertThat(store.remove(one)).isEqualTo(3);
        assertThat(store.names()).containsExactly("two");
        store.verify(two);
        assertThat(store.remove(two)).isEqualTo(6);
        try (Stream<Path> blobs = Files.list(root.resolve("store/blobs/sha256"))) {
            assertThat(blobs).isEmpty();
        }
        try (Stream<Path> models = Files.list(root.resolve("store/models"))) {
            assertThat(models).isEmpty();
        }
    }

    @Test
    void whatACrashLeftIsNoModel() throws IOException {
        keep("one", "bytes");
        Path left = Files.createDirectories(root.resolve("store/models/.new-two/files"));
        Files.writeString(left.resolveSibling("model.json"), "{");
        Files.createDirectories(root.resolve("store/models/three"));
        assertThat(store.names()).containsExactly("one");
        keep("two", "more");
        assertThat(store.names()).containsExactly("one", "two");
    }

    @Test
    void aModelIsReplacedAsAWhole() throws IOException {
        keep("one", "old", "older");
        StoredModel fresh = keep("one", "new");
        assertThat(store.model("one")).hasValue(fresh);
        assertThat(fresh.folder().resolve("1.bin")).doesNotExist();
    }

    @Test
    void aBadEntryIsToldByName() throws IOException {
        StoredModel model = keep("one", "bytes");
        Files.writeString(model.folder().resolveSibling("model.json"), "{\"name\":1}");
        assertThatThrownBy(() -> store.model("one")).isInstanceOf(BadFile.class).hasMessageContaining("model.json");
        assertThat(store.from("file:two")).isEmpty();
    }

    @Test
    void unfinishedDownloadsCanBeRemovedUnlessSomebodyIsAtWork() throws IOException {
        Files.writeString(store.partial().resolve("a.part"), "123");
        Files.writeString(store.partial().resolve("b.part"), "12345");
        Files.writeString(store.partial().resolve("b.json"), "{}");
        assertThat(store.unfinished()).isEqualTo(10);
        try (Lock _ = Lock.take(store.partial().resolve("b.lock"), () -> {})) {
            assertThat(store.removeUnfinished()).isEqualTo(3);
        }
        assertThat(store.removeUnfinished()).isEqualTo(7);
    }

    @Test
    void aNameIsPlain() {
        assertThat(Stream.of("llama-3.2-1b", "a", "m_1.q4_k_m")).allMatch(Store::isName);
        assertThat(Stream.of("", ".hidden", "../up", "a/b", "A", "a b", "ا", "-x", "x".repeat(200)))
                .noneMatch(Store::isName);
    }

    @Test
    void namesMadeOfFilesArePlain() {
        assertThat(Offer.name("org/Llama-3.2-1B-Instruct-Q4_K_M.gguf")).isEqualTo("llama-3.2-1b-instruct-q4_k_m");
        assertThat(Offer.name("M-00001-of-00003.gguf")).isEqualTo("m");
        assertThat(Offer.name("نموذج.gguf")).isEqualTo("model");
        assertThat(Offer.name("a b (1).safetensors")).isEqualTo("a-b-1");
    }

    @Test
    void aLockIsTakenOverFromTheDead() throws IOException {
        Path file = root.resolve("x.lock");
        Files.writeString(file, "left by a crash");
        try (Lock _ = Lock.take(file, () -> {})) {
            assertThat(Lock.held(file)).isTrue();
        }
        assertThat(file).doesNotExist();
    }
}
