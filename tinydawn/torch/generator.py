"""PyTorch's random numbers on the CPU, to the last bit, with NumPy: the same seed begins with the same weights and batches.

Whatever is drawn, a weight, a mask, a shuffled order, comes of one stream of whole numbers of 32 bits, which a *Mersenne
twister* makes: 624 words of memory, filled from the seed, and stirred together into the next 624 whenever they are used up. It
repeats itself after 2^19937 - 1 numbers [1]. NumPy has the same twister; how PyTorch makes the rest of it is told here:

* A **uniform** number in [0, 1) is the lower 24 bits over 2^24, as many as a float32 holds; in float64 the lower 53 of two
  words, the first of which is the upper half. So float32 and float64 draws from one seed have nothing in common.
* Two **normal** numbers come of two uniform ones u and v [2]. Think of a point in the plane with two independent normal numbers
  as coordinates: its direction is uniform, 2 pi v, and half its squared distance is exponential, -log(1 - u). So they are
      sqrt(-2 log(1 - u)) cos(2 pi v)   and   sqrt(-2 log(1 - u)) sin(2 pi v).
  PyTorch has two ways. For 16 numbers or more it works in blocks of 16, for vector instructions: the first eight uniform
  numbers of a block are the u, the other eight the v, the first eight normal numbers the cosines. If the length is no multiple
  of 16, the last 16 numbers are drawn anew. For fewer than 16 numbers it draws pairs (v, u) in float64, and an odd sine is kept
  for the next small call. So `randn(15)` and the beginning of `randn(16)` differ altogether.
* A **whole number** below n is the rest of a division by n: of one word, or from n = 2^28 on of two. The rests are not quite
  equally likely: below 2^28 words of 32 bits go round at least 16 times, so that one may be too frequent by one part in 16.
* A **permutation** swaps every place with one behind it, or itself, drawn in this manner [3].
* An **exponential** number is -log(1 - u) / rate: the waiting time for what happens `rate` times in a unit of time.
* A **category** with probability p_i is the winner of a race: runner i takes an exponential time of rate p_i, and is first with
  probability p_i / sum p. One draw is argmax p_i / e_i, with e_i exponential of rate 1, and the k first are k draws without
  replacement [4]. Several with replacement look their uniform numbers up among the summed probabilities.
* A **truncated normal** number is a normal one, drawn again as long as it is outside [5].

To the last bit means with the rounding of PyTorch's program too (rounding.py): a b + c is rounded once where the processor
multiplies and adds in one instruction; float32 logarithm, sine and cosine are the polynomials of a well known library [6], in
float64 they are those of the C library, which Python calls as well. It holds for PyTorch 2.13 on x86 processors. On others its
real numbers may differ by some millionths; earlier versions draw masks and exponential numbers by Intel's library, where they
find one of Intel's processors, and truncated normal numbers otherwise. The stream of words is the same everywhere.

[1] Matsumoto, Nishimura: Mersenne twister (1998)   [2] Box, Muller: A note on the generation of random normal deviates (1958)
[3] Durstenfeld: Algorithm 235, random permutation (1964)   [4] Efraimidis, Spirakis: Weighted random sampling with a reservoir
(2006)   [5] von Neumann: Various techniques used in connection with random digits (1951)   [6] Moshier: Cephes (1989);
the order of PyTorch's draws: aten/src/ATen/core/DistributionsHelper.h and aten/src/ATen/native/cpu/DistributionTemplates.h
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks import is_whole
from ..errors import DTypeError, OptionError, ShapeError, StateError, message
from .rounding import box_muller, c_library, fma

Array = NDArray[Any]
Shape = int | Sequence[int]

_PIECE = 8192  # numbers made at a time: as much as a processor's cache holds

# The bytes of get_state(), as PyTorch lays them out, so that the one can go on where the other is.
_STATE = np.dtype([("seed", "<u8"), ("left", "<i4"), ("seeded", "<i4"), ("next", "<u8"), ("words", "<u8", 624),
                   ("unused", "<f8"), ("normal", "<f8"), ("unused2", "<f8"), ("has_normal", "<i4"), ("unused3", "<i4", 3)])


class Generator:
    """A stream of random numbers with PyTorch's interface; the methods that draw return arrays of NumPy.

    >>> Generator().manual_seed(1).integers(0, 10, (5,))
    array([5, 9, 4, 8, 3])
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.device = device
        self._twister = np.random.MT19937()
        self.manual_seed(67280421310721)  # where PyTorch's begin

    # --- the stream ----------------------------------------------------------------------------------------------

    def manual_seed(self, seed: int) -> Generator:
        """Begin anew from `seed`; of its 64 bits the twister takes the lower 32. A negative one counts down from 2^64."""
        if not is_whole(seed):
            raise DTypeError(message(f"manual_seed: the seed is a {type(seed).__name__}", fix="a whole number"))
        if not -(2**63) <= seed < 2**64:
            raise OptionError(message(f"manual_seed: {seed} has more than 64 bits", fix="a seed of -2^63 or more, below 2^64"))
        self._seed = int(seed) % 2**64
        filled: Any = np.random.RandomState(self._seed % 2**32).get_state(legacy=False)  # the 624 words, from the seed
        self._twister.state = filled
        self._spare: float | None = None  # the odd normal number of a small call
        return self

    def seed(self) -> int:
        """Begin anew from a seed that nobody knows, and return it."""
        return self.manual_seed(secrets.randbits(64)).initial_seed()

    def initial_seed(self) -> int:
        """The seed that this began from."""
        return self._seed

    def get_state(self) -> Array:
        """Where the stream is, as bytes: PyTorch's own, so that torch.set_rng_state takes them."""
        state, out = self._twister.state["state"], np.zeros((), _STATE)
        out["seed"], out["seeded"], out["words"] = self._seed, 1, state["key"]
        out["next"], out["left"] = state["pos"], 625 - state["pos"]
        out["has_normal"], out["normal"] = self._spare is not None, self._spare or 0.0
        return np.frombuffer(out.tobytes(), np.uint8).copy()

    def set_state(self, new_state: Any) -> None:
        """Go on from a state of get_state(), or of PyTorch's."""
        data = np.ascontiguousarray(new_state, np.uint8)
        if data.size != _STATE.itemsize:
            raise StateError(message(f"set_state: {data.size} bytes", fix=f"{_STATE.itemsize}, as get_state() returns"))
        state = np.frombuffer(data.tobytes(), _STATE)[0]
        position = 624 if state["left"] == 1 else int(state["next"])
        self._seed = int(state["seed"])
        self._twister.state = {"bit_generator": "MT19937", "state": {"key": state["words"].astype(np.uint32), "pos": position}}
        self._spare = float(state["normal"]) if state["has_normal"] else None

    def random32(self, n: int) -> Array:
        """The next n words of 32 bits."""
        return self._twister.random_raw(n)

    def random64(self, n: int) -> Array:
        """The next n numbers of 64 bits: of two words each, the upper half first."""
        words = self._twister.random_raw(2 * n)
        return (words[::2] << np.uint64(32)) | words[1::2]

    # --- real numbers --------------------------------------------------------------------------------------------

    def _unit(self, n: int, dtype: Any) -> Array:
        """n uniform numbers in [0, 1): of float64 has the 53 bits it holds, of float32 24."""
        if dtype == np.float64:
            return (self.random64(n) & np.uint64(2**53 - 1)).astype(np.float64) * 2.0**-53
        return (self.random32(n) & np.uint64(2**24 - 1)).astype(np.float32) * np.float32(2.0**-24)

    def uniform(self, low: float, high: float, shape: Shape, dtype: Any = np.float32) -> Array:
        """Uniform in [low, high)."""
        if not low <= high:
            raise OptionError(message(f"uniform: from {low} to {high}", fix="the lower end first"))
        lengths, target = _lengths(shape), np.dtype(dtype)
        size, wide = math.prod(lengths), _computed(target)
        first, last, out = wide.type(low), wide.type(high), np.empty(size, target)
        for i in range(0, size, _PIECE):
            out[i:i + _PIECE] = fma(self._unit(min(_PIECE, size - i), wide), last - first, first)
        out[out == target.type(high)] = target.type(low)  # rounded up to the end, which does not belong to it
        return out.reshape(lengths)

    def normal(self, mean: Any, std: Any, shape: Shape | None = None, dtype: Any = np.float32,
               contiguous: bool = True) -> Array:
        """Normal, with numbers as mean and std and a shape; or with one of them an array, and then of its shape and dtype.

        Not `contiguous`: what is filled is a transposed view or some columns, where PyTorch makes no blocks.
        """
        if not np.all(np.asarray(std) >= 0):
            raise OptionError(message("normal: a standard deviation below 0", fix="0 or more"))
        arrays = [x for x in (mean, std) if isinstance(x, np.ndarray)]
        if arrays:  # drawn first, scaled and shifted afterwards, each with a rounding of its own
            shape, dtype = np.broadcast_shapes(*(x.shape for x in arrays)), arrays[0].dtype
            if isinstance(std, np.ndarray):
                scaled = (self.normal(0.0, 1.0, shape, dtype) * std).astype(dtype, copy=False)
            else:
                scaled = self.normal(0.0, std, shape, dtype)
            return np.asarray(scaled + np.asarray(mean, dtype))
        assert shape is not None
        lengths, target = _lengths(shape), np.dtype(dtype)
        size, wide = math.prod(lengths), _computed(target)
        if size < 16 or not contiguous:
            return fma(self._few_normals(size), float(std), float(mean)).astype(target).reshape(lengths)
        out, whole = np.empty(size, target), size // 16 * 16
        for i in range(0, whole, _PIECE):
            end = min(i + _PIECE, whole)
            out[i:end] = box_muller(self._unit(end - i, wide), mean, std)
        if whole < size:
            if wide == target:
                self._unit(size - whole, wide)  # what PyTorch draws, and overwrites
            out[-16:] = box_muller(self._unit(16, wide), mean, std)
        return out.reshape(lengths)

    def _few_normals(self, n: int) -> Array:
        """n standard normal numbers in pairs: a cosine, then a sine, which may have to wait for the next call."""
        out = [] if self._spare is None or n == 0 else [self._spare]
        uniform = self._unit((n - len(out) + 1) // 2 * 2, np.float64).tolist()
        for v, u in zip(uniform[::2], uniform[1::2], strict=True):
            radius, angle = math.sqrt(-2 * math.log1p(-u)), 2 * math.pi * v
            out += [radius * math.cos(angle), radius * math.sin(angle)]
        if n:
            self._spare = out[n] if len(out) > n else None
        return np.array(out[:n], np.float64)

    def truncated_normal(self, mean: float, std: float, a: float, b: float, shape: Shape, dtype: Any = np.float32) -> Array:
        """Normal, but within [a, b], as nn.init.trunc_normal_ of PyTorch 2.13 draws it."""
        target = np.dtype(dtype)
        below = [(1 + math.erf((x - mean) / std / math.sqrt(2))) / 2 for x in (a, b)]
        if below[1] - below[0] > 0.3:  # most fall inside: draw all again as often as one does not
            out = self.normal(mean, std, shape, target)
            while (outside := (out < target.type(a)) | (out > target.type(b))).any():
                out = np.where(outside, self.normal(mean, std, shape, target), out)
            return out
        # Few would: draw a place between a and b, and keep it with the density there, compared with the greatest one.
        peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
        out, pending = np.zeros(_lengths(shape), target), np.ones(_lengths(shape), bool)
        while pending.any():
            place = self.uniform(a, b, shape, target)
            out = np.where(pending, place, out)
            density = ((place - target.type(mean)) / target.type(std)) ** 2 * target.type(-0.5) - target.type(peak)
            with np.errstate(divide="ignore"):  # log(0): always kept
                pending &= np.log(self.uniform(0.0, 1.0, shape, target)) > density
        return out

    def exponential(self, rate: float, shape: Shape, dtype: Any = np.float32) -> Array:
        """Exponential: of mean 1 / rate."""
        if not rate > 0:
            raise OptionError(message(f"exponential: the rate is {rate}", fix="a number above 0"))
        u = self._unit(math.prod(_lengths(shape)), np.float64)
        log = c_library(math.log1p, -u) if np.dtype(dtype) == np.float64 else np.log1p(-u)
        return (-1.0 / rate * log).astype(dtype).reshape(_lengths(shape))

    # --- what is counted -----------------------------------------------------------------------------------------

    def integers(self, low: int, high: int, shape: Shape, dtype: Any = np.int64) -> Array:
        """Whole numbers from low to high - 1."""
        if not (-(2**63) <= low < high <= 2**63):
            raise OptionError(message(f"integers: from {low} to {high}", fix="64-bit numbers, the first below the second"))
        size, span = math.prod(_lengths(shape)), int(high) - int(low)
        words = self.random64(size) if span >= 2**28 else self.random32(size)
        rests = words if span == 2**64 else words % np.uint64(span)
        return (rests + np.uint64(low % 2**64)).view(np.int64).astype(dtype, copy=False).reshape(_lengths(shape))

    def random(self, shape: Shape, dtype: Any = np.int64) -> Array:
        """Tensor.random_(): all whole numbers, 0 or more, that the dtype holds; a floating one up to where it has gaps."""
        size, target = math.prod(_lengths(shape)), np.dtype(dtype)
        if target.kind == "f":
            span = 2 ** (np.finfo(target).nmant + 1) + 1
        else:
            span = 2 if target.kind == "b" else int(np.iinfo(target).max) + 1
        words = self.random64(size) if target in (np.int64, np.float64) else self.random32(size)
        return (words % np.uint64(span)).astype(target).reshape(_lengths(shape))

    def permutation(self, n: int) -> Array:
        """The numbers below n in random order."""
        order = list(range(n))
        swaps = self.random32(max(n - 1, 0)) % np.arange(n, 1, -1, dtype=np.uint64)
        for i, j in enumerate((swaps + np.arange(len(swaps), dtype=np.uint64)).tolist()):
            order[i], order[j] = order[j], order[i]
        return np.array(order, np.int64)

    def bernoulli(self, p: Any, shape: Shape | None = None) -> Array:
        """True with probability p: a number, and a shape; or an array, and then of its shape."""
        if not np.all((np.asarray(p) >= 0) & (np.asarray(p) <= 1)):
            raise OptionError(message("bernoulli: a probability outside [0, 1]", fix="probabilities: sigmoid(x) of scores"))
        if shape is None:
            return np.asarray(self._unit(p.size, p.dtype).reshape(p.shape) < p)
        return (self._unit(math.prod(_lengths(shape)), np.float64) < p).reshape(_lengths(shape))

    def multinomial(self, weights: Array, num_samples: int, replacement: bool = False) -> Array:
        """Categories, with probabilities in proportion to weights (N,) or (B, N): (num_samples,) or (B, num_samples)."""
        if weights.ndim not in (1, 2) or weights.dtype.kind != "f":
            what = f"multinomial: weights of shape {weights.shape}, {weights.dtype}"
            raise ShapeError(message(what, fix="(N,) or (B, N), floating"))
        if not np.isfinite(weights).all() or (weights < 0).any() or (weights.sum(-1) <= 0).any():
            raise OptionError(message("multinomial: a weight below 0, infinite or NaN, or all are 0", fix="softmax(scores)"))
        most = weights.shape[-1]
        if num_samples < 1 or (num_samples > most and not replacement):
            raise OptionError(message(f"multinomial: {num_samples} of {most} categories", fix="fewer, or replacement=True"))
        if num_samples == 1 or not replacement:
            speed = weights / self.exponential(1.0, weights.shape, weights.dtype)
            if num_samples == 1:
                return speed.argmax(-1, keepdims=True)
            return np.argsort(-speed, axis=-1, kind="stable")[..., :num_samples]
        rows = []
        for row in weights.reshape(-1, most):
            total = np.cumsum(row, dtype=row.dtype)
            total /= total[-1]
            total[-1] = 1  # whatever the rounding
            rows.append(np.searchsorted(total.astype(np.float64), self._unit(num_samples, np.float64)))
        return np.array(rows).reshape(*weights.shape[:-1], num_samples)


def in_memory_order(x: Array, draw: Callable[[tuple[int, ...]], Array]) -> Array:
    """What `draw` makes of a shape, for every entry of x in the order in which they lie in memory, as PyTorch fills a mask.

    It matters where x is transposed: g.bernoulli(0.9, x.shape) would give row after row of x what is drawn.
    """
    axes = np.argsort([-step for step in x.strides], kind="stable")
    return draw(x.transpose(axes).shape).transpose(np.argsort(axes))


def _lengths(shape: Shape) -> tuple[int, ...]:
    return (int(shape),) if is_whole(shape) else tuple(shape)  # type: ignore[arg-type]


def _computed(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The dtype in which numbers of `dtype` are drawn: a float16 is a float32, rounded."""
    if dtype.kind != "f":
        raise DTypeError(message(f"random numbers of dtype {dtype}", fix="a floating one, as float32"))
    return np.dtype(np.float64 if dtype == np.float64 else np.float32)
