"""The op set: each primitive's forward and its derivative, as a table.

An entry reads: name, forward on raw arrays, then per argument the gradient from g (the gradient of the output y),
y (so sigmoid' is y (1 - y)) and the arguments. The laws of a formula:

a. only Python operators and ops of this package on g, y and the arguments, never NumPy: then it runs on raw arrays
   and on Tensors alike, and can itself be differentiated;
b. it never writes into an array it was given (but an op that `overwrites` may into g, which is then its own);
c. it ignores broadcasting: the engine sums a gradient back to its argument's shape, where the op `broadcasts`;
d. what it reads by value stands in `saves`; of anything else it may ask only shape and dtype.

Everything the table does not hold is composed of it, in functional.py and nn/functional.py.
"""

from __future__ import annotations

import builtins
import math
import operator
from typing import Any

from numpy import errstate
from numpy import ndarray as _ndarray

from . import gpu
from .backend import (
    Array,
    accurate_sum,
    blockwise,
    broadcast_view,
    chosen,
    index_like,
    is_array,
    kept,
    like,
    product,
    ratio,
    row_maxima,
    summed_in,
    to_host,
    wide,
    xp_of,
)
from .errors import DTypeError, OptionError, message
from .gradients import Outer, Part, may_repeat
from .graph import Traced, op

# --- elementwise, two arguments ---------------------------------------------------------------------------------

add = op("add", operator.add, vjp=(lambda g, y, a, b: g, lambda g, y, a, b: g), broadcasts=True)
sub = op("sub", operator.sub, vjp=(lambda g, y, a, b: g, lambda g, y, a, b: -g), broadcasts=True)
mul = op("mul", operator.mul, vjp=(lambda g, y, a, b: g * b, lambda g, y, a, b: g * a),
         saves="a b", broadcasts=True)
div = op("div", operator.truediv, vjp=(lambda g, y, a, b: g / b, lambda g, y, a, b: -(g * y) / b),
         saves="y b", broadcasts=True)
# At ties both arguments get half, as in PyTorch; and at a NaN both get all, so that it stays to be seen.
maximum = op("maximum", lambda a, b: xp_of(a, b).maximum(a, b), saves="a b", broadcasts=True, vjp=(
    lambda g, y, a, b: where(lt(a, b), 0.0, where(eq(a, b), g / 2, g)),
    lambda g, y, a, b: where(lt(b, a), 0.0, where(eq(a, b), g / 2, g))))
minimum = op("minimum", lambda a, b: xp_of(a, b).minimum(a, b), saves="a b", broadcasts=True, vjp=(
    lambda g, y, a, b: where(gt(a, b), 0.0, where(eq(a, b), g / 2, g)),
    lambda g, y, a, b: where(gt(b, a), 0.0, where(eq(a, b), g / 2, g))))


def _pow_base(g: Array, y: Array, a: Array, b: Array) -> Array:
    """g b a^(b - 1), and 0 where b is 0, also at a = 0. Its own derivative by b is 1 / a there: only a = 0 may be replaced."""
    if isinstance(b, (int, float)):
        return g * (2 * a) if b == 2 else where(True, 0.0, g) if b == 0 else g * (b * pow(a, b - 1))
    constant = eq(b, 0)
    if not isinstance(g, Traced):
        g = where(constant, 0.0, g)
    return g * (b * where(bitwise_and(constant, eq(a, 0)), 1.0, a) ** (b - 1))


def _pow_exponent(g: Array, y: Array, a: Array, b: Array) -> Array:
    """g y log(a), and 0 where a power of 0 is 0 or 1 for every exponent nearby."""
    if isinstance(a, (int, float)) and a != 0:
        return g * (y * (math.log(a) if a > 0 else math.nan))
    flat = bitwise_and(eq(a, 0), ge(b, 0))
    return where(flat, 0.0, g * (y * log(where(flat, 1.0, a))))


def _pow(a: Array, b: Array) -> Array:
    """a ** b; a small whole power by products, which NumPy's pow takes twenty times as long for."""
    if type(b) in (int, float) and (b in _WHOLE or b == -0.5) and getattr(getattr(a, "dtype", None), "char", "") in ("f", "d"):
        return blockwise(lambda x, out: _power_of(x, b, out), a)
    return a ** b


def _power_of(x: Array, n: float, out: Array) -> None:
    """x ** n into `out`: x^6 is (x x^2)^2."""
    if n == -0.5:
        xp_of(x).sqrt(x, out=out)
        xp_of(x).reciprocal(out, out=out)
    elif n < 0:  # x first: x^n would be too large for a number before it is too small
        _power_of(xp_of(x).reciprocal(x), -n, out)
    elif n == 2:
        xp_of(x).multiply(x, x, out=out)
    elif n % 2:
        _power_of(x, n - 1, out)
        out *= x
    else:
        _power_of(x, n // 2, out)
        out *= out


_WHOLE = frozenset((3, 4, 5, 6, 7, 8, -2, -3, -4))

pow = op("pow", _pow, saves="a b y", broadcasts=True, hint="make the base floating: x.float() ** -1",
         vjp=(_pow_base, _pow_exponent))


def _divisor(name: str, a: Array, b: Array) -> Array:
    """`b`, to divide by: of integers NumPy says that 7 // 0 is 0."""
    whole = builtins.all(isinstance(n, int) or (hasattr(n, "dtype") and n.dtype.kind in "iub") for n in (a, b))
    if whole and not xp_of(b).all(b):
        raise OptionError(message(f"{name}: an integer is divided by 0", fix="make one of the two floating: x.float()"))
    return b


# Towards minus infinity, as Python's // and %: -7 // 2 is -4, -7 % 2 is 1. A quotient of whole steps has no slope.
floor_divide = op("floor_divide", lambda a, b: a // _divisor("floor_divide", a, b), broadcasts=True, vjp=(
    lambda g, y, a, b: where(True, 0.0, g), lambda g, y, a, b: where(True, 0.0, g)))
remainder = op("remainder", lambda a, b: a % _divisor("remainder", a, b), saves="a b", broadcasts=True, vjp=(
    lambda g, y, a, b: g, lambda g, y, a, b: -(g * floor_divide(a, b))))


def _where(condition: Array, a: Array, b: Array) -> Array:
    if hasattr(condition, "dtype") and condition.dtype.kind != "b":
        raise DTypeError(message(f"where: the condition is {condition.dtype}, not boolean", fix="compare first: x > 0"))
    xp = xp_of(condition, a, b)
    # Masks stay on the host.
    out = chosen(condition, a, b) if xp is xp_of() else xp.where(like(condition, a if xp_of(a) is xp else b), a, b)
    if out.dtype.kind not in "fiub":
        raise DTypeError(message(f"where: values of dtype {out.dtype}", fix="numbers that are real"))
    return out


where = op("where", _where, saves="condition", broadcasts=True, vjp=(
    None, lambda g, y, condition, a, b: _where_kept(g, condition),
    lambda g, y, condition, a, b: _where_kept(g, logical_not(condition))))


def _where_kept(g: Array, mask: Array) -> Array:
    """g where the mask is True, else 0: also of inf and NaN, which a product with the mask would spread."""
    return where(mask, g, 0.0) if isinstance(g, Traced) else kept(g, mask)

# --- elementwise, one argument ----------------------------------------------------------------------------------

neg = op("neg", lambda x: -x, vjp=lambda g, y, x: -g)


def _real(x: Array) -> Array:
    """`x` as floating point: of small integers NumPy computes exp in float16, and unsigned ones have no -x."""
    return x if not hasattr(x, "dtype") or x.dtype.kind == "f" else x.astype("float32" if x.dtype.itemsize < 4 else "float64")


exp = op("exp", lambda x: xp_of(x).exp(_real(x)), vjp=lambda g, y, x: g * y, saves="y")
log = op("log", lambda x: xp_of(x).log(_real(x)), vjp=lambda g, y, x: g / x, saves="x")
# Exact where x is tiny, as log(1 + x) and exp(x) - 1 are not.
log1p = op("log1p", lambda x: xp_of(x).log1p(_real(x)), vjp=lambda g, y, x: g / (1 + x), saves="x")
expm1 = op("expm1", lambda x: xp_of(x).expm1(_real(x)), vjp=lambda g, y, x: g * (y + 1), saves="y")
sqrt = op("sqrt", lambda x: xp_of(x).sqrt(_real(x)), vjp=lambda g, y, x: g / (2 * y), saves="y")
tanh = op("tanh", lambda x: xp_of(x).tanh(_real(x)), vjp=lambda g, y, x: g * (1 - y * y), saves="y")
relu = op("relu", lambda x: xp_of(x).maximum(x, 0), vjp=lambda g, y, x: _where_kept(g, y != 0), saves="y")
clamp = op("clamp", lambda x, *, min, max: xp_of(x).clip(x, min, max), saves="x",
           vjp=lambda g, y, x, *, min, max: _where_kept(g, _within(x, min, max)))  # where x is NaN, too
abs = op("abs", lambda x: xp_of(x).abs(x), vjp=lambda g, y, x: g * sign(x), saves="x")
sin = op("sin", lambda x: xp_of(x).sin(_real(x)), vjp=lambda g, y, x: g * cos(x), saves="x")
cos = op("cos", lambda x: xp_of(x).cos(_real(x)), vjp=lambda g, y, x: -(g * sin(x)), saves="x")
# Steps: their slope is 0 wherever they have one. Halves are rounded to the even number, as in NumPy and PyTorch.
floor = op("floor", lambda x: _stepped(xp_of(x).floor, x), vjp=lambda g, y, x: where(True, 0.0, g))
ceil = op("ceil", lambda x: _stepped(xp_of(x).ceil, x), vjp=lambda g, y, x: where(True, 0.0, g))
round = op("round", lambda x: _stepped(xp_of(x).rint, x), vjp=lambda g, y, x: where(True, 0.0, g))


def _stepped(step: Any, x: Array) -> Array:
    """Whole numbers stay what they are, in their own dtype."""
    return x.copy() if hasattr(x, "dtype") and x.dtype.kind != "f" else step(x)


def _within(x: Array, least: float | None, most: float | None) -> Array:
    """Where x is neither below `least` nor above `most`."""
    below, above = None if least is None else lt(x, least), None if most is None else gt(x, most)
    return logical_not(above if below is None else below if above is None else bitwise_or(below, above))


def _sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), which is as exact on either side. Where exp is more than there is a number for, 1 / inf is right."""
    if type(x) is not _ndarray and gpu.runs_on(x):
        return gpu.elementwise("sigmoid", x)
    with errstate(over="ignore"):
        return blockwise(_sigmoid_of, _real(x))


def _sigmoid_of(x: Array, out: Array) -> None:
    xp = xp_of(x)
    xp.negative(x, out=out)
    xp.exp(out, out=out)
    out += 1
    xp.reciprocal(out, out=out)


sigmoid = op("sigmoid", _sigmoid, vjp=lambda g, y, x: g * (y * (1 - y)), saves="y")


def _erf(x: Array) -> Array:
    """The error function, as tanh(x r(x^2)) with a ratio r of polynomials: exact where x is tiny, and where erf is nearly 1."""
    if type(x) is not _ndarray and gpu.runs_on(x):
        return gpu.elementwise("erf", x)
    with errstate(over="ignore"):  # of x^2
        return blockwise(_erf_of, _real(x))


def _erf_of(x: Array, out: Array) -> None:
    xp = xp_of(x)
    square = x * x
    xp.minimum(square, 36.0, out=square)  # from x = 6 on erf is 1
    ratio(square, *_ERF.get(x.dtype.char, _ERF["d"]), out=out)
    out *= x
    xp.tanh(out, out=out)


def _erfc(x: Array) -> Array:
    """1 - erf(x), which that difference would lose where erf(x) is nearly 1: exp(-x^2) erfcx(x), and below 0 2 less that."""
    if type(x) is not _ndarray and gpu.runs_on(x):
        return gpu.elementwise("erfc", x)
    return blockwise(_erfc_of, _real(x))


def _erfc_of(x: Array, out: Array) -> None:
    xp = xp_of(x)
    side = xp.copysign(1, x)
    z = xp.minimum(x * side, 28.0)  # there it is 0
    erfcx(z, out=out)
    z *= -z
    xp.exp(z, out=z)
    out *= z
    out *= side
    out += 1 - side


def erfcx(z: Array, out: Array) -> None:
    """erfc(z) exp(z^2) for z from 0 to 28, into `out`: what is left of erfc without what makes it tiny."""
    ratio(z, *_ERFCX.get(z.dtype.char, _ERFCX["d"]), out=out)


# Ratios of polynomials, least powers first: with the least largest error, found by weighted least squares with 40 digits.
_ERF = {  # atanh(erf(x)) / x in x^2, to 1.6e-16 and 3e-9 of erf(x)
    "d": ((
        1.1283791670955123, 0.4874638630748044, 0.13726776525524811, 0.023982373239796715, 0.0030189996606862853,
        0.0002566361733478165, 1.4571603356556286e-05, 4.342096814513058e-07, 2.6988247393844043e-09), (
        1.0, 0.34092375239703493, 0.09078449985774914, 0.013571374562114774, 0.001577390371409724,
        0.00011117905819693166, 5.4191523988274055e-06, 8.831953688274354e-08, 1.4357817620314524e-10)),
    "f": ((
        1.1283791707686706, 0.2798069779521036, 0.042647539841720955, 0.0021783999172413355), (
        1.0, 0.1568927091661989, 0.023690788140874493, 0.00032494719557580394)),
}
_ERFCX = {  # erfc(z) exp(z^2), to 5e-17 and 7e-9 of it
    "d": ((
        1.0, 2.192676316155555, 2.3782367854484514, 1.6387839045199382, 0.7829087632641438, 0.26782450413887066,
        0.06559923873356123, 0.011131644674940053, 0.0011965905185004273, 6.29896374972745e-05), (
        1.0, 3.3210554832510533, 5.125646605517914, 4.853654046881248, 3.132297482022339, 1.444744948478743,
        0.48451591716226305, 0.11733207392351075, 0.019786149586850994, 0.0021209014724269727, 0.00011164622554949935)),
    "f": ((
        1.0000000066124324, 1.2453073783977064, 0.7388454749594715, 0.23267672583988996, 0.03352436029487694), (
        1.0, 2.3736872067408346, 2.417254063498341, 1.3388879750276552, 0.4124319140193316, 0.05941979457395863)),
}
erf = op("erf", _erf, vjp=lambda g, y, x: g * (2 / math.sqrt(math.pi) * exp(-x * x)), saves="x")
erfc = op("erfc", _erfc, vjp=lambda g, y, x: g * (-2 / math.sqrt(math.pi) * exp(-x * x)), saves="x")

# --- elementwise, without derivative ----------------------------------------------------------------------------

sign = op("sign", lambda x: xp_of(x).sign(x), vjp=lambda g, y, x: where(True, 0.0, g))
eq = op("eq", operator.eq, broadcasts=True)
ne = op("ne", operator.ne, broadcasts=True)
gt = op("gt", operator.gt, broadcasts=True)
ge = op("ge", operator.ge, broadcasts=True)
lt = op("lt", operator.lt, broadcasts=True)
le = op("le", operator.le, broadcasts=True)
logical_not = op("logical_not", lambda x: xp_of(x).logical_not(x))
# Of booleans and, or, either-or, not; of integers the same, bit by bit.
_BITS = "& | ^ and ~ take booleans or integers: compare first, (x > 0) & (y > 0)"
bitwise_and = op("bitwise_and", operator.and_, broadcasts=True, hint=_BITS)
bitwise_or = op("bitwise_or", operator.or_, broadcasts=True, hint=_BITS)
bitwise_xor = op("bitwise_xor", operator.xor, broadcasts=True, hint=_BITS)
bitwise_not = op("bitwise_not", lambda x: xp_of(x).bitwise_not(x), hint=_BITS)
isnan = op("isnan", lambda x: xp_of(x).isnan(x))
any = op("any", lambda x, *, axis=None, keepdims=False: x.any(axis=axis, keepdims=keepdims), hint="name each axis once")
all = op("all", lambda x, *, axis=None, keepdims=False: x.all(axis=axis, keepdims=keepdims), hint="name each axis once")
argmax = op("argmax", lambda x, *, axis=None, keepdims=False: wide(x.argmax(axis=axis, keepdims=keepdims)),
            hint="a maximum needs at least one entry")
argmin = op("argmin", lambda x, *, axis=None, keepdims=False: wide(x.argmin(axis=axis, keepdims=keepdims)),
            hint="a minimum needs at least one entry")
argsort = op("argsort", lambda x, *, axis=-1: wide(x.argsort(axis=axis, kind="stable")))

# --- reductions -------------------------------------------------------------------------------------------------


def _kept(shape: tuple[int, ...], axis: Any, keepdims: bool) -> tuple[int, ...]:
    """The shape that a reduction of `shape` over `axis` has, or would have had, with keepdims."""
    if axis is None:
        return (1,) * len(shape)
    axes = {a % len(shape) for a in (axis if isinstance(axis, tuple) else (axis,))} if shape else set()
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def _spread(g: Array, shape: tuple[int, ...], axis: Any, keepdims: bool) -> Array:
    """Undo a reduction's shape: one value of `g` to every entry that it was reduced from."""
    return broadcast_to(g if keepdims or axis is None else reshape(g, shape=_kept(shape, axis, keepdims)), shape=shape)


def _share_of_ties(g: Array, y: Array, x: Array, *, axis: Any = None, keepdims: bool = False) -> Array:
    """Gradient of a maximum or minimum: ties share it equally. Beside a NaN, which is the result, NaNs are the ties."""
    if type(x) is _ndarray and not isinstance(g, Traced):  # the same, with fewer calls
        shape = _kept(x.shape, axis, keepdims)
        y, g = y.reshape(shape), g.reshape(shape)
        same = x == y
        if (y != y).any():
            same |= x != x
        return chosen(same, g / same.sum(axis=axis, dtype=x.dtype, keepdims=True), 0.0)
    tied = bitwise_or(eq(x, _spread(y, x.shape, axis, keepdims)), ne(x, x))
    share = _spread(g, x.shape, axis, keepdims) / sum(astype(tied, dtype=x.dtype), axis=axis, keepdims=True)
    return where(tied, share, 0.0)


sum = op("sum", accurate_sum,
         vjp=lambda g, y, x, *, axis=None, keepdims=False: _spread(g, x.shape, axis, keepdims), hint="name each axis once")


def _centred(x: Array, axis: Any) -> Array:
    """x less its mean over `axis`."""
    n = math.prod(x.shape) // builtins.max(1, math.prod(_kept(x.shape, axis, True)))
    return x - sum(x, axis=axis, keepdims=True) / n


def _var(x: Array, *, axis: Any, divisor: float, keepdims: bool) -> Array:
    c = _centred(x, axis)
    return accurate_sum(c * c, axis=axis, keepdims=keepdims) / divisor


# The sum of squared distances from the mean, divided by n - 1, or n, or whatever `divisor` is.
var = op("var", _var, saves="x", vjp=lambda g, y, x, *, axis, divisor, keepdims:
         _spread(g, x.shape, axis, keepdims) * (_centred(x, axis) * (2 / divisor)))
amax = op("amax", lambda x, *, axis=None, keepdims=False: x.max(axis=axis, keepdims=keepdims),
          vjp=_share_of_ties, saves="x y", hint="a maximum needs at least one entry")
amin = op("amin", lambda x, *, axis=None, keepdims=False: x.min(axis=axis, keepdims=keepdims),
          vjp=_share_of_ties, saves="x y", hint="a minimum needs at least one entry")


def _prod_vjp(g: Array, y: Array, x: Array, *, axis: Any = None, keepdims: bool = False) -> Array:
    """g times the product of all other entries: not y / x, which a 0 among them would spoil."""
    given = range(x.ndim) if axis is None or not x.ndim else axis if isinstance(axis, tuple) else (axis,)
    axes = [a % x.ndim for a in given]
    order = (*axes, *(a for a in range(x.ndim) if a not in axes))
    turned = permute(x, axes=order)
    others = _others(reshape(turned, shape=(math.prod(turned.shape[:len(axes)]), *turned.shape[len(axes):])))
    others = permute(reshape(others, shape=turned.shape), axes=tuple(order.index(a) for a in range(x.ndim)))
    return _spread(g, x.shape, axis, keepdims) * others


def _others(x: Array) -> Array:
    """For each entry along the first axis, the product of all others. By halves: the other one of its pair, times the others
    of the products of pairs."""
    half = x.shape[0] // 2
    if not half:
        return where(True, 1.0, x)
    first, second = getitem(x, index=slice(0, half)), getitem(x, index=slice(half, 2 * half))
    others = _others(cat(first * second, getitem(x, index=slice(2 * half, None)), axis=0))  # an odd one is last
    of_pairs = getitem(others, index=slice(0, half))
    return cat(of_pairs * second, of_pairs * first, getitem(others, index=slice(half, None)), axis=0)


prod = op("prod", lambda x, *, axis=None, keepdims=False: x.prod(axis=axis, dtype=summed_in(x), keepdims=keepdims),
          vjp=_prod_vjp, saves="x",
          hint="name each axis once")


def largest_apart(x: Array, axis: int) -> tuple[Array, Array, Array]:
    """Of each slice along `axis` its largest entry x_k, where that is, and x - x_k.

    log(sum(exp(x))) is x_k + log(1 + others), where others is the sum of exp(x - x_k) over all other entries. To add up all and
    take the logarithm would lose the others where they are tiny: in float32 the cross-entropy of a sure and right prediction
    would be 0 from a distance of 17 on. x_k is the first of equals, and no constant: so derivatives of any order are right too,
    and as exact.
    """
    raw = x.array if isinstance(x, Traced) else x
    along = [-1 if i == axis % x.ndim else 1 for i in range(x.ndim)]
    first = raw.argmax(axis=axis, keepdims=True) == xp_of(raw).arange(x.shape[axis]).reshape(along)
    largest = sum(where(first, x, 0.0), axis=axis, keepdims=True)
    shifted = x - largest
    return largest, first, where(first, detach(shifted), shifted)  # x_k - x_k is 0 for good: no pass need find that 1 - 1 is


def _largest(x: Array, axis: int) -> tuple[Array, Array | None]:
    """Of each slice along `axis` the largest entry; and where that is infinite, None if nowhere."""
    largest = row_maxima(x.reshape(-1, x.shape[-1])).reshape(*x.shape[:-1], 1) if axis % x.ndim == x.ndim - 1 \
        else x.max(axis=axis, keepdims=True)
    infinite = xp_of(x).isinf(largest)
    return largest, infinite if type(x) is not _ndarray or infinite.any() else None


def _logsumexp(x: Array, *, axis: int) -> Array:
    if type(x) is not _ndarray and gpu.runs_on(x):
        return gpu.elementwise("logsumexp", *gpu.reduction("largest", x, True, axis=axis, keepdims=True))
    xp, (largest, infinite) = xp_of(x), _largest(x, axis)
    if infinite is None and x.size:
        total = accurate_sum(xp.exp(x - largest), axis=axis, keepdims=True)
        if total.min() > 1.5:  # else the logarithm would lose what is added to 1: see largest_apart
            return largest + xp.log(total)
    finite = x if infinite is None else xp.where(infinite, 0, x)
    k, first, shifted = largest_apart(finite, axis)
    y = k + xp.log1p(accurate_sum(xp.where(first, 0, xp.exp(shifted)), axis=axis, keepdims=True))
    return y if infinite is None else xp.where(infinite, largest, y)


def _shares(x: Array, axis: int) -> Array:
    """Softmax, the derivative of logsumexp; of slices whose largest entry is infinite 0. The share of the largest has a constant
    above the line, so that its own derivative is exact too where it is nearly 1."""
    raw = x.array if isinstance(x, Traced) else x
    if type(x) is not _ndarray and raw is x and gpu.runs_on(x):
        return gpu.elementwise("softmax_shares", x, *gpu.reduction("largest", x, True, axis=axis, keepdims=True))
    largest, infinite = _largest(raw, axis)
    if infinite is not None:
        x = where(infinite, 0.0, x)
    if isinstance(x, Traced):
        _, first, shifted = largest_apart(x, axis)
        e = where(first, 1.0, exp(shifted))
    else:
        e = exp(x - (largest if infinite is None else xp_of(x).where(infinite, 0, largest)))
    shares = e / sum(e, axis=axis, keepdims=True)
    return shares if infinite is None else where(infinite, 0.0, shares)


# log(sum(exp(x))) along one axis, which becomes 1 long. An infinite largest entry is the result, and nothing there has a slope.
logsumexp = op("logsumexp", _logsumexp, saves="x", vjp=lambda g, y, x, *, axis: g * _shares(x, axis))


def _cumsum(x: Array, *, axis: int) -> Array:
    """Running sums, added up in float64: one after the other in float32, a million numbers .1 come to 100,958."""
    if x.dtype.kind != "f" or x.dtype.itemsize == 8:
        return xp_of(x).cumsum(x, axis=axis, dtype=summed_in(x))
    return xp_of(x).cumsum(x, axis=axis, dtype="float64").astype(x.dtype)


cumsum = op("cumsum", _cumsum,
            vjp=lambda g, y, x, *, axis: flip(cumsum(flip(g, axis=axis), axis=axis), axis=axis))

# --- products ---------------------------------------------------------------------------------------------------


def _matmul(a: Array, b: Array) -> Array:
    if b.ndim == 2 and a.ndim > 2 and a.size:  # one large product in place of a loop of small ones
        return (a.reshape(-1, a.shape[-1]) @ b).reshape(*a.shape[:-1], b.shape[-1])
    return product(a, b)


def _matmul_left(g: Array, y: Array, a: Array, b: Array) -> Array:
    return outer_sum(swap_last(g), swap_last(b)) if a.ndim == b.ndim > 2 else matmul(g, swap_last(b))


def _matmul_right(g: Array, y: Array, a: Array, b: Array) -> Array:
    if b.ndim == 2 and a.ndim > 2 and a.shape[-1] and g.shape[-1]:
        a, g = reshape(a, shape=(-1, a.shape[-1])), reshape(g, shape=(-1, g.shape[-1]))
    return outer_sum(a, g) if a.ndim == b.ndim else matmul(swap_last(a), g)


def outer_sum(x: Array, g: Array) -> Any:
    """xᵀ g: the sum over rows of outer products, which is what a weight's gradient is."""
    return Outer(x, g) if not isinstance(g, Traced) and x.shape[:-2] == g.shape[:-2] else matmul(swap_last(x), g)


def swap_last(x: Array) -> Array:
    """Swap the last two axes: the transpose of every matrix of a stack."""
    if type(x) is _ndarray:
        return x.swapaxes(-1, -2)
    return permute(x, axes=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


# Of two arguments with two axes or more; vectors are made matrices before they come here.
matmul = op("matmul", _matmul, saves="a b", broadcasts=True, vjp=(
    _matmul_left, _matmul_right),
    hint="the last axis of the first must equal the second-to-last of the second")


def _einsum_vjp(g: Array, y: Array, *operands: Array, spec: str, needs: tuple[bool, ...]) -> list[Array | None]:
    """Each operand's gradient is an einsum too: of g and the other operands, into that operand's letters."""
    inputs, out = spec.split("->")
    terms = inputs.split(",")
    gradients: list[Array | None] = []
    for i, (term, x) in enumerate(zip(terms, operands, strict=True)):
        if not needs[i]:
            gradients.append(None)
            continue
        others = [(t, o) for j, (t, o) in enumerate(zip(terms, operands, strict=True)) if j != i]
        seen = set(out).union(*(t for t, _ in others))
        found = "".join(c for c in term if c in seen)  # letters that only x had were summed: their gradient is constant
        gx = einsum(g, *[o for _, o in others], spec=",".join([out, *[t for t, _ in others]]) + "->" + found)
        if found != term:
            gx = broadcast_to(reshape(gx, shape=tuple(n if c in seen else 1 for c, n in zip(term, x.shape, strict=True))),
                              shape=x.shape)
        gradients.append(gx)
    return gradients


def _einsum(*operands: Array, spec: str) -> Array:
    inputs, out = spec.split("->")
    terms = inputs.split(",")
    if type(operands[0]) is not _ndarray and terms[1:] == terms[:1] and gpu.runs_on(*operands):
        summed = tuple(i for i, c in enumerate(terms[0]) if c not in out)
        if summed and out == "".join(c for c in terms[0] if c in out):  # "ij,ij->i": CuPy's own is a product per row
            return gpu.reduction("dot", *operands, axis=summed)
    return xp_of(*operands).einsum(spec, *operands, optimize=len(operands) > 1)


# Of a full spec ("ij,jk->ik") in which no operand repeats a letter; functional.einsum brings others to this form.
einsum = op("einsum", _einsum,
            joint=_einsum_vjp, saves="*", hint="each letter stands for one length, in every operand")

# --- shape ------------------------------------------------------------------------------------------------------

reshape = op("reshape", lambda x, *, shape: x.reshape(shape), vjp=lambda g, y, x, *, shape: reshape(g, shape=x.shape),
             hint="the product of the new lengths must equal the number of entries")
permute = op("permute", lambda x, *, axes: x.transpose(axes), hint="name every axis exactly once",
             vjp=lambda g, y, x, *, axes: permute(g, axes=tuple(sorted(range(len(axes)), key=lambda i: axes[i] % len(axes)))))
broadcast_to = op("broadcast_to", lambda x, *, shape: broadcast_view(x, shape), vjp=lambda g, y, x, *, shape: g,
                  broadcasts=True, hint="an axis of length 1 can become longer, and new axes come in front")
flip = op("flip", lambda x, *, axis: xp_of(x).flip(x, axis).copy(), vjp=lambda g, y, x, *, axis: flip(g, axis=axis))
clone = op("clone", lambda x: x.copy(), vjp=lambda g, y, x: g)
detach = op("detach", lambda x: x)  # the same array with no past: no gradient flows through
astype = op("astype", lambda x, *, dtype: x.astype(dtype), vjp=lambda g, y, x, *, dtype: astype(g, dtype=x.dtype))


def _cat_vjp(g: Array, y: Array, *parts: Array, axis: int, needs: tuple[bool, ...]) -> list[Array | None]:
    before: tuple[slice, ...] = (slice(None),) * (axis % g.ndim)
    gradients: list[Array | None] = []
    start = 0
    for x, need in zip(parts, needs, strict=True):
        length = x.shape[axis]
        gradients.append(getitem(g, index=(*before, slice(start, start + length))) if need else None)
        start += length
    return gradients


def _cat(*parts: Array, axis: int) -> Array:
    if type(parts[0]) is not _ndarray and len(parts) in (2, 3) and parts[0].ndim and gpu.runs_on(*parts):
        axis %= parts[0].ndim
        shape = list(parts[0].shape)
        if builtins.all([[*p.shape[:axis], *p.shape[axis + 1:]] == shape[:axis] + shape[axis + 1:] for p in parts]):
            shape[axis] = builtins.sum([p.shape[axis] for p in parts])
            y = xp_of(*parts).empty(tuple(shape), dtype=parts[0].dtype)
            return gpu.elementwise(f"cat_{len(parts)}", *parts, *[math.prod(p.shape[axis:]) for p in parts], y)
    return xp_of(*parts).concatenate(parts, axis=axis)


cat = op("cat", _cat, joint=_cat_vjp, saves="*", only_shapes=True,
         hint="all parts need equal lengths on every axis but the one they are joined on")
pad = op("pad", lambda x, *, widths, value=0.0: xp_of(x).pad(x, widths, constant_values=value),
         hint="widths are one (before, after) per axis, each 0 or more", vjp=lambda g, y, x, *, widths, value=0.0: getitem(
             g, index=tuple(slice(before, before + n) for (before, _), n in zip(widths, x.shape, strict=True))))


def _scatter(x: Array, *, index: Any, shape: tuple[int, ...]) -> Array:
    out = xp_of(x).zeros(shape, dtype=x.dtype)
    Part(x, index).add_to(out)
    return out


def _getitem(x: Array, *, index: Any) -> Array:
    """x[index]; of one entry too a view, which NumPy gives only if the index ends in `...`."""
    out = x[index_like(index, x)]
    return out if is_array(out) else x[(*(index if isinstance(index, tuple) else (index,)), ...)]


# getitem and scatter are each other's derivative; entries that an index names twice are added up.
getitem = op("getitem", _getitem, hint="an index must lie within its axis",
             vjp=lambda g, y, x, *, index: scatter(g, index=index, shape=x.shape) if isinstance(g, Traced) else Part(g, index))
scatter = op("scatter", _scatter, vjp=lambda g, y, x, *, index, shape: getitem(g, index=index))


def _index_put(x: Array, v: Array, *, index: Any) -> Array:
    return assign(x.copy(), index, v)


def assign(out: Array, index: Any, v: Array) -> Array:
    """out[index] = v. Of several values for one entry the last stays: NumPy takes equal layouts in order, a device in none."""
    if may_repeat(index) and (getattr(v, "ndim", 0) > 0 or type(out) is not _ndarray):
        places = _entries(index, out.shape)
        if getattr(v, "ndim", 0):
            values = xp_of(out).empty(places.shape, dtype=v.dtype)
            values[...] = v
            v = values
        if type(out) is not _ndarray:
            last = _last(places)
            index, v = xp_of().unravel_index(places[last], out.shape), v[like(last, out)] if getattr(v, "ndim", 0) else v
    out[index_like(index, out)] = v
    return out


def _entries(index: Any, shape: tuple[int, ...]) -> Array:
    """Which entries of an array of this shape an index names, by their numbers in it, counted row by row."""
    host = xp_of()
    index = tuple([to_host(i) if is_array(i) else i for i in index]) if isinstance(index, tuple) else to_host(index)
    numbers = 0
    for axis, n in enumerate(shape):
        along = host.arange(n).reshape((n,) + (1,) * (len(shape) - 1 - axis))
        numbers = numbers + host.broadcast_to(along, shape)[index] * math.prod(shape[axis + 1:])
    return host.asarray(numbers)


def _last(places: Array) -> Array:
    """True where an entry, by its number, is named for the last time."""
    _, first = xp_of().unique(places.reshape(-1)[::-1], return_index=True)
    last = xp_of().zeros(places.size, bool)
    last[places.size - 1 - first] = True
    return last.reshape(places.shape)


def _index_put_vjp(g: Array, y: Array, x: Array, v: Array, *, index: Any, needs: tuple[bool, ...]) -> list[Array | None]:
    """What was assigned gets the gradient of its places, and what was there before none. g is ours, to be written into."""
    raw, of_x, of_v = not isinstance(g, Traced), None, None
    if needs[1]:
        of_v = getitem(g, index=index)
        if may_repeat(index):
            of_v = where(like(_last(_entries(index, g.shape)), g), of_v, 0.0)
        elif raw:
            of_v = of_v.copy()
        if v.ndim > of_v.ndim:
            of_v = reshape(of_v, shape=(1,) * (v.ndim - of_v.ndim) + of_v.shape)
    if needs[0]:
        of_x = assign(g, index, 0.0) if raw else index_put(g, 0.0, index=index)
    return [of_x, of_v]


# x, with v at the places of an index: an assignment x[index] = v.
index_put = op("index_put", _index_put, joint=_index_put_vjp, broadcasts=True, overwrites=True,
               hint="an index must lie within its axis, and a value has the shape of x[index], or less")


def sum_to(g: Array, shape: tuple[int, ...]) -> Array:
    """Sum `g` back to the shape of an argument that was broadcast."""
    lead = g.ndim - len(shape)
    if type(g) is _ndarray and lead == 1 and shape == g.shape[1:]:  # a bias, of every row: by far the most frequent
        return accurate_sum(g, axis=0)
    axes = (*range(lead), *(lead + i for i, n in enumerate(shape) if n == 1 and g.shape[lead + i] != 1))
    if axes:
        g = sum(g, axis=axes, keepdims=True)
    return reshape(g, shape=shape) if lead else g


# --- what help() says -------------------------------------------------------------------------------------------

_TWO = "a and b are Tensors, arrays or numbers, broadcast to one shape, which the result has."
_ONE = "Each entry by itself: the result has the shape of x."
_SAYS: dict[Any, str] = {
    add: f"a + b, also written so. {_TWO}",
    sub: f"a - b, also written so. {_TWO}",
    mul: f"a * b, entry by entry, also written so. {_TWO}",
    div: f"a / b, also written so; of integers floating point. {_TWO}",
    maximum: f"The larger of each two entries; ties give half of the gradient to each. {_TWO}",
    minimum: f"The smaller of each two entries; ties give half of the gradient to each. {_TWO}",
    pow: f"a to the power b, also written a ** b. {_TWO}",
    floor_divide: f"a / b, rounded towards minus infinity, also written a // b: -7 // 2 is -4. Its gradient is 0. {_TWO}",
    remainder: f"What floor_divide leaves, also written a % b: -7 % 2 is 1, with the sign of b. {_TWO}",
    where: "a where the condition is True, else b; what is not taken gets no gradient, be it a NaN.\n\n"
           "condition  booleans\na, b       Tensors, arrays or numbers; all are broadcast to one shape, which the result has",
    neg: f"-x, also written so. {_ONE}",
    exp: f"e to the power x; its derivative is itself. {_ONE}",
    log: f"The natural logarithm: -inf of 0, NaN below. Its derivative is 1 / x. {_ONE}",
    log1p: f"log(1 + x), exact where x is tiny. Its derivative is 1 / (1 + x). {_ONE}",
    expm1: f"exp(x) - 1, exact where x is tiny. Its derivative is exp(x). {_ONE}",
    sqrt: f"The square root: NaN below 0. Its derivative is 1 / (2 sqrt(x)), which is inf at 0. {_ONE}",
    tanh: f"(exp(x) - exp(-x)) / (exp(x) + exp(-x)), from -1 to 1. Its derivative is 1 - tanh(x)^2. {_ONE}",
    relu: f"max(x, 0). Its derivative is 1 above 0, else 0, at 0 too. {_ONE}",
    abs: f"|x|. Its derivative is the sign, 0 at 0. {_ONE}",
    sin: f"The sine of x in radians. Its derivative is cos(x). {_ONE}",
    cos: f"The cosine of x in radians. Its derivative is -sin(x). {_ONE}",
    floor: f"The next whole number down, with a gradient of 0. {_ONE}",
    ceil: f"The next whole number up, with a gradient of 0. {_ONE}",
    round: f"The nearest whole number, halves to the even one, with a gradient of 0. {_ONE}",
    sigmoid: f"1 / (1 + exp(-x)), from 0 to 1, without overflow. Its derivative is s (1 - s), with s = sigmoid(x). {_ONE}",
    erf: f"The error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. {_ONE}",
    erfc: f"1 - erf(x), exact where that difference is tiny. {_ONE}",
    sign: f"1, 0 or -1, with a gradient of 0. {_ONE}",
    eq: f"a == b, as booleans. {_TWO}",
    ne: f"a != b, as booleans. {_TWO}",
    gt: f"a > b, as booleans. {_TWO}",
    ge: f"a >= b, as booleans. {_TWO}",
    lt: f"a < b, as booleans. {_TWO}",
    le: f"a <= b, as booleans. {_TWO}",
    bitwise_and: f"a & b: of booleans and, of integers bit by bit. {_TWO}",
    bitwise_or: f"a | b: of booleans or, of integers bit by bit. {_TWO}",
    bitwise_xor: f"a ^ b: of booleans either-or, of integers bit by bit. {_TWO}",
    bitwise_not: f"~x: of booleans not, of integers bit by bit. {_ONE}",
    isnan: f"Where x is NaN, as booleans. {_ONE}",
    clone: f"A copy, through which gradients flow. {_ONE}",
}
for _function, _text in _SAYS.items():
    _function.__doc__ = _text
