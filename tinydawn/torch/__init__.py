"""PyTorch's spelling of tinydawn: `import tinydawn.torch as torch`, and a program that was written for PyTorch runs.

Importing it teaches tinydawn's Tensor PyTorch's methods (methods.py), and lets layers, dropout and sampling draw the numbers that
PyTorch draws from the same seed (generator.py). Both go on understanding tinydawn: there is one Tensor, one graph, one backward
pass, and `td.draw` shows any of it.

    import tinydawn.torch as torch
    import tinydawn.torch.nn.functional as F

    x = torch.tensor([1.0, 2.0], requires_grad=True)
    x.max(dim=0).values.backward()

`python -m tinydawn.torch FILE.py` runs a file as it is, its `import torch` answered from here.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from .. import functional as _functional
from .. import graph as _graph
from .. import ops as _ops
from .. import random as _random
from ..backend import get_num_threads, set_num_threads
from ..creation import get_default_dtype, set_default_dtype
from ..graph import Traced as _Traced
from . import making as _making
from . import methods as _methods
from .dtypes import (
    Size,
    device,
    double,
    dtype,
    finfo,
    float16,
    float32,
    float64,
    half,
    iinfo,
    int8,
    int16,
    int32,
    int64,
    long,
    short,
    uint8,
)
from .generator import Generator
from .making import (
    AnyTensor,
    BoolTensor,
    ByteTensor,
    CharTensor,
    DoubleTensor,
    FloatTensor,
    HalfTensor,
    IntTensor,
    LongTensor,
    ShortTensor,
    arange,
    as_tensor,
    asarray,
    default_generator,
    e,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    get_rng_state,
    inf,
    initial_seed,
    linspace,
    logspace,
    manual_seed,
    nan,
    normal,
    ones,
    ones_like,
    pi,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    seed,
    set_rng_state,
    tensor,
    tril_indices,
    triu_indices,
    zeros,
    zeros_like,
)
from .methods import Pair
from .tensors import (
    block_diag,
    broadcast_tensors,
    cartesian_prod,
    cat,
    concat,
    concatenate,
    einsum,
    hstack,
    is_tensor,
    meshgrid,
    stack,
    vstack,
    where,
)



def use(on: bool = True) -> None:
    """Teach tinydawn's Tensor PyTorch's methods, and draw its numbers: what importing does. use(False) takes both back."""
    if on:
        _methods.install()
    else:
        _methods.uninstall()
    _random.source = default_generator if on else None


use()

Tensor = AnyTensor
globals().update(float=float32, int=int32, bool=_making.dtypes.bool_)

# Functions of the module that are methods of their first argument.
_AS_METHODS = (
    "abs absolute add addcdiv addcmul addmm all allclose amax amin any argmax argmin argsort argwhere baddbmm bernoulli bincount "
    "bitwise_and bitwise_not bitwise_or bitwise_xor bmm broadcast_to ceil chunk clamp clamp_max clamp_min clip clone cos cosh "
    "count_nonzero cumprod cumsum diag diagonal div divide dot eq equal erf erfc exp exp2 expm1 flatten flip fliplr flipud floor floor_divide "
    "fmod frac gather ge ger greater greater_equal gt histc index_add index_copy index_fill index_select inner isclose isfinite "
    "isinf isnan le lerp less less_equal log log10 log1p log2 log_softmax logaddexp logical_and logical_not logical_or "
    "logical_xor logsumexp lt masked_fill masked_scatter masked_select matmul max maximum mean median min minimum mm movedim "
    "moveaxis mul multinomial multiply mv nan_to_num nanmean narrow ne neg negative nonzero norm not_equal numel outer permute pow "
    "prod quantile reciprocal relu remainder repeat_interleave reshape roll round rsqrt scatter scatter_add select sigmoid sign "
    "sin sinh softmax sort split sqrt square squeeze std sub subtract sum swapaxes t take take_along_dim tan tanh tile topk trace "
    "transpose tril triu true_divide trunc unbind unflatten unique unique_consecutive unsqueeze var detach is_floating_point "
    "is_complex unfold").split()


def _function(name: str) -> Any:
    def function(input: Any, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        x = input if isinstance(input, _Traced) else _methods.tensor_of(input, args[0] if args and isinstance(args[0], _Traced) else None)
        found = getattr(x, name)(*args, **kwargs)
        return found if out is None else out.copy_(found)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"torch.{name}(x, ...) is x.{name}(...)."
    return function


globals().update({name: _function(name) for name in _AS_METHODS})


def var_mean(input: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """Variance and mean along the same dimension."""
    dims = {k: v for k, v in kwargs.items() if k in ("dim", "axis", "keepdim")}
    return input.var(*args, **kwargs), input.mean(*args[:1], **dims)


def std_mean(input: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    """Standard deviation and mean along the same dimension."""
    variance, mean = var_mean(input, *args, **kwargs)
    return input.std(*args, **kwargs), mean
