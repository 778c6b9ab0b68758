"""What runs on a GPU as one kernel each, by CuPy's ElementwiseKernel and ReductionKernel: the bodies stand in bodies.py.

Every launch of a kernel costs a GPU some microseconds, however little it computes, and an array call of NumPy's becomes one: an
LSTM's step, written as on the CPU, takes 34. So the formulas of which that matters are one kernel each. Beside every one stands
the same as array calls, where it is called: for the CPU, for float16, and for libraries that have no such kernels.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from ..backend import xp_of
from .bodies import ELEMENTWISE, PREAMBLE, REDUCTIONS, STRUCTS


def runs_on(*arrays: Any) -> bool:
    """Whether these kernels can take the arrays, all of one dtype: they lie on a GPU, as float32 or float64.

    A number, as in `ops.erf(0.5)`, lies nowhere: NumPy computes with it."""
    x = arrays[0]
    if type(x) is np.ndarray or not hasattr(x, "dtype"):
        return False
    if x.dtype.char not in "fd" or not hasattr(xp_of(x), "ElementwiseKernel"):
        return False
    return all(a.dtype is x.dtype or a.dtype == x.dtype for a in arrays[1:])


def elementwise(name: str, *args: Any) -> Any:
    """Run the kernel of this name, a thread for each entry of its arrays that are not raw, broadcast to one shape.

    args  its inputs, arrays or numbers, then the arrays that it writes to; or these are made, unless one is raw
    """
    return _elementwise(xp_of(*args), name)(*args)


def reduction(name: str, *args: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Run the reduction of this name over `axis`; None: all. Returns an array, or a tuple of several, that it makes."""
    xp = xp_of(*args)
    kernel, outputs = _reduction(xp, name)
    shape = np.broadcast_shapes(*[a.shape for a in args if hasattr(a, "shape")])
    axes = {a % len(shape) for a in (range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,))}
    shape = tuple(1 if i in axes else n for i, n in enumerate(shape) if keepdims or i not in axes)
    out = [xp.empty(shape, dtype=args[0].dtype) for _ in range(outputs)]
    kernel(*args, *out, axis=axis, keepdims=keepdims)
    return out[0] if outputs == 1 else tuple(out)


def length(x: Any, out: Any) -> None:
    """The length of x, as a vector, into `out`, an array of one entry."""
    kernel, _ = _reduction(xp_of(x), "norm")
    kernel(x, out.reshape(()))


@cache
def _elementwise(xp: Any, name: str) -> Any:
    """Not named `erf` itself, or the body's erf would be this kernel."""
    inputs, outputs, body = ELEMENTWISE[name]
    return xp.ElementwiseKernel(inputs, outputs, body, name=f"tinydawn_{name}", preamble=PREAMBLE)


@cache
def _reduction(xp: Any, name: str) -> tuple[Any, int]:
    inputs, outputs, mapped, reduced, after, start, kind = REDUCTIONS[name]
    preamble = PREAMBLE + "".join(STRUCTS.get(kind, ""))
    kernel = xp.ReductionKernel(inputs, outputs, mapped, reduced, after, start, name=f"tinydawn_{name}", reduce_type=kind,
                                preamble=preamble)
    return kernel, outputs.count(",") + 1
