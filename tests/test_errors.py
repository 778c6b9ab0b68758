"""Every error says what happened, the user's own file and line, and a fix; and never prints the values of an array."""

from __future__ import annotations

import copy
import inspect
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn import errors, metrics, nn, optim, scope, text
from tinydawn.errors import (
    AnomalyError,
    DataError,
    DTypeError,
    GraphError,
    IdError,
    OptionError,
    ShapeError,
    StateError,
    TinydawnError,
    message,
)

SECRET = 31337.5  # in every array below: if it shows in a message, values were printed


def t(*shape: int, grad: bool = False) -> td.Tensor:
    return td.full(shape, SECRET, requires_grad=grad)


def released() -> td.Tensor:
    x = t(grad=True)
    y = x * x
    y.backward()
    return y


def under_no_grad() -> td.Tensor:
    with td.no_grad():
        return (t(2, grad=True) * 2.0).sum()


def set_requires_grad(x: td.Tensor, wanted: bool) -> None:
    x.requires_grad = wanted


def add_to(x: td.Tensor, y: Any) -> None:
    x += y


def assign(x: td.Tensor, index: Any, y: Any) -> None:
    x[index] = y


# name: (call, error, what it says, the fix)
CASES: dict[str, tuple[Callable[[], Any], type[Exception], str, str]] = {
    # shapes
    "add": (lambda: t(2, 3) + t(4), ShapeError, "add: shapes (2, 3) float32 and (4,) float32 do not broadcast together",
            "compare the shapes from the right"),
    "sub": (lambda: t(2) - np.ones(3), ShapeError,
            "sub: shapes (2,) float32 and (3,) float64 do not broadcast together", "one of them 1"),
    "matmul": (lambda: t(2, 3) @ t(4, 5), ShapeError,
               "matmul: shapes (2, 3) float32 and (4, 5) float32 do not fit: 3 and 4 differ",
               "the last axis of the first"),
    "matmul batch": (lambda: t(2, 3, 4) @ t(5, 4, 3), ShapeError, "the batch axes (2,) and (5,) do not broadcast",
                     "the last axis"),
    "matmul big": (lambda: t(2, 3, 4) @ t(5, 4), ShapeError,
                   "matmul: shapes (2, 3, 4) float32 and (5, 4) float32 do not fit: 4 and 5 differ", "second-to-last"),
    "matmul vectors": (lambda: t(3) @ t(4), ShapeError, "matmul: shapes (3,) and (4,) do not fit", "the last axis"),
    "matmul number": (lambda: t(3) @ 2.0, ShapeError, "a number has no matrix product", "use *"),
    "reshape": (lambda: t(2, 3).reshape(4, 2), ShapeError, "reshape: shapes (2, 3) float32, shape=(4, 2) do not fit",
                "product of the new lengths"),
    "expand": (lambda: t(2, 3).expand(2, 4), ShapeError,
               "broadcast_to: shape (2, 3) float32 does not broadcast to (2, 4)", "length 1"),
    "permute": (lambda: t(2, 3).permute(0, 0), ShapeError, "do not name each of the 2 axes once",
                "a reordering of (0, 1)"),
    "transpose": (lambda: t(2, 3).transpose(0, 2), ShapeError,
                  "transpose: axis 2 is out of range for a tensor with 2 axes", "use -2 to 1"),
    "0-d axis": (lambda: t().unsqueeze(2), ShapeError, "unsqueeze: axis 2 is out of range", "use -1 to 0"),
    "sum axis": (lambda: t(2, 3).sum(axis=2), ShapeError, "sum: axis 2 is out of bounds", "count from 0"),
    "sum axis twice": (lambda: t(2, 3).sum(axis=(0, 0)), ShapeError, "sum: shapes (2, 3) float32, axis=(0, 0)",
                       "each axis once"),
    "mean axis": (lambda: t(2, 3).mean(axis=-3), ShapeError, "mean: axis -3 is out of range", "use -2 to 1"),
    "softmax axis": (lambda: t(2, 3).softmax(axis=2), ShapeError, "softmax: axis 2 is out of range", "use -2 to 1"),
    "amax of nothing": (lambda: t(2, 0).amax(axis=1), ShapeError, "amax: shapes (2, 0) float32, axis=1",
                        "at least one entry"),
    "argmax of nothing": (lambda: t(0).argmax(), ShapeError, "argmax", "at least one entry"),
    "cat": (lambda: td.cat([t(2, 3), t(2, 4)]), ShapeError, "cat: shapes (2, 3) float32 and (2, 4) float32",
            "all parts need equal lengths"),
    "cat of nothing": (lambda: td.cat([]), ShapeError, "cat: the list of tensors is empty", "at least one"),
    "stack": (lambda: td.stack([t(2), t(3)]), ShapeError, "stack: shapes (2,), (3,) are not all equal", "pad them"),
    "split": (lambda: t(5).split([2, 2]), ShapeError, "split: lengths [2, 2] add up to 4, and axis 0 has 5",
              "add up to the axis"),
    "einsum count": (lambda: td.einsum("ij,jk->ik", t(2, 3)), ShapeError, "names 2 operands and 1 were given",
                     "separate one term"),
    "einsum length": (lambda: td.einsum("ij,jk->ik", t(2, 3), t(4, 5)), ShapeError,
                      "letter 'j' stands for lengths 3 and 4", "one length"),
    "where": (lambda: td.where(t(2) > 0, t(3), 0.0), ShapeError,
              "where: shapes (2,) bool and (3,) float32 and 0.0 do not broadcast", "from the right"),
    "masked_fill": (lambda: t(2, 3).masked_fill(t(3, 2) > 0, 0.0), ShapeError,
                    "masked_fill: a mask of shape (3, 2) does not broadcast to (2, 3)", "axes of length 1"),
    "triangle": (lambda: t(3).tril(), ShapeError, "tril: shape (3,) has no matrices", "two axes or more"),
    "item": (lambda: t(2, 3).item(), ShapeError, "item: a Tensor of shape (2, 3) holds 6 numbers", ".tolist()"),
    "bool": (lambda: bool(t(2) > 0), ShapeError, "bool: a Tensor of shape (2,) is neither true nor false",
             ".any() or .all()"),
    "if": (lambda: 1 if t(3) == t(3) else 0, ShapeError, "neither true nor false", ".any() or .all()"),
    "ragged": (lambda: td.tensor([[1.0, 2.0], [SECRET]]), ShapeError, "tensor: these values make no array",
               "rows of equal length"),
    "+= grows": (lambda: add_to(t(3), t(2, 3)), ShapeError, "+=: the result would have shape (2, 3), not (3,)",
                 "x = x + y"),
    "x[i] shape": (lambda: assign(t(3), slice(0, 2), t(3)), ShapeError, "x[i] = v: a value of shape (3,) does not fit",
                   "the shape of x[i]"),
    "x[i] index": (lambda: assign(t(3), 5, 1.0), IdError, "x[i] = v: index 5 is out of bounds", "within the axes"),
    # types
    "add a str": (lambda: t(2) + "one", DTypeError, "add: an argument is a str", "pass a Tensor or a number"),
    "add a list": (lambda: t(2) - [1.0, SECRET], DTypeError, "sub: an argument is a list", "td.tensor(...)"),
    "add None": (lambda: t(2) + None, DTypeError, "add: an argument is a NoneType", "pass a Tensor or a number"),
    "axis type": (lambda: t(2).sum(axis="rows"), DTypeError,
                  "sum: axis must be an int, a tuple of ints or None, not 'rows'", "axis=-1"),
    "mean of ints": (lambda: td.tensor([1, 2]).mean(), DTypeError, "mean: the tensor is int64", "x.float().mean()"),
    "requires_grad of ints": (lambda: td.tensor([1, 2], requires_grad=True), DTypeError,
                              "requires_grad: a int64 Tensor has no gradient", "3.0 instead of 3"),
    "words": (lambda: td.tensor(["the", "cat"]), DTypeError, "tensor: values of dtype <U3", "turn words into ids"),
    "float index": (lambda: t(3)[t(2)], DTypeError, "getitem: an index of dtype float32", "integers or a boolean mask"),
    "str index": (lambda: t(3)["a"], DTypeError, "getitem: an index is a str", "integers, slices"),
    "float ids": (lambda: t(3, 4).gather(1, t(3, 1)), DTypeError, "gather: ids must be integers, not float32",
                  ".astype(int)"),
    "where of floats": (lambda: td.where(t(3, grad=True), t(3), 0.0), DTypeError,
                        "where: the condition is float32, not boolean", "x > 0"),
    "mask of ints": (lambda: t(2).masked_fill(td.tensor([0, 1]), 0.0), DTypeError, "the mask is int64, not boolean",
                     "ids == pad"),
    "~ of floats": (lambda: ~t(), DTypeError, "bitwise_not: cannot compute with () float32", "compare first"),
    "index by float": (lambda: [1, 2][t()], DTypeError, "index: a float32 Tensor cannot index", "integer Tensor"),
    "len of 0-d": (lambda: len(t()), DTypeError, "len: a 0-d Tensor is one number", ".item()"),
    "iter of 0-d": (lambda: list(t()), DTypeError, "0-d Tensor is one number", ".item()"),
    "cat of a tensor": (lambda: td.cat(t(2, 3)), DTypeError, "cat: takes a list of tensors, not a Tensor",
                        "cat([a, b], axis=0)"),
    "np.asarray": (lambda: np.asarray(t(2, grad=True)), DTypeError, "was about to be read as a NumPy array",
                   "x.numpy()"),
    "np.sort": (lambda: np.sort(t(2)), DTypeError, "np.sort was given a Tensor, and would not be recorded",
                "x.numpy()"),
    "+= narrows": (lambda: add_to(td.tensor([1, 2]), 0.5), DTypeError,
                   "+=: the result would be float32, which a int64 Tensor cannot hold", "x.float()"),
    # ids
    "index": (lambda: t(3, 4)[3], IdError,
              "getitem: index 3 is out of bounds for axis 0 with size 3 (argument of shape (3, 4))", "within its axis"),
    "too many indices": (lambda: t(3)[0, 0], IdError, "getitem: too many indices", "within its axis"),
    "gather id": (lambda: t(3, 4).gather(1, td.tensor([[7], [0], [0]])), IdError, "gather: id 7 is outside 0 .. 3",
                  "there are 4 entries"),
    "index_select id": (lambda: t(3).index_select(0, td.tensor([-1])), IdError, "index_select: id -1 is outside 0 .. 2",
                        "there are 3 entries"),
    # the graph
    "non-scalar backward": (lambda: (t(2, 3, grad=True) * 2.0).backward(), GraphError,
                            "backward: a gradient starts from one number, and this Tensor has shape (2, 3)",
                            ".sum() or .mean()"),
    "backward of a constant": (lambda: t().backward(), GraphError,
                               "backward: this Tensor of shape () depends on nothing that requires a gradient",
                               "requires_grad=True"),
    "backward under no_grad": (lambda: under_no_grad().backward(), GraphError,
                               "depends on nothing that requires a gradient", "compute outside no_grad"),
    "second backward": (lambda: released().backward(), GraphError,
                        "backward: the graph was freed by an earlier backward pass (at the mul of shape ())",
                        "retain_graph=True"),
    "gradient shape": (lambda: t(2, grad=True).backward(t(3)), ShapeError,
                       "backward: the gradient has shape (3,), the output (2,)", "one of the output's shape"),
    "grad of a float": (lambda: td.grad(3.0, t(2, grad=True)), DTypeError, "grad: the output is a float, not a Tensor",
                        "requires_grad=True"),
    "grad of a frozen input": (lambda: td.grad(t(grad=True) * 2.0, t(2)), GraphError,
                               "grad: input 0 requires no gradient", "requires_grad=True"),
    "grad of an unused input": (lambda: td.grad(t(grad=True) * 2.0, [t(2, grad=True)]), GraphError,
                                "grad: no output depends on input 0, of shape (2,)", "allow_unused=True"),
    "grad_outputs": (lambda: td.grad([t(grad=True)] * 2, t(grad=True), [t()]), ShapeError,
                     "grad: 1 grad_outputs for 2 outputs", "one per output"),
    "grad of words": (lambda: td.grad(t(grad=True), "loss"), GraphError, "grad: input 0 requires no gradient",
                      "requires_grad=True"),
    "update while recording": (lambda: add_to(t(2, grad=True), 1.0), GraphError,
                               "+=: a leaf that requires a gradient cannot be changed while recording",
                               "with td.no_grad():"),
    "assign while recording": (lambda: assign(t(2, grad=True), 0, 1.0), GraphError,
                               "x[i] = v: x is a leaf that requires a gradient, and cannot be changed", "td.no_grad():"),
    "assign to integers": (lambda: assign(td.tensor([1, 2]), 0, t(grad=True)), DTypeError,
                           "x[i] = v: v is recorded, and x, int64, can pass no gradient on", "td.zeros(...)"),
    "assign to what is shared": (lambda: (lambda x: assign(x[0], 0, t(grad=True)))(t(2, 2)), GraphError,
                                 "shares the memory of this Tensor of shape (2,)", "x.clone()"),
    "switch off the past": (lambda: set_requires_grad(t(grad=True) * 2.0, False), GraphError,
                            "its past cannot be switched off", "x.detach()"),
    "list of leaves": (lambda: td.tensor([t(grad=True)]), GraphError,
                       "a list of Tensors that require a gradient would lose it", "td.stack(list)"),
    "deepcopy": (lambda: copy.deepcopy(t(grad=True) * 2.0), GraphError, "deepcopy: this Tensor was computed",
                 "x.detach()"),
    "pickle": (lambda: pickle.dumps(t(grad=True) * 2.0), GraphError, "pickle: this Tensor was computed", "x.detach()"),
    # found by tests/test_fuzz.py: NumPy's own exceptions, and answers that were wrong in silence
    "complex": (lambda: td.Tensor(np.ones(2, complex)), DTypeError, "Tensor: values of dtype complex128", "real"),
    "complex operand": (lambda: t(2) + np.ones(2, complex), DTypeError, "add: an argument is of dtype complex128", "number"),
    "complex part": (lambda: td.cat([t(2), np.ones(2, complex)]), DTypeError, "cat: part 1 is of dtype complex128", "td.tensor"),
    "complex choice": (lambda: td.where(np.ones(2, bool), np.ones(2, complex), t(2)), DTypeError, "where: values of dtype",
                       "real"),
    "complex einsum": (lambda: td.einsum("i,i", t(2), np.ones(2, complex)), DTypeError, "einsum: an argument is of dtype",
                       "td.tensor"),
    "complex cast": (lambda: t(2).astype("complex64"), DTypeError, "astype: dtype 'complex64'", "td.float32"),
    "no dtype": (lambda: td.zeros(2, dtype="nonsense"), DTypeError, "zeros: dtype 'nonsense'", "td.float32"),
    "huge number": (lambda: td.tensor([1]) * 2**70, DTypeError, "mul: cannot compute with (1,) int64 and", ""),
    "number of int8": (lambda: td.tensor([1], dtype="int8") + 300, DTypeError, "add: cannot compute with (1,) int8 and 300", ""),
    "int power": (lambda: td.tensor([2]) ** -1, DTypeError, "pow: cannot compute with (1,) int64 and -1", "x.float()"),
    "huge axis": (lambda: t(2).argmax(axis=2**70), DTypeError, "argmax: cannot compute with (2,) float32", ""),
    "axis twice": (lambda: t(2, 2).std(axis=(0, -2)), ShapeError, "std: axis=(0, -2) names an axis twice", "once"),
    "0-d cumsum": (lambda: t().cumsum(9), ShapeError, "cumsum: axis 9 is out of range", "use -1 to 0"),
    "0-d softmax": (lambda: nn.functional.softmax(t(), axis=9), ShapeError, "softmax: axis 9 is out of range", "use -1 to 0"),
    "0-d flatten": (lambda: t().flatten(9), ShapeError, "flatten: axis 9 is out of range", "use -1 to 0"),
    "permute text": (lambda: t(2, 2).permute(0, "1"), DTypeError, "permute: axis must be an int, not '1'", "one axis"),
    "split text": (lambda: t(2).split("1"), DTypeError, "split: size must be an int, not a str", "whole number"),
    "split parts": (lambda: t(2).split([1.0, 1.0]), DTypeError, "split: a length must be an int, not a float", "whole number"),
    "chunk half": (lambda: t(2).chunk(1.5), DTypeError, "chunk: chunks must be an int, not a float", "whole number"),
    "tril None": (lambda: t(2, 2).tril(None), DTypeError, "tril: diagonal must be an int, not a NoneType", "whole number"),
    "ragged index": (lambda: t(2, 2)[[[0, 1], [1]], 0], ShapeError, "getitem: an index makes no array", "one length"),
    "ragged ids": (lambda: nn.functional.embedding([[0], [0, 1]], t(2, 2)), ShapeError, "embedding: an argument makes no array",
                   "one length"),
    "mask None": (lambda: t(2).masked_fill(None, 0.0), DTypeError, "masked_fill: the mask is object, not boolean", "compare"),
    "x[i] huge": (lambda: assign(td.tensor([1]), 0, 2**70), DTypeError, "x[i] = v: ", "this dtype can hold"),
    "x[i] NaN": (lambda: assign(td.tensor([1]), 0, float("nan")), DTypeError, "x[i] = v: cannot convert float NaN", "can hold"),
    "eye": (lambda: td.eye(2.5), ShapeError, "eye: a tensor of shape (2.5, 2.5) cannot be made", "integers"),
    "memory": (lambda: td.zeros(2**70), ShapeError, "zeros: a tensor of shape", "smaller axes"),
    "full text": (lambda: td.full((2,), "a"), DTypeError, "full: a str does not fill a float32 tensor", "a number"),
    "arange": (lambda: td.arange(), DTypeError, "arange: takes a stop", "td.arange(0, 10, 2)"),
    "arange NaN": (lambda: td.arange(float("nan")), OptionError, "arange: ", "finite bounds"),
    "randint": (lambda: td.randint(3, 3, (2,)), OptionError, "randint: low=3, high=3", "low below high"),
    "linear bias": (lambda: nn.functional.linear(t(2, 3), t(4, 3), t(1)), ShapeError, "linear: bias of shape (1,)", "each row"),
    "embedding vector": (lambda: nn.functional.embedding([0], t(2)), ShapeError, "embedding: weight of shape (2,)", "(V, E)"),
    "padding_idx": (lambda: nn.functional.embedding([0], t(2, 2), 0.5), DTypeError, "embedding: padding_idx must be an int",
                    "whole"),
    "layer_norm": (lambda: nn.functional.layer_norm(t(2, 3), 3, t(1)), ShapeError, "layer_norm: a weight or bias of shape (1,)",
                   "normalized_shape (3,)"),
    "rms_norm int": (lambda: nn.functional.rms_norm(td.ones(2, dtype=int), 2), DTypeError, "rms_norm: the tensor is int64",
                     "float()"),
    "conv1d": (lambda: nn.functional.conv1d(t(1, 2, 3), t(2, 2, 1), padding=-1), ShapeError, "conv1d: padding=-1", "0 or more"),
    "no width": (lambda: nn.functional.scaled_dot_product_attention(t(2, 0), t(2, 0), t(2, 1)), ShapeError,
                 "attention: query of shape (2, 0)", "with one d"),
    "int loss": (lambda: nn.functional.mse_loss(td.ones(2, dtype=int), t(2)), DTypeError, "mse_loss: the input is int64",
                 "float()"),
    "no classes": (lambda: nn.functional.cross_entropy(t(2, 0), [0, 0]), ShapeError, "have no classes", "axis 1"),
    "clip": (lambda: optim.clip_grad_norm_([], [1.0]), DTypeError, "clip_grad_norm_: max_norm must be a number, not a list",
             "1.0"),
    "learning rate": (lambda: optim.SGD([t(2, grad=True)], lr=-1), OptionError, "SGD: lr must be finite and not negative",
                      "range"),
    "seed": (lambda: td.decode.sample(None, None, 1, 0, 1, 3, rng=1.5), DTypeError,
             "sample: rng, if it is a seed, must be an int",
             "whole"),
    "batches": (lambda: text.bucket_batches([1, 2], 1.5), DTypeError, "bucket_batches: batch_size must be an int", "whole"),
    "no ids": (lambda: text.Vocab().decode(3), DTypeError, "Vocab.decode: ids is a int, not a list", "a list"),
    "half ids": (lambda: text.contiguous([0.5, 1.5], 1, 0), DTypeError, "contiguous: ids is of dtype float64", "ids"),
    "WordPiece ids": (lambda: text.WordPiece(text.wordpiece.SPECIALS).decode([[1]]), DTypeError,
                      "WordPiece.decode: an id must be an integer, got list", "integers"),
    "BPE merges": (lambda: text.BPE.train("a", "9"), DTypeError, "BPE: num_merges must be an int, not a str", "whole"),
    "n-gram": (lambda: text.AddK([None], 1, 0, 3), DTypeError, "AddK: a sentence is a NoneType, not a list", "a list"),
    "text as classes": (lambda: metrics.accuracy([[1], [1, 2]], [1]), ShapeError, "accuracy: predictions makes no array",
                        "one length"),
    "correlation": (lambda: metrics.pearson([0, "a"], [1, 2]), DTypeError, "pearson: x is of dtype", "numbers"),
    "perplexity": (lambda: metrics.perplexity(1j, 1), DTypeError, "perplexity: total_nll must be a number, not a complex",
                   "number"),
    "bleu": (lambda: metrics.bleu([1], None), DTypeError, "bleu: references is a NoneType, not a list", "a list"),
    "half a letter": (lambda: td.save({"\udfff": t(2)}, "never.st"), DataError, "save: '\\udfff' is half a surrogate pair",
                      "utf-8"),
    "the format's name": (lambda: td.save({"__metadata__": t(2)}, "never.st"), StateError, "save: entry '__metadata__'",
                          "by name"),
    # names of other libraries
    "max": (lambda: t(2).max(), AttributeError, "a Tensor has no attribute 'max'", "amax(axis) for the values"),
    "zero_": (lambda: t(2).zero_(), AttributeError, "a Tensor has no attribute 'zero_'", "x.data[...] = 0"),
    "max of the package": (lambda: td.max, AttributeError, "module 'tinydawn' has no attribute 'max'", "amax(axis) for"),
    "typo in the package": (lambda: td.sofmax, AttributeError, "module 'tinydawn' has no attribute 'sofmax'", "'softmax'?"),
    "hook": (lambda: t(2).register_hook(print), GraphError, "register_hook: this Tensor requires no gradient",
             "requires_grad=True"),
    "retain_grad": (lambda: t(2).retain_grad(), GraphError, "retain_grad: this Tensor requires no gradient", "compute it"),
    "format": (lambda: f"{t(2):.3f}", ShapeError, "format: '.3f' is for one number, not for a Tensor of shape (2,)", "index one"),
    "copy of what is recorded": (lambda: td.tensor(t(2, grad=True) * 2.0), GraphError,
                                 "tensor: a copy of a recorded Tensor would cut its graph", "x.detach()"),
    "topk of more": (lambda: t(2, 3).topk(4), ShapeError, "topk: k is 4, and axis -1 of shape (2, 3) has 3 entries", "are there"),
    "typo": (lambda: t(2).shpae, AttributeError, "a Tensor has no attribute 'shpae'", "did you mean 'shape'?"),
    "new attribute": (lambda: setattr(t(2), "grda", None), AttributeError, "grda", ""),
}


@pytest.mark.parametrize("name", CASES)
def test_message(name: str) -> None:
    call, error, what, fix = CASES[name]
    with pytest.raises(error) as caught:
        call()
    text = str(caught.value)
    assert what in text
    if not fix:
        return
    assert fix in text.split("  fix: ")[1]
    line = inspect.getsourcelines(call)[1]
    assert f"test_errors.py:{line} in" in text or "test_errors.py:" in text.split("\n")[1], text
    assert "31337" not in text, "an array's values were printed"
    for leak in ("Input operand", "operands could", "ufunc", "ndarray", "(n?,k)", "object is not"):
        assert leak not in text, f"NumPy's or Python's own words: {leak}"


# --- answers that were wrong, found by tests/test_fuzz.py -----------------------------------------------------------


@pytest.mark.parametrize("dtype", ["int8", "uint8", "uint16", "uint64", "int32", "int64", "bool"])
def test_functions_of_integers_are_those_of_the_numbers(dtype: str) -> None:
    """NumPy computes exp of int8 in float16, -x of an unsigned x wraps around, and so did softmax and sigmoid."""
    x = np.array([0, 1, 1] if dtype == "bool" else [3, 20, 80], dtype)
    real = x.astype(np.float64)
    for name, right in (("sigmoid", 1 / (1 + np.exp(-real))), ("exp", np.exp(real).astype(np.float32)), ("tanh", np.tanh(real)),
                        ("erf", np.array([math.erf(v) for v in real]))):
        with np.errstate(over="ignore"):
            np.testing.assert_allclose(getattr(td, name)(td.Tensor(x)).numpy(), right, rtol=1e-5, err_msg=name)
    p = np.exp(real - real.max()) / np.exp(real - real.max()).sum()
    for function in (td.softmax, nn.functional.softmax):
        np.testing.assert_allclose(function(td.Tensor(x), axis=0).numpy(), p, rtol=1e-5)
    others = np.exp(np.sort(real)[:-1] - real.max()).sum()
    np.testing.assert_allclose(td.log_softmax(td.Tensor(x), axis=0).numpy(), real - real.max() - np.log1p(others), rtol=1e-5)
    np.testing.assert_allclose(td.logsumexp(td.Tensor(x), axis=0).numpy(), np.log(np.exp(real - real.max()).sum()) + real.max())
    large = td.Tensor(np.array([2**40, 2**40 + 1]))
    np.testing.assert_allclose(td.softmax(large, axis=0).numpy(), [0.26894143, 0.7310586], rtol=1e-5)


@pytest.mark.parametrize("hidden", [1, 2, 4, 8])
@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
@pytest.mark.parametrize("double", [False, True])
def test_a_recurrent_layer_of_few_units_equals_its_twin(hidden: int, kind: Any, double: bool) -> None:
    """NumPy 2.4's np.negative is wrong when it writes into one column of rows of 16 bytes (float64: 64): an LSTM of one unit."""
    layer, x = kind(2, hidden), td.randn(3, 5, 2)
    if double:
        layer, x = layer.double(), x.double()
    fast = layer(x)[0].numpy()
    with td.unfused():
        plain = layer(x)[0].numpy()
    np.testing.assert_allclose(fast, plain, atol=1e-6)


def test_there_are_enough() -> None:
    assert len({case[2] for case in CASES.values()}) >= 45


@pytest.mark.parametrize(("error", "builtin"), [(ShapeError, ValueError), (DTypeError, TypeError),
                                                (IdError, IndexError), (GraphError, RuntimeError),
                                                (AnomalyError, ArithmeticError)])
def test_each_error_is_the_builtin_one_too(error: type[Exception], builtin: type[Exception]) -> None:
    assert issubclass(error, builtin)
    assert issubclass(error, TinydawnError)


def test_numpys_error_is_kept_as_the_cause() -> None:
    with pytest.raises(ShapeError) as caught:
        t(2, 3) @ t(4, 5)
    assert isinstance(caught.value.__cause__, ValueError)


def test_module_path_is_in_the_message() -> None:
    scope.here.path.extend([("Seq2Seq", None), ("decoder", None), ("t", 3)])
    try:
        with pytest.raises(ShapeError) as caught:
            t(2) + t(3)
    finally:
        scope.here.path.clear()
    assert "  in: Seq2Seq.decoder.t=3" in str(caught.value).splitlines()


def test_user_line_looks_past_python_and_this_package() -> None:
    assert "in test_user_line" in errors.user_line()
    assert "in <lambda>" in (lambda: errors.user_line())()
    (line,) = map(lambda _: errors.user_line(), [0])
    assert "test_errors.py:" in line


def test_message_parts() -> None:
    assert message("what", "fix", at="a.py:1 in f") == "what\n  at: a.py:1 in f\n  fix: fix"
    assert message("what", at="a.py:1 in f") == "what\n  at: a.py:1 in f"
