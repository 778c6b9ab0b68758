"""NumPy's functions, called with a Tensor: np.exp(x) is td.exp(x), recorded; what cannot be recorded is an error.

https://numpy.org/neps/nep-0013-ufunc-overrides.html and nep-0018-array-function-protocol.html
"""

from __future__ import annotations

from typing import Any

from .. import functional, ops
from ..errors import DTypeError, message

UFUNCS = {
    "add": ops.add, "subtract": ops.sub, "multiply": ops.mul, "divide": ops.div, "power": ops.pow, "negative": ops.neg,
    "exp": ops.exp, "log": ops.log, "sqrt": ops.sqrt, "tanh": ops.tanh, "sin": ops.sin, "cos": ops.cos,
    "absolute": ops.abs, "sign": ops.sign, "maximum": ops.maximum, "minimum": ops.minimum, "isnan": ops.isnan,
    "matmul": functional.matmul, "equal": ops.eq, "not_equal": ops.ne, "greater": ops.gt, "greater_equal": ops.ge,
    "less": ops.lt, "less_equal": ops.le, "logical_not": ops.logical_not,
    "bitwise_and": ops.bitwise_and, "bitwise_or": ops.bitwise_or, "bitwise_xor": ops.bitwise_xor,
    "invert": ops.bitwise_not,
}
FUNCTIONS = {
    "sum": functional.sum, "mean": functional.mean, "concatenate": functional.cat, "stack": functional.stack,
    "argmax": functional.argmax, "argmin": functional.argmin, "einsum": functional.einsum, "where": ops.where,
    "outer": functional.outer, "dot": functional.matmul, "squeeze": functional.squeeze, "amax": functional.amax,
    "amin": functional.amin, "max": functional.amax, "min": functional.amin, "cumsum": functional.cumsum,
    "any": functional.any, "all": functional.all,
    "tril": functional.tril, "triu": functional.triu, "flip": functional.flip, "clip": functional.clamp,
}


def array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """Tensor.__array_ufunc__."""
    function: Any = UFUNCS.get(ufunc.__name__)
    if function is None or method != "__call__" or kwargs:
        raise DTypeError(message(f"np.{ufunc.__name__} was given a Tensor, and would not be recorded",
                                 fix=_instead(ufunc.__name__)))
    return function(*inputs)


def array_function(self: Any, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
    """Tensor.__array_function__."""
    function: Any = FUNCTIONS.get(func.__name__)
    if function is None:
        module = func.__module__.replace("numpy", "np", 1)
        raise DTypeError(message(f"{module}.{func.__name__} was given a Tensor, and would not be recorded",
                                 fix=_instead(func.__name__)))
    try:
        return function(*args, **kwargs)
    except TypeError as error:
        if isinstance(error, DTypeError):
            raise
        raise DTypeError(message(f"np.{func.__name__} of a Tensor: {error}",
                                 fix=f"call it as td.{function.__name__}, or pass x.numpy()")) from error


def _instead(name: str) -> str:
    from .elsewhere import instead_of_numpy

    here = instead_of_numpy(name)
    return f"{here}; or pass x.numpy()" if here else "pass x.numpy()"
