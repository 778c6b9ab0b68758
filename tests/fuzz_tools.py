"""What the fuzz suites share: hostile arguments, and the judgement of what a call did with them.

A call is right if its answer is the reference's, or if it refuses with an error of ours that names the function. Anything
else fails: an exception of NumPy's or Python's, a different number, an answer where there is none.
"""

from __future__ import annotations

import contextlib
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

import tinydawn as td
from tinydawn.errors import TinydawnError

FLOATS = ("float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
NUMBERS = (*FLOATS, *FLOATS, "float16", *INTEGERS, "bool")
ALIEN = ("complex64", "complex128", "object", "U3", "datetime64[s]")
LAYOUTS = ("C", "C", "transposed", "reversed", "strided", "read-only", "broadcast")
HUGE = (2**31, 2**62, 2**63, 2**64, 2**70, -(2**70))
NO_AXIS: list[Any] = [9, -9, 2**70, True, None, 0.0, "0", (0,), (0, 0), [0], (0, -1), (), np.int8(-1), np.int64(0), np.array(0)]

ODD_NUMBERS: list[Any] = [
    0,
    1,
    -1,
    0.5,
    1.5,
    float("nan"),
    float("inf"),
    True,
    None,
    "1",
    2**70,
    1j,
    [1],
    np.float32(0.1),
    np.int64(1),
]

counts: Counter[str] = Counter()  # cases, answers, refusals


@st.composite
def shapes(draw: Any, least: int = 0, most: int = 4) -> tuple[int, ...]:
    return tuple(draw(st.lists(st.sampled_from((0, 1, 1, 2, 2, 3, 5)), min_size=least, max_size=most)))


@st.composite
def arrays(draw: Any, shape: Any = None, dtypes: Any = NUMBERS, special: bool = True) -> np.ndarray:
    """An array of any dtype, layout and values; with `special`, floats hold NaN, Inf, -0.0 and the largest numbers too."""
    shape = draw(shapes()) if shape is None else shape
    length = shape[0] if shape else 0
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    layout = draw(st.sampled_from(LAYOUTS))
    if layout == "transposed":
        shape = shape[::-1]
    elif layout == "strided" and shape:
        shape = (*shape[:-1], 2 * shape[-1])
    elif layout == "broadcast" and shape:
        shape = (1, *shape[1:])
    if dtype.kind == "f":
        x = np.asarray(rng.normal(size=shape)).astype(dtype)
        if special and draw(st.booleans()):
            odd = np.array([np.nan, np.inf, -np.inf, -0.0, np.finfo(dtype).max, np.finfo(dtype).tiny], dtype)
            x = np.where(rng.random(shape) < 0.2, rng.choice(odd, shape), x)
    elif dtype.kind in "iu":
        low, high = (np.iinfo(dtype).min, np.iinfo(dtype).max) if special and draw(st.booleans()) else (0, 9)
        x = rng.integers(low, high, shape, dtype, endpoint=True)
    elif dtype.kind == "b":
        x = rng.random(shape) < 0.5
    else:
        x = np.asarray(rng.integers(1, 9, shape)).astype(dtype)
    x = np.asarray(x, dtype=dtype)
    if layout == "transposed":
        return x.T
    if layout == "reversed" and x.ndim:
        return x[::-1]
    if layout == "strided" and x.ndim:
        return x[..., ::2]
    if layout == "broadcast" and x.ndim:
        return np.broadcast_to(x, (length, *x.shape[1:]))
    if layout == "read-only":
        x.flags.writeable = False
    return x


def axes(ndim: int) -> Any:
    """One axis that is there, mostly."""
    hostile = st.sampled_from(NO_AXIS)
    return st.one_of(st.integers(-ndim, ndim - 1), st.integers(-ndim, ndim - 1), hostile) if ndim else hostile


TEXTS = st.one_of(
    st.text(max_size=30),
    st.lists(
        st.sampled_from(
            (
                "the",
                "dog",
                " ",
                "\n",
                "\x00",
                "\ud800",
                "\udfff",
                "é",
                "e\u0301",
                "שלום",
                "مرحبا",
                "床前明月光",
                "\u202e",
                "\u200d",
                "\ufeff",
                "👩‍👩‍👧",
                "[MASK]",
                "</w>",
                "<s>",
                "Ġ",
                "##",
                "'",
                "...",
                "ß",
                "İ",
                "ﬃ",
                "\u2028",
                "\t",
                "1,000.5",
                "a" * 40,
            )
        ),
        max_size=12,
    ).map("".join),
)


def ours(error: BaseException, *names: str) -> bool:
    """Whether this is an error of ours, whose first line names the function."""
    first = str(error).partition("\n")[0]
    return isinstance(error, TinydawnError) and any(re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", first) for name in names)


def judge(call: Callable[[], Any], reference: Callable[[], Any], *names: str, rtol: float = 1e-5) -> Any:
    """Call, and hold the answer against the reference's; a refusal must name one of `names`. Returns the answer or the error."""
    counts["cases"] += 1
    with quiet():
        try:
            expected: Any = reference()
        except Exception as error:
            expected = error
        try:
            got = call()
        except TinydawnError as error:
            assert ours(error, *names), f"does not name {' or '.join(names)}: {error}"  # noqa: PT017 (an answer is as good)
            counts["refusals"] += 1
            return error
    assert not isinstance(expected, Exception), f"answers {got!r} where there is no answer: {expected!r}"
    counts["answers"] += 1
    with quiet():
        same(got, expected, rtol)
    return got


def judge_empty(call: Callable[[], Any], name: str) -> Any:
    """A call of which only the kind of answer is judged."""
    results: list[Any] = []

    def kept() -> Any:
        results.append(call())
        return 0

    answer = judge(kept, lambda: 0, name)
    return results[0] if results else answer


def number(x: Any) -> float:
    """`x` if it is a plain real number."""
    if isinstance(x, (bool, str, complex, list)) or x is None:
        raise TypeError("no number")
    return float(x)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """NumPy's warnings of overflow are no part of the judgement."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def same(got: Any, expected: Any, rtol: float = 1e-5) -> None:
    if isinstance(expected, (list, tuple)) and isinstance(got, (list, tuple)):
        assert len(got) == len(expected)
        for g, e in zip(got, expected, strict=True):
            same(g, e, rtol)
        return
    g, e = np.asarray(got.array if isinstance(got, td.Tensor) else got), np.asarray(expected)
    assert g.shape == e.shape, f"shape {g.shape}, not {e.shape}"
    assert g.dtype.kind in "fiubUO", f"an answer of dtype {g.dtype}"
    if g.dtype.kind == "f" or e.dtype.kind == "f":
        g, e = np.broadcast_arrays(g, e)
        if g.dtype.kind == "f" and g.dtype.itemsize < e.dtype.itemsize:
            e = e.astype(g.dtype)  # what is too large for float32 is infinite there
        rtol = max(rtol, 5e-3 if "float16" in (g.dtype, e.dtype) else 1e-12)
        np.testing.assert_allclose(g.astype(np.float64), e.astype(np.float64), rtol=rtol, atol=rtol, equal_nan=True)
    else:
        np.testing.assert_array_equal(g, e)


def fuzz(test: Callable[..., None], cases: int) -> None:
    """Run `test(draw)` so many times. Some must have been answered, or nothing was compared."""
    before = counts.copy()

    @hypothesis.settings(max_examples=cases, suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(st.data())
    def run(data: Any) -> None:
        test(data.draw)

    run()
    ran, answered = counts["cases"] - before["cases"], counts["answers"] - before["answers"]
    assert answered * 20 >= ran, f"of {ran} cases only {answered} were answered"


def both(cases: int, nightly: int) -> Any:
    """The two sizes of a fuzz test: the normal one, and the one of -m nightly."""
    return pytest.mark.parametrize("cases", [cases, pytest.param(nightly, marks=pytest.mark.nightly)], ids=["normal", "nightly"])
