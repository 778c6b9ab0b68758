"""The reference: pages of every public name, made from the package itself. `write(folder)` puts them into folder/api.

Pages link to a name as `[GRU](#td.nn.GRU)`; that is its anchor too.

A docstring is plain text: sentences, and columns of an argument and what it is. Sentences become sentences here, columns a
list, examples code. Whatever a class has from a base that is not public is shown with it.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import pkgutil
import re
import textwrap
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tinydawn as td
from tinydawn import graph, ops

ROOT = Path(td.__file__).parents[1]


@dataclass(frozen=True)
class Name:
    """A public name: how one writes it, td.nn.GRU; what it is; and the file that it comes from, tinydawn/nn/rnn.py."""

    spelled: str
    what: Any
    file: str

    @property
    def module(self) -> str:
        return self.spelled.rpartition(".")[0]

    @property
    def short(self) -> str:
        return self.spelled.rpartition(".")[2]


# A page: file, title, what stands on top, and the modules whose names it has, as they are written and as they are imported;
# of a module that is mostly for the engine itself only the names that follow it.
PAGES: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("td", "td: tensors and functions", "`import tinydawn as td`. Functions take Tensors and return Tensors, or take arrays and "
     "return arrays; most are methods of [Tensor](#td.Tensor) too. `td.float32`, `td.float64`, `td.int64` and `td.bool_` are "
     "NumPy's dtypes.", {"td": "tinydawn"}),
    ("tensor", "td.Tensor", "", {}),
    ("func", "td.func: derivatives of functions", "", {"td.func": "tinydawn.func"}),
    ("random", "td.random", "What is drawn comes from one generator for each thread, on the host, so that a seed means the same "
     "on every device.", {"td.random": "tinydawn.random manual_seed rand randn randint randperm uniform normal truncated_normal "
                                       "bernoulli integers permutation"}),
    ("nn", "td.nn: layers and losses", "", {"td.nn": "tinydawn.nn"}),
    ("nn_functional", "td.nn.functional", "Usually imported as F: `import tinydawn.nn.functional as F`.",
     {"td.nn.functional": "tinydawn.nn.functional"}),
    ("nn_init", "td.nn.init: initial values", "Each fills a Tensor in place, unrecorded, and gives it back.",
     {"td.nn.init": "tinydawn.nn.init"}),
    ("optim", "td.optim: optimizers and schedules", "", {"td.optim": "tinydawn.optim",
                                                          "td.optim.lr_scheduler": "tinydawn.optim.lr_scheduler"}),
    ("models", "td.models: the models of the lecture", "", {"td.models": "tinydawn.models"}),
    ("text", "td.text: from text to ids, and back", "", {"td.text": "tinydawn.text"}),
    ("decode", "td.decode: from a model to sentences", "", {"td.decode": "tinydawn.decode"}),
    ("metrics", "td.metrics: how good it is", "", {"td.metrics": "tinydawn.metrics"}),
    ("viz", "td.viz: drawing", "`td.draw` is the way in; [the gallery](../gallery.md) shows what comes out.",
     {"td.viz": "tinydawn.viz"}),
    ("storage", "Files: td.save, td.load, checkpoints", "`td.Checkpoint`, `td.save` and `td.load` stand among the functions of "
     "[td](td.md); here is what they are made of.", {
         "tinydawn.storage.serialize": "tinydawn.storage.serialize Loaded",
         "tinydawn.storage.pytorch": "tinydawn.storage.pytorch read_pytorch",
         "tinydawn.storage.files": "tinydawn.storage.files write_atomic",
         "tinydawn.storage.download": "tinydawn.storage.download Corpus CorpusFile cache_dir find_corpus"}),
    ("distributed", "td.distributed: several processes", "", {"td.distributed": "tinydawn.distributed"}),
    ("labs", "Labs and lessons from Python", "What the commands `python -m tinydawn.labs` and `python -m tinydawn.demos` call.",
     {"tinydawn.labs": "tinydawn.labs", "tinydawn.demos": "tinydawn.demos"}),
    ("errors", "Errors, devices, and an op of your own", "Every error that the package raises on purpose is a TinydawnError, and "
     "one of Python's own kinds besides: `except ValueError` finds it.", {
         "td.errors": "tinydawn.errors TinydawnError ShapeError DTypeError OptionError DeviceError IdError GraphError "
                      "AnomalyError StateError DataError message", "tinydawn.graph": "tinydawn.graph op Op Handle observe named",
         "td.scope": "tinydawn.scope part"}),
)
# Where the functions of td come from, in this order on their page; and what that part is called.
PARTS = {
    "tinydawn/tensor.py": "The Tensor", "tinydawn/creation.py": "New tensors", "tinydawn/random.py": "At random",
    "tinydawn/ops.py": "Entry by entry", "tinydawn/functional.py": "Sums, products, softmax", "tinydawn/shaping.py": "Shapes "
    "and choices", "tinydawn/autograd.py": "Gradients", "tinydawn/gradcheck.py": "Gradients, checked numerically",
    "tinydawn/graph.py": "Recording", "tinydawn/guards/anomaly.py": "Finding what went wrong",
    "tinydawn/kernels/fuse.py": "Kernels as formulas", "tinydawn/viz/draw.py": "Drawing", "tinydawn/scope.py": "Steps of a loop",
    "tinydawn/storage/serialize.py": "Files", "tinydawn/storage/checkpoint.py": "Runs that can be stopped",
    "tinydawn/backend.py": "Devices and threads",
}
OPS = {id(vars(ops)[name]) for name in graph.table if name in vars(ops)}
# Arguments that mean the same wherever they are; a docstring need not say it again.
COMMON = {
    "x": "a Tensor, or an array: whichever comes in, goes out",
    "axis": "which axis, counted from 0, or from behind by -1; where several are meant, a tuple",
    "keepdims": "an axis that is summed over stays, with length 1",
    "dtype": "NumPy's, or its name; None for the default, float32",
    "requires_grad": "whether computations with it are recorded, so that a gradient can flow to it",
    "name": "what drawings and errors call it",
    "reduction": "of a loss: \"mean\" (over the batch), \"sum\", or \"none\": one for each example",
    "weight": "of a loss: how much each class, or each entry, counts",
    "optimizer": "whose learning rate is set; `last_epoch` is the t reached before, to go on from",
    "last_epoch": "see optimizer",
    "params": "Tensors, or groups of them with options of their own: see Optimizer",
    "maximize": "climb instead of descend",
    "lang": "\"en\" or \"zh\"",
}
# PyTorch's modules that the layer has, for the table of its names.
TORCH = ("", "nn", "nn.functional", "nn.init", "nn.utils", "nn.utils.rnn", "optim", "optim.lr_scheduler", "autograd",
         "autograd.functional", "func", "linalg", "distributions", "utils.data", "random", "serialization", "cuda", "amp", "jit",
         "onnx", "multiprocessing", "distributed")


# --- what is public -----------------------------------------------------------------------------------------------

def public(module: types.ModuleType) -> dict[str, Any]:
    """The public names of a module: its __all__, else what was made in it, or, if it is a package, below it."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return {name: getattr(module, name) for name in listed if not isinstance(getattr(module, name), types.ModuleType)}
    inside = module.__name__ if hasattr(module, "__path__") else None
    found = {}
    for name, what in vars(module).items():
        if name.startswith("_") or isinstance(what, types.ModuleType):
            continue
        home = home_of(what)
        if home == module.__name__ or (inside and (home == inside or home.startswith(inside + "."))) or (
                home == "" and name in constants(source_of(module.__name__))):
            found[name] = what
    if module is td:
        found["draw"] = td.draw  # which is imported when it is asked for
    return found


def home_of(what: Any) -> str:
    """The module that something was made in, or "" of what does not know: numbers, text, tables."""
    if id(what) in OPS:
        return "tinydawn.ops"
    if not (inspect.isclass(what) or inspect.isroutine(what) or hasattr(what, "__wrapped__")):
        return ""
    home = getattr(what, "__module__", None) or ""
    return home if home.startswith("tinydawn") else ""


def source_of(module: str) -> Path:
    """The file of a module of the package."""
    path = ROOT / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


_FOR_TOOLS = re.compile(r"(?:fmt|noqa|type):|[^#]*[{}=]$")


@functools.cache
def constants(path: Path) -> dict[str, str]:
    """The names that a file gives values to at its top, each with the comment that says what it is."""
    lines = path.read_text("utf-8").splitlines()
    found = {}
    for node in ast.parse("\n".join(lines)).body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        for name in [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]:
            _, _, beside = lines[(node.end_lineno or 1) - 1].rpartition("  # ")
            above = []
            for line in reversed(lines[:node.lineno - 1]):
                if not line.startswith("# ") or line.startswith("# ---"):
                    break
                above.insert(0, line.removeprefix("# "))
            found[name] = beside if beside and not _FOR_TOOLS.match(beside) else " ".join(above)
    return found


def names_of(modules: dict[str, str]) -> list[Name]:
    """All names of a page, in the order of the files they come from, and of their lines there."""
    found = []
    for spelled, imported in modules.items():
        path, *only = imported.split()
        module = importlib.import_module(path)
        for short, what in public(module).items():
            if only and short not in only:
                continue
            home = home_of(what) or next((name for name in below(module) if short in constants(source_of(name))), path)
            found.append(Name(f"{spelled}.{short}", what, str(source_of(home).relative_to(ROOT))))
    return sorted(found, key=lambda name: (list(modules).index(name.module), _part(name.file), line_of(name)))


def below(module: types.ModuleType) -> list[str]:
    """A module, and those of its package."""
    inside = pkgutil.iter_modules(module.__path__) if hasattr(module, "__path__") else ()
    return [module.__name__, *(f"{module.__name__}.{part.name}" for part in inside)]


def _part(file: str) -> tuple[int, str]:
    return (list(PARTS).index(file) if file in PARTS else len(PARTS), file)


def line_of(name: Name) -> int:
    """Where something begins in its file."""
    called = re.escape(getattr(name.what, "__name__", name.short))
    pattern = re.compile(rf"(?:class |def )?{called}\b(?!\.)|.*\b{name.short}\b.* = ")
    for i, line in enumerate((ROOT / name.file).read_text("utf-8").splitlines(), 1):
        if pattern.match(line):
            return i
    return 0


# --- how it is called ---------------------------------------------------------------------------------------------

def signature(what: Any, method: bool = False) -> str:
    """The arguments as a caller reads them: what is asked of each, where something is, and its default."""
    try:
        found = inspect.signature(what)
    except (TypeError, ValueError):
        return "()"
    shown = []
    for p in found.parameters.values():
        if method and not shown and p.name in ("self", "cls"):
            method = False
            continue
        annotation = "" if p.annotation in (p.empty, "Any") else f": {_plain(p.annotation)}"
        default = "" if p.default is p.empty else (" = " if annotation else "=") + _default(p.default)
        star = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        if p.kind is p.KEYWORD_ONLY and not any(s.startswith("*") for s in shown):
            shown.append("*")
        shown.append(star + p.name + annotation + default)
    back = "" if found.return_annotation in (found.empty, "Any", "None", None) else f" -> {_plain(found.return_annotation)}"
    return f"({', '.join(shown)}){'' if inspect.isclass(what) else back}"


def _plain(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    text = re.sub(r"\b(?:typing|collections\.abc|np|numpy|td|os|graph)\.", "", text)
    text = re.sub(r"\bTensor\b", "td.Tensor", text)
    while (found := re.search(r"Annotated\[", text)) is not None:  # what is asked stands in the text: the kind is enough here
        depth, comma = 1, None
        for i in range(found.end(), len(text)):
            depth += {"[": 1, "(": 1, "]": -1, ")": -1}.get(text[i], 0)
            if text[i] == "," and depth == 1 and comma is None:
                comma = i
            if depth == 0:
                break
        text = text[:found.start()] + text[found.end():comma] + text[i + 1:]
    return text


def _default(value: Any) -> str:
    text = repr(value)
    return "..." if text.startswith("<") or len(text) > 60 else text


# --- docstrings ---------------------------------------------------------------------------------------------------

_SECTION = re.compile(r"(?:Args|Attributes|Returns|Raises|Yields|Example|Examples|Note):")
_COLUMN = re.compile(r"(\S.{0,38}?)  +(\S.*)")
_SPECIAL = re.compile(r"([\\*_\[\]{}<>#|~$^])")


def markdown(doc: str, link: Callable[[str], str] = lambda text: text) -> str:
    """A docstring as Markdown: sentences, lists of columns, examples."""
    made: list[str] = []
    for block in re.split(r"\n\s*\n", doc.strip("\n")):
        lines = block.rstrip().split("\n")
        if _SECTION.fullmatch(lines[0]) and len(lines) > 1:
            made.append(_section(lines[0], textwrap.dedent("\n".join(lines[1:])).split("\n"), link))
        elif lines[0].lstrip().startswith(">>>"):
            made.append("```python\n" + textwrap.dedent(block) + "\n```")
        elif all(line.startswith("    ") for line in lines):
            made.append("```text\n" + textwrap.dedent(block) + "\n```")
        else:
            made += [_sentences(part, link) if kind == "text" else _columns(part, link) for kind, part in _parts(lines)]
    return "\n\n".join(made)


def _section(title: str, lines: list[str], link: Callable[[str], str]) -> str:
    """Args:, and below it further in a line for each, `name: what it is`; Returns: and the like are a sentence."""
    if title == "Returns:":
        return _sentences([title, *lines], link)
    rows: list[str] = []
    for line in lines:
        if line.startswith(" ") and rows:
            rows[-1] += " " + line.strip()
        else:
            rows.append(line)
    named = [re.sub(r"^([\w*, ]{1,40}): ", lambda m: f"`{m[1]}`: ", row) for row in rows]
    return ("" if title == "Args:" else title + "\n\n") + "\n".join(f"* {link(escaped(row))}" for row in named)


def _parts(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """A block in runs of sentences and of columns; a line further in belongs to the one before."""
    runs: list[tuple[str, list[str]]] = []
    for line in lines:
        kind = "columns" if not line.startswith(" ") and _COLUMN.match(line) else "text"
        if line.startswith(" ") and runs:
            kind = runs[-1][0]
        if not runs or runs[-1][0] != kind:
            runs.append((kind, []))
        runs[-1][1].append(line)
    yield from runs


def _sentences(lines: list[str], link: Callable[[str], str]) -> str:
    return link(escaped(" ".join(line.strip() for line in lines)))


def _columns(lines: list[str], link: Callable[[str], str]) -> str:
    rows: list[list[str]] = []
    for line in lines:
        found = None if line.startswith(" ") else _COLUMN.match(line)
        if found:
            rows.append([found[1], found[2]])
        else:
            rows[-1][1] += " " + line.strip()
    return "\n".join(f"* {_code(name)}: {link(escaped(text))}" for name, text in rows)


def _code(text: str) -> str:
    return "``" + f" {text} ".replace("  ", " ") + "``" if "`" in text else f"`{text}`"


def escaped(text: str) -> str:
    """Text in which Markdown finds nothing but the code between single backticks."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick by itself
        return _SPECIAL.sub(r"\\\1", text.replace("`", "'"))
    return "".join(f"`{part}`" if i % 2 else _SPECIAL.sub(r"\\\1", part) for i, part in enumerate(parts))


def links(page: list[Name], own: str) -> Callable[[str], str]:
    """What makes names in sentences links: F.gelu, td.draw, and classes of the same module."""
    near = {name.short: name.spelled for name in page if name.short[0].isupper() and len(name.short) > 3}

    def link(text: str) -> str:
        parts = text.split("`")
        for i in range(0, len(parts), 2):
            parts[i] = re.sub(r"\bF\.((?:\w|\\_)+)", lambda m: _to(m[0], f"td.nn.functional.{m[1]}"), parts[i])
            parts[i] = re.sub(r"\b[A-Z][A-Za-z0-9]{3,}\b(?!\.)", lambda m: (
                _to(m[0], near[m[0]]) if m[0] in near and m[0] != own else m[0]), parts[i])
        return "`".join(parts)

    return link


def _to(text: str, target: str) -> str:
    """A link to a name. While a text is being made it is kept without backticks, between which links are not looked for."""
    return f"{{py:obj}}\0{text} <{target}>\0".replace("\\", "")


# --- pages --------------------------------------------------------------------------------------------------------

def doc_of(what: Any) -> str:
    """The docstring of its own; of a class also that of a base that is not public, if it is said that something stands there."""
    own = inspect.cleandoc((what.__dict__.get("__doc__") if inspect.isclass(what) else what.__doc__) or "")
    docs = [own]
    if inspect.isclass(what):
        docs += [inspect.cleandoc(base.__doc__) for base in what.__mro__[1:] if base.__name__.startswith("_")
                 and base.__module__.startswith("tinydawn") and base.__dict__.get("__doc__") and base.__name__ in own]
    return re.sub(r"\b(stands?|[Ss]ee) at _\w+", r"\1 below", "\n\n".join(docs)).strip()


def entry(name: Name, page: list[Name]) -> str:
    """One name: how it is called, what it does, where its source is."""
    what, link = name.what, links(page, name.short)
    kind = "class" if inspect.isclass(what) and home_of(what) else "function" if callable(what) and home_of(what) else "data"
    if kind == "class" and issubclass(what, BaseException):
        kind = "exception"
    inside = [_value(name) if kind == "data" else markdown(doc_of(what), link)]
    if kind == "exception":
        inside.append("A kind of " + ", ".join(base.__name__ for base in what.__bases__) + ".")
    elif kind == "class":
        inside += [method(name, short, link) for short in methods(what)]
    inside.append(f"Code: {{source}}`{name.file}:{name.short if kind == 'data' else what.__name__}`")
    called = name.short + ("" if kind == "data" else signature(what))
    return fenced(f"py:{kind}", called, "\n\n".join(inside), f":module: {name.module}", before=index_of(name.spelled))


def index_of(spelled: str) -> str:
    """The entry nn.GRU of the index, beside Sphinx's own, which is GRU (class in td.nn)."""
    return f"```{{index}} {spelled.removeprefix('td.')}\n```\n"


def fenced(directive: str, argument: str, inside: str, *options: str, before: str = "") -> str:
    """A directive, whose fence is longer than any inside."""
    longest = max([2, *(len(found) for found in re.findall(r"^`{3,}", inside, flags=re.MULTILINE))])
    fence = "`" * (longest + 1)
    return before + "\n".join([f"{fence}{{{directive}}} {argument}", *options, "", inside, fence]).replace("\0", "`")


def methods(what: type) -> list[str]:
    """The public methods of a class: its own, and those of bases that are not public."""
    found: dict[str, Any] = {}
    for base in what.__mro__:
        public_base = base is not what and not base.__name__.startswith("_")
        if public_base or not base.__module__.startswith("tinydawn"):
            continue
        for short, member in vars(base).items():
            if short not in found and (not short.startswith("_") or short == "__call__") and (
                    inspect.isroutine(member) or isinstance(member, property | classmethod | staticmethod)):
                found[short] = member
    hidden = {"extra_repr"} | ({"update"} if what is not td.optim.Optimizer else set())  # for whoever writes a subclass
    return [short for short in found if short not in hidden]


def method(name: Name, short: str, link: Callable[[str], str]) -> str:
    member = inspect.getattr_static(name.what, short)
    doc = inspect.getdoc(member if isinstance(member, property) else getattr(name.what, short)) or ""
    if isinstance(member, property):
        return fenced("py:property", short, markdown(doc, link), ":no-index-entry:")
    bound = isinstance(member, classmethod | staticmethod)
    called = signature(getattr(name.what, short), method=not bound)
    return fenced("py:method", short + called, markdown(doc, link), *([":classmethod:"] if bound else []), ":no-index-entry:")


def _value(name: Name) -> str:
    said = constants(ROOT / name.file).get(name.short, "")
    shown = repr(name.what)
    value = f"`{shown}`" if len(shown) < 80 and not shown.startswith("<") and "`" not in shown else ""
    said = said and said[0].upper() + said[1:].rstrip(".") + "."
    return " ".join(part for part in (escaped(said), f"Its value is {value}." if value else "") if part)


def page_of(file: str, names: list[Name], same: list[Name]) -> str:
    """A page: what its module says, then names by the file that they come from, then those that are told elsewhere."""
    _, title, above, modules = next(page for page in PAGES if page[0] == file)
    made = [f"# {title}", above]
    if len(modules) == 1 and file != "td":
        doc = inspect.getdoc(importlib.import_module(next(iter(modules.values())).split()[0])) or ""
        made.append(markdown(doc))
    files = list(dict.fromkeys(name.file for name in names))
    for part in files:
        if len(files) > 1:
            made.append(f"## {PARTS.get(part) or _heading(part)}")
            if part not in PARTS and len(whole := _file_says(part)) > 80:
                made.append(markdown(whole))
        made += [entry(name, names) for name in names if name.file == part]
    if same:
        rows = [f"* `{name.spelled}` is {{py:obj}}`{told_as(name)}`" for name in same]
        made.append("## Told elsewhere\n\n" + "\n".join(rows))
    return "\n\n".join(part for part in made if part) + "\n"


def _file_says(file: str) -> str:
    return ast.get_docstring(ast.parse((ROOT / file).read_text("utf-8"))) or file


def _heading(file: str) -> str:
    """A file's own first sentence, short."""
    first = _file_says(file).replace("\n", " ").partition(". ")[0].rstrip(".")
    for end in (":", ";", ","):
        first = first if len(first) <= 60 else first.partition(end)[0]
    return escaped(first)


def tensor_page(names: list[Name]) -> str:
    """Tensor: what it holds, its operators, its methods; those that are functions too are told there."""
    name = next(name for name in names if name.spelled == "td.Tensor")
    functions = {id(other.what): other.spelled for other in names}
    link = links(names, "Tensor")
    own, shared = [], []
    for short in sorted(n for n in dir(td.Tensor) if not n.startswith("_") and n not in ("array", "name", "alias")):
        what = getattr(td.Tensor, short)
        if id(what) in functions:
            shared.append(f"* `x.{short}{signature(what, method=True)}`: {{py:obj}}`{functions[id(what)]}`")
        else:
            own.append(method(name, short, link))
    operators = {"a + b": "add", "a - b": "sub", "a * b": "mul", "a / b": "div", "a ** b": "pow", "a // b": "floor_divide",
                 "a % b": "remainder", "-a": "neg", "abs(a)": "abs", "a @ b": "matmul"}
    rows = [f"* `{sign}`: {{py:obj}}`td.{function}`" for sign, function in operators.items()]
    others = {"a == b, a != b, a > b, a >= b, a < b, a <= b": ops.eq, "a & b": ops.bitwise_and, "a | b": ops.bitwise_or,
              "a ^ b": ops.bitwise_xor, "~a": ops.bitwise_not, "a[index]": td.Tensor.__getitem__,
              "a[index] = b": td.Tensor.__setitem__}
    rows += [f"* `{sign}`: {escaped((inspect.getdoc(what) or '').partition(chr(10))[0])}" for sign, what in others.items()]
    inside = "\n\n".join([markdown(doc_of(td.Tensor), link), *own, f"Code: {{source}}`{name.file}:Tensor`"])
    return "\n\n".join([
        "# td.Tensor",
        fenced("py:class", "Tensor" + signature(td.Tensor), inside, ":module: td", before=index_of(name.spelled)),
        "## Operators", "\n".join(rows),
        "`a += b`, `a -= b`, `a *= b` and `a /= b` write in place, and are recorded.",
        "## Methods that are functions of td too", "\n".join(shared)]) + "\n"


def torch_page(names: list[Name]) -> str:
    """PyTorch's names that the layer has: what each is here."""
    import tinydawn.torch as layer

    try:
        told = {id(name.what): name.spelled for name in names if home_of(name.what)}
        made = ["# tinydawn.torch: PyTorch's spelling", markdown(inspect.getdoc(layer) or ""),
                "Which programs were tried, what is there, what is not, and what differs on purpose: "
                "[Programs written for PyTorch](../public_programs.md).",
                fenced("py:function", "use" + signature(layer.use), markdown(doc_of(layer.use)) + "\n\nCode: "
                       "{source}`tinydawn/torch/__init__.py:use`", ":module: tinydawn.torch",
                       before=index_of("tinydawn.torch.use"))]
        for part in TORCH:
            module = importlib.import_module("tinydawn.torch" + (f".{part}" if part else ""))
            spelled = "torch" + (f".{part}" if part else "")
            rows = [f"* `{spelled}.{short}`: {what}" for short, what in sorted(_torch_names(module, told).items())]
            made.append(f"## {spelled}\n\n" + "\n".join(rows))
        return "\n\n".join(made) + "\n"
    finally:
        layer.use(False)  # importing it taught Tensor PyTorch's methods


def _torch_names(module: types.ModuleType, told: dict[int, str]) -> dict[str, str]:
    """What each public name of a module of the layer is here, in a line."""
    found = {}
    for short in getattr(module, "__all__", None) or vars(module):
        what = getattr(module, short)
        ours = inspect.isclass(what) or inspect.isroutine(what)
        if short.startswith("_") or isinstance(what, types.ModuleType) or not ours:
            continue
        if not (getattr(what, "__module__", "") or "").startswith("tinydawn") or short in ("Any", "Iterator", "message"):
            continue
        if id(what) in told:
            found[short] = f"{{py:obj}}`{told[id(what)]}`"
        else:
            found[short] = escaped((inspect.getdoc(what) or "").split("\n\n")[0].replace("\n", " "))
    return found


def index_page(pages: dict[str, list[Name]]) -> str:
    """The way in: pages, and what the words in signatures ask of an argument."""
    rows = [f"| [{title}]({file}.md) | {len(pages[file]) or ''} |" for file, title, _, _ in PAGES]
    asked = [f"* `{name}`: {escaped(said)}" for name, said in {**constants(source_of("tinydawn.checks")), **_KINDS}.items()
             if name in _SAID and said]
    same = [f"* `{name}`: {escaped(said)}" for name, said in COMMON.items()]
    count = sum(len(names) for names in pages.values())
    return f"""# Reference

Every public name, {count} of them, from the docstrings of the package: what it takes with shapes, what it returns, defaults,
errors, and source. The search beside this and the {{ref}}`index <genindex>` find each, as `nn.GRU` or `GRU`. How it is all
made is read in {{source}}`tinydawn/plain.py`, the whole engine in a hundred lines.

| page | names |
|---|---:|
{chr(10).join(rows)}
| [tinydawn.torch: PyTorch's spelling](torch.md) | |

## What the same words mean everywhere

{chr(10).join(same)}

Letters in shapes: B batch, T time, D width, H hidden units or heads, V vocabulary, E embedding, N and C examples and classes,
... any axes or none.

## What a signature asks

Arguments are checked as their annotations say, and an error names the argument:

{chr(10).join(asked)}

```{{toctree}}
:hidden:

{chr(10).join(file for file, *_ in PAGES)}
torch
```
"""


_KINDS = {"Number": "a number, not text, a boolean or a list", "Instance": "Instance[Bert]: a Bert"}
_SAID = ("Size", "Count", "Whole", "Sizes", "Number", "Real", "Share", "Finite", "Amount", "Instance")


# --- all of it ----------------------------------------------------------------------------------------------------

@functools.cache
def all_names() -> dict[str, list[Name]]:
    """Every public name by the page it stands on: where two modules have it, on the page that comes first."""
    seen: set[int] = set()
    pages = {}
    for file, _, _, modules in PAGES:
        pages[file] = [name for name in names_of(modules) if not (home_of(name.what) and id(name.what) in seen)]
        seen |= {id(name.what) for name in pages[file]}
    return pages


def told_as(name: Name) -> str:
    """How the page that comes first calls a name."""
    return next(other.spelled for names in all_names().values() for other in names if other.what is name.what)


def write(folder: Path) -> int:
    """Write the pages into folder/api; returns how many names they have."""
    pages = all_names()
    every = [name for names in pages.values() for name in names]
    texts = {"index": index_page(pages), "tensor": tensor_page(every), "torch": torch_page(every)}
    for file, _, _, modules in PAGES:
        if file != "tensor":
            shown = [name for name in pages[file] if name.spelled != "td.Tensor"]
            texts[file] = page_of(file, shown, [name for name in names_of(modules) if name not in pages[file]])
    (folder / "api").mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (folder / "api" / f"{file}.md").write_text(text, "utf-8")
    return len(every)
