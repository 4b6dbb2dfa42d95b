package dev.puna.sample.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Turns forms into nodes. A node stands for a set of forms that hold of one value; for each type of value the forms are
 * spelt out as branches, each a plain list of demands, and each branch becomes one shape whose inner values are sets of
 * forms again. There are finitely many sets, so recursion in a schema becomes a circle of nodes.
 */
final class Nodes {
    private static final int FEW_NAMES = 64; // of a pattern: properties of their own
    private static final int MOST_WISHES = 6; // of one container
    private static final int MOST_KINDS = 64; // of names in one object
    private static final int LONGEST_WAY = 1000; // from reference to reference
    private static final int DEEP_ENOUGH = 4; // values inside one another looked at to tell alternatives apart

    private final Work work;
    private final Form.Opposites opposites;
    private final Map<Form, Integer> ids = new IdentityHashMap<>();
    private final SequencedMap<List<Integer>, Node> nodes = new LinkedHashMap<>();
    private final Map<Node, List<Form>> forms = new IdentityHashMap<>();
    private final Automata automata;
    private final ArrayDeque<Node> todo = new ArrayDeque<>();
    private final Node nothing = new Node();

    Nodes(Work work, Form.Opposites opposites) {
        this.work = work;
        automata = new Automata(work);
        this.opposites = opposites;
    }

    /** The node of a whole document, with all that it can contain. */
    Node compile(Form form) {
        Node root = node(List.of(form));
        while (!todo.isEmpty()) {
            fill(todo.remove());
        }
        boolean changed = true;
        while (changed) {
            changed = false;
            for (Node node : nodes.sequencedValues().reversed()) { // what is inside others came after them
                work.step(1, "#");
                if (!node.possible && node.findPossible()) {
                    node.possible = true;
                    changed = true;
                }
            }
        }
        nodes.values().forEach(Node::settle);
        return root;
    }

    private Node node(List<Form> of) {
        Map<Integer, Form> all = new TreeMap<>();
        var open = new ArrayDeque<Form>(of);
        while (!open.isEmpty()) {
            Form form = open.pop();
            if (form instanceof Form.All each) {
                each.of().forEach(open::push);
            } else if (form == Form.NONE) {
                return nothing;
            } else if (form != Form.ANY) {
                all.put(id(form), form);
            }
        }
        List<Integer> key = List.copyOf(all.keySet());
        Node known = nodes.get(key);
        if (known == null) {
            if (nodes.size() >= work.limits.nodes()) {
                throw new GrammarRefused(
                        "#", "a schema that makes more than %d kinds of values".formatted(work.limits.nodes()));
            }
            known = new Node();
            nodes.put(key, known);
            forms.put(known, List.copyOf(all.values()));
            todo.add(known);
        }
        return known;
    }

    private int id(Form form) {
        Integer id = ids.get(form);
        if (id == null) {
            id = ids.size();
            ids.put(form, id);
        }
        return id;
    }

    private void fill(Node node) {
        List<Form> of = Objects.requireNonNull(forms.get(node));
        for (int literal : new int[] {Form.NULL, Form.FALSE, Form.TRUE}) {
            if (of.stream().allMatch(form -> holds(form, literal, null))) {
                node.literals |= literal;
            }
        }
        node.numbers = branches(of, Form.NUMBER).stream()
                .map(Nodes::numbers)
                .filter(set -> !set.isEmpty())
                .distinct()
                .toList();
        node.texts = branches(of, Form.STRING).stream()
                .map(this::text)
                .flatMap(Optional::stream)
                .distinct()
                .toList();
        node.arrays = branches(of, Form.ARRAY).stream()
                .map(this::items)
                .flatMap(Optional::stream)
                .toList();
        node.objects = branches(of, Form.OBJECT).stream()
                .map(this::members)
                .flatMap(Optional::stream)
                .toList();
    }

    /** References on the way to a form; one that comes twice goes around in a circle. */
    private record Way(Form.Later later, @Nullable Way before) {
        static Way on(Form.Later later, @Nullable Way before) {
            int length = 0;
            for (Way way = before; way != null; way = way.before) {
                if (way.later == later) {
                    throw new GrammarRefused(later.where, "refers to itself and to no value inside");
                }
                if (++length > LONGEST_WAY) {
                    throw new GrammarRefused(
                            later.where, "is reached over more than %d references".formatted(LONGEST_WAY));
                }
            }
            return new Way(later, before);
        }
    }

    private boolean holds(Form form, int literal, @Nullable Way way) {
        work.step(1, "#");
        return switch (form) {
            case Form.All all -> all.of().stream().allMatch(one -> holds(one, literal, way));
            case Form.Some some -> some.of().stream().anyMatch(one -> holds(one, literal, way));
            case Form.One one ->
                one.of().stream().filter(each -> holds(each, literal, way)).count() == 1;
            case Form.Later later -> holds(later.form(), literal, Way.on(later, way));
            case Form.Types types -> (types.mask() & literal) != 0;
            default -> true;
        };
    }

    private record Step(Form form, @Nullable Way way) {}

    /** The ways in which all the forms hold of a value of this type: each a list of demands, all plain. */
    private List<List<Form>> branches(List<Form> of, int type) {
        Map<Set<Integer>, List<Form>> out = new LinkedHashMap<>();
        List<Step> open = of.stream().map(form -> new Step(form, null)).toList();
        spell(new ArrayList<>(open), List.of(), type, out);
        return new ArrayList<>(out.values());
    }

    private void spell(List<Step> open, List<Form> done, int type, Map<Set<Integer>, List<Form>> out) {
        work.step(8L * (1 + open.size() + done.size()), "#");
        List<Form> plain = new ArrayList<>(done);
        Set<String> required = new HashSet<>();
        for (Form form : done) {
            if (form instanceof Form.Required(String name)) {
                required.add(name);
            }
        }
        List<Step> choices = new ArrayList<>();
        var queue = new ArrayDeque<Step>(open);
        while (!queue.isEmpty()) {
            Step step = queue.poll();
            work.step(1, "#");
            switch (step.form()) {
                case Form.All all -> all.of().forEach(form -> queue.add(new Step(form, step.way())));
                case Form.Later later -> queue.add(new Step(later.form(), Way.on(later, step.way())));
                case Form.Some some -> choices.add(step);
                case Form.One one -> choices.add(step);
                case Form.Types types -> {
                    if ((types.mask() & type) == 0) {
                        return;
                    }
                }
                default -> {
                    if (step.form() instanceof Form.Words words) {
                        work.step(words.words().size(), "#");
                    }
                    boolean known = step.form() instanceof Form.Required(String name)
                            ? !required.add(name) // there may be thousands
                            : plain.contains(step.form());
                    if (type(step.form()) == type && !known) {
                        plain.add(step.form());
                    }
                }
            }
        }
        if (plain.size() > done.size() && impossible(plain, type)) {
            return;
        }
        if (choices.isEmpty()) {
            Set<Integer> key = new TreeSet<>();
            plain.forEach(form -> key.add(id(form)));
            if (out.putIfAbsent(key, plain) == null && out.size() > work.limits.branches()) {
                throw new GrammarRefused(
                        "#",
                        "alternatives that can be combined in more than %d ways".formatted(work.limits.branches()));
            }
            return;
        }
        Step first = choices.getFirst();
        List<Step> others = choices.subList(1, choices.size());
        List<Form> ways =
                first.form() instanceof Form.Some some ? some.of() : exactlyOne((Form.One) first.form(), type);
        for (Form way : ways) {
            List<Step> more = new ArrayList<>(others);
            more.addFirst(new Step(way, first.way()));
            spell(more, plain, type, out);
        }
    }

    private static int type(Form form) {
        return switch (form) {
            case Form.Number n -> Form.NUMBER;
            case Form.Words w -> Form.STRING;
            case Form.Matches m -> Form.STRING;
            case Form.Length l -> Form.STRING;
            case Form.Items i -> Form.ARRAY;
            case Form.Count c -> Form.ARRAY;
            case Form.Contains c -> Form.ARRAY;
            case Form.Unique u -> Form.ARRAY;
            case Form.Properties p -> Form.OBJECT;
            case Form.Required r -> Form.OBJECT;
            case Form.Size s -> Form.OBJECT;
            case Form.Has h -> Form.OBJECT;
            default -> throw new IllegalArgumentException("no demand on one type: " + form);
        };
    }

    private List<Form> exactlyOne(Form.One one, int type) {
        List<Form> ways = new ArrayList<>();
        List<Form> of = one.of();
        for (int i = 0; i < of.size(); i++) {
            List<Form> all = new ArrayList<>();
            all.add(of.get(i));
            for (int j = 0; j < of.size(); j++) {
                if (i != j && !apart(of.get(i), of.get(j), type, 0)) {
                    all.add(opposites.of(of.get(j)));
                }
            }
            ways.add(Form.all(all));
        }
        return ways;
    }

    /** Whether it is plain to see that no value of this type fulfils both. */
    private boolean apart(Form one, Form other, int type, int depth) {
        return branches(List.of(one, other), type).stream().allMatch(all -> clash(all, type, depth));
    }

    private boolean apart(List<Form> of, int depth) {
        for (int literal : new int[] {Form.NULL, Form.FALSE, Form.TRUE}) {
            if (of.stream().allMatch(form -> holds(form, literal, null))) {
                return false;
            }
        }
        for (int type : new int[] {Form.NUMBER, Form.STRING, Form.ARRAY, Form.OBJECT}) {
            if (!branches(of, type).stream().allMatch(all -> clash(all, type, depth))) {
                return false;
            }
        }
        return true;
    }

    private boolean clash(List<Form> all, int type, int depth) {
        if (impossible(all, type)) {
            return true;
        }
        if (depth >= DEEP_ENOUGH) {
            return false;
        }
        if (type == Form.STRING) {
            return text(all, Texts::perhaps).isEmpty();
        }
        if (type == Form.OBJECT) {
            for (Form form : all) {
                if (form instanceof Form.Required required && apart(property(all, required.name()), depth + 1)) {
                    return true;
                }
            }
        }
        if (type == Form.ARRAY) {
            int least = count(all).least();
            for (int i = 0; i < Math.min(least, MOST_WISHES); i++) {
                if (apart(item(all, i), depth + 1)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether it can be seen without looking at inner values that the demands contradict each other. */
    private static boolean impossible(List<Form> all, int type) {
        return switch (type) {
            case Form.NUMBER -> numbers(all).isEmpty();
            case Form.STRING -> {
                Set<String> words = words(all);
                yield words != null && words.isEmpty();
            }
            case Form.ARRAY -> {
                Form.Count count = count(all);
                yield count.least() > count.most();
            }
            default -> {
                Form.Size size = size(all);
                if (size.least() > size.most()) {
                    yield true;
                }
                List<Form> properties =
                        all.stream().filter(Form.Properties.class::isInstance).toList();
                for (Form form : all) {
                    if (form instanceof Form.Required required && forbidden(properties, required.name())) {
                        yield true;
                    }
                }
                yield false;
            }
        };
    }

    private static boolean forbidden(List<Form> all, String name) {
        for (Form form : all) {
            if (form instanceof Form.Properties properties) {
                Form value = properties.named().get(name);
                if (value == Form.NONE
                        || value == null && properties.patterns().isEmpty() && properties.additional() == Form.NONE) {
                    return true;
                }
            }
        }
        return false;
    }

    private static Numbers numbers(List<Form> all) {
        Numbers set = Numbers.ALL;
        for (Form form : all) {
            set = set.and(((Form.Number) form).set());
        }
        return set;
    }

    /** The words that are left where the demands name words; null where they do not. */
    private static @Nullable Set<String> words(List<Form> all) {
        Set<String> words = null;
        for (Form form : all) {
            if (form instanceof Form.Words some && some.in()) {
                if (words == null) {
                    words = new LinkedHashSet<>(some.words());
                } else {
                    words.retainAll(some.words());
                }
            }
        }
        if (words != null) {
            for (Form form : all) {
                if (form instanceof Form.Words some && !some.in()) {
                    words.removeAll(some.words());
                } else if (form instanceof Form.Length length) {
                    words.removeIf(word -> {
                        int n = word.codePointCount(0, word.length());
                        return n < length.least() || n > length.most();
                    });
                }
            }
        }
        return words;
    }

    private Optional<Node.Text> text(List<Form> all) {
        Optional<Dfa> dfa = text(all, Texts::sure);
        List<Form.Matches> tests = new ArrayList<>();
        for (Form form : all) {
            if (form instanceof Form.Matches matches && !matches.texts().exact()) {
                tests.add(matches);
            }
        }
        if (tests.isEmpty() || words(all) != null) {
            return dfa.map(Node.Text::of);
        }
        Optional<Dfa> perhaps = text(all, Texts::perhaps);
        if (dfa.isEmpty() && perhaps.isPresent()) {
            throw new GrammarRefused(tests.getFirst().where(), "together with the rest cannot be enforced");
        }
        return perhaps.map(read -> new Node.Text(
                dfa.orElseThrow(),
                read,
                text -> tests.stream().allMatch(one -> one.texts().test().test(text))));
    }

    private Optional<Dfa> text(List<Form> all, Function<Texts, Regex> side) {
        Set<String> words = words(all);
        if (words != null) {
            for (Form form : all) {
                if (form instanceof Form.Matches matches) {
                    Texts texts = matches.texts();
                    Optional<Dfa> dfa = automata.of(texts.perhaps(), matches.where());
                    words.removeIf(word -> dfa.isEmpty()
                            || !dfa.get().accepts(word)
                            || !texts.test().test(word));
                }
            }
            return words.isEmpty() ? Optional.empty() : Optional.of(Dfa.words(List.copyOf(words), work));
        }
        int least = 0;
        int most = Form.NO_LIMIT;
        String where = "#";
        List<Regex> terms = new ArrayList<>();
        for (Form form : all) {
            switch (form) {
                case Form.Length length -> {
                    least = Math.max(least, length.least());
                    most = Math.min(most, length.most());
                    where = length.where();
                }
                case Form.Matches matches -> {
                    terms.add(side.apply(matches.texts()));
                    where = matches.where();
                }
                case Form.Words some -> terms.add(Regex.not(Regex.words(some.words())));
                default -> throw new IllegalArgumentException("no demand on strings: " + form);
            }
        }
        if (least > work.limits.textBytes()) {
            return Optional.empty();
        }
        int bound = most > work.limits.textBytes() ? -1 : most; // no longer text is read
        if (terms.isEmpty()) {
            return Dfa.lengths(least, bound, where, work);
        }
        if (least > 0 || bound >= 0) {
            if (bound >= 0 && bound < least) {
                return Optional.empty();
            }
            terms.add(Regex.times(Regex.chars(Ranges.ANY), least, bound));
        }
        return automata.of(Regex.every(terms), where);
    }

    /** The texts of which a string can be that fulfils the form. */
    Regex texts(Form form) {
        return Regex.any(branches(List.of(form), Form.STRING).stream()
                .map(all -> Regex.every(all.stream().map(Nodes::textsOf).toList()))
                .toList());
    }

    private static Regex textsOf(Form form) {
        return switch (form) {
            case Form.Words words -> words.in() ? Regex.words(words.words()) : Regex.not(Regex.words(words.words()));
            case Form.Matches matches -> matches.texts().sure();
            case Form.Length length ->
                Regex.times(
                        Regex.chars(Ranges.ANY), length.least(), length.most() == Form.NO_LIMIT ? -1 : length.most());
            default -> throw new IllegalArgumentException("no demand on strings: " + form);
        };
    }

    private static Form.Count count(List<Form> all) {
        int least = 0;
        int most = Form.NO_LIMIT;
        String where = "#";
        for (Form form : all) {
            if (form instanceof Form.Count count) {
                least = Math.max(least, count.least());
                most = Math.min(most, count.most());
                where = count.where();
            }
        }
        return new Form.Count(least, most, where);
    }

    private static List<Form> item(List<Form> all, int position) {
        List<Form> item = new ArrayList<>();
        for (Form form : all) {
            if (form instanceof Form.Items items) {
                item.add(position < items.prefix().size() ? items.prefix().get(position) : items.rest());
            }
        }
        return item;
    }

    private Optional<Node.Items> items(List<Form> all) {
        Form.Count count = count(all);
        int kinds = 0;
        boolean unique = false;
        List<Form.Contains> wishes = new ArrayList<>();
        for (Form form : all) {
            switch (form) {
                case Form.Items items -> kinds = Math.max(kinds, items.prefix().size());
                case Form.Contains contains -> {
                    if (contains.least() > contains.most()) {
                        return Optional.empty();
                    }
                    if (contains.least() > 0 || contains.most() != Form.NO_LIMIT) {
                        if (contains.least() > 200 || contains.most() != Form.NO_LIMIT && contains.most() > 200) {
                            throw new GrammarRefused(contains.where(), "contains is counted up to 200 only");
                        }
                        wishes.add(contains);
                        kinds = Math.max(kinds, contains.from());
                    }
                }
                case Form.Unique is -> {
                    if (!is.is()) {
                        throw new GrammarRefused(is.where(), "that items are not unique cannot be enforced");
                    }
                    unique = true;
                }
                default -> {}
            }
        }
        if (wishes.size() > MOST_WISHES) {
            throw new GrammarRefused(wishes.getFirst().where(), "more than %d contains at once".formatted(MOST_WISHES));
        }
        List<List<Node.Choice>> choices = new ArrayList<>();
        for (int i = 0; i <= kinds; i++) {
            choices.add(choices(item(all, i), wishes, wish(wishes, i)));
        }
        return Optional.of(new Node.Items(
                choices,
                count.least(),
                count.most(),
                wishes.stream()
                        .map(wish -> new Node.Items.Wish(wish.from(), wish.least(), wish.most()))
                        .toList(),
                unique));
    }

    private static int wish(List<Form.Contains> wishes, int position) {
        int mask = 0;
        for (int w = 0; w < wishes.size(); w++) {
            mask |= position >= wishes.get(w).from() ? 1 << w : 0;
        }
        return mask;
    }

    private List<Node.Choice> choices(List<Form> base, List<Form.Contains> wishes, int open) {
        List<Node.Choice> choices = new ArrayList<>();
        for (int met = 0; met < 1 << wishes.size(); met++) {
            if ((met & ~open) != 0) {
                continue;
            }
            List<Form> item = new ArrayList<>(base);
            for (int w = 0; w < wishes.size(); w++) {
                if ((met >> w & 1) != 0) {
                    item.add(wishes.get(w).item());
                } else if ((open >> w & 1) != 0 && wishes.get(w).most() != Form.NO_LIMIT) {
                    item.add(opposites.of(wishes.get(w).item()));
                }
            }
            choices.add(new Node.Choice(met, node(item)));
        }
        return choices;
    }

    private static Form.Size size(List<Form> all) {
        int least = 0;
        int most = Form.NO_LIMIT;
        String where = "#";
        for (Form form : all) {
            if (form instanceof Form.Size size) {
                least = Math.max(least, size.least());
                most = Math.min(most, size.most());
                where = size.where();
            }
        }
        return new Form.Size(least, most, where);
    }

    private List<Form> property(List<Form> all, String name) {
        return property(
                all,
                name,
                pattern -> automata.of(pattern.names(), pattern.where())
                        .map(dfa -> dfa.accepts(name))
                        .orElse(false));
    }

    private static List<Form> property(List<Form> all, @Nullable String name, Predicate<Form.Pattern> matches) {
        List<Form> value = new ArrayList<>();
        for (Form form : all) {
            if (form instanceof Form.Properties properties) {
                Form named = name == null ? null : properties.named().get(name);
                boolean known = named != null;
                if (named != null) {
                    value.add(named);
                }
                for (Form.Pattern pattern : properties.patterns()) {
                    if (matches.test(pattern)) {
                        known = true;
                        value.add(pattern.value());
                    }
                }
                if (!known) {
                    value.add(properties.additional());
                }
            }
        }
        return value;
    }

    /** A kind of names: those that match some patterns and not the others. */
    private record Kind(Regex names, Set<Regex> matching) {}

    private Optional<Node.Members> members(List<Form> all) {
        Set<String> names = new LinkedHashSet<>();
        Set<String> required = new LinkedHashSet<>();
        List<Form.Has> wishes = new ArrayList<>();
        Map<Regex, String> patterns = new LinkedHashMap<>();
        for (Form form : all) {
            switch (form) {
                case Form.Properties properties -> {
                    names.addAll(properties.named().keySet());
                    properties.patterns().forEach(p -> patterns.put(p.names(), p.where()));
                }
                case Form.Required one -> required.add(one.name());
                case Form.Has has -> {
                    wishes.add(has);
                    patterns.put(has.names(), has.where());
                }
                default -> {}
            }
        }
        names.addAll(required);
        Form.Size size = size(all);
        if (wishes.size() > MOST_WISHES) {
            throw new GrammarRefused(
                    wishes.getFirst().where(), "more than %d wishes for properties at once".formatted(MOST_WISHES));
        }
        List<Kind> kinds = new ArrayList<>(List.of(new Kind(Regex.ALL, Set.of())));
        for (Map.Entry<Regex, String> pattern : patterns.entrySet()) {
            kinds = split(kinds, pattern.getKey(), pattern.getValue());
        }
        List<Node.Members.Others> others = new ArrayList<>();
        Set<String> few = new LinkedHashSet<>();
        for (Kind kind : kinds) {
            Dfa dfa = automata.of(kind.names(), "#").orElseThrow();
            Optional<List<String>> texts = dfa == Dfa.ANY ? Optional.empty() : dfa.texts(FEW_NAMES);
            if (texts.isPresent()) {
                few.addAll(texts.get());
                continue;
            }
            List<Form> base = property(all, null, pattern -> kind.matching().contains(pattern.names()));
            others.add(new Node.Members.Others(
                    dfa, wished(base, wishes, has -> kind.matching().contains(has.names()))));
        }
        names.addAll(few);
        List<Node.Members.Named> named = new ArrayList<>();
        for (String name : names) {
            List<Node.Choice> choices = wished(
                    property(all, name),
                    wishes,
                    has -> automata.of(has.names(), has.where())
                            .map(dfa -> dfa.accepts(name))
                            .orElse(false));
            named.add(new Node.Members.Named(name, required.contains(name), choices));
        }
        var members = new Node.Members(named, others, size.least(), size.most(), (1 << wishes.size()) - 1);
        members.names(names);
        return Optional.of(members);
    }

    private List<Kind> split(List<Kind> kinds, Regex pattern, String where) {
        List<Kind> finer = new ArrayList<>();
        for (Kind kind : kinds) {
            Regex in = Regex.every(List.of(kind.names(), pattern));
            Regex out = Regex.every(List.of(kind.names(), Regex.not(pattern)));
            Set<Regex> matching = new LinkedHashSet<>(kind.matching());
            matching.add(pattern);
            if (automata.of(in, where).isPresent()) {
                finer.add(new Kind(in, matching));
            }
            if (automata.of(out, where).isPresent()) {
                finer.add(new Kind(out, kind.matching()));
            }
        }
        if (finer.size() > MOST_KINDS) {
            throw new GrammarRefused(where, "patterns that make more than %d kinds of names".formatted(MOST_KINDS));
        }
        return finer;
    }

    private List<Node.Choice> wished(List<Form> base, List<Form.Has> wishes, Predicate<Form.Has> concerns) {
        List<Node.Choice> choices = new ArrayList<>();
        for (int met = 0; met < 1 << wishes.size(); met++) {
            List<Form> value = new ArrayList<>(base);
            boolean possible = true;
            for (int w = 0; w < wishes.size(); w++) {
                if ((met >> w & 1) != 0) {
                    possible &= concerns.test(wishes.get(w));
                    value.add(wishes.get(w).value());
                }
            }
            if (possible) {
                choices.add(new Node.Choice(met, node(value)));
            }
        }
        return choices;
    }
}
