"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from .... import shaping
from ....errors import DTypeError, ShapeError, message
from ....tensor import Tensor


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All entries of all parameters, one after the other, in one vector."""
    return shaping.cat([shaping.reshape(p, -1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Let each parameter have its part of the vector, whose memory it then shares."""
    if not isinstance(vec, Tensor):
        raise DTypeError(message(f"vector_to_parameters: a {type(vec).__name__}", fix="the vector first, then the parameters"))
    begin, listed = 0, list(parameters)
    if sum(p.array.size for p in listed) > vec.array.size:
        raise ShapeError(message(f"vector_to_parameters: {vec.array.size} numbers for more entries of parameters",
                                 fix="a vector as long as parameters_to_vector gives it"))
    for p in listed:
        p.data = vec.array[begin:begin + p.array.size].reshape(p.shape)
        begin += p.array.size
