package dev.puna.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "completion",
        header = "Print a script that completes puna's commands and options in a shell.",
        footer = {
            "  source <(puna completion bash)      # in ~/.bashrc",
            "  source <(puna completion zsh)       # in ~/.zshrc"
        })
final class CompletionCommand implements Callable<Integer> {
    /** Shells whose completion is known. */
    enum Shell {
        bash,
        zsh
    }

    @Parameters(paramLabel = "SHELL", description = "bash or zsh.")
    private Shell shell;

    private final Session session;

    CompletionCommand(Session session) {
        this.session = session;
    }

    @Override
    public Integer call() {
        CommandLine whole = Main.whole(session);
        String script = AutoComplete.bash("puna", whole);
        // The script is bash's; zsh runs it through its own bridge, which has to be loaded first.
        String bridge = "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n";
        session.output().print(shell == Shell.zsh ? bridge + script : script);
        return Exit.OK;
    }
}
