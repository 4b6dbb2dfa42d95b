package dev.puna.cli;

import dev.puna.cli.net.Unavailable;
import dev.puna.cli.store.Inexact;
import dev.puna.cli.store.StoreFault;
import dev.puna.engine.EngineFault;
import dev.puna.file.BadFile;
import dev.puna.kernel.TierRefused;
import dev.puna.kernel.Tiers;
import dev.puna.sample.BadRequest;
import dev.puna.sample.grammar.GrammarRefused;
import dev.puna.text.TemplateError;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command {@code puna}: finds the sub-command, runs it, and turns whatever goes wrong into one line on standard
 * error and an exit code. No stack trace reaches the user unless {@code --stacktrace} asks for it.
 */
@Command(
        name = "puna",
        header = "The open range for Llama models: run, serve, adapt and train them on the JVM.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {"  puna run \"What is the capital of Japan?\"", "  puna run --help"})
public final class Main implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help and exit.")
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Print the version and exit.")
    private boolean version;

    @Option(
            names = "--color",
            paramLabel = "WHEN",
            scope = ScopeType.INHERIT,
            description = "Colours: auto (on a terminal, unless NO_COLOR is set), always or never.")
    private void color(Output.Colour when) {
        session.output().colour(when);
    }

    @Option(
            names = "--stacktrace",
            scope = ScopeType.INHERIT,
            description = "Show where in the program an error arose; for reports of faults.")
    private boolean stacktrace;

    private final Session session;

    Main(Session session) {
        this.session = session;
    }

    /** The process's entry: does not return. */
    public static void main(String[] args) {
        Settings settings = Settings.ofProcess();
        Output output = Output.ofProcess(settings);
        AtomicBoolean done = new AtomicBoolean();
        // Ctrl-C runs the hook while the command is cut off where it stands; whatever it writes is made to bear that.
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            if (!done.get()) {
                output.interrupted();
            }
        }));
        warmUp(args);
        String[] typed = asTyped(args);
        int exit = run(typed, settings, output, System.in, Early.of(typed, settings));
        done.set(true);
        System.exit(exit);
    }

    /** Calls out of Java take their time at first: that goes to another core while this one reads the command line. */
    static void warmUp(String[] args) {
        if (args.length > 0 && Commands.MODEL.contains(args[0])) {
            CompletableFuture.runAsync(
                    Tiers::prepare, Thread.ofPlatform().daemon().name("puna-warm-up")::start);
        }
    }

    /** Runs one command line and says with which code the process should exit; see {@link Exit}. */
    static int run(String[] args, Settings settings, Output output, InputStream input) {
        return run(args, settings, output, input, Optional.empty());
    }

    /** The same, with the model that is being opened already, if one is. */
    static int run(String[] args, Settings settings, Output output, InputStream input, Optional<Early> early) {
        if (args.length == 1 && (args[0].equals("--version") || args[0].equals("-V"))) {
            output.line("puna " + Settings.version()); // without reading what all commands take
            return Exit.OK;
        }
        Main main = new Main(new Session(settings, output, input, Models.of(settings, output), early));
        CommandLine line = main.commandLine(args);
        line.setExecutionExceptionHandler((failure, _, _) -> failure instanceof VectorModule.Needed
                ? VectorModule.startAgain(settings, args)
                : main.explain(failure));
        line.setParameterExceptionHandler((wrong, _) -> main.refuse(wrongUsage(wrong, args)));
        StringWriter text = new StringWriter();
        line.setOut(new PrintWriter(text));
        line.setErr(new PrintWriter(text));
        try {
            int exit = line.execute(args);
            output.status("");
            if (!text.toString().isEmpty()) {
                output.print(text.toString());
            }
            return exit;
        } catch (UncheckedIOException | Error failure) {
            return main.explain(failure);
        }
    }

    /** The parser for these arguments: with the one sub-command that they name, or with all where they name none. */
    private CommandLine commandLine(String[] args) {
        Optional<String> named =
                Arrays.stream(args).filter(Commands.ALL::containsKey).findFirst();
        return commandLine(named.map(List::of).orElseGet(() -> List.copyOf(Commands.ALL.keySet())));
    }

    /** The parser with all sub-commands, for whoever describes them. */
    static CommandLine whole(Session session) {
        return new Main(session).commandLine(List.copyOf(Commands.ALL.keySet()));
    }

    private CommandLine commandLine(List<String> names) {
        CommandLine line = new CommandLine(this);
        names.forEach(name -> line.addSubcommand(name, Commands.ALL.get(name).apply(session)));
        line.setExpandAtFiles(false); // a prompt may begin with @
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.getCommandSpec().versionProvider(() -> new String[] {"puna " + Settings.version()});
        Map<String, String> codes = new LinkedHashMap<>();
        codes.put(" 0", "done as asked");
        codes.put(" 1", "the answer is no, or it failed while running (network, disk)");
        codes.put(" 2", "wrong usage, a file that cannot be used, or a request that is refused");
        codes.put("130", "interrupted (Ctrl-C)");
        line.getSubcommands().values().forEach(sub -> dress(sub, codes));
        dress(line, codes);
        return line;
    }

    private static void dress(CommandLine line, Map<String, String> codes) {
        line.getCommandSpec()
                .usageMessage()
                .footerHeading("%nExample:%n")
                .exitCodeListHeading("%nExit codes:%n")
                .exitCodeList(codes)
                .width(100);
    }

    @Override
    public Integer call() {
        spec.commandLine().usage(spec.commandLine().getOut());
        return Exit.OK;
    }

    /** Says in one line what went wrong, and with which code to exit. */
    private int explain(Throwable failure) {
        if (stacktrace) {
            StringWriter trace = new StringWriter();
            failure.printStackTrace(new PrintWriter(trace));
            session.output().note(trace.toString().stripTrailing());
        }
        return switch (failure) {
            case ParameterException wrong -> refuse(wrongUsage(wrong, new String[0]));
            case BadFile bad -> refuse(bad.getMessage());
            case TemplateError wrong -> refuse(wrong.getMessage());
            case BadRequest bad -> refuse("the " + bad.getMessage());
            case EngineFault fault when fault.getCause() instanceof OutOfMemoryError memory -> explain(memory);
            case EngineFault fault -> fail(fault.getMessage());
            case GrammarRefused refused -> refuse(refused.getMessage());
            case Refused refused -> refuse(refused.getMessage());
            case TierRefused refused -> refuse(refused.getMessage());
            case Inexact inexact -> refuse(inexact.getMessage());
            case Failed failed -> fail(failed.getMessage());
            case Unavailable unavailable -> fail(unavailable.getMessage());
            case StoreFault fault -> fail(fault.getMessage());
            case InvalidPathException wrong -> refuse(wrong.getInput() + ": cannot be a path: " + wrong.getReason());
            case UncheckedIOException io -> explainIo(io.getCause(), io.getMessage());
            case IOException io -> explainIo(io, String.valueOf(io.getMessage()));
            case OutOfMemoryError memory ->
                fail("not enough memory (" + memory.getMessage() + "): use a smaller model or --context, or free some");
            default ->
                fail("internal error: " + failure + " (a fault of Puna's; --stacktrace shows where, please report it)");
        };
    }

    private int explainIo(IOException failure, String message) {
        return switch (failure) {
            case NoSuchFileException missing -> refuse(missing.getFile() + ": no such file or directory");
            case AccessDeniedException denied -> refuse(denied.getFile() + ": permission denied");
            case FileSystemException on
            when on.getFile() != null ->
                fail(on.getFile() + ": "
                        + (on.getReason() == null ? on.getClass().getSimpleName() : on.getReason()));
            // The reader of a pipe left, as `head` does: nobody is there to be told.
            case IOException _ when String.valueOf(failure.getMessage()).equals("Broken pipe") -> Exit.FAILED;
            default -> fail(message);
        };
    }

    private int refuse(String what) {
        session.output().error(what);
        return Exit.REFUSED;
    }

    private int fail(String what) {
        session.output().error(what);
        return Exit.FAILED;
    }

    private static String wrongUsage(ParameterException wrong, String[] args) {
        CommandLine line = wrong.getCommandLine();
        String help = "; see '" + line.getCommandSpec().qualifiedName() + " --help'";
        if (wrong instanceof UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().isEmpty()) {
            String typed = unmatched.getUnmatched().getFirst();
            if (unmatched.isUnknownOption()) {
                return unknownOption(line, typed) + help;
            }
            boolean command = line.getParent() == null;
            return (command ? "unknown command '" : "one argument too many: '") + typed + "'"
                    + meant(command ? Nearest.of(typed, Commands.ALL.keySet()) : Optional.empty())
                    + help;
        }
        if (wrong instanceof MissingParameterException) {
            // What seems to be missing may only have been mistyped: an option that does not exist is told first.
            for (String typed : args) {
                if (typed.equals("--")) {
                    break;
                }
                boolean known = line.getCommandSpec().optionsMap().containsKey(optionName(typed));
                if (typed.startsWith("--") && !known) {
                    return unknownOption(line, typed) + help;
                }
            }
        }
        String what = String.valueOf(wrong.getMessage());
        return what.substring(0, 1).toLowerCase(Locale.ROOT) + what.substring(1) + help;
    }

    private static String unknownOption(CommandLine line, String typed) {
        List<String> options = line.getCommandSpec().options().stream()
                .map(OptionSpec::longestName)
                .toList();
        return "unknown option '" + typed + "'" + meant(Nearest.of(optionName(typed), options));
    }

    private static String optionName(String typed) {
        return typed.contains("=") ? typed.substring(0, typed.indexOf('=')) : typed;
    }

    private static String meant(Optional<String> near) {
        return near.map(name -> " (did you mean '" + name + "'?)").orElse("");
    }

    /**
     * The arguments as they were typed. In a locale without UTF-8 the JVM reads every byte beyond ASCII as U+FFFD; the
     * kernel still knows the bytes.
     */
    private static String[] asTyped(String[] args) {
        if (Arrays.stream(args).noneMatch(arg -> arg.indexOf('\uFFFD') >= 0)) {
            return args;
        }
        try {
            String line = new String(Files.readAllBytes(Path.of("/proc/self/cmdline")), StandardCharsets.UTF_8);
            String[] all = line.split("\0", -1); // every argument ends with a NUL, so the last piece is empty
            int first = all.length - 1 - args.length;
            return first < 0 ? args : Arrays.copyOfRange(all, first, all.length - 1);
        } catch (IOException _) {
            return args;
        }
    }
}
