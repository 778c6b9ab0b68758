"""Gradient clipping, whose norm is a Tensor."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

import numpy as np

from .... import backend
from ....optim import clip
from ....tensor import Tensor


def clip_grad_norm_(parameters: Any, max_norm: Any, norm_type: Any = 2.0, error_if_nonfinite: bool = False,
                    foreach: bool | None = None) -> Tensor:
    """Scale all gradients so that together they have at most this norm; the norm before, 0 if there are no gradients.

    See optim.clip_grad_norm_. As in PyTorch a norm that is not finite passes without a word, unless error_if_nonfinite. The
    argument `foreach` has no effect.
    """
    listed = _listed(parameters)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        norm = clip.clip_grad_norm_(listed, float(max_norm), float(norm_type), error_if_nonfinite)
    if isinstance(norm, Tensor):  # of a device, and there already
        return norm
    dtypes = [p.grad.dtype for p in listed if p._grad is not None]
    return Tensor(np.asarray(norm, np.result_type(*dtypes) if dtypes else backend.default_dtype))


def clip_grad_value_(parameters: Any, clip_value: Any, foreach: bool | None = None) -> None:
    """Limit every entry of every gradient to [-clip_value, clip_value]."""
    clip.clip_grad_value_(_listed(parameters), float(clip_value))


def _listed(parameters: Any) -> Any:
    """One Tensor or many, as a list: they may come from a generator, which can be gone through only once."""
    if isinstance(parameters, Tensor):
        return [parameters]
    return list(parameters) if isinstance(parameters, Iterable) else parameters
