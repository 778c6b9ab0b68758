"""tinydawn: a small reverse-mode autograd engine on NumPy, and the neural NLP before the Transformer built on it.

    import tinydawn as td

    x = td.tensor([1.0, 2.0, 3.0], requires_grad=True)
    y = (x * x).sum()
    y.backward()
    x.grad            # tensor([2., 4., 6.])
"""

from typing import TYPE_CHECKING

from numpy import bool_, float32, float64, int64

from . import backend, errors, func, scope
from .autograd import grad
from .backend import get_num_threads, set_num_threads, use_backend
from .creation import (
    arange,
    eye,
    full,
    get_default_dtype,
    ones,
    ones_like,
    set_default_dtype,
    tensor,
    zeros,
    zeros_like,
)
from .functional import (
    all,
    amax,
    amin,
    any,
    argmax,
    argmin,
    argsort,
    bmm,
    broadcast_to,
    cat,
    chunk,
    clamp,
    cumsum,
    dot,
    einsum,
    flatten,
    flip,
    gather,
    index_select,
    log_softmax,
    logsumexp,
    masked_fill,
    matmul,
    mean,
    norm,
    outer,
    permute,
    prod,
    reshape,
    scatter,
    scatter_add,
    softmax,
    sort,
    split,
    squeeze,
    stack,
    std,
    sum,
    topk,
    transpose,
    tril,
    triu,
    unsqueeze,
    var,
)
from .gradcheck import gradcheck, gradgradcheck
from .graph import enable_grad, is_grad_enabled, no_grad
from .guards.anomaly import detect_anomaly
from .kernels.fuse import unfused
from .ops import (
    abs,
    add,
    ceil,
    cos,
    div,
    erf,
    erfc,
    exp,
    expm1,
    floor,
    floor_divide,
    isnan,
    log,
    log1p,
    maximum,
    minimum,
    mul,
    neg,
    pow,
    relu,
    remainder,
    round,
    sigmoid,
    sign,
    sin,
    sqrt,
    sub,
    tanh,
    where,
)
from .random import manual_seed, rand, randint, randn, randperm
from .scope import steps
from .storage.checkpoint import Checkpoint
from .storage.serialize import load, save
from .tensor import Tensor

if TYPE_CHECKING:  # at run time these come on first use, so that `import tinydawn` is quick: see __getattr__
    from . import decode, distributed, metrics, models, nn, optim, text, viz
    from .viz.draw import draw as draw

__version__ = "0.1.0"
backend.keep_freed_memory()


def __getattr__(name: str) -> object:
    """The packages below this one, and distributed, imported when first asked for."""
    import importlib

    if name in ("decode", "distributed", "metrics", "models", "nn", "optim", "text", "viz"):
        return importlib.import_module(f"tinydawn.{name}")
    if name == "draw":
        return importlib.import_module("tinydawn.viz").draw
    from .guards.elsewhere import elsewhere

    raise AttributeError(elsewhere("module 'tinydawn'", name, globals()), name=name)
