package dev.puna.cli;

import dev.puna.cli.store.Bytes;
import dev.puna.cli.store.Catalogue;
import dev.puna.cli.store.Licence;
import dev.puna.cli.store.Source;
import dev.puna.cli.store.Store;
import dev.puna.cli.store.StoredModel;
import dev.puna.file.BadFile;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "list",
        header = "The models on this machine, with size, licence and source.",
        footer = {"  puna list", "  puna list --all", "  puna list --json"})
final class ListCommand implements Callable<Integer> {
    @Option(names = "--all", description = "Also the models of the catalogue that are not here yet.")
    private boolean all;

    @Option(names = "--json", description = "Print one JSON document: the store and its models.")
    private boolean json;

    private final Session session;

    ListCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        Store store = session.models().store();
        List<StoredModel> models = new ArrayList<>();
        int bad = 0;
        for (String name : store.names()) {
            try {
                store.model(name).ifPresent(models::add);
            } catch (BadFile e) {
                session.output().error(e.getMessage());
                bad++;
            }
        }
        List<Catalogue.Entry> absent = new ArrayList<>();
        if (all) {
            session.models().catalogue().entries().stream()
                    .filter(entry -> models.stream().noneMatch(m -> m.name().equals(entry.name())))
                    .forEach(absent::add);
        }
        long unfinished = store.unfinished();
        if (json) {
            session.output().json(document(store, models, absent, unfinished));
        } else {
            print(models, absent, unfinished);
        }
        return bad == 0 ? Exit.OK : Exit.REFUSED;
    }

    private Map<String, Object> document(
            Store store, List<StoredModel> models, List<Catalogue.Entry> absent, long unfinished) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("store", store.root().toString());
        document.put("models", models.stream().map(PullCommand::document).toList());
        if (all) {
            document.put("catalogue", absent.stream().map(ListCommand::document).toList());
        }
        document.put("unfinished_bytes", unfinished);
        return document;
    }

    private static Map<String, Object> document(Catalogue.Entry entry) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("name", entry.name());
        document.put("description", entry.description());
        document.put("bytes", entry.bytes());
        document.put("context", entry.context());
        document.put("sha256", entry.sha256());
        document.put("licence", PullCommand.licence(entry.licence()));
        document.put("sources", entry.sources().stream().map(Source::text).toList());
        return document;
    }

    private void print(List<StoredModel> models, List<Catalogue.Entry> absent, long unfinished) {
        Output output = session.output();
        if (models.isEmpty()) {
            output.note("no models here yet; 'puna pull " + Models.DEFAULT + "' brings one"
                    + (all ? "" : ", 'puna list --all' shows more"));
        }
        Table table = new Table(output, "NAME", ">SIZE", "LICENCE", "SOURCE");
        for (StoredModel model : models) {
            table.row(model.name(), Bytes.text(model.bytes()), shown(model.licence()), model.source());
        }
        for (Catalogue.Entry entry : absent) {
            table.row(
                    entry.name(),
                    Bytes.text(entry.bytes()),
                    shown(entry.licence()),
                    "(not here yet) " + entry.description());
        }
        table.print();
        if (unfinished > 0) {
            output.note("unfinished downloads: " + Bytes.text(unfinished) + "; 'puna pull' goes on with them, 'puna rm"
                    + " --unfinished' removes them");
        }
    }

    private static String shown(Licence licence) {
        return licence.known() ? licence.name() : "not stated";
    }
}
