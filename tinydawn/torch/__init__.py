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

import importlib
import sys
from typing import Any

import numpy as _numpy

from .. import autograd as _engine
from .. import errors as _errors
from .. import random as _random
from ..backend import get_num_threads, set_num_threads
from ..creation import get_default_dtype, set_default_dtype
from ..graph import Traced as _Traced
from . import making as _making
from . import methods as _methods
from .absent import answer
from .autograd import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
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
    get_default_device,
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
    range,
    seed,
    set_default_device,
    set_rng_state,
    tensor,
    tril_indices,
    triu_indices,
    zeros,
    zeros_like,
)
from .methods import Pair
from .printing import get_printoptions, printoptions, set_printoptions
from .storage import load, save
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
from .wording import reworded as _reworded

_warned: dict[str, Any] = {}  # what NumPy warned of before the layer was in use; empty while it is not


def use(on: bool = True) -> None:
    """Teach tinydawn's Tensor PyTorch's methods, and draw its numbers: what importing does. use(False) takes both back."""
    if on:
        _methods.install()
    else:
        _methods.uninstall()
    _random.source = default_generator if on else None
    _engine.accumulate_in_place = on
    _errors.words = _reworded if on else None
    if on and not _warned:  # PyTorch says nothing of log(0) and 1 / 0
        _warned.update(_numpy.seterr(all="ignore"))
    elif _warned and not on:
        _numpy.seterr(**_warned)
        _warned.clear()
    teaching = sys.modules.get(f"{__name__}.nn.teaching")
    if teaching is not None:  # else it teaches when it is imported
        teaching.teach(on)


use()

Tensor = AnyTensor
globals().update(float=float32, int=int32, bool=_making.dtypes.bool_)
bfloat16 = "bfloat16"  # a name for tables of dtypes: NumPy has none, and says so when it is used

# Functions of the module that are methods of their first argument.
_AS_METHODS = """
abs absolute add addcdiv addcmul addmm all allclose amax amin any argmax argmin argsort argwhere baddbmm bernoulli bincount
bitwise_and bitwise_not bitwise_or bitwise_xor bmm broadcast_to ceil chunk clamp clamp_max clamp_min clip clone cos cosh
count_nonzero cumprod cumsum diag diagonal div divide dot eq equal erf erfc exp exp2 expm1 flatten flip fliplr flipud floor
floor_divide fmod frac gather ge ger greater greater_equal gt histc index_add index_copy index_fill index_select inner isclose
isfinite isinf isnan le lerp less less_equal log log10 log1p log2 log_softmax logaddexp logical_and logical_not logical_or
logical_xor logsumexp lt masked_fill masked_scatter masked_select matmul max maximum mean median min minimum mm movedim
moveaxis mul multinomial multiply mv nan_to_num nanmean narrow ne neg negative nonzero norm not_equal numel outer permute pow
prod quantile ravel reciprocal relu remainder repeat_interleave reshape roll round rsqrt scatter scatter_add select sigmoid
sign sin sinh softmax sort split sqrt square squeeze std sub subtract sum swapaxes t take take_along_dim tan tanh tile topk
trace transpose tril triu true_divide trunc unbind unflatten unique unique_consecutive unsqueeze var detach is_floating_point
is_complex unfold
""".split()  # noqa: SIM905 (a list of words)


def _function(name: str) -> Any:
    def function(input: Any, *args: Any, out: Any = None, **kwargs: Any) -> Any:
        beside = args[0] if args and isinstance(args[0], _Traced) else None
        x = input if isinstance(input, _Traced) else _methods.tensor_of(input, beside)
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
    return input.std(*args, **kwargs), var_mean(input, *args, **kwargs)[1]


def cdist(x1: Any, x2: Any, p: float = 2.0) -> Any:
    """The distance between each row of x1 (..., n, D) and each of x2 (..., m, D): (..., n, m)."""
    return (x1.unsqueeze(-2) - x2.unsqueeze(-3)).norm(p, -1)


def compile(model: Any = None, **options: Any) -> Any:
    """The model or function itself: compiling changes how PyTorch computes, not what."""
    return model if model is not None else lambda f: f


def set_float32_matmul_precision(precision: str) -> None:
    """Products are computed in the dtype they have."""


def use_deterministic_algorithms(mode: bool, **options: Any) -> None:
    """They are."""


def is_deterministic() -> bool:
    return True


def get_num_interop_threads() -> int:
    return 1


def set_num_interop_threads(threads: int) -> None:
    """Operations run one after the other."""


def dropout(input: Any, p: float, train: bool) -> Any:
    """nn.functional.dropout."""
    from .nn import functional

    return functional.dropout(input, p, train)


# Functions that PyTorch has under torch as well as under torch.nn.functional.
_TWINS = """
avg_pool1d bilinear celu conv1d conv2d cosine_similarity adaptive_avg_pool1d group_norm hardshrink kl_div layer_norm max_pool1d
max_pool2d pairwise_distance prelu rms_norm selu threshold
""".split()  # noqa: SIM905 (a list of words)
_absent = answer("torch", globals())


def __getattr__(name: str) -> Any:
    if name in _PARTS:
        return importlib.import_module(f"{__name__}.{name}")
    if name in _TWINS:
        return getattr(importlib.import_module(f"{__name__}.nn.functional"), name)
    return _absent(name)


_PARTS = ("accelerator", "amp", "autograd", "backends", "cuda", "distributed", "distributions", "func", "functional",
          "jit", "linalg",
          "multiprocessing", "nn", "onnx", "optim", "random", "serialization", "utils")
__version__ = "2.13.0+tinydawn"
