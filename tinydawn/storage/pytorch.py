"""Reading the files that PyTorch writes, without PyTorch, and without running what is in them.

Such a file is a zip: the numbers of each storage in a file of their own, and a pickle that says how Tensors lie in them. A pickle
is a program that may name any function of Python to be called. Here only the few names below mean something, and each means
what is written here; all others are an error.
"""

from __future__ import annotations

import argparse
import io
import math
import pickle
import zipfile
from collections import OrderedDict
from typing import Any

import numpy as np

from ..errors import StateError, message
from ..tensor import Tensor

# PyTorch's names of the kinds of numbers, as NumPy's; bfloat16 is the upper half of a float32.
DTYPES = {"Double": "f8", "Float": "f4", "Half": "f2", "BFloat16": "u2", "Long": "i8", "Int": "i4", "Short": "i2", "Char": "i1",
          "Byte": "u1", "Bool": "?", "UInt64": "u8", "UInt32": "u4", "UInt16": "u2"}
NAMES = {"float64": "f8", "float32": "f4", "float16": "f2", "int64": "i8", "int32": "i4", "int16": "i2", "int8": "i1",
         "uint8": "u1", "bool": "?"}


def read_pytorch(data: bytes, name: str = "the file") -> Any:
    """What torch.save has written, from its bytes, `data`: dicts, lists, numbers, text, and Tensors. bfloat16 becomes float32.

    name  what errors call it

    Raises StateError for what is damaged, or holds anything else, such as a whole module.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            (folder,) = [entry[:-len("data.pkl")] for entry in archive.namelist() if entry.endswith("/data.pkl")]
            order = archive.read(f"{folder}byteorder") if f"{folder}byteorder" in archive.namelist() else b"little"
            return _Reader(archive, folder, order.decode(), name).load()
    except StateError:
        raise
    except Exception as error:  # a damaged pickle raises whatever its bytes happen to ask for
        raise StateError(message(f"load: {name} is no file of torch.save, or is damaged ({type(error).__name__}: {error})",
                                 fix="write it again with torch.save(model.state_dict(), path)")) from error


class _Reader(pickle.Unpickler):
    """A pickle's machine that knows these names alone."""

    def __init__(self, archive: zipfile.ZipFile, folder: str, order: str, name: str) -> None:
        super().__init__(io.BytesIO(archive.read(f"{folder}data.pkl")), encoding="utf-8")
        self._archive, self._folder, self._order, self._name = archive, folder, order, name
        self._storages: dict[str, np.ndarray] = {}

    def find_class(self, module: str, name: str) -> Any:
        if module == "torch" and name in NAMES:
            return np.dtype(NAMES[name])
        if module == "torch" and name.removesuffix("Storage") in DTYPES:
            return name.removesuffix("Storage")
        known = _KNOWN.get((module, name))
        if known is None:
            raise StateError(message(f"load: {self._name} holds a {module}.{name}, which is not read here",
                                     fix="save model.state_dict() and numbers, lists, dicts: no whole module"))
        return known

    def persistent_load(self, pid: Any) -> np.ndarray:
        """The numbers of one storage, which several Tensors may share."""
        _, kind, key, _, count = pid
        if key not in self._storages:
            dtype = np.dtype(DTYPES[kind]).newbyteorder("<" if self._order == "little" else ">")
            numbers = np.frombuffer(self._archive.read(f"{self._folder}data/{key}"), dtype)
            if len(numbers) != count:
                raise ValueError(f"storage {key} has {len(numbers)} numbers, not {count}")
            if kind == "BFloat16":
                numbers = (numbers.astype(np.uint32) << 16).view(np.float32)
            self._storages[key] = numbers.astype(numbers.dtype.newbyteorder("="))  # a copy, that may be written to
        return self._storages[key]


def _tensor(storage: Any, offset: int, shape: tuple[int, ...], steps: tuple[int, ...], requires_grad: bool, *rest: Any) -> Tensor:
    """The Tensor whose entry (i, j, ...) is the number offset + i steps[0] + j steps[1] + ... of a storage."""
    if len(shape) != len(steps) or min((offset, *shape, *steps)) < 0:
        raise ValueError(f"shape {shape} and steps {steps}")
    last = offset + sum((n - 1) * step for n, step in zip(shape, steps, strict=True))
    if math.prod(shape) and last >= len(storage):
        raise ValueError(f"a tensor of shape {shape} beyond its storage")
    bytes_of = storage.dtype.itemsize
    array = np.lib.stride_tricks.as_strided(storage[offset:] if math.prod(shape) else storage[:0], shape,
                                            [step * bytes_of for step in steps])
    return Tensor(array if array.flags.c_contiguous else array.copy(), bool(requires_grad))


def _parameter(tensor: Tensor, requires_grad: bool, *rest: Any) -> Tensor:
    tensor.requires_grad = requires_grad
    return tensor


def _device(*args: Any) -> str:
    """Where it was: to be read, it is here."""
    return "cpu"


def _bytes(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise ValueError(f"bytes in {encoding}")
    return text.encode("latin1")


class _DType:
    """numpy.dtype, of which a pickle makes one, and then sets a state that says what is known."""

    def __new__(cls, name: str, *rest: Any) -> Any:
        made = super().__new__(cls)
        made.dtype = np.dtype(name)
        if made.dtype.kind not in "fiub":
            raise ValueError(f"dtype {name}")
        return made

    dtype: np.dtype[Any]

    def __setstate__(self, state: Any) -> None:
        self.dtype = self.dtype.newbyteorder(state[1] if state[1] in "<>" else "=")


def _number(dtype: _DType, data: bytes) -> Any:
    """A number of NumPy's."""
    return np.frombuffer(data, dtype.dtype)[0]


_KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("argparse", "Namespace"): argparse.Namespace,
    ("builtins", "set"): set,
    ("__builtin__", "set"): set,
    ("torch", "Size"): tuple,
    ("torch", "device"): _device,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("_codecs", "encode"): _bytes,
    ("numpy", "dtype"): _DType,
    ("numpy._core.multiarray", "scalar"): _number,
    ("numpy.core.multiarray", "scalar"): _number,
}
