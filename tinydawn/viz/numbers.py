"""What numbers look like: written out, as mean, spread and norm, as a heat map, as the width of an arrow."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from .formulas import words

FEW = 6  # numbers that are written out; of more, mean, std and norm
CELLS = 12  # at most this many rows and columns in a heat map


def numbers(array: Any, lang: str = "en", gradient: bool = False) -> str:
    """Up to six numbers as they are, more as mean and standard deviation, of a gradient as its norm; a NaN or Inf is always
    named."""
    a = np.asarray(array)
    if a.size <= FEW and a.dtype.kind == "b":
        return ", ".join(words(str(x), lang) for x in a.reshape(-1).tolist()) or "—"
    if a.size <= FEW:
        return ", ".join(_number(x) for x in a.reshape(-1).tolist()) or "—"
    if a.dtype.kind == "b":
        return f"{words('True', lang)}: {int(a.sum())} / {a.size}"
    if a.dtype.kind != "f":
        return f"{_number(a.min().item())} … {_number(a.max().item())}"
    wrong = np.concatenate([a[np.isnan(a)][:1], np.unique(a[np.isinf(a)])]).tolist()  # of NaN, inf and -inf, those that occur
    if wrong:
        count, which = int((~np.isfinite(a)).sum()), [_number(x) for x in wrong]
        said = f"{count} of {a.size} are {' or '.join(which)}"
        chinese = f"{a.size} 个中 {count} 个为 {' 或 '.join(which)}"
        return said if lang == "en" else chinese if lang == "zh" else f"{chinese} {said}"
    if gradient:
        return f"{words('norm', lang)} {norm(a):.3g}".replace("-", "−")
    largest, a = _scaled(a)
    return (f"{words('mean', lang)} {largest * a.mean():.3g}, {words('std', lang)} {largest * a.std():.3g}").replace("-", "−")


def _number(x: Any) -> str:
    x = 0.0 if x == 0 and not isinstance(x, (bool, int)) else x  # no −0
    if not isinstance(x, (bool, int)) and not math.isfinite(x):
        return "NaN" if math.isnan(x) else "∞" if x > 0 else "−∞"
    return (str(x) if isinstance(x, (bool, int)) else f"{x:.4g}").replace("-", "−")


def constant_text(x: Any) -> str:
    """A number in the code: as it is, as the root or the fraction that it is, or with four digits; a rounded one never looks
    like an exact one."""
    exact = f"{x:.7g}".replace("-", "−").replace("inf", "∞")
    if isinstance(x, (bool, int)) or not math.isfinite(x) or _digits(exact) <= 5:
        return exact
    size, sign = abs(float(x)), "−" if x < 0 else ""
    for text, n in (("1/{}", 1 / size), ("1/√{}", size ** -2), ("√{}", size ** 2)):
        whole = round(n)
        if 2 <= whole <= 4096 and abs(n / whole - 1) < 1e-6:
            return sign + text.format(whole)
    short = f"{x:.4g}".replace("-", "−")
    return short if _digits(short) == 4 and "." in short else exact


def _digits(text: str) -> int:
    """How many digits of a number count."""
    return len(text.partition("e")[0].lstrip("−0.").replace(".", ""))


def heat(value: Any) -> Any:
    """A numeric array of more than a few entries as at most CELLS x CELLS means, rows of the last axis; else None.

    A mean of what is not finite is not finite either."""
    if value is None:
        return None
    a = np.asarray(value)
    if a.dtype.kind == "b" and a.ndim and a.size > FEW and a.reshape(-1, a.shape[-1]).shape[0] <= CELLS >= a.shape[-1]:
        return a.reshape(-1, a.shape[-1])  # a mask is drawn as one, entry by entry
    if a.dtype.kind not in "fiu" or a.size <= FEW:
        return None
    largest, a = _scaled(a)
    a = a.reshape(-1, a.shape[-1])
    for axis in (0, 1):
        if a.shape[axis] > CELLS:
            edges = np.linspace(0, a.shape[axis], CELLS + 1).astype(int)
            with np.errstate(invalid="ignore"):  # inf - inf
                a = np.add.reduceat(a, edges[:-1], axis=axis) / np.diff(edges).reshape((-1, 1) if axis == 0 else (1, -1))
    return largest * a


def norm(a: Any) -> float:
    """sqrt(sum of squares), also where a square overflows or vanishes; NaN or inf only where there is one in `a`."""
    largest, scaled = _scaled(np.asarray(a))
    with np.errstate(over="ignore"):
        return float(largest * np.sqrt((scaled * scaled).sum()))


def _scaled(a: np.ndarray) -> tuple[float, np.ndarray]:
    """The largest finite magnitude in `a`, or 1 if that is 0, and `a` divided by it, so that sums cannot overflow."""
    a = a.astype(float)
    largest = float(np.abs(a[np.isfinite(a)]).max(initial=0.0)) or 1.0
    return largest, a / largest


def is_bad(a: Any, negative: bool = False) -> bool:
    """Whether there is a NaN in it, or an overflow; the -inf of a mask is meant, that of a gradient is not."""
    wrong = np.isinf if negative else np.isposinf
    return a is not None and np.asarray(a).dtype.kind == "f" and bool((np.isnan(a) | wrong(a)).any())


def strength_of(norms: Collection[float]) -> Callable[[float | None], float | None]:
    """From norm to 0 .. 1: logarithmic, three decades from thinnest to thickest, since a vanishing gradient vanishes so."""
    finite = [n for n in norms if math.isfinite(n) and n > 0]
    top = max(finite, default=1.0)

    def scaled(norm: float | None) -> float | None:
        if norm is None:
            return None
        if not math.isfinite(norm):
            return 1.0
        return 0.0 if norm == 0 else min(1.0, max(0.0, 1 + math.log10(norm / top) / 3))

    return scaled


def percent(share: float) -> str:
    return f"{round(100 * share) if math.isfinite(share) else share} %".replace("-", "−")
