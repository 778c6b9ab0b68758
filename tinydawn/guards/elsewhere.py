"""Names of PyTorch and NumPy that are not here, and what stands in their place: a hint is right, or there is none.

Kept apart from errors.py, and imported when such a name was asked for.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..errors import message

# In a hint, td is the package, x a Tensor, F td.nn.functional. "" is no hint, where a guess would be wrong.

LAYERS = {
    "utils": "td.optim.clip_grad_norm_ clips, td.text.pad pads", "modules": "td.nn itself", "parameter": "td.nn.Parameter",
    "RReLU": "",
}
FUNCTIONS = {"rrelu": ""}
# Of the package and of Tensors, whose functions share their names.
_NUMBERS = {
    "add": "x + y", "subtract": "x - y", "sub": "x - y", "mul": "x * y", "multiply": "x * y", "div": "x / y", "divide": "x / y",
    "true_divide": "x / y", "power": "x ** y", "float_power": "x ** y", "negative": "-x", "absolute": "td.abs(x)",
    "eq": "x == y", "ne": "x != y", "not_equal": "x != y", "gt": "x > y", "greater": "x > y", "ge": "x >= y",
    "greater_equal": "x >= y", "lt": "x < y", "less": "x < y", "le": "x <= y", "less_equal": "x <= y",
    "square": "x * x", "reciprocal": "1 / x", "rsqrt": "1 / td.sqrt(x)", "rsub": "y - x", "sgn": "td.sign(x)",
    "log2": "td.log(x) / math.log(2)", "log10": "td.log(x) / math.log(10)", "exp2": "td.exp(math.log(2) * x)",
    "tan": "td.sin(x) / td.cos(x)",
    "trunc": "np.trunc(x.numpy()), which has no gradient",
    "isinf": "np.isinf(x.numpy())", "isfinite": "np.isfinite(x.numpy())", "isclose": "np.isclose(x.numpy(), y.numpy())",
    "allclose": "np.allclose(x.numpy(), y.numpy())", "equal": "x == y; of the whole, np.array_equal(x.numpy(), y.numpy())",
    "logical_and": "x & y, of masks", "logical_or": "x | y, of masks", "logical_not": "~x, of a mask",
    "clip": "x.clamp(min, max)", "clamp_min": "x.clamp(min=...)", "clamp_max": "x.clamp(max=...)",
    "max": "amax(axis) for the values, argmax(axis) for where they are",
    "min": "amin(axis) for the values, argmin(axis) for where they are",
    "count_nonzero": "(x != 0).sum()",
    "std_mean": "td.std(x), td.mean(x)", "var_mean": "td.var(x), td.mean(x)", "average": "x.mean(axis)",
    "mm": "x @ y", "mv": "x @ y", "vdot": "td.dot(x, y)", "addmm": "bias + x @ y", "tensordot": "td.einsum",
}
_SHAPES = {
    "dim": "x.ndim", "ndimension": "x.ndim", "ndim": "x.ndim", "shape": "x.shape", "t": "x.T",
    "swapaxes": "x.transpose(axis0, axis1)", "swapdims": "x.transpose(axis0, axis1)", "moveaxis": "x.permute(...)",
    "movedim": "x.permute(...)", "permute_dims": "x.permute(...)", "expand_dims": "x.unsqueeze(axis)", "ravel": "x.flatten()",
    "flat": "x.flatten()", "unflatten": "x.reshape(...)", "view_as": "x.reshape(y.shape)", "reshape_as": "x.reshape(y.shape)",
    "expand_as": "x.expand(y.shape)", "concatenate": "td.cat([...])", "concat": "td.cat([...])",
    "hstack": "td.cat([...], axis=1); of vectors, axis=0", "vstack": "td.cat([...], axis=0); of vectors, td.stack([...])",
    "array_split": "td.chunk(x, parts, axis)", "tensor_split": "td.chunk(x, parts, axis)", "unbind": "tuple(x)",
    "unstack": "tuple(x)", "repeat": "td.cat([x] * n), or x.expand(...)", "tile": "td.cat([x] * n, axis)",
    "narrow": "x[start:start + length]", "masked_select": "x[mask]", "diagonal": "x[i, i] with i = np.arange(len(x))",
    "fliplr": "td.flip(x, 1)", "flipud": "td.flip(x, 0)", "nonzero": "np.argwhere(x.numpy())",
    "argwhere": "np.argwhere(x.numpy())", "newaxis": "None, as in x[:, None]", "contiguous": "leave it out",
}
_MAKING = {
    "array": "td.tensor(...)", "asarray": "td.tensor(...), which copies", "as_tensor": "td.tensor(...), which copies",
    "from_numpy": "td.Tensor(array), which shares its memory", "empty": "td.zeros(...)", "empty_like": "td.zeros_like(x)",
    "new_zeros": "td.zeros(...)", "new_ones": "td.ones(...)", "new_full": "td.full(...)", "new_tensor": "td.tensor(...)",
    "full_like": "td.full(x.shape, value)", "linspace": "td.tensor(np.linspace(start, end, steps), dtype=td.float32)",
    "range": "td.arange(start, end)", "meshgrid": "np.meshgrid(..., indexing='ij')", "randn_like": "td.randn(*x.shape)",
    "rand_like": "td.rand(*x.shape)", "normal": "mean + std * td.randn(...)", "bernoulli": "td.rand(*x.shape) < x",
    "FloatTensor": "td.tensor", "LongTensor": "td.tensor",
    "IntTensor": "td.tensor(..., dtype=np.int32)", "DoubleTensor": "td.tensor(..., dtype=td.float64)",
    "BoolTensor": "td.tensor(..., dtype=td.bool_)", "is_tensor": "isinstance(x, td.Tensor)",
    "nan": "math.nan", "inf": "math.inf", "pi": "math.pi", "e": "math.e",
    "type": "x.astype(dtype)", "type_as": "x.astype(y.dtype)", "float": "x.float(); as a dtype td.float32",
    "double": "x.double(); as a dtype td.float64", "half": "x.astype(np.float16)", "float16": "np.float16",
    "long": "x.astype(int); as a dtype td.int64", "int": "x.astype(np.int32); as a dtype np.int32",
    "short": "x.astype(np.int16); as a dtype np.int16", "byte": "x.astype(np.uint8); as a dtype np.uint8",
    "bool": "x != 0; as a dtype td.bool_", "int32": "np.int32", "int16": "np.int16", "int8": "np.int8", "uint8": "np.uint8",
    "finfo": "np.finfo(x.dtype)", "iinfo": "np.iinfo(x.dtype)",
}
_ENGINE = {
    "add_": "x += y", "sub_": "x -= y", "mul_": "x *= y", "div_": "x /= y", "zero_": "x.data[...] = 0",
    "fill_": "x.data[...] = value", "copy_": "x.data[...] = y", "autograd": "td.grad; td.func; an op of your own: td.graph.op",
    "set_grad_enabled": "td.no_grad() and td.enable_grad()", "inference_mode": "td.no_grad()", "Parameter": "td.nn.Parameter",
    "set_anomaly_enabled": "td.detect_anomaly()",
    "utils": "td.text.bucket_batches makes batches, td.optim.clip_grad_norm_ clips", "compile": "leave it out",
    "cuda": 'td.use_backend("cupy") computes on a GPU', "device": 'td.use_backend("cupy") computes on a GPU',
    "backends": 'td.use_backend("cupy") computes on a GPU', "linalg": "np.linalg, of x.numpy(): without gradients",
    "Size": "a tuple", "tan_": "",
}
TENSORS = {**FUNCTIONS, **_NUMBERS, **_SHAPES, **_MAKING, **_ENGINE}

MODULES = {
    "set_submodule": "setattr(model.part, name, module)",
    "compile": "leave it out", "register_backward_hook": "register_full_backward_hook", "bfloat16": "half(), for float16",
    "type": "model.to(dtype)", "share_memory": "leave it out",
}
# NumPy's functions whose namesake here is PyTorch's, and means something else.
NUMPY = {
    "var": "td.var(x, correction=0)", "std": "td.std(x, correction=0)", "sort": "td.sort(x)[0]",
    "split": "td.chunk(x, parts, axis)", "transpose": "x.T, or td.permute(x, axes)", "stack": "td.stack([...], axis)",
}


def elsewhere(owner: str, name: str, known: Iterable[str], table: dict[str, str] = TENSORS, otherwise: str = "",
              namesakes: bool = True) -> str:
    """The message for a name that `owner` does not have; AttributeError is to be given name= too, else Python adds a guess.

    known      the names that it has; of a module, its globals
    table      what stands in the place of names that PyTorch or NumPy has there
    otherwise  the fix where nothing is known
    namesakes  whether another thing of this name is meant, as td.Linear is td.nn.Linear; a model's `dropout` is its own
    """
    fix = table.get(name, "")
    if not name.startswith("_") and name not in table:
        fix = (namesakes and _namesake(name)) or _typo(name, known)
    return message(f"{owner} has no attribute {name!r}", fix=fix or otherwise)


def instead_of_numpy(name: str) -> str:
    """What to call in place of NumPy's function of that name, or ""."""
    return NUMPY.get(name) or _namesake(name) or TENSORS.get(name, "")


def _namesake(name: str) -> str:
    """Where the very name is, or "": td.Linear is td.nn.Linear, F.exp is td.exp, td.detach(x) is x.detach()."""
    for place in ("td", "x", "td.nn.functional", "td.nn", "td.optim", "td.optim.lr_scheduler", "td.nn.init"):
        parts = ("td.Tensor" if place == "x" else place).split(".")
        held: Any = importlib.import_module("tinydawn")
        for part in parts[1:]:
            held = getattr(held, part)
        thing = vars(held).get(name)
        home = str(getattr(thing, "__module__", ""))
        if callable(thing) and home.startswith("tinydawn.") and home not in ("tinydawn.errors", "tinydawn.checks"):
            return f"{place}.{name}" + ("(...)" if place == "x" else "")
    return ""


def _typo(name: str, known: Iterable[str]) -> str:
    """The name that was meant, one slip away, or "": never that of another thing, as `asin` is none of `sin`."""
    names = [k for k in known if not k.startswith("_") and (not isinstance(known, dict) or callable(known[k]))]
    if f"{name}_" in names:  # bool_, normal_
        return f"did you mean '{name}_'?"
    if name.endswith("_") and name[:-1] in names:
        return f"x.{name[:-1]}(...) gives a new Tensor; x.data[...] = ... writes into x"
    if len(name) < 4 or hasattr(np, name) or hasattr(np.ndarray, name):
        return ""
    for other in sorted(names):
        plural = name + "s" == other or other + "s" == name
        longer = name in other or other in name  # as bmm than mm
        numbered = [c for c in name if c.isdigit()] != [c for c in other if c.isdigit()]  # as conv1d and conv2d
        if plural or (_one_slip(name, other) and not longer and not numbered):
            return f"did you mean {other!r}?"
    return ""


def _one_slip(a: str, b: str) -> bool:
    """Whether one letter is missing, too many or another, or two neighbours are swapped."""
    same = next((i for i, (p, q) in enumerate(zip(a, b, strict=False)) if p != q), min(len(a), len(b)))
    a, b = a[same:], b[same:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
