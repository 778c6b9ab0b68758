"""Programs written for PyTorch, run as they are: `import torch` is answered by tinydawn.torch.

    answer_imports()      from here on
    record(torch, 20)     what a program calls .backward() on, the first 20 times; of either library
"""

from __future__ import annotations

import functools
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import pkgutil
import runpy
import sys
import time
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import DataError, message
from .absent import instead_of

# Packages that are made of PyTorch itself, and what stands in their place.
BUILT_ON_PYTORCH = {
    "torchtext": "read the text with Python, or with tinydawn.text", "torchvision": "read the pictures with NumPy",
    "torchaudio": "read the sound with NumPy", "torchdata": "torch.utils.data has DataLoader",
    "torchmetrics": "tinydawn.metrics, or compute it by hand", "pytorch_lightning": "write the loop out",
    "lightning": "write the loop out", "ignite": "write the loop out", "accelerate": "leave it out: there is one device",
    "transformers": "tinydawn.models.Bert.from_pretrained reads its files", "fairseq": "write the model out",
    "torchviz": "td.draw(loss) draws the graph", "torchsummary": "print(model)", "torchinfo": "print(model)",
    "apex": "leave it out", "xformers": "leave it out", "triton": "leave it out", "sentence_transformers": "tinydawn.models.Bert",
}


class Finder(importlib.abc.MetaPathFinder):
    """Says of what `import torch...` does not find here, and of packages made of PyTorch, what to do instead."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        first = name.partition(".")[0]
        if first == "torch":
            parent, _, last = name.rpartition(".")
            raise ModuleNotFoundError(message(f"import {name}: tinydawn.torch has no such part",
                                              fix=instead_of(parent, last, vars(sys.modules[parent]))), name=name)
        if first in BUILT_ON_PYTORCH and not _of_the_program(first):
            raise ModuleNotFoundError(message(f"import {name}: it is made of PyTorch itself, which is not here",
                                              fix=BUILT_ON_PYTORCH[first]), name=name)


def _of_the_program(name: str) -> bool:
    """Whether a module of this name is no installed package, but a file of the program's own."""
    spec = importlib.machinery.PathFinder.find_spec(name)
    return spec is not None and "-packages" not in str(spec.origin)


def answer_imports() -> Any:
    """Let `import torch`, and of all parts of it, find tinydawn.torch; returns that module."""
    layer = importlib.import_module("tinydawn.torch")
    for found in pkgutil.walk_packages(layer.__path__, "tinydawn.torch."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    for name, module in list(sys.modules.items()):
        if name == "tinydawn.torch" or name.startswith("tinydawn.torch."):
            sys.modules[name.removeprefix("tinydawn.")] = module
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())
    return layer


class Enough(BaseException):
    """Raised in a program that has made as many steps as were asked for. No Exception, so that no program catches it."""


def run(path: Path, arguments: list[str]) -> None:
    """Run a program file as __main__, beside its own folder."""
    if not path.is_file():
        raise DataError(message(f"run: there is no file {path}", fix="the path of a Python file"))
    sys.argv = [str(path), *arguments]
    sys.path.insert(0, str(path.parent.resolve()))
    sys.excepthook = functools.partial(_show, path)
    runpy.run_path(str(path), run_name="__main__")


def _show(path: Path, kind: type[BaseException], error: BaseException, trace: types.TracebackType | None) -> None:
    """What an error that ends a program prints: the traceback from the program's own first line on."""
    first = trace
    while first is not None and first.tb_frame.f_code.co_filename != str(path):
        first = first.tb_next
    inside = first is not None or isinstance(error, SyntaxError)
    sys.__excepthook__(kind, error.with_traceback(first) if inside else error, first if inside else trace)


@contextmanager
def at_each_backward(torch: Any, call: Callable[[Any], None]) -> Iterator[None]:
    """Call `call(loss)` before each loss.backward(), of PyTorch or of tinydawn.torch."""
    kind = tensor_type(torch)
    real = kind.backward

    within = False  # under torch.set_default_device PyTorch calls the method a second time from within

    def backward(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal within
        if within:
            return real(self, *args, **kwargs)
        within = True
        try:
            call(self)
            return real(self, *args, **kwargs)
        finally:
            within = False

    kind.backward = backward
    try:
        yield
    finally:
        kind.backward = real


class Recorded:
    """The values on which a program called .backward(), and the CPU seconds when."""

    def __init__(self, torch: Any, steps: int) -> None:
        self.torch, self.steps = torch, steps
        self.losses: list[float] = []
        self.seconds: list[float] = []

    def __call__(self, loss: Any) -> None:
        self.seconds.append(time.process_time())
        self.losses.append(float(loss.detach().sum()))
        if len(self.losses) >= self.steps:
            raise Enough


def make_comparable(torch: Any, double: bool) -> None:
    """Take from a program what would make two libraries differ: dropout, and float32, whose rounding 20 steps make large.

    double  what asks for float32 by name gets float64 as well
    """
    nn = torch.nn
    for layer in ("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout"):
        if hasattr(nn, layer):
            getattr(nn, layer).forward = lambda self, input: input
    for layer in ("RNN", "LSTM", "GRU", "MultiheadAttention"):
        kind = getattr(nn, layer)

        def start(self: Any, *args: Any, _begin: Any = kind.__init__, **kwargs: Any) -> None:
            _begin(self, *args, **kwargs)
            self.dropout = 0.0

        kind.__init__ = start
    attention = nn.functional.scaled_dot_product_attention

    def undropped(query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, *args: Any,
                  **kwargs: Any) -> Any:
        return attention(query, key, value, attn_mask, 0.0, *args, **kwargs)

    nn.functional.scaled_dot_product_attention = undropped
    for name in ("dropout", "dropout1d", "dropout2d"):
        setattr(nn.functional, name, lambda input, p=0.5, training=True, inplace=False: input)
    torch.dropout = lambda input, p, train: input
    if double:
        from_numpy, single = torch.from_numpy, torch.float32

        def widened(array: Any) -> Any:
            x = from_numpy(array)
            return x.double() if x.dtype == single else x

        def by_true_names(function: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                torch.float = torch.float32 = single  # in a file, dtypes are told apart by their names
                try:
                    return function(*args, **kwargs)
                finally:
                    torch.float = torch.float32 = torch.float64

            return call

        torch.set_default_dtype(torch.float64)
        torch.load, torch.save = by_true_names(torch.load), by_true_names(torch.save)
        torch.from_numpy, torch.FloatTensor = widened, torch.DoubleTensor
        tensor_type(torch).float = tensor_type(torch).double
        torch.float = torch.float32 = torch.float64


def tensor_type(torch: Any) -> Any:
    """The class whose methods a program's Tensors have."""
    return torch.Tensor if "tinydawn" not in torch.__name__ else importlib.import_module("tinydawn.tensor").Tensor
