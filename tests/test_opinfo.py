"""PyTorch's own samples: what `torch.testing` tries its operators on, tried on every op and function here that PyTorch has too.

Values and gradients in float64 are PyTorch's; values in float32, int64 and bool too, where both take them. OURS says how a sample
of PyTorch's is spelt here (axis for dim, keepdims for keepdim), EXCLUDED what is not the same on purpose, and why. Written for
PyTorch 2.13, whose `torch.testing._internal` is no public interface: where it cannot be imported, all this is skipped.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import op_db
import pytest

import tinydawn as td
from tinydawn import graph, ops
from tinydawn.nn import functional as F

pytestmark = pytest.mark.torch


# --- how it is spelt here -----------------------------------------------------------------------------------------


def cast(function: Callable[..., Any]) -> Callable[..., Any]:
    """PyTorch's dtype= converts the input first; here that is a call of its own."""
    return lambda x, *args, dtype=None, **kwargs: function(x if dtype is None else x.astype(dtype), *args, **kwargs)


def scaled(function: Callable[..., Any]) -> Callable[..., Any]:
    """PyTorch's alpha= is a factor of the second argument."""
    return lambda a, b, alpha=1: function(a, b if alpha == 1 else b * alpha)


def always_stable(function: Callable[..., Any]) -> Callable[..., Any]:
    """PyTorch's stable=, which here is always so."""
    return lambda x, *args, stable=True, **kwargs: function(x, *args, **kwargs)


def spread(name: str) -> Callable[..., Any]:
    """PyTorch's var and std: (x, unbiased), (x, dim, unbiased, keepdim) or (x, dim, correction=, keepdim=)."""
    def call(x: Any, *args: Any, axis: Any = None, unbiased: bool | None = None, correction: Any = None,
             keepdims: bool = False) -> Any:
        if args and isinstance(args[0], bool):
            unbiased, args = args[0], ()
        axis, unbiased, keepdims = (*args, *(axis, unbiased, keepdims)[len(args):])
        return getattr(td, name)(x, axis, correction if unbiased is None else int(unbiased), keepdims)
    return call


def shaped(function: Callable[..., Any]) -> Callable[..., Any]:
    """Of what makes a tensor, without where it is to be."""
    return lambda *args, device=None, layout=None, requires_grad=False, **kwargs: function(*args, **kwargs)


def retyped(function: Callable[..., Any]) -> Callable[..., Any]:
    """PyTorch's dtype= of what comes out: here a call of its own."""
    return lambda x, dtype=None: function(x) if dtype is None else function(x).astype(dtype)


def bounds(start: Any, *rest: Any, end: Any = None, step: Any = None, **settings: Any) -> Any:
    """PyTorch's names of what arange takes by position."""
    return td.arange(start, *rest, *(n for n in (end, step) if n is not None), **settings)


def padded(x: Any, pad: Any, mode: str = "constant", value: float | None = None) -> Any:
    """PyTorch's pad is (before, after) of the last axis, then of the one before it; here a pair per axis, in their order."""
    pairs = list(zip(pad[::2], pad[1::2], strict=True))
    return ops.pad(x, widths=[(0, 0)] * (x.ndim - len(pairs)) + pairs[::-1], value=value or 0)


def layer(name: str) -> Callable[..., Any]:
    return getattr(F, name)


OURS: dict[str, Callable[..., Any]] = {
    **{name: getattr(td, name) for name in (
        "abs", "cos", "erf", "erfc", "exp", "expm1", "isnan", "log", "log1p", "neg", "sigmoid", "sign", "sin", "sqrt", "tanh",
        "maximum", "minimum", "pow", "floor", "ceil", "remainder", "clamp", "amax", "amin", "argmax", "argmin", "logsumexp",
        "matmul", "bmm", "dot", "outer", "broadcast_to", "cat", "chunk", "flatten", "flip", "gather",
        "index_select", "masked_fill", "permute", "reshape", "split", "squeeze", "stack", "transpose", "tril", "triu",
        "unsqueeze")},
    **{name: cast(getattr(td, name)) for name in ("sum", "mean", "prod", "cumsum", "softmax", "log_softmax")},
    "softmax.with_dtype": cast(td.softmax), "log_softmax.with_dtype": cast(td.log_softmax),
    "round": td.round, "div.floor_rounding": lambda a, b, rounding_mode: td.floor_divide(a, b), "floor_divide": td.floor_divide,
    "scatter": td.scatter, "scatter_add": td.scatter_add,
    "add": scaled(td.add), "sub": scaled(td.sub), "mul": td.mul, "div.no_rounding_mode": td.div, "true_divide": td.div,
    "max.binary": td.maximum, "min.binary": td.minimum, "mm": td.matmul, "mv": td.matmul,
    "clamp_min": lambda x, least: td.maximum(x, least) if isinstance(least, td.Tensor) else td.clamp(x, min=least),
    "clamp_max": lambda x, most: td.minimum(x, most) if isinstance(most, td.Tensor) else td.clamp(x, max=most),
    "eq": lambda a, b: a == b, "ne": lambda a, b: a != b, "gt": lambda a, b: a > b, "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b, "le": lambda a, b: a <= b,
    "__getitem__": lambda x, index: x[index], "__radd__": lambda x, a: a + x, "__rmul__": lambda x, a: a * x,
    "__rsub__": lambda x, a: a - x, "__rdiv__": lambda x, a: a / x, "__rpow__": lambda x, a: a ** x,
    "__rmatmul__": lambda x, a: a @ x,
    "var": spread("var"), "var.unbiased": spread("var"), "std": spread("std"), "std.unbiased": spread("std"),
    "where": lambda a, condition, b: td.where(condition, a, b), "argsort": always_stable(td.argsort),
    "sort": always_stable(td.sort), "squeeze.multiple": td.squeeze, "split.list_args": td.split, "split_with_sizes": td.split,
    "expand": lambda x, *shape: x.expand(*shape), "view": lambda x, *shape: x.view(*shape), "T": lambda x: x.T,
    "mT": lambda x: x.mT, "clone": lambda x, **layout: x.clone(), "item": lambda x: x.item(),
    "float": lambda x, **layout: x.float(), "double": lambda x, **layout: x.double(), "long": lambda x, **layout: x.long(),
    "einsum": lambda operands, spec: td.einsum(spec, *operands),
    "eye": shaped(td.eye), "ones_like": shaped(retyped(td.ones_like)), "zeros_like": shaped(retyped(td.zeros_like)),
    "ones": shaped(td.ones), "zeros": shaped(td.zeros), "full": shaped(td.full), "arange": shaped(bounds),
    "topk": lambda x, k, axis=-1, largest=True, sorted=True: td.topk(x, k, axis) if largest else None,
    **{f"nn.functional.{name}": layer(name) for name in (
        "conv1d", "cosine_similarity", "cross_entropy", "gelu", "kl_div", "layer_norm", "linear", "logsigmoid",
        "mse_loss", "nll_loss", "relu", "rms_norm", "scaled_dot_product_attention", "silu", "softplus",
        "binary_cross_entropy_with_logits", "dropout")},
    "bitwise_and": ops.bitwise_and, "bitwise_or": ops.bitwise_or, "bitwise_xor": ops.bitwise_xor,
    "bitwise_not": ops.bitwise_not, "logical_not": ops.logical_not, "any": td.any, "all": td.all,
    "nn.functional.pad.constant": padded,
    "nn.functional.one_hot": lambda ids, **classes: F.one_hot(ids, **classes).long(),  # floats here, to multiply with
    "nn.functional.embedding": lambda weight, ids, **settings: F.embedding(ids, weight, **settings),
    "nn.functional.normalize": layer("normalize"),
    "linalg.vector_norm": cast(lambda x, ord=2, axis=None, keepdims=False: td.norm(x, ord, axis, keepdims)),
}


RENAMED = {"dim": "axis", "keepdim": "keepdims", "dims": "axis", "start_dim": "start_axis", "end_dim": "end_axis"}

# --- what is not the same, on purpose -----------------------------------------------------------------------------

INTEGERS, BOOLEANS = "int64", "bool"


def whole(*numbers: Any) -> bool:
    return all(n is None or n == int(n) for n in numbers)


def of_arange(s: Any) -> list[Any]:
    return [s.input, *s.args, *(s.kwargs.get(name) for name in ("end", "step"))]


# Why, and which samples: of which functions, of which dtype (None: of all), and when.
EXCLUDED: list[tuple[str, tuple[str, ...], str | None, Callable[[Any], bool]]] = [
    ("drawn at random: other draws than PyTorch's", ("nn.functional.dropout",), None,
     lambda s: 0 < s.kwargs.get("p", 0.5) < 1 and s.kwargs.get("training", True)),
    ("drawn at random: other draws than PyTorch's", ("nn.functional.scaled_dot_product_attention",), None,
     lambda s: s.kwargs.get("dropout_p", 0) > 0),
    ("a p below 1 may be an axis that stands second: an error", ("nn.functional.normalize",), None,
     lambda s: s.kwargs.get("p", 2) < 1),
    ("what is not above 0 makes no norm: an error", ("linalg.vector_norm",), None,
     lambda s: (s.args[0] if s.args else s.kwargs.get("ord", 2)) <= 0),
    ("an index has as many axes as the tensor, also an empty one", ("gather",), None,
     lambda s: max(1, s.args[1].ndim) != max(1, s.input.ndim)),
    ("True is no bound of a range: an error", ("arange",), None, lambda s: any(isinstance(n, bool) for n in of_arange(s))),
    ("PyTorch cuts bounds to integers before it counts, here the numbers are cut", ("arange",), INTEGERS,
     lambda s: not whole(*of_arange(s))),
    ("an integer to a negative power is no integer: an error", ("__rpow__",), INTEGERS, lambda s: bool((s.input < 0).any())),
    ("a layer of integers would have no gradients: an error", ("nn.functional.linear",), INTEGERS, lambda s: True),
    ("padding by fewer than none, which cuts, is a slice: an error", ("nn.functional.pad.constant",), None,
     lambda s: min(s.args[0]) < 0),
    ("of embedding there are no max_norm and no scaled or sparse gradients", ("nn.functional.embedding",), None,
     lambda s: bool({"max_norm", "scale_grad_by_freq", "sparse"} & set(s.kwargs))),
    ("10 among booleans makes them numbers", ("masked_fill",), BOOLEANS, lambda s: isinstance(s.args[1], int)),
    ("sums are scatter_add, and there are no products", ("scatter",), None, lambda s: "reduce" in s.kwargs),
    ("a product of truths is a number", ("prod",), BOOLEANS, lambda s: str(s.kwargs.get("dtype")) == "torch.bool"),
    ("a truth has no sign: an error", ("sign",), BOOLEANS, lambda s: True),
]
ORDERS = ("argsort", "sort", "topk")  # of equals PyTorch's order is any; here it is theirs


def excluded(name: str, dtype: str, sample: Any) -> int | None:
    """Which rule of EXCLUDED the sample falls under."""
    return next((i for i, (_, names, of, when) in enumerate(EXCLUDED)
                 if name in names and of in (None, dtype) and when(sample)), None)


# --- the tests ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def infos(torch: Any) -> dict[str, Any]:
    """PyTorch's table of operators, by name."""
    if not torch.__version__.startswith("2.13"):
        pytest.skip(f"the samples are those of PyTorch 2.13, and this is {torch.__version__}")
    reason = "PyTorch's samples are not installed with it, or need a package that is not"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = pytest.importorskip("torch.testing._internal.common_methods_invocations", reason=reason, exc_type=ImportError)
    return {info.name + ("." * bool(info.variant_test_name)) + info.variant_test_name: info for info in table.op_db}


def samples(torch: Any, info: Any, dtype: str) -> list[Any]:
    """PyTorch's samples of one operator, with the same numbers each time.

    Made in a thread of their own: each is preceded by torch.manual_seed, which formats the stack of calls, and pytest's is deep.
    """
    kind = getattr(torch, dtype)
    if not info.supports_dtype(kind, "cpu"):
        return []

    def make() -> list[Any]:
        torch.manual_seed(0)
        return list(info.sample_inputs("cpu", kind, requires_grad=dtype == "float64" and info.supports_autograd))

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(make).result()


def ours(value: Any, torch: Any, leaves: list[Any]) -> Any:
    """A sample's value as tinydawn's. Where a gradient is wanted, both Tensors are put into `leaves`."""
    if isinstance(value, torch.Tensor):
        made = td.tensor(value.detach().numpy(), requires_grad=value.requires_grad)
        if value.requires_grad:
            leaves.append((value, made))
        return made
    if isinstance(value, torch.dtype):
        return np.dtype(str(value).removeprefix("torch."))
    if isinstance(value, (tuple, list)):
        return (list if isinstance(value, list) else tuple)(ours(v, torch, leaves) for v in value)
    return value


def outputs(out: Any) -> list[Any]:
    return list(out) if isinstance(out, (tuple, list)) else [out]


def picked(torch: Any, sample: Any, name: str, outs: list[Any]) -> list[Any]:
    """Of functions that order: what the indices pick, in their place, since PyTorch may order equals as it likes."""
    given = sample.args[1:] if name == "topk" else sample.args
    axis = given[0] if given else sample.kwargs.get("dim", -1)
    indices = torch.as_tensor(outs[-1].numpy() if isinstance(outs[-1], td.Tensor) else outs[-1])
    return [*outs[:-1], torch.gather(sample.input, axis, indices)]


def numbers(x: Any) -> Any:
    """The values of a Tensor, ours or PyTorch's, or of a plain number."""
    return x.detach().numpy() if hasattr(x, "detach") else np.asarray(x)


def compare(torch: Any, name: str, dtype: str, info: Any, sample: Any) -> None:
    """Values, dtypes and, in float64, gradients of one sample are PyTorch's."""
    leaves: list[Any] = []
    x, *args = ours((sample.input, *sample.args), torch, leaves)
    mine = outputs(OURS[name](x, *args, **{RENAMED.get(k, k): ours(v, torch, leaves) for k, v in sample.kwargs.items()}))
    theirs = outputs(info.op(sample.input, *sample.args, **sample.kwargs))
    assert len(mine) == len(theirs)
    recorded = [(m, t) for m, t in zip(mine, theirs, strict=True) if getattr(t, "requires_grad", False)]
    if name in ORDERS and dtype != "float64":
        mine, theirs = picked(torch, sample, name, mine), picked(torch, sample, name, theirs)
    for m, t in zip(mine, theirs, strict=True):
        found, right = numbers(m), numbers(t)
        assert (found.shape, found.dtype) == (right.shape, right.dtype)
        close(found, right, {"float64": 1e-10, "float32": 1e-5}.get(str(right.dtype), 0.0), "value")
    if not any(m.requires_grad for m, _ in recorded):  # as sign, whose gradient is 0 everywhere: here none
        recorded = []
    starts = [torch.linspace(-1, 2, t.numel(), dtype=t.dtype).reshape(t.shape) for _, t in recorded]
    wanted = torch.autograd.grad([t for _, t in recorded], [t for t, _ in leaves], starts, allow_unused=True) if starts else []
    got = td.grad([m for m, _ in recorded], [m for _, m in leaves], [td.tensor(s.numpy()) for s in starts],
                  allow_unused=True) if starts else []
    for g, w, (leaf, _) in zip(got, wanted, leaves if starts else [], strict=True):
        zeros = np.zeros(tuple(leaf.shape))
        close(zeros if g is None else g.numpy(), zeros if w is None else w.numpy(), 1e-8, "gradient")


def close(found: Any, right: Any, tolerance: float, what: str) -> None:
    if found.dtype.kind == "b":
        found, right = found.astype(int), right.astype(int)
    scale = np.abs(right[np.isfinite(right)]).max(initial=1.0)
    np.testing.assert_allclose(found, right, rtol=tolerance, atol=tolerance * scale, err_msg=what)


DTYPES = ("float64", "float32", INTEGERS, BOOLEANS)


@pytest.mark.parametrize("name", OURS)
def test_every_sample_is_pytorchs(name: str, torch: Any, infos: dict[str, Any]) -> None:
    info, failures = infos[name], []
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for dtype in DTYPES:
            for sample in samples(torch, info, dtype):
                if excluded(name, dtype, sample) is None:
                    try:
                        compare(torch, name, dtype, info, sample)
                    except Exception as error:
                        failures.append(f"{dtype} {described(sample)}: {type(error).__name__} {str(error).strip()[:600]}")
    assert not failures, f"{len(failures)} samples: " + "\n".join(failures[:8])


def described(sample: Any) -> str:
    """Shapes and settings of a sample, for messages."""
    def short(value: Any) -> str:
        if hasattr(value, "shape"):
            return f"{str(value.dtype).removeprefix('torch.')}{list(value.shape)}"
        return "[" + ", ".join(map(short, value)) + "]" if isinstance(value, (list, tuple)) else repr(value)
    return ", ".join([short(sample.input), *map(short, sample.args), *(f"{k}={short(v)}" for k, v in sample.kwargs.items())])


def test_what_is_excluded_is_there_and_little(torch: Any, infos: dict[str, Any]) -> None:
    """Every rule of EXCLUDED is still needed by a sample, and all together are a few of a hundred."""
    used, total = [0] * len(EXCLUDED), 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, dtype in itertools.product(OURS, DTYPES):
            for sample in samples(torch, infos[name], dtype):
                rule, total = excluded(name, dtype, sample), total + 1
                if rule is not None:
                    used[rule] += 1
    assert all(used), f"no sample falls under {[why for (why, *_), n in zip(EXCLUDED, used, strict=True) if not n]}"
    assert total > 3900
    assert sum(used) < 0.06 * total, f"{sum(used)} of {total}: {used}"




ELSEWHERE = {"astype", "detach", "getitem", "index_put",  # under other names in PyTorch's table (float, __getitem__)
             # of layers: these are compared with PyTorch's in pytorch/test_layers.py, gradients too
             *"""
             adaptive_avg_pool1d adaptive_avg_pool2d adaptive_max_pool1d adaptive_max_pool2d avg_pool1d avg_pool2d bilinear
             binary_cross_entropy celu conv2d cosine_embedding_loss dropout1d dropout2d elu embedding_bag glu group_norm
             hardshrink hardsigmoid hardswish hardtanh hinge_embedding_loss huber_loss l1_loss leaky_relu
             margin_ranking_loss max_pool1d max_pool2d mish pairwise_distance prelu relu6 selu smooth_l1_loss softmin
             softshrink softsign tanhshrink threshold triplet_margin_loss
             """.split()}  # noqa: SIM905 (a list of words)


def test_every_function_that_pytorch_has_is_tried() -> None:
    """Of the ops, functional.py and nn.functional; the kernels are compared with their twins, the layers in nn/test_parity.py."""
    tried = {name.removeprefix("nn.functional.").removeprefix("linalg.vector_").split(".")[0] for name in OURS}
    here = {*op_db.public_functions(), *F.__all__, *(name for name in graph.table if hasattr(ops, name))}
    assert not (here - tried) ^ ELSEWHERE, f"neither in OURS nor in ELSEWHERE, or in both: {sorted((here - tried) ^ ELSEWHERE)}"
