"""Tensor functions under hostile arguments: any dtype, layout, shape, axis, index and value. See fuzz_tools.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fuzz_tools import ALIEN, HUGE, INTEGERS, NUMBERS, arrays, axes, both, fuzz, judge, shapes
from hypothesis import strategies as st

import tinydawn as td
from tinydawn import nn

F = nn.functional


def T(x: Any) -> Any:
    return td.Tensor(x)


def wide(x: np.ndarray) -> np.ndarray:
    """As float64 where it holds numbers that are not floating: what a function of real numbers is computed with."""
    return x if x.dtype.kind == "f" else x.astype(np.float64)


# --- elementwise ----------------------------------------------------------------------------------------------------

UNARY: dict[str, Callable[[Any], Any]] = {
    "exp": lambda x: np.exp(wide(x)),
    "log": lambda x: np.log(wide(x)),
    "sqrt": lambda x: np.sqrt(wide(x)),
    "tanh": lambda x: np.tanh(wide(x)),
    "sin": lambda x: np.sin(wide(x)),
    "cos": lambda x: np.cos(wide(x)),
    "abs": np.abs,
    "neg": np.negative,
    "sign": np.sign,
    "isnan": np.isnan,
    "relu": lambda x: np.maximum(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-wide(x))),
}
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.true_divide,
    "pow": np.power,
    "maximum": np.maximum,
    "minimum": np.minimum,
}


def unary(draw: Any) -> None:
    name = draw(st.sampled_from(list(UNARY)))
    x = draw(arrays(dtypes=(*NUMBERS, *ALIEN)))
    judge(lambda: getattr(td, name)(T(x)), lambda: UNARY[name](x), name, "Tensor", rtol=2e-3 if x.dtype == "float16" else 1e-5)


def binary(draw: Any) -> None:
    name = draw(st.sampled_from(list(BINARY)))
    x = draw(arrays())
    other = draw(
        st.one_of(
            arrays(dtypes=(*NUMBERS, *ALIEN)),
            arrays(shape=x.shape),
            st.sampled_from(
                [
                    0,
                    1,
                    -1,
                    2.5,
                    True,
                    float("nan"),
                    float("inf"),
                    300,
                    *HUGE,
                    1j,
                    None,
                    "a",
                    [1.0],
                    np.float64(2),
                    np.int8(3),
                    np.complex64(1j),
                    np.datetime64("2020"),
                    b"a",
                    object(),
                ]
            ),
        )
    )
    wrap = draw(st.booleans()) and isinstance(other, np.ndarray) and other.dtype.kind in "fiub"
    swap = draw(st.booleans())
    y = T(other) if wrap else other
    plain = other.item() if isinstance(other, np.generic) else other

    def reference() -> Any:
        if isinstance(plain, (list, str, bytes, complex)) or plain is None or getattr(plain, "dtype", x.dtype).kind not in "fiub":
            raise TypeError("no operand")
        return BINARY[name](plain, x) if swap else BINARY[name](x, plain)

    answer = judge(lambda: getattr(td, name)(y, T(x)) if swap else getattr(td, name)(T(x), y), reference, name)
    if isinstance(answer, Exception) and "broadcast" in str(answer):
        with pytest.raises(ValueError, match=r"broadcast|shape mismatch"):
            np.broadcast_shapes(x.shape, np.shape(other))


# --- reductions -----------------------------------------------------------------------------------------------------

REDUCE: dict[str, Callable[..., Any]] = {
    "sum": np.sum,
    "amax": np.max,
    "amin": np.min,
    "argmax": np.argmax,
    "argmin": np.argmin,
    "mean": lambda x, axis, keepdims: np.mean(x, axis=axis, keepdims=keepdims, dtype=np.float64),
    "var": lambda x, axis, keepdims: np.var(x, axis=axis, keepdims=keepdims, ddof=1, dtype=np.float64),
    "std": lambda x, axis, keepdims: np.std(x, axis=axis, keepdims=keepdims, ddof=1, dtype=np.float64),
}


def whole(axis: Any) -> Any:
    """An axis argument as NumPy should read it: a list is a tuple; booleans, floats and text are none."""
    parts = axis if isinstance(axis, (tuple, list)) else (axis,)
    if any(isinstance(a, (bool, float, str)) for a in parts):
        raise TypeError("no axis")
    return tuple(axis) if isinstance(axis, list) else axis


def as_vector(x: np.ndarray, function: Callable[[np.ndarray], Any]) -> Any:
    """`function` along an axis, for which one number is a vector of one."""
    return function(x) if x.ndim else np.reshape(function(x.reshape(1)), ())


def reduction(draw: Any) -> None:
    name = draw(st.sampled_from(list(REDUCE)))
    x = draw(arrays(special=name not in ("mean", "var", "std")))
    axis, keepdims = draw(st.one_of(st.none(), axes(x.ndim))), draw(st.booleans())
    judge(
        lambda: getattr(T(x), name)(axis=axis, keepdims=keepdims),
        lambda: as_vector(x, lambda v: REDUCE[name](v, axis=whole(axis), keepdims=keepdims)),
        name,
        rtol=1e-4,
    )


def along(draw: Any) -> None:
    """Functions along one axis."""
    name = draw(
        st.sampled_from(("cumsum", "softmax", "log_softmax", "logsumexp", "argsort", "flip", "F.softmax", "F.log_softmax"))
    )
    x = draw(arrays(special=False))
    axis = draw(axes(x.ndim))

    def reference(x: np.ndarray) -> Any:
        one = whole(axis)
        if name in ("cumsum", "argsort", "flip"):
            functions = {"cumsum": np.cumsum, "argsort": lambda a, axis: np.argsort(a, axis=axis, kind="stable"), "flip": np.flip}
            return functions[name](x, axis=one)
        largest = np.max(wide(x), axis=one, keepdims=True, initial=-np.inf)
        total = np.log(np.sum(np.exp(wide(x) - largest), axis=one, keepdims=True)) + largest
        if name == "logsumexp":
            return np.sum(total, axis=one)
        return wide(x) - total if "log" in name else np.exp(wide(x) - total)

    function = getattr(F, name[2:]) if name[:2] == "F." else getattr(td.Tensor, name)
    judge(
        lambda: function(T(x), axis=axis),
        lambda: as_vector(x, reference),
        name.removeprefix("F."),
        "amax",
        "sub" if x.dtype == bool else name,
        rtol=1e-2 if x.dtype == "float16" else 1e-4,
    )


# --- shape ----------------------------------------------------------------------------------------------------------

LENGTHS = st.one_of(st.sampled_from((-1, 0, 1, 2, 3, 4, 6)), st.sampled_from((-2, True, 1.0, "1", None, np.int64(2), *HUGE[1:])))


def reshaping(draw: Any) -> None:
    name = draw(st.sampled_from(("reshape", "broadcast_to", "flatten", "permute", "transpose", "squeeze", "unsqueeze")))
    x = draw(arrays())
    if name == "reshape":
        new = draw(st.one_of(st.permutations(x.shape).map(tuple), st.lists(LENGTHS, max_size=4).map(tuple), st.just((-1,))))
        judge(lambda: T(x).reshape(new), lambda: x.reshape(strict(new)), name)
    elif name == "broadcast_to":
        new = draw(st.one_of(shapes(0, 2).map(lambda s: (*s, *x.shape)), st.lists(LENGTHS, max_size=5).map(tuple)))
        judge(lambda: T(x).broadcast_to(new), lambda: np.broadcast_to(x, kept(x.shape, strict(new))), name)
    elif name == "flatten":
        i, j = draw(axes(x.ndim)), draw(axes(x.ndim))
        judge(lambda: T(x).flatten(i, j), lambda: flat(x, i, j), name)
    elif name == "permute":
        order = draw(
            st.one_of(st.permutations(range(-x.ndim, 0)), st.permutations(range(x.ndim)), st.lists(axes(x.ndim), max_size=5))
        )
        judge(lambda: T(x).permute(tuple(order)), lambda: np.transpose(x, strict(order)), name)
    elif name == "transpose":
        i, j = draw(axes(x.ndim)), draw(axes(x.ndim))
        judge(lambda: T(x).transpose(i, j), lambda: as_vector(x, lambda v: np.swapaxes(v, *strict((i, j)))), name)
    elif name == "squeeze":
        axis = draw(st.one_of(st.none(), axes(x.ndim)))

        def squeezed() -> Any:
            normal = np.lib.array_utils.normalize_axis_tuple
            which = range(x.ndim) if axis is None else normal(whole(axis), x.ndim or 1, "axis", True)
            return x.reshape([n for k, n in enumerate(x.shape) if not (n == 1 and k in which)])

        judge(lambda: T(x).squeeze(axis), squeezed, name)
    else:
        axis = draw(st.one_of(axes(x.ndim), axes(x.ndim + 1)))
        judge(lambda: T(x).unsqueeze(axis), lambda: np.expand_dims(x, *strict((axis,))), name)


def strict(values: Any) -> Any:
    """Numbers that are whole: booleans and floats are no lengths and no axes."""
    if any(isinstance(v, (bool, float, str)) or v is None for v in values):
        raise TypeError("no length")
    return tuple(values)


def kept(old: tuple[int, ...], new: tuple[int, ...]) -> tuple[int, ...]:
    """The shape `new`, in which -1 keeps the length that is there."""
    lead = len(new) - len(old)
    return tuple(old[i - lead] if n == -1 and i >= lead >= 0 else n for i, n in enumerate(new))


def flat(x: np.ndarray, i: Any, j: Any) -> np.ndarray:
    if x.ndim == 0:
        strict((i, j))
        assert all(k in (0, -1) for k in (i, j))
        return x.reshape(1)
    assert all(-x.ndim <= k < x.ndim for k in strict((i, j)))
    i, j = i % x.ndim, j % x.ndim
    assert i <= j
    return x.reshape(*x.shape[:i], int(np.prod(x.shape[i : j + 1])), *x.shape[j + 1 :])


def joining(draw: Any) -> None:
    name = draw(st.sampled_from(("cat", "stack", "split", "chunk", "tril", "triu")))
    x = draw(arrays())
    axis = draw(st.one_of(st.just(0), axes(x.ndim)))
    if name in ("cat", "stack"):
        parts = [x, *draw(st.lists(st.one_of(arrays(shape=x.shape), arrays(dtypes=(*NUMBERS, *ALIEN))), max_size=2))]
        if draw(st.integers(0, 9)) == 0:
            parts = draw(st.sampled_from(([], [1.0], [None], ["a"], [[1.0]])))
        given = [T(p) if isinstance(p, np.ndarray) and i == 0 else p for i, p in enumerate(parts)]
        judge(
            lambda: getattr(td, name)(given, axis=axis),
            lambda: joined(parts, *strict((axis,))) if name == "cat" else np.stack(parts, axis=strict((axis,))[0]),
            name,
        )
    elif name == "split":
        size = draw(
            st.sampled_from(
                (
                    1,
                    2,
                    3,
                    0,
                    -1,
                    2**70,
                    True,
                    1.5,
                    None,
                    "2",
                    [1, 1],
                    [2, 0],
                    [],
                    (1, 2),
                    [-1, 3],
                    [1.0],
                    ["a"],
                    np.int64(2),
                    np.array([1, 1]),
                )
            )
        )
        judge(lambda: T(x).split(size, axis), lambda: cut(x, size, axis), name)
    elif name == "chunk":
        n = draw(st.sampled_from((1, 2, 3, 0, -1, 2**70, True, 1.5, None, "2", [1], np.int64(2))))
        judge(
            lambda: T(x).chunk(n, axis), lambda: cut(x, max(1, -(-x.shape[strict((axis,))[0]] // strict((n,))[0])), axis, n), name
        )
    else:
        k = draw(st.sampled_from((0, 1, -1, 99, 2**70, True, 1.5, None, "1", np.int64(1))))
        judge(lambda: getattr(td, name)(T(x), k), lambda: triangle(x, name, strict((k,))[0]), name)


def joined(parts: list[Any], axis: int) -> np.ndarray:
    """np.concatenate, in which an empty vector fits everywhere."""
    shape = list(max((p.shape for p in parts if isinstance(p, np.ndarray)), key=len, default=()))
    if len(shape) > 1:
        shape[axis] = 0
    return np.concatenate([p.reshape(shape) if np.shape(p) == (0,) else p for p in parts], axis=axis)


def triangle(x: np.ndarray, name: str, k: int) -> np.ndarray:
    assert x.ndim >= 2
    return getattr(np, name)(x, max(-99, min(99, k)))


def cut(x: np.ndarray, size: Any, axis: Any, chunks: int = 1) -> list[np.ndarray]:
    assert chunks >= 1
    n = x.shape[strict((axis,))[0]]
    if isinstance(size, (int, np.integer)):
        strict((size,))
        assert size >= 1
        size = [min(int(size), n - k) for k in range(0, n, int(size))] or [0]
    assert (len(size) and all(k >= 0 for k in strict(size)) and sum(size) == n) or (n == 0 and not len(size))
    return np.split(x, np.cumsum(size)[:-1].astype(int), axis=axis) if len(size) else []


# --- indexing -------------------------------------------------------------------------------------------------------

INDEX = st.one_of(
    st.integers(-6, 6),
    st.builds(slice, *[st.sampled_from((None, 0, 1, 2, -1, -2, 9, -9))] * 2, st.sampled_from((None, 1, 2, -1))),
    st.none(),
    st.just(Ellipsis),
    arrays(dtypes=(*INTEGERS, "bool"), special=False),
    st.lists(st.integers(-3, 3), max_size=3),
    st.lists(st.booleans(), max_size=3),
    st.booleans(),
    st.sampled_from(
        (
            1.0,
            "a",
            2**70,
            -(2**70),
            np.int8(1),
            np.uint64(1),
            np.bool_(True),
            np.float32(1),
            np.array(1.0),
            b"a",
            object(),
            [1.5],
            ["a"],
            [[0, 1], [1]],
            [None],
            {},
            range(2),
            slice("a"),
            slice(None, None, 0),
            slice(1.5),
        )
    ),
)


def indexing(draw: Any) -> None:
    x = draw(arrays())
    index = draw(st.one_of(INDEX, st.lists(INDEX, max_size=4).map(tuple)))
    tensors = draw(st.booleans())

    def wrap(i: Any) -> Any:
        return T(i) if tensors and isinstance(i, np.ndarray) and i.dtype.kind in "iub" else i

    def as_numpy(i: Any) -> Any:
        i = np.asarray(i, np.int64 if not len(i) else None) if isinstance(i, (list, range)) else i
        if isinstance(i, (str, bytes, dict)):
            raise TypeError("no index")
        return i

    clean: Callable[[], Any] = lambda: tuple(as_numpy(i) for i in index) if isinstance(index, tuple) else as_numpy(index)
    given = tuple(map(wrap, index)) if isinstance(index, tuple) else wrap(index)
    if draw(st.booleans()):
        judge(lambda: T(x)[given], lambda: x[clean()], "getitem")
    else:
        value = draw(st.one_of(st.sampled_from((1, 0.5, True, None, "a", [1], 2**70, float("nan"), 1j)), arrays()))

        def assign(target: Any, i: Any) -> Any:
            target[i] = value
            return target

        judge(lambda: assign(T(x.copy()), given), lambda: assign(x.copy(), clean()), "x[i] = v")


def picking(draw: Any) -> None:
    name = draw(st.sampled_from(("gather", "index_select", "masked_fill", "where", "clamp")))
    x = draw(arrays())
    axis = draw(axes(x.ndim))
    ids = draw(st.one_of(arrays(shape=x.shape, special=False), arrays(dtypes=INTEGERS), st.sampled_from(([0], 0, None, "a"))))
    if name == "gather":
        judge(lambda: T(x).gather(axis, ids), lambda: take(x, strict((axis,))[0], np.asarray(ids)), name)
    elif name == "index_select":

        def selected() -> Any:
            i = np.asarray(ids)
            assert i.ndim == 1
            assert i.dtype.kind in "iu"
            assert not (i < 0).any()
            assert x.ndim or i.size == 1
            return as_vector(x, lambda v: np.take(v, i, axis=strict((axis,))[0]))

        judge(lambda: T(x).index_select(axis, ids), selected, name)
    elif name == "clamp":
        low, high = (draw(st.sampled_from((None, 0, 1, -1.0, 300, 2**70, float("nan"), float("inf"), "a"))) for _ in range(2))

        def clamped() -> Any:
            y = x
            for bound, outside in ((low, np.less), (high, np.greater)):
                y = y if bound is None else np.where(outside(y, bound), bound, y)
            assert low is not None or high is not None
            return y

        judge(lambda: T(x).clamp(low, high), clamped, name, "lt", "gt", "where")
    else:
        mask = draw(
            st.one_of(
                arrays(shape=x.shape, dtypes=("bool",)),
                arrays(dtypes=("bool", "int8", "float32")),
                st.sampled_from(([True], None, True)),
            )
        )
        value = draw(st.sampled_from((0, 1.5, True, float("-inf"), 300, 2**70, "a", None, 1j)) | arrays(dtypes=ALIEN))

        def filled() -> Any:
            m = np.asarray(mask)
            assert m.dtype.kind == "b"
            out = np.where(m, value, x)
            assert out.dtype.kind in "fiub"
            return out

        if name == "masked_fill":
            judge(lambda: T(x).masked_fill(mask, value), filled, name, "where")
        else:
            judge(lambda: td.where(T(mask) if isinstance(mask, np.ndarray) else mask, value, T(x)), filled, name)


def take(x: np.ndarray, axis: int, ids: np.ndarray) -> np.ndarray:
    assert ids.dtype.kind in "iu"
    if ids.ndim <= 1 and x.ndim <= 1 and not (x.ndim and ids.ndim):
        return take(x.reshape(x.shape or 1), axis, ids.reshape(ids.shape or 1)).reshape(ids.shape)
    assert ids.ndim == x.ndim
    assert -x.ndim <= axis < x.ndim
    assert not ids.size or (ids.min() >= 0 and ids.max() < x.shape[axis])
    assert all(m <= n for k, (m, n) in enumerate(zip(ids.shape, x.shape, strict=True)) if k != axis % x.ndim)
    grid = list(np.ogrid[tuple(slice(n) for n in ids.shape)])
    grid[axis] = ids
    return x[tuple(grid)]


# --- products -------------------------------------------------------------------------------------------------------


def product(draw: Any) -> None:
    name = draw(st.sampled_from(("matmul", "bmm", "dot", "outer", "einsum", "@")))
    x = draw(arrays(special=False, dtypes=(*NUMBERS, "complex64", "object")))
    n = x.shape[-1] if x.ndim else 2
    y = draw(
        st.one_of(
            arrays(special=False),
            shapes(0, 2).map(lambda s: (*s[:1], n, *s[1:])).flatmap(lambda s: arrays(shape=s, special=False)),
            arrays(shape=x.shape, special=False),
        )
    )
    if name == "einsum":
        spec = draw(
            st.sampled_from(
                (
                    "ij,jk->ik",
                    "i,i->",
                    "...i,...i->...",
                    "ij->ji",
                    "ii->i",
                    "a,b->ab",
                    "...i,ij->...j",
                    "ij,ij",
                    "i->ii",
                    "->",
                    "i,j,k",
                    "i,i->j",
                    "1,2",
                    "ij,jk->",
                    "",
                    "…",
                    "i->",
                    ",->",
                    "...,...",
                    "i j,j",
                )
            )
        )
        operands = [x, y][: draw(st.integers(1, 2))]
        judge(lambda: td.einsum(spec, T(x), *operands[1:]), lambda: np.einsum(spec, *operands), name, "Tensor", rtol=1e-3)
        return

    def reference() -> Any:
        if name == "bmm":
            assert x.ndim == y.ndim == 3
            assert x.shape[0] == y.shape[0]
        if name == "dot":
            assert x.ndim == 1
            assert x.shape == y.shape
        if name == "outer":
            assert x.ndim == y.ndim == 1
        return {"dot": np.dot, "outer": np.multiply.outer}.get(name, np.matmul)(x, y)

    if name == "@":
        judge(lambda: T(x) @ y, reference, "matmul", "Tensor", rtol=1e-3)
    else:
        judge(lambda: getattr(td, name)(T(x), T(y)), reference, name, "mul", "sum", "matmul", "Tensor", rtol=1e-3)


# --- making ---------------------------------------------------------------------------------------------------------


def making(draw: Any) -> None:
    name = draw(
        st.sampled_from(("tensor", "zeros", "full", "arange", "eye", "randn", "randint", "manual_seed", "Tensor", "astype"))
    )
    hostile = st.sampled_from(
        (
            1,
            3,
            0,
            -1,
            2.5,
            True,
            None,
            "a",
            2**62,
            2**70,
            float("nan"),
            [2],
            (2, 3),
            [[1], [2, 3]],
            b"x",
            1j,
            np.int8(3),
            np.float32(2),
            [None],
            ["a"],
            {},
            {1},
            object(),
            [1.0, 2],
            [[]],
            [True, 2.5],
            range(3),
        )
    )
    value, dtype = (
        draw(st.one_of(hostile, arrays(dtypes=(*NUMBERS, *ALIEN)))),
        draw(st.sampled_from((None, "float32", np.float64, "int64", "bool", "complex64", "object", "nonsense", 5, str))),
    )
    plain = value.item() if isinstance(value, np.ndarray) and not value.ndim else value  # of no axes: the number in it
    if name in ("tensor", "Tensor", "astype"):

        def reference() -> Any:
            array = np.asarray(value)
            array = array if dtype is None or name == "Tensor" else array.astype(dtype)
            assert array.dtype.kind in "fiub"
            return array

        if name == "astype":
            judge(lambda: td.tensor(value).astype(dtype), reference, "astype", "tensor")
        else:
            judge(lambda: td.tensor(value, dtype) if name == "tensor" else td.Tensor(value), reference, name, "tensor")
    elif name in ("zeros", "full", "randn"):
        shape = draw(st.lists(st.one_of(st.sampled_from((0, 1, 3)), st.sampled_from((0, 2)), hostile), max_size=3).map(tuple))
        while len(shape) == 1 and isinstance(shape[0], (list, tuple)):
            shape = tuple(shape[0])
        small = all(type(n) in (int, np.int8) and 0 <= n < 100 for n in shape)
        number = draw(st.sampled_from((1, 2.5, True, float("nan"), 2**70, "a", None, 1j))) if name == "full" else 1.0

        def made() -> Any:
            assert small
            return np.zeros(shape, dtype or np.float32) if name == "zeros" else np.full(shape, number, np.float32)

        if name == "randn":
            judge(lambda: td.randn(shape).shape, lambda: made().shape, name)
        elif name == "zeros":
            judge(lambda: td.zeros(shape, dtype=dtype or np.float32), lambda: made().astype(dtype or np.float32), name)
        else:
            judge(lambda: td.full(shape, number), made, name)
    elif name == "arange":
        bounds = draw(st.lists(st.sampled_from((0, 5, -2, 1.5, 2**62, "a", None, True, float("nan"), 1j, [1])), max_size=3))

        def ranged() -> Any:
            assert not any(isinstance(b, (bool, str, complex, list)) or b is None for b in bounds)
            return np.arange(*bounds)

        judge(lambda: td.arange(*bounds), ranged, name)
    elif name == "eye":
        judge(lambda: td.eye(value), lambda: np.eye(*strict((plain,))), name)
    elif name == "randint":
        low, high = draw(hostile), draw(hostile)
        judge(
            lambda: td.randint(low, high, (2,)).shape,
            lambda: np.random.default_rng().integers(*strict((low, high)), 2).shape,
            name,
        )
    else:
        judge(lambda: td.manual_seed(value) and 1, lambda: np.random.default_rng(*strict((plain,))) and 1, name)


# --- gradients ------------------------------------------------------------------------------------------------------


def gradients(draw: Any) -> None:
    """A gradient through what was drawn is that of PyTorch's rules: here, finite differences of the same function."""
    x = draw(arrays(dtypes=("float64",), special=False))
    name = draw(
        st.sampled_from(
            (
                "exp",
                "tanh",
                "sigmoid",
                "relu",
                "sin",
                "softmax",
                "logsumexp",
                "std",
                "amax",
                "cumsum",
                "index",
                "mul",
                "matmul",
                "T",
                "flip",
                "mean",
                "clamp",
            )
        )
    )
    a = np.array(x)
    calls: dict[str, Callable[[Any], Any]] = {
        "softmax": lambda t: t.softmax(-1),
        "logsumexp": lambda t: t.logsumexp(-1),
        "std": lambda t: t.std(),
        "amax": lambda t: t.amax(axis=-1),
        "cumsum": lambda t: t.cumsum(-1),
        "index": lambda t: t[..., [0, 0, -1]],
        "mul": lambda t: t * t[..., :1],
        "matmul": lambda t: t @ t.mT,
        "T": lambda t: t.T * 2,
        "flip": lambda t: t.flip(-1),
        "mean": lambda t: t.mean(axis=-1),
        "clamp": lambda t: t.clamp(-0.5, 0.5),
    }
    f = calls.get(name, lambda t: getattr(t, name)())

    def loss(values: np.ndarray) -> float:
        with td.no_grad():
            out = f(T(values)).numpy()
        return float((out * np.cos(np.arange(out.size)).reshape(out.shape)).sum())

    def numeric() -> Any:
        g = np.zeros_like(a)
        for i in np.ndindex(*a.shape):
            up, down = a.copy(), a.copy()
            up[i] += 1e-6
            down[i] -= 1e-6
            g[i] = (loss(up) - loss(down)) / 2e-6
        return g

    def analytic() -> Any:
        leaf = td.Tensor(x, requires_grad=True)
        out = f(leaf)
        (out * np.cos(np.arange(out.array.size)).reshape(out.shape)).sum().backward()
        return leaf.grad

    if (name == "std" and x.size < 3) or (name in ("amax",) and len(np.unique(x)) < x.size):
        return  # at a kink there is no difference to compare with
    names = {"index": "getitem", "T": "permute", "matmul": "transpose"}
    judge(analytic, numeric, name, names.get(name, name), "getitem", "amax", "axis", rtol=1e-4)


TESTS = {
    f.__name__: f for f in (unary, binary, reduction, along, reshaping, joining, indexing, picking, product, making, gradients)
}


@both(50, 1000)
@pytest.mark.parametrize("name", TESTS)
def test_fuzz(name: str, cases: int) -> None:
    fuzz(TESTS[name], cases)
