package dev.puna.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The sub-commands in the order help lists them. Each is made only when it is needed: reading annotations takes time. */
final class Commands {
    private Commands() {}

    static final Map<String, Function<Session, Object>> ALL = all();

    /** Those that run a model. */
    static final Set<String> MODEL = Set.of("run", "complete", "score", "serve", "bench");

    private static Map<String, Function<Session, Object>> all() {
        Map<String, Function<Session, Object>> all = new LinkedHashMap<>();
        all.put("run", RunCommand::new);
        all.put("complete", CompleteCommand::new);
        all.put("score", ScoreCommand::new);
        all.put("bench", BenchCommand::new);
        all.put("serve", ServeCommand::new);
        all.put("key", KeyCommand::new);
        all.put("tokenize", TokenizeCommand::new);
        all.put("render", RenderCommand::new);
        all.put("grammar", GrammarCommand::new);
        all.put("pull", PullCommand::new);
        all.put("list", ListCommand::new);
        all.put("show", ShowCommand::new);
        all.put("rm", RmCommand::new);
        all.put("doctor", DoctorCommand::new);
        all.put("completion", CompletionCommand::new);
        return all;
    }
}
