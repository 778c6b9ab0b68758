"""The playground's Python: runs what was typed, draws it, and says what came of it, all in JSON, to worker.js.

It knows nothing of the browser, so tests run it as it is. A program is run anew for every movement of a slider: thirty lines take
a few milliseconds, and whatever depends on the value, loops and prints too, is right again.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import difflib
import importlib
import inspect
import io
import json
import random
import re
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn.decode.tree import SearchTree
from tinydawn.errors import GraphError, TinydawnError, message
from tinydawn.viz import layout
from tinydawn.viz.diagram import Diagram
from tinydawn.viz.formulas import FORMULAS, words
from tinydawn.viz.picture import Picture
from tinydawn.viz.snapshot import subscripted
from tinydawn.viz.trace import Trace

FILE = "program.py"
FEW = 9  # a tensor of so many numbers has a slider for each
MOST = 24  # sliders
HUGE = 1e300  # a slider goes to twice its value and more
SMALL = 4  # a matrix of so many rows and columns is written out
NAMES = ("loss", "L", "损失", "误差", "y")  # what is drawn, where the program does not say it
LIMIT = 8.0 if sys.platform == "emscripten" else 60.0  # seconds that a program may take; a page at its build may wait
LINES, LETTERS = 200, 20_000  # of what it prints
FULL_WIDTH = dict(zip("，（）：；“”‘’【】！＝＋－＊／。　", ",():;\"\"''[]!=+-*/. ", strict=True))


class Stopped(BaseException):
    """A program that took too long. No `except Exception` of the program's own may catch it."""


# What a program finds here, and may write over: after its run it is as it was.
ROOMS = [(room, dict(vars(room))) for room in (builtins, np, td, td.nn, td.nn.functional, td.Tensor)]


@contextlib.contextmanager
def alone(program: str) -> Iterator[None]:
    """What a program switches or writes over is as it was when the next one runs, PyTorch's spelling too."""
    if re.search(r"^\s*(import|from)\s+tinydawn(\.torch\b|\s+import\s.*\btorch\b)", program, re.MULTILINE):
        importlib.import_module("tinydawn.torch").use()  # its generator is seeded below; importing it twice does nothing
    td.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    random.seed(0)
    stdin, sys.stdin = sys.stdin, io.StringIO()  # nobody answers: input() says so at once
    try:
        with np.errstate(), np.printoptions(), td.enable_grad():
            yield
    finally:
        sys.stdin = stdin
        if (torch := sys.modules.get("tinydawn.torch")) is not None:
            torch.use(False)
        for room, before in ROOMS:
            now = vars(room)
            for name in [name for name, value in before.items() if now.get(name) is not value]:
                setattr(room, name, before[name])
        vars(td).pop("draw", None)  # Run.draw
        td.use_backend("numpy")
        td.set_default_dtype(td.float32)


# --- what is added to a program before it runs ---

class _Watched(ast.NodeTransformer):
    """After every assignment the names are told to `seen`, and every turn of a loop looks at the clock.

    Lines stay as they are. `__seen__` gives back the value, or where a slider was moved another.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.own = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        self.own |= {n.name for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
        self.deep = 0  # inside functions and loops

    def visit_Assign(self, node: ast.Assign) -> Any:
        return [node, *(call for target in node.targets for call in self.told(target, node))]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        return [node, *self.told(node.target, node)] if node.value is not None else node

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        return [node, *self.told(node.target, node)]

    def visit_For(self, node: ast.For) -> Any:
        return self.loop(node, self.told(node.target, node))

    def visit_While(self, node: ast.While) -> Any:
        return self.loop(node, [])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        return self.loop(node, [])  # a recursion looks at the clock too

    def loop(self, node: Any, names: list[ast.stmt]) -> Any:
        self.deep += 1
        self.generic_visit(node)
        self.deep -= 1
        first = _is_docstring(node.body[0]) if isinstance(node, ast.FunctionDef) else 0
        tick = _at(ast.Expr(ast.Call(ast.Name("__tick__", ast.Load()), [], [])), node.body[0])
        node.body[first:first] = [tick, *names]
        return node

    def told(self, target: ast.expr, node: Any) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        for part in ast.walk(target):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                about = ast.Constant(part.id), ast.Constant(self.kind(node)), ast.Constant(node.lineno)
                call = ast.Call(ast.Name("__seen__", ast.Load()), [ast.Name(part.id, ast.Load()), *about], [])
                out.append(_at(ast.Assign([ast.Name(part.id, ast.Store())], call), node))
        return out

    def kind(self, node: Any) -> str:
        """ "number" as it stands there, "fresh": made of nothing that the program named before, else "made"; "" in a loop."""
        if self.deep or not isinstance(node, (ast.Assign, ast.AnnAssign)):
            return ""
        value: Any = node.value
        bare = value.operand if isinstance(value, ast.UnaryOp) else value
        if isinstance(bare, ast.Constant) and type(bare.value) is float:
            return "number"
        return "made" if any(isinstance(n, ast.Name) and n.id in self.own for n in ast.walk(value)) else "fresh"


def _is_docstring(node: ast.stmt) -> int:
    return int(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str))


def _at(node: Any, where: Any) -> Any:
    return ast.fix_missing_locations(ast.copy_location(node, where))


def compiled(program: str) -> Any:
    tree = ast.parse(program, FILE)
    last = tree.body[-1] if tree.body else None
    tree = ast.fix_missing_locations(_Watched(tree).visit(tree))
    if isinstance(last, ast.Expr):
        tree.body[-1] = _at(ast.Assign([ast.Name("__last__", ast.Store())], last.value), last)
    return compile(tree, FILE, "exec")


# --- one run ---

class Run:
    """One run of a program: the names it gave, the leaves that have sliders, what it asked to be drawn."""

    def __init__(self, values: dict[str, float], look: dict[str, Any]) -> None:
        self.values, self.look = values, look
        self.trace = Trace()
        self.named: dict[str, list[Any]] = {}  # Tensors by the name that the program gave them, in order; kept alive
        self.lines: dict[str, int] = {}  # of names that are drawn
        self.line_of: dict[int, int] = {}  # of Tensors, by identity
        self.known: dict[int, Any] = {}  # what has a name, by identity
        self.sliders: list[dict[str, Any]] = []
        self.leaves: list[Any] = []  # per slider the Tensor, or None
        self.asked: Any = None
        self.options: dict[str, Any] = {}
        self.asked_at = 0  # the line of td.draw
        self.until = time.perf_counter() + LIMIT
        self.printed = _Printed()
        self.result = ""

    def tick(self) -> None:
        if time.perf_counter() > self.until:
            raise Stopped

    def seen(self, value: Any, name: str, kind: str, line: int) -> Any:
        """Called after every assignment."""
        self.lines.setdefault(name, line)
        if name.startswith("_"):
            return value
        if kind == "number":
            if name not in self.named:
                value = self.slide(name, np.asarray(value, float), None)  # an object of its own, which can have a name
                self.named[name] = []
                self.trace.name(value, name)
            return value
        for label, x in _tensors(name, value):
            if id(x) in self.known:
                continue
            self.known[id(x)] = x
            if isinstance(x, np.ndarray):
                if kind == "fresh" and x.dtype.kind == "f" and name not in self.named:
                    self.slide(label, x, None)
                self.named.setdefault(name, [])
                self.trace.name(x, name)
                continue
            if kind and not self.computed(x) and x.array.dtype.kind == "f" and label not in self.named:
                self.slide(label, x.array, x)
            self.named.setdefault(label, []).append(x)
            self.line_of[id(x)] = line
            if not x.name:
                x.name = label
        return value

    def computed(self, x: Any) -> bool:
        return (x._node is not None and x._node.op is not None) or self.trace.made(x) is not None

    def slide(self, name: str, array: np.ndarray, tensor: Any) -> Any:
        """Sliders for the entries of a small leaf; moved ones write their value into it."""
        if array.size > FEW or (not array.flags.writeable and array.ndim):
            return float(array) if tensor is None and not array.ndim else array
        learns = bool(tensor is not None and tensor.requires_grad)
        for k, at in enumerate(np.ndindex(array.shape)):
            key = name + (f"[{', '.join(map(str, at))}]" if at else "")
            first = float(array[at])
            if key in self.values:
                array[at] = self.values[key]
            if not abs(first) < HUGE:  # NaN too
                continue
            wide = _round_up(max(2.0, 2 * abs(first)))
            low, high = (0.0, 1.0) if re.match(r"p(rob)?([_.\d]|$)", name) and 0 <= first <= 1 else (first - wide, first + wide)
            self.sliders.append({"key": key, "value": _short(float(array[at])), "first": _short(first), "learns": learns,
                                 "min": _short(low), "max": _short(high), "step": _short((high - low) / 200), "entry": k})
            self.leaves.append(tensor)
        return float(array) if tensor is None and not array.ndim else array

    def draw(self, *inputs: Any, **options: Any) -> Any:
        """What the program finds as td.draw: it draws when the program is over, with all names known."""
        if not inputs:
            raise GraphError(message("draw: nothing was given", fix="td.draw(loss), or a model and its inputs"))
        x, *inputs = inputs
        many = x if isinstance(x, (list, tuple)) else [x]
        caller = sys._getframe(1)
        self.asked_at = caller.f_lineno if caller.f_code.co_filename == FILE else 0
        if inputs or {"unfused", "backward"} & options.keys() or not all(isinstance(t, td.Tensor) for t in many):
            if callable(x) and not isinstance(x, td.Tensor) and not isinstance(x, SearchTree):
                options.setdefault("backward", False)
            self.asked = _draw(x, *inputs, **{"theme": self.look["theme"], "lang": self.look["lang"]} | options)
            return self.asked
        self.asked, self.options = list(many), options
        return None

    def run(self, program: str) -> None:
        """Run it; raises what it raised."""
        code = compiled(program)
        space = {"__name__": "__main__", "td": td, "np": np, "nn": td.nn, "F": td.nn.functional, "__tick__": self.tick,
                 "__seen__": self.seen, "__last__": None}
        td.draw = self.draw  # type: ignore[assignment]
        with self.trace, contextlib.redirect_stdout(self.printed), contextlib.redirect_stderr(self.printed):
            with contextlib.suppress(SystemExit):
                exec(code, space)
            last = space["__last__"]
            if last is not None:
                self.result = repr(last)[:2000]
            self.choose(last, space)
            outputs = self.asked if isinstance(self.asked, list) else []
            if len(outputs) == 1 and outputs[0].requires_grad and outputs[0].array.size == 1 and not self.trace.order:
                outputs[0].backward(retain_graph=True)

    def choose(self, last: Any, space: dict[str, Any]) -> None:
        """What is drawn, where the program has not called td.draw: the last line, else loss or y, else the last Tensor."""
        if self.asked is not None:
            return
        if isinstance(last, (Diagram, SearchTree)):
            self.asked = last if isinstance(last, Diagram) else self.draw(last)
            return
        named = [space.get(name) for name in NAMES]
        made = [x for tensors in self.named.values() for x in tensors]
        made.sort(key=lambda x: record.number if (record := self.trace.made(x)) is not None else -1)
        for x in [last, *named, *made[-1:]]:
            if isinstance(x, td.Tensor) and self.trace.made(x) is not None:
                self.asked = [x]
                return
        if self.trace.records:  # it has no name: what was computed last
            self.asked = []

    def finish(self) -> Diagram | None:
        """The drawing, all names known: what was called one name over and over is h₀, h₁, ..."""
        if isinstance(self.asked, Diagram):
            return self.asked
        if not self.trace.records:
            return None
        for name, tensors in self.named.items():
            for k, x in enumerate(tensors):
                if len(tensors) > 1 and x.name == name:
                    x.name = subscripted(name, k)
                self.lines.setdefault(x.name or name, self.line_of[id(x)])
                record = self.trace.made(x)
                if record is not None:
                    record.name = x.name
        options = {"depth": self.look.get("depth") or "ops"} | self.options
        options = {"theme": self.look["theme"], "lang": self.look["lang"]} | options
        models = [x for x in self.known.values() if isinstance(x, td.nn.Module)]
        if len(models) == 1:
            options.setdefault("model", models[0])
        return self.fitting(lambda direction: _draw(self.trace, *(self.asked or ()), **{"direction": direction} | options))

    def fitting(self, drawn: Callable[[str | None], Diagram]) -> Diagram:
        """From top to bottom or from left to right, whichever can be larger in the room there is; as before while one moves a
        slider."""
        if self.look.get("quick") or self.look.get("still"):
            return drawn(shown.direction if shown is not None else None)
        first = drawn(None)
        room = self.look.get("room")
        if not room or "direction" in self.options or _scale(first, room) > 1.6:
            return first
        other = drawn("TB" if first.direction == "LR" else "LR")
        return max(first, other, key=lambda diagram: _scale(diagram, room))

    def gradients(self) -> None:
        """Each slider's own gradient."""
        for slider, leaf in zip(self.sliders, self.leaves, strict=True):
            g = None if leaf is None or leaf.grad is None else np.asarray(leaf.grad.numpy()).reshape(-1)
            slider["gradient"] = None if g is None else _text(float(g[slider["entry"]]))


def _draw(*args: Any, **options: Any) -> Diagram:
    from tinydawn.viz import draw

    diagram = draw(*args, **options)
    if diagram.picture is not None:
        _dress(diagram.picture)
    return diagram


def _dress(picture: Picture) -> None:
    """Every leaf that a gradient goes to looks as a parameter does, whatever its name; small matrices are written out."""
    for box in picture.boxes:
        v = picture.shot.vertices[box.members[0]] if picture.shot is not None and len(box.members) == 1 else None
        if v is None:
            continue
        if box.kind == "input" and v.owner >= 0:
            box.kind = "parameter"
        rows = _rows(v.value) if box.kind in ("op", "cut", "parameter", "input") else []
        k = next((k for k, (_, role) in enumerate(box.lines) if role == "value"), -1)
        if rows and k >= 0:
            box.lines[k:k + 1] = [(row, "value") for row in rows]
            box.heat = None


def _rows(value: Any) -> list[str]:
    """The rows of a small matrix, all numbers with as many decimals as they need, at most three; else []."""
    a = np.asarray(value)
    if a.ndim != 2 or not 1 < min(a.shape) <= max(a.shape) <= SMALL or a.dtype.kind not in "fiu" or not np.isfinite(a).all():
        return []
    top = float(np.abs(a).max())
    if top >= 1e4 or 0 < top < 0.01:
        return [",  ".join(_text(float(x)) for x in row) for row in a]
    decimals = next(k for k in range(4) if k == 3 or np.allclose(a, np.round(a, k), rtol=0, atol=5e-5))
    return [",  ".join(f"{round(float(x), decimals) or 0.0:.{decimals}f}".replace("-", "−") for x in row) for row in a]


def _place(diagram: Diagram) -> Any:
    """Where everything stands. What an op is given stands in the order of its arguments, Q left of Kᵀ; where there are frames
    or steps these have an order of their own."""
    picture, before = diagram.picture, layout.dot_of
    if picture is None or picture.frames or picture.columns or picture.tree:
        return diagram.place()
    layout.dot_of = lambda *given: before(*given).replace("{", "{ ordering=in", 1)
    try:
        return diagram.place()
    finally:
        layout.dot_of = before


def _scale(diagram: Diagram, room: list[float]) -> float:
    """How large a drawing can be in so many pixels."""
    place = _place(diagram)
    return min(room[0] / (place.width + 28), room[1] / (place.height + 28))


def _tensors(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The Tensors and arrays in a value, and what they are to be called."""
    if isinstance(value, (td.Tensor, np.ndarray)):
        yield name, value
    elif isinstance(value, td.nn.Module):
        yield from ((f"{name}.{path}", p) for path, p in value.named_parameters())
    elif isinstance(value, (list, tuple)) and len(value) <= 12:
        for k, x in enumerate(value):
            if isinstance(x, td.Tensor):
                yield subscripted(name, k), x
    elif isinstance(value, dict) and len(value) <= 12:
        yield from ((f"{name}.{k}", x) for k, x in value.items() if isinstance(x, td.Tensor))


class _Printed(io.StringIO):
    """What a program prints, up to a length that a page can show."""

    def write(self, text: str) -> int:
        room = LETTERS - self.tell()
        if room > 0:
            super().write(text if len(text) <= room else text[:room] + "\n...")
        return len(text)

    def close(self) -> None:
        """A program may close its sys.stdout; what it printed is shown all the same."""


def _round_up(x: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(x))
    return float(next(m * power for m in (1, 2, 5, 10) if m * power >= x * 0.999))


def _short(x: float) -> float:
    return float(f"{x:.6g}")


def _text(x: float) -> str:
    return "NaN" if x != x else f"{x or 0.0:.4g}".replace("inf", "∞").replace("-", "−")


# --- what went wrong ---

def _frame_line(error: BaseException) -> int:
    """The innermost line of the program that an error went through."""
    line = 0
    for frame, at in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == FILE:
            line = at
    return line


def explained(error: BaseException, program: str) -> dict[str, Any]:
    """An error as the page shows it: its line, what happened, how to mend it."""
    kind, fix = type(error).__name__, ""
    if isinstance(error, SyntaxError) and error.filename in (None, FILE):
        line, what = error.lineno or 1, error.msg or "invalid syntax"
        bad = re.search(r"invalid character '(.)'", what)
        text = (program.split("\n")[line - 1:line] or [""])[0]
        if (guess := re.search(r"[.] (Maybe you meant|Perhaps you forgot) (.*?)[?]?$", what)):
            what, fix = what[:guess.start()], f"did you mean {guess[2]}?" if "meant" in guess[1] else f"write {guess[2]}"
        if bad and bad[1] in FULL_WIDTH:
            fix = f"write {FULL_WIDTH[bad[1]]!r}, typed with the keyboard set to English"
        elif "expected ':'" in what or (what == "invalid syntax" and re.match(r"\s*(for|while|if|def|with|else)\b", text)
                                        and not text.rstrip().endswith(":")):
            fix = "end the line with a colon"
        elif isinstance(error, IndentationError):
            fix = "lines of one block begin with as many spaces; those inside for, if, def or with have four more"
        elif "never closed" in what or "unmatched" in what:
            fix = "give every opening bracket its closing one"
        return {"line": line, "kind": kind, "text": what, "fix": fix, "column": error.offset or 0}
    line = _frame_line(error)
    if isinstance(error, Stopped):
        return {"line": line, "kind": "stopped", "text": f"still running after {LIMIT:g} seconds",
                "fix": "let the loop end: look at its condition, or make it shorter"}
    said = str(error).strip() or {"MemoryError": "not enough memory"}.get(kind, kind)
    if isinstance(error, (NameError, AttributeError, TypeError)):
        said = said.partition(". Did you mean")[0]
    rest = []
    for text in said.split("\n"):
        if (found := re.match(r"\s+fix: (.*)", text)):
            fix = found[1]
        elif not re.match(r"\s+at: ", text):
            rest.append(text.strip())
    what = "\n".join(rest)
    if kind == "DTypeError" and " is called " in what:  # an argument's name is no dtype
        kind = "TypeError"
    return {"line": line, "kind": kind, "text": what, "fix": fix or _fix(error, what)}


CALLED = {  # what Python's own errors are called in Chinese
    "SyntaxError": "语法错误", "IndentationError": "缩进错误", "NameError": "没有这个名字", "AttributeError": "没有这个属性",
    "ModuleNotFoundError": "没有这个模块", "ImportError": "无法导入", "MemoryError": "内存不足", "RecursionError": "递归过深",
    "IdError": "编号越界", "AssertionError": "断言不成立", "EOFError": "没有输入"}
SAID = {
    "end the line with a colon": "行尾要加英文冒号", "give every opening bracket its closing one": "每个左括号都要有右括号",
    "lines of one block begin with as many spaces; those inside for, if, def or with have four more":
        "同一块的各行开头空格数相同；for、if、def、with 之内多四个空格",
    "let the loop end: look at its condition, or make it shorter": "让循环能够结束：看看它的条件，或缩短它",
    "td is tinydawn, np is NumPy, nn and F are td.nn and td.nn.functional":
        "td 是 tinydawn，np 是 NumPy，nn 与 F 是 td.nn 与 td.nn.functional",
    "write the line that makes it above this one": "把定义它的那一行写在这一行之前",
    "td, nn, F and np are there already; besides them Python's own modules are":
        "td、nn、F、np 已经导入；此外只有 Python 自带的模块",
    "move the slider, or keep the divisor from 0": "移动滑块，或让除数不为 0",
    "make the tensors smaller: a picture needs no large ones": "把张量改小：画图不需要大的",
    "let the function stop calling itself, or write a loop": "让函数不再调用自己，或改用循环",
    "indices begin with 0, and end one before the length": "下标从 0 开始，到长度减一为止",
    "nobody can answer input() here: write the value into the program": "这里无法输入：把值直接写进程序",
    "reduce it first, such as .sum() or .mean(), or pass gradient= of the same shape":
        "先化为一个数，例如 .sum() 或 .mean()；或给出同形状的 gradient=",
    "compute the output again, or call the first backward with retain_graph=True":
        "重新计算输出；或在第一次 backward 时写 retain_graph=True",
    "axis=...; or import tinydawn.torch, which takes both": "写 axis=...；或导入 tinydawn.torch，两种写法都可以"}


def _in_chinese(error: dict[str, Any]) -> dict[str, Any]:
    """What an error is called, and the fixes that are known; messages themselves are in English."""
    kind, fix = error["kind"], error["fix"]
    called = CALLED.get(kind) or words(kind, "zh")
    fix = SAID.get(fix) or re.sub(r"^write ", "写成 ", re.sub(r"^did you mean (.*)\?$", r"是不是 \1？", fix))
    return error | {"called": kind if called == kind else f"{called} {kind}", "fix": fix}


def _fix(error: BaseException, what: str) -> str:
    """How to mend what Python itself complains of."""
    if isinstance(error, NameError):
        name = getattr(error, "name", "") or ""
        if name in ("torch", "tf", "jax", "numpy", "tinydawn"):
            return "td is tinydawn, np is NumPy, nn and F are td.nn and td.nn.functional"
        if name in dir(td):
            return f"write td.{name}"
        return _nearest(name, _names_at(error)) or "write the line that makes it above this one"
    if isinstance(error, AttributeError):
        name = getattr(error, "name", "") or (re.findall(r"'(\w+)'", what) or [""])[-1]
        return _nearest(name, [n for n in dir(_owner(error, what)) if not n.startswith("_")])
    wrong = re.search(r"(\w+)\(\) got an unexpected keyword argument '(\w+)'", what)
    if isinstance(error, TypeError) and wrong:
        for room in (td, td.nn, td.nn.functional, td.optim, td.Tensor):
            function = getattr(room, wrong[1], None)
            if function is not None:
                known = list(inspect.signature(function).parameters)
                return _nearest(wrong[2], known) or f"it knows {', '.join(known)}"
    if isinstance(error, ModuleNotFoundError):
        return "td, nn, F and np are there already; besides them Python's own modules are"
    if isinstance(error, ZeroDivisionError):
        return "move the slider, or keep the divisor from 0"
    if isinstance(error, MemoryError) or "array is too big" in what:
        return "make the tensors smaller: a picture needs no large ones"
    if isinstance(error, RecursionError):
        return "let the function stop calling itself, or write a loop"
    if isinstance(error, IndexError):
        return "indices begin with 0, and end one before the length"
    if isinstance(error, EOFError):
        return "nobody can answer input() here: write the value into the program"
    return ""


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"did you mean {close[0]}?" if close else ""


def _names_at(error: BaseException) -> list[str]:
    """The names that the program had where it failed."""
    names = ["td", "np", "nn", "F", *dir(builtins)]
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == FILE:
            names += [*frame.f_globals, *frame.f_locals]
    return [name for name in names if not name.startswith("__")]


def _owner(error: BaseException, what: str) -> Any:
    """What an attribute was asked of."""
    if "a Tensor" in what:
        return td.Tensor
    return td if "module 'tinydawn'" in what else getattr(error, "obj", None)


NOTES = {
    "en": {"shape": "no gradients: what is drawn has shape {0}. End with one number, such as .sum() or .mean()",
           "nobody": "no gradients: nothing asks for one. Give requires_grad=True to what they are to go to",
           "bad": "{0} is not finite: the first that is not, in red",
           "nothing": "nothing to draw yet: no operation on a tensor took part",
           "large": "the picture is too large to be laid out: {0}"},
    "zh": {"shape": "没有梯度：所画的张量形状为 {0}。最后要得到一个数，例如 .sum() 或 .mean()",
           "nobody": "没有梯度：没有张量要求梯度。请在需要的张量上写 requires_grad=True",
           "bad": "{0} 不是有限数：它是第一个，用红色标出",
           "nothing": "还没有可画的内容：没有对张量做运算",
           "large": "图太大，无法排版：{0}"}}


def _notes(run: Run, diagram: Diagram | None, caught: list[Any], failed: bool) -> list[dict[str, Any]]:
    say = NOTES["zh" if run.look["lang"] == "zh" else "en"]
    notes = []
    for w in caught:
        found = re.search(re.escape(FILE) + r":(\d+)", str(w.message))
        line = w.lineno if w.filename == FILE else int(found[1]) if found else 0
        if not issubclass(w.category, (UserWarning, SyntaxWarning)) and not (issubclass(w.category, RuntimeWarning) and line):
            continue  # NumPy's inside an op: the drawing shows where the number comes from
        notes.append({"line": line, "text": str(w.message).split("\n")[0]})
    del notes[3:]
    if failed:
        return notes
    if diagram is None:
        return [*notes, {"line": 0, "text": say["nothing"]}]
    shot = diagram.picture.shot if diagram.picture is not None else None
    if shot is None:
        return notes
    for v in shot.vertices:
        if v.kind == "op" and "value" in v.wrong:
            what = f"{v.symbol} = {v.formula}" if v.formula else v.symbol
            notes.append({"line": _line_of(v.line), "text": say["bad"].format(what)})
            break
    outputs = run.asked if isinstance(run.asked, list) else []
    if not shot.backward and outputs:
        x = outputs[0]
        if not x.requires_grad:
            notes.append({"line": 0, "text": say["nobody"]})
        elif x.array.size != 1:
            notes.append({"line": 0, "text": say["shape"].format(tuple(x.shape))})
    return notes


def _line_of(text: str) -> int:
    found = re.search(re.escape(FILE) + r":(\d+)", text)
    return int(found[1]) if found else 0


def _lines(run: Run, diagram: Diagram) -> list[int]:
    """Of each box the line of the program that made it, or 0."""
    picture = diagram.picture
    if picture is None or picture.shot is None:
        return []
    vertices = picture.shot.vertices
    lines = []
    for box in picture.boxes:
        found = [_line_of(vertices[i].line) or run.lines.get(vertices[i].label, 0) for i in box.members]
        lines.append(max(found, default=0))
    return lines


# --- what worker.js calls ---

shown: Diagram | None = None  # the last drawing


def run(request: str) -> str:
    """Run a program: {"program", "values": {slider: number}, "theme", "lang", "depth", "steps", "room", "quick", "still"}.

    "steps" asks for what goes through it step by step, "room" is the width and height that the drawing has, "quick" lets boxes
    stand where they stood before, "still" only keeps the drawing's direction.
    """
    global shown
    asked = json.loads(request)
    program = asked["program"]
    now = Run(asked.get("values", {}), {"theme": "light", "lang": "en"} | asked)
    answer: dict[str, Any] = {"error": None}
    diagram = None
    began = time.perf_counter()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with alone(program):
                now.run(program)
                now.gradients()
                diagram = now.finish()
        except BaseException as error:  # Stopped, and whatever a program raises: Python goes on
            answer["error"] = explained(error, program)
            answer["error"]["line"] = answer["error"]["line"] or now.asked_at
            if isinstance(error, TinydawnError) and any(r.tensors or not r.failed for r in now.trace.records):
                with contextlib.suppress(Exception):  # up to where it failed
                    now.asked = []
                    last, named = now.trace.records[-1], re.match(r"(\w+): ", answer["error"]["text"])
                    if last.failed and named and last.op not in FORMULAS:  # a function of this package, or an exception
                        last.op = named[1]
                    diagram = now.finish()
        computed = time.perf_counter()
        if diagram is not None:
            try:
                answer |= _drawing(diagram, asked)
                answer["lines"] = _lines(now, diagram)
                shown = diagram
            except Exception as error:
                if not answer["error"]:
                    answer["error"] = explained(error, program)
    notes = _notes(now, diagram, caught, bool(answer["error"]))
    if answer["error"] and now.look["lang"] == "zh":
        answer["error"] = _in_chinese(answer["error"])
    order = sorted(range(len(now.sliders)), key=lambda k: not now.sliders[k]["learns"])
    sliders = [{k: v for k, v in now.sliders[i].items() if k != "entry"} for i in order][:MOST]
    return json.dumps(answer | {
        "printed": now.printed.getvalue(), "result": now.result, "notes": notes, "sliders": sliders,
        "milliseconds": [round(1e3 * (computed - began)), round(1e3 * (time.perf_counter() - computed))]})


def _drawing(diagram: Diagram, asked: dict[str, Any]) -> dict[str, Any]:
    still = bool(asked.get("quick") and shown is not None and diagram.stand_as(shown))
    if diagram.picture is not None and diagram.theme is not None:
        _place(diagram)
    if asked.get("steps"):
        made_of = _parts(diagram)
        if made_of is not None:
            return made_of | {"still": still}
    return {"svg": diagram.svg(), "still": still}


def _parts(diagram: Diagram) -> dict[str, Any] | None:
    try:
        made_of = diagram.parts()
    except td.errors.TinydawnError:
        return None
    steps = [step | {"sum": _told(step["sum"])} for step in made_of.steps]
    return {"svg": made_of.svg, "steps": steps, "show": made_of.show, "css": made_of.css}


def _told(text: str) -> str:
    """A sum with numbers: (−1)^2 in brackets, and what only rounding leaves of a difference is told as about 0."""
    text = re.sub(r"(?<![\w.)])(−[\d.]+)(?= ?(\^|[²³]))", r"(\1)", text)
    found = re.fullmatch(r"= (−?[\d.]+) [+−] \S+ = (−?[\d.]+e−\d+)", text)
    if found:
        first, left = (abs(float(x.replace("−", "-"))) for x in found.groups())
        text += " ≈ 0" if left < 1e-6 * first else ""
    return text


def steps() -> str:
    """What goes through the last drawing step by step; null where it has no steps."""
    return json.dumps(None if shown is None else _parts(shown))


def svg() -> str:
    """The last drawing, for a file."""
    return json.dumps("" if shown is None else shown.svg())


if sys.platform == "emscripten":
    sys.setrecursionlimit(min(sys.getrecursionlimit(), 600))  # deeper, a browser ends the interpreter rather than raise
