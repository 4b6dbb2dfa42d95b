package dev.puna.cli;

import dev.puna.cli.store.Bytes;
import dev.puna.cli.store.Store;
import dev.puna.cli.store.StoredModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "rm",
        header = "Remove models from this machine, and the files that no other model has.",
        footer = {"  puna rm smollm2-135m-instruct", "  puna rm --unfinished"})
final class RmCommand implements Callable<Integer> {
    @Parameters(paramLabel = "NAME", arity = "0..*", description = "Names as 'puna list' shows them.")
    private List<String> names = new ArrayList<>();

    @Option(names = "--unfinished", description = "Remove what interrupted downloads have left.")
    private boolean unfinished;

    @Option(names = "--json", description = "Print one JSON document: what was removed and how many bytes that freed.")
    private boolean json;

    private final Session session;

    RmCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        if (names.isEmpty() && !unfinished) {
            throw new Refused("say which model to remove; 'puna list' shows their names");
        }
        Store store = session.models().store();
        // All names first: a slip in the last one must not leave the others removed.
        List<StoredModel> models = new ArrayList<>();
        for (String name : names) {
            models.add(store.model(name.toLowerCase(Locale.ROOT)).orElseThrow(() -> unknown(store, name)));
        }
        long freed = 0;
        for (StoredModel model : models) {
            freed += store.remove(model);
        }
        if (unfinished) {
            freed += store.removeUnfinished();
        }
        List<String> removed = models.stream().map(StoredModel::name).distinct().toList();
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("removed", removed);
            document.put("freed_bytes", freed);
            session.output().json(document);
        } else {
            String what = removed.isEmpty() ? "unfinished downloads" : String.join(", ", removed);
            session.output().line("removed " + what + "; " + Bytes.text(freed) + " are free again");
        }
        return Exit.OK;
    }

    private static Refused unknown(Store store, String name) {
        List<String> names = store.names();
        String near = Nearest.of(name, names)
                .map(one -> " (did you mean '" + one + "'?)")
                .orElse("");
        return new Refused("there is no model '" + name + "' in the store" + near + "; "
                + (names.isEmpty() ? "it is empty" : "it has " + String.join(", ", names)));
    }
}
