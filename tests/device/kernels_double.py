"""ElementwiseKernel and ReductionKernel of the double: their bodies, in CUDA C, are read and computed with NumPy.

No compiler is asked: what tinydawn/gpu/bodies.py writes is a small language, and this reads no more than that: names,
numbers, arithmetic, comparisons, `? :`, calls, entries of raw arrays, fields of a struct; declarations and assignments.
All entries are computed side by side. Stricter than the compiler: a number with a point stands in `T(...)`, since float32 times
double is double; an entry of a raw array that one thread writes no other may read or write; a body names nothing it has not
declared.
"""

from __future__ import annotations

import collections
import functools
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

# --- what a body is made of ---------------------------------------------------------------------------------------

TOKEN = re.compile(r"\s*(?:(\d+\.\d*(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+|\d+)|([A-Za-z_]\w*)|"
                   r"(\+=|-=|\*=|/=|==|!=|<=|>=|>>|&&|\|\||[-+*/%<>=!?:;.,()\[\]{}&^]))")
LEVELS = (("||",), ("&&",), ("^",), ("==", "!="), ("<", ">", "<=", ">="), (">>",), ("+", "-"), ("*", "/", "%"))
TYPES = {"T": None, "S": None, "bool": np.bool_, "int": np.int32, "float": np.float32, "double": np.float64,
         "ptrdiff_t": np.int64,
         "size_t": np.uint64, "uint64": np.uint64, "int64": np.int64, "float32": np.float32, "float64": np.float64}


def _of_c(function: Any) -> Any:
    """A function of C's math.h that NumPy has not, on arrays."""
    each = np.frompyfunc(function, 1, 1)
    return lambda x: np.asarray(each(np.asarray(x, np.float64)), np.float64).astype(np.asarray(x).dtype)


def _divide(a: Any, b: Any) -> Any:
    whole = all(np.asarray(x).dtype.kind in "iub" for x in (a, b))
    return np.asarray(np.trunc(np.asarray(a) / np.asarray(b)), np.int64) if whole else np.divide(a, b)


BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "||": np.logical_or, "&&": np.logical_and, "==": np.equal, "!=": np.not_equal, "<": np.less, ">": np.greater,
    "<=": np.less_equal, ">=": np.greater_equal, "+": np.add,
    "-": np.subtract, "*": np.multiply, "/": _divide, "%": np.fmod, "^": np.bitwise_xor,
    ">>": lambda a, b: np.right_shift(a, np.asarray(b, np.asarray(a).dtype))}
FUNCTIONS: dict[str, Any] = {
    "exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p, "tanh": np.tanh, "sqrt": np.sqrt, "fabs": np.abs,
    "max": np.fmax, "min": np.fmin, "isnan": np.isnan, "isfinite": np.isfinite, "isinf": np.isinf, "erf": _of_c(math.erf),
    "erfc": _of_c(math.erfc), "rsqrt": lambda x: 1 / np.sqrt(x), "pow": np.power}


class Raw:
    """A raw array: its entries are named by number, row by row, wherever they lie; one that is written to is contiguous."""

    def __init__(self, name: str, array: np.ndarray, writable: bool, watched: bool) -> None:
        if writable and not array.flags.c_contiguous:
            raise AssertionError(f"the raw array {name} is written to, and not contiguous: each entry costs divisions")
        self.name, self.flat, self.writable = name, array.reshape(-1), writable
        self.owner = np.full(self.flat.size, -1) if watched else None  # of each entry the thread that wrote it
        self.reads: list[tuple[np.ndarray, np.ndarray]] = []

    def places(self, index: Any, threads: np.ndarray) -> np.ndarray:
        places = index if getattr(index, "shape", None) == threads.shape else np.broadcast_to(index, threads.shape)
        if self.owner is not None and places.size and (places.min() < 0 or places.max() >= self.flat.size):
            raise AssertionError(f"the raw array {self.name} has {self.flat.size} entries, and entry "
                                 f"{places.max() if places.max() >= self.flat.size else places.min()} is asked for")
        return places

    def read(self, index: Any, s: Scope) -> Any:
        if s.mask is None:
            places = self.places(index, s.threads)
            if self.owner is not None:
                self.reads.append((places, s.threads))
            return self.flat[places]
        out = np.zeros(s.threads.shape, self.flat.dtype)  # what threads that are not here would read is not looked at
        here = np.broadcast_to(index, s.threads.shape)[s.mask]
        places = self.places(here, s.threads[s.mask])
        if self.owner is not None:
            self.reads.append((places, s.threads[s.mask]))
        out[s.mask] = self.flat[places]
        return out

    def write(self, index: Any, value: Any, s: Scope) -> None:
        if not self.writable:
            raise AssertionError(f"{self.name} is an input, and written to")
        threads = s.threads
        if s.mask is not None:
            index, value = (np.broadcast_to(v, threads.shape)[s.mask] for v in (index, value))
            threads = threads[s.mask]
        places = self.places(index, threads)
        if self.owner is not None:
            if not ((self.owner[places] == -1) | (self.owner[places] == threads)).all() or np.unique(places).size != places.size:
                raise AssertionError(f"two threads write one entry of {self.name}")
            self.owner[places] = threads
        self.flat[places] = value

    def check(self) -> None:
        for places, threads in self.reads:
            assert self.owner is not None
            if not ((self.owner[places] == -1) | (self.owner[places] == threads)).all():
                raise AssertionError(f"a thread reads an entry of {self.name} that another writes: in what order is open")


class Struct:
    """Values with named fields."""

    def __init__(self, name: str, fields: dict[str, Any]) -> None:
        self.name, self.fields = name, fields

    def map(self, function: Callable[[Any], Any]) -> Struct:
        return Struct(self.name, {k: function(v) for k, v in self.fields.items()})


class Scope:
    """What names stand for while a body is computed: values, functions and structs; `dtype` is that of T."""

    def __init__(self, dtypes: dict[str, Any], functions: dict[str, Any], threads: Any) -> None:
        self.dtypes, self.functions, self.threads = dtypes, functions, threads
        self.values: dict[str, Any] = {}
        self.constants: set[str] = set()
        self.mask: np.ndarray | None = None  # the threads that an `if` or a `for` lets through; None: all

    def cast(self, type_name: str, value: Any) -> Any:
        dtype = self.dtypes.get(type_name, TYPES.get(type_name))
        if isinstance(value, Struct) or type_name in self.functions:
            return value
        if dtype is None:
            raise AssertionError(f"the type {type_name} is not known here")
        return np.asarray(value).astype(dtype, copy=False)


class Body:
    """A body, read."""

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = []
        at = 0
        text = re.sub(r"//[^\n]*", "", text).rstrip()
        while at < len(text):
            if not (found := TOKEN.match(text, at)):
                raise SyntaxError(f"not read by the double: {text[at:at + 40]!r}")
            self.tokens.append(next(g for g in found.groups() if g is not None))
            at = found.end()
        self.at = 0

    def peek(self, ahead: int = 0) -> str:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.peek()
        if expected and token != expected:
            raise SyntaxError(f"{expected!r} expected before {' '.join(self.tokens[self.at:self.at + 8])!r}")
        self.at += 1
        return token

    # --- expressions: each becomes a function of a Scope ---

    def expression(self) -> Callable[[Scope], Any]:
        condition = self.binary(0)
        if self.peek() != "?":
            return condition
        self.take()
        yes = self.expression()
        self.take(":")
        no = self.expression()
        return lambda s: _one_of(s, condition(s), yes, no)

    def binary(self, level: int) -> Callable[[Scope], Any]:
        if level == len(LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.peek() in LEVELS[level]:
            operation, right, first = BINARY[self.take()], self.binary(level + 1), left
            left = lambda s, f=operation, a=first, b=right: f(a(s), b(s))
        return left

    def unary(self) -> Callable[[Scope], Any]:
        if self.peek() in ("-", "!"):
            sign, inner = self.take(), self.unary()
            return lambda s: np.negative(inner(s)) if sign == "-" else np.logical_not(inner(s))
        return self.postfix(self.primary())

    def postfix(self, inner: Callable[[Scope], Any]) -> Callable[[Scope], Any]:
        while self.peek() == ".":
            self.take()
            field, before = self.take(), inner
            inner = lambda s, f=field, b=before: b(s).fields[f]
        return inner

    def primary(self) -> Callable[[Scope], Any]:
        token = self.take()
        if token == "(":
            inner = self.expression()
            self.take(")")
            return inner
        if re.fullmatch(r"\d+", token):
            whole = int(token)
            return lambda s: whole
        if token[0].isdigit():
            if self.peek(-3) not in TYPES or self.peek() != ")":
                raise SyntaxError(f"{token} is a double, and makes one of what it meets: write T({token})")
            number = float(token)
            return lambda s: number
        if self.peek() == "(":
            return self.call(token)
        if self.peek() == "[":
            self.take()
            index = self.expression()
            self.take("]")
            return lambda s: s.values[token].read(index(s), s)
        return lambda s: s.values[token]

    def call(self, name: str) -> Callable[[Scope], Any]:
        self.take("(")
        args = []
        while self.peek() != ")":
            args.append(self.expression())
            if self.peek() == ",":
                self.take()
        self.take(")")

        def value(s: Scope) -> Any:
            given = [a(s) for a in args]
            if name in s.functions:
                return s.functions[name](s, *given)
            return FUNCTIONS[name](*given) if name in FUNCTIONS else s.cast(name, *given)

        return value

    # --- statements ---

    def statements(self, end: str = "", between: str = ";") -> list[Callable[[Scope], Any]]:
        found = []
        while self.peek() != end:
            if self.peek() == between:
                self.take()
                continue
            found.append(self.statement())
        return found

    def block(self) -> list[Callable[[Scope], Any]]:
        if self.peek() != "{":
            return [self.statement()]
        self.take()
        steps = self.statements("}")
        self.take("}")
        return steps

    def loop(self) -> Callable[[Scope], Any]:
        """for (ptrdiff_t k = first; k < last; ++k) ..."""
        self.take("for")
        self.take("(")
        first = self.statement()
        name = self.peek()
        condition = self.expression()
        self.take(";")
        for token in ("+", "+", name, ")"):
            self.take(token)
        body = _masked(condition, self.block())

        def run(s: Scope) -> None:
            first(s)
            while body(s):
                s.values[name] = s.values[name] + 1
            del s.values[name]

        return run

    def statement(self) -> Callable[[Scope], Any]:
        if self.peek() == "return":
            self.take()
            result = self.expression()
            self.take(";")
            return lambda s: s.values.__setitem__("return", result(s))
        if self.peek() == "if":
            self.take()
            self.take("(")
            condition = self.expression()
            self.take(")")
            return _masked(condition, self.block())
        if self.peek() == "for":
            return self.loop()
        constant = self.peek() == "const"
        if constant:
            self.take()
        if re.fullmatch(r"[A-Za-z_]\w*", self.peek()) and re.fullmatch(r"[A-Za-z_]\w*", self.peek(1)):  # a declaration
            kind, name = self.take(), self.take()
            self.take("=")
            value = self.expression()
            if self.peek():
                self.take(";")

            def declare(s: Scope) -> None:
                if name in s.values:
                    raise AssertionError(f"{name} is declared twice")
                s.values[name] = s.cast(kind, value(s))
                if constant:
                    s.constants.add(name)

            return declare
        name = self.take()
        index = None
        if self.peek() == "[":
            self.take()
            index = self.expression()
            self.take("]")
        how = self.take()
        if how not in ("=", "+=", "-=", "*=", "/="):
            raise SyntaxError(f"not read by the double: {name} {how}")
        value = self.expression()
        if self.peek() not in ("", ";", ","):
            raise SyntaxError(f"';' expected before {self.peek()!r}")

        def assign(s: Scope) -> None:
            if name not in s.values or name in s.constants:
                raise AssertionError(f"{name} is {'a constant' if name in s.constants else 'not declared'}, and assigned to")
            new, target = value(s), s.values[name]
            if index is not None:
                where = index(s)
                new = new if how == "=" else BINARY[how[0]](target.read(where, s), new)
                target.write(where, new, s)
            else:
                new = new if how == "=" else BINARY[how[0]](target, new)
                if not isinstance(new, Struct):
                    new = np.asarray(new).astype(np.asarray(target).dtype)
                s.values[name] = new if s.mask is None else _choose(s.mask, new, target)

        return assign


def _masked(condition: Callable[[Scope], Any], steps: list[Callable[[Scope], Any]]) -> Callable[[Scope], Any]:
    def run(s: Scope) -> Any:
        """The steps, for those threads for which the condition holds. Returns whether there are any."""
        outer, here = s.mask, np.broadcast_to(condition(s), s.threads.shape)
        s.mask = here if outer is None else here & outer
        found = s.mask.any()
        if found:
            for step in steps:
                step(s)
        s.mask = outer
        return found

    return run


def _one_of(s: Scope, condition: Any, yes: Callable[[Scope], Any], no: Callable[[Scope], Any]) -> Any:
    """yes where the condition holds, else no: a thread reads no entry that only the other needs."""
    if not getattr(condition, "ndim", 0):
        return yes(s) if condition else no(s)
    if s.threads is None:
        return _choose(condition, yes(s), no(s))
    outer, here = s.mask, np.broadcast_to(condition, s.threads.shape)
    s.mask = here if outer is None else here & outer
    first = yes(s)
    s.mask = ~here if outer is None else ~here & outer
    second = no(s)
    s.mask = outer
    return _choose(condition, first, second)


def _choose(condition: Any, yes: Any, no: Any) -> Any:
    if isinstance(yes, Struct):
        return Struct(yes.name, {k: np.where(condition, yes.fields[k], no.fields[k]) for k in yes.fields})
    return np.where(condition, yes, no)


def functions_of(preamble: str) -> dict[str, Any]:
    """The structs and functions of a preamble, by name: to be called with a Scope and their arguments."""
    found: dict[str, Any] = {}
    for name, fields in re.findall(r"struct (\w+) \{ ([^}]*?); __device__", preamble):
        names = [f.split()[-1] for f in fields.split(";")]
        kinds = [f.split()[0] for f in fields.split(";")]

        def make(s: Scope, *args: Any, name: str = name, names: Any = names, kinds: Any = kinds) -> Struct:
            if len(args) not in (0, len(names)):
                raise AssertionError(f"{name} has {len(names)} fields, and is given {len(args)}")
            return Struct(name, {n: s.cast(k, a) for n, k, a in zip(names, kinds, args, strict=True)})

        found[name] = make
    for kind, name, params, body in re.findall(r"__device__ (\w+) (\w+)\(([^)]*)\) \{\n(.*?)\n\}", preamble, flags=re.DOTALL):
        names = [p.split()[-1].lstrip("&") for p in params.split(",")]
        steps = Body(body).statements()

        def call(s: Scope, *args: Any, kind: str = kind, names: Any = names, steps: Any = steps) -> Any:
            inner = Scope(s.dtypes, s.functions, s.threads)
            inner.values.update(zip(names, args, strict=True))
            for step in steps:
                step(inner)
            return s.cast(kind, inner.values["return"])

        found[name] = call
    return found


# --- the kernels --------------------------------------------------------------------------------------------------


class Param:
    """One of "raw T gates, float32 rate"."""

    def __init__(self, text: str) -> None:
        *how, self.kind, self.name = text.split()
        self.raw = how == ["raw"]
        if self.name == "i" or (how and not self.raw):
            raise ValueError(f"a parameter {text!r}")


@functools.lru_cache(maxsize=64)
def numbers(shape: tuple[int, ...]) -> np.ndarray:
    """The numbers of the threads."""
    found = np.arange(math.prod(shape)).reshape(shape)
    found.flags.writeable = False
    return found


class _Kernel:
    def __init__(self, module: Any, in_params: str, out_params: str, name: str, preamble: str, launched: Any) -> None:
        self.module, self.name, self.launched = module, name, launched
        if not name.isidentifier():
            raise ValueError(f'Invalid kernel name: "{name}"')
        self.ins = [Param(p) for p in in_params.split(",") if p.strip()]
        self.outs = [Param(p) for p in out_params.split(",")]
        self.functions = functions_of(preamble)
        self.calls: collections.Counter[Any] = collections.Counter()  # of each shape: the first are watched for races

    def read(self, args: tuple[Any, ...]) -> tuple[list[Any], list[Any], dict[str, Any]]:
        """The inputs and outputs as the host's arrays and numbers, and the dtype of each letter for a type."""
        device = self.module.ndarray
        if len(args) not in (len(self.ins), len(self.ins) + len(self.outs)):
            raise TypeError(f"Wrong number of arguments for {self.name!r}: {len(args)}")
        dtypes: dict[str, Any] = {}
        host = []
        for param, a in zip((*self.ins, *self.outs), args, strict=False):
            if isinstance(a, device):
                wanted = dtypes.setdefault(param.kind, a.dtype) if TYPES.get(param.kind) is None else np.dtype(TYPES[param.kind])
                if a.dtype != wanted:
                    raise TypeError(f"{self.name}: {param.name} is {a.dtype}, not {wanted}")
                host.append(a._host)
            elif param.raw or not isinstance(a, (bool, int, float, np.generic)):
                raise TypeError(f"Unsupported type {type(a)} ({self.name}: {param.name})")
            else:
                host.append(a)
        return host[:len(self.ins)], list(args[len(self.ins):]), dtypes

    def dtype_of(self, param: Param, dtypes: dict[str, Any]) -> Any:
        return dtypes[param.kind] if TYPES.get(param.kind) is None else np.dtype(TYPES[param.kind])

    def scalar(self, param: Param, value: Any, dtypes: dict[str, Any]) -> Any:
        return value if isinstance(value, np.ndarray) else np.asarray(value, self.dtype_of(param, dtypes))


class ElementwiseKernel(_Kernel):
    """cupy.ElementwiseKernel: the body is computed for each entry, of which `i` is the number."""

    def __init__(self, module: Any, launched: Any, in_params: str, out_params: str, operation: str, name: str = "kernel",
                 preamble: str = "") -> None:
        super().__init__(module, in_params, out_params, name, preamble, launched)
        self.body = Body(operation).statements()

    def __call__(self, *args: Any, size: int | None = None) -> Any:
        ins, outs, dtypes = self.read(args)
        arrays = [a for p, a in zip((*self.ins, *self.outs), (*ins, *[o._host for o in outs]), strict=False)
                  if not p.raw and isinstance(a, np.ndarray)]
        if (size is None) == (not arrays):
            raise ValueError(f"{self.name}: `size` is given if, and only if, all arrays are raw")
        shape = (size,) if size is not None else np.broadcast_shapes(*[a.shape for a in arrays])
        if not outs:
            if any(p.raw for p in self.outs):
                raise ValueError("Output array size is Undecided")
            outs = [self.module.ndarray(np.empty(shape, self.dtype_of(p, dtypes))) for p in self.outs]
        self.launched(self.name, outs[0])
        if 0 in shape:
            return outs[0] if len(outs) == 1 else tuple(outs)
        threads = numbers(shape)
        scope = Scope(dtypes, self.functions, threads)
        scope.values["i"] = threads
        self.calls[shape] += 1
        watched = self.calls[shape] <= 2
        raws = []
        for p, a in zip(self.ins, ins, strict=True):
            if p.raw:
                raws.append(Raw(p.name, a, False, watched))
                scope.values[p.name] = raws[-1]
            else:
                value = self.scalar(p, a, dtypes)
                scope.values[p.name] = value
            scope.constants.add(p.name)
        for p, o in zip(self.outs, outs, strict=True):
            if p.raw:
                raws.append(Raw(p.name, o._host, True, watched))
                scope.values[p.name] = raws[-1]
            elif o.shape != shape:
                raise ValueError(f"{self.name}: {p.name} has shape {o.shape}, not {shape}")
            else:
                scope.values[p.name] = o._host.copy()
        with np.errstate(all="ignore"):
            for step in self.body:
                step(scope)
        for raw in raws:
            raw.check()
        for p, o in zip(self.outs, outs, strict=True):
            if not p.raw:
                o._host[...] = scope.values[p.name]
        return outs[0] if len(outs) == 1 else tuple(outs)


class ReductionKernel(_Kernel):
    """cupy.ReductionKernel: map each entry, reduce them two by two in a tree that starts from the identity, map the result."""

    def __init__(self, module: Any, launched: Any, in_params: str, out_params: str, map_expr: str, reduce_expr: str,
                 post_map_expr: str, identity: str, name: str = "reduce_kernel", reduce_type: str | None = None,
                 preamble: str = "") -> None:
        super().__init__(module, in_params, out_params, name, preamble, launched)
        self.mapped, self.reduced = Body(map_expr).expression(), Body(reduce_expr).expression()
        self.after, self.identity = Body(post_map_expr).statements(between=","), Body(identity).expression()
        self.kind = reduce_type or self.outs[0].kind

    def __call__(self, *args: Any, axis: Any = None, keepdims: bool = False) -> Any:
        ins, outs, dtypes = self.read(args)
        arrays = [a for p, a in zip(self.ins, ins, strict=True) if not p.raw and isinstance(a, np.ndarray)]
        shape = np.broadcast_shapes(*[a.shape for a in arrays])
        axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        axes = sorted(a % len(shape) for a in axes)
        stay = [a for a in range(len(shape)) if a not in axes]
        order, out_shape = [*stay, *axes], tuple(shape[a] for a in stay)
        terms = math.prod(shape[a] for a in axes)
        threads = np.arange(math.prod(shape)).reshape(shape)
        scope = Scope(dtypes, self.functions, threads)
        for p, a in zip(self.ins, ins, strict=True):
            scope.values[p.name] = Raw(p.name, a, False, False) if p.raw else (
                np.broadcast_to(a, shape) if isinstance(a, np.ndarray) else self.scalar(p, a, dtypes))

        def laid_out(v: Any) -> np.ndarray:
            return np.broadcast_to(v, shape).transpose(order).reshape(*out_shape, terms)

        def reduce(a: Any, b: Any) -> Any:
            inner = Scope(dtypes, self.functions, None)
            inner.values.update(a=a, b=b)
            return scope.cast(self.kind, self.reduced(inner))

        def part(value: Any, where: slice) -> Any:
            return value.map(lambda v: v[..., where]) if isinstance(value, Struct) else value[..., where]

        with np.errstate(all="ignore"):
            value = scope.cast(self.kind, self.mapped(scope))
            value = value.map(laid_out) if isinstance(value, Struct) else laid_out(value)
            start = scope.cast(self.kind, self.identity(scope))
            filled = start.map(lambda v: np.full((*out_shape, max(1, terms)), v)) if isinstance(start, Struct) else np.full(
                (*out_shape, max(1, terms)), start)
            value = reduce(filled, value) if terms else filled
            value = reduce(value, filled)  # as a thread with nothing to do brings it
            n = max(1, terms)
            while n > 1:
                half = n // 2
                joined = reduce(part(value, slice(0, half)), part(value, slice(half, 2 * half)))
                if n % 2:
                    rest = part(value, slice(2 * half, n))
                    joined = Struct(value.name, {k: np.concatenate([joined.fields[k], rest.fields[k]], -1) for k in rest.fields}
                                    ) if isinstance(value, Struct) else np.concatenate([joined, rest], -1)
                value, n = joined, half + n % 2
            final = Scope(dtypes, self.functions, None)
            final.values.update(a=value.map(lambda v: v[..., 0]) if isinstance(value, Struct) else value[..., 0])
            shown = tuple(1 if a in axes else n for a, n in enumerate(shape)) if keepdims else out_shape
            if not outs:
                outs = [self.module.ndarray(np.empty(shown, self.dtype_of(p, dtypes))) for p in self.outs]
            for p, o in zip(self.outs, outs, strict=True):
                if o.shape != shown:
                    raise ValueError("Out shape is mismatched")
                final.values[p.name] = np.zeros(out_shape, o.dtype)
            for p, a in zip(self.ins, ins, strict=True):  # numbers may be named after the reduction too
                if not isinstance(a, np.ndarray):
                    final.values[p.name] = self.scalar(p, a, dtypes)
                    final.constants.add(p.name)
            for step in self.after:
                step(final)
        self.launched(self.name, outs[0])
        for p, o in zip(self.outs, outs, strict=True):
            o._host[...] = np.asarray(final.values[p.name]).reshape(shown)
        return outs[0]
