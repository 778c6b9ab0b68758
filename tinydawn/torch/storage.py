"""torch.save and torch.load: nested dicts, lists and tuples of Tensors, arrays, numbers and text, in a file without a pickle.

A pickle is a program, which may do anything on the machine that opens it. So the file is a safetensors file, which holds arrays
and text and nothing else: the arrays by number, and beside them, as JSON, what they are parts of. What PyTorch itself has written
is read too, as far as it is of this kind; PyTorch reads ours with the safetensors package, array by array.

In the JSON None, True, False, numbers and text stand for themselves; all else is an object of one name, which says what it is:

    {"tensor": 0, "parameter": false, "requires_grad": false}   array 0 of the file; "array" and "number" likewise, of NumPy
    {"list": [...]}    {"tuple": [...]}    {"set": [...]}    {"size": [...]}
    {"dict": [[key, value], ...]}    {"ordered": ...}    {"namespace": ...}
    {"dtype": "float32"}    {"device": "cpu"}    {"bytes": "00ff"}
"""

from __future__ import annotations

import argparse
import json
import os
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np

from ..backend import to_host
from ..errors import DTypeError, StateError, message
from ..nn.module import Module, Parameter
from ..storage import serialize
from ..storage.files import write_atomic
from ..storage.pytorch import read_pytorch
from ..tensor import Tensor
from . import dtypes

KEY = "tinydawn.torch"  # of the text beside the arrays
PAIRS: dict[type, str] = {dict: "dict", OrderedDict: "ordered", argparse.Namespace: "namespace"}
PARTS: dict[type, str] = {list: "list", tuple: "tuple", set: "set", dtypes.Size: "size"}


def save(obj: Any, f: Any, pickle_module: Any = None, pickle_protocol: Any = None,
         _use_new_zipfile_serialization: bool = True) -> None:
    """Write `obj` to a path, or to a file that is open for writing bytes.

    A file at a path is complete or not there. Two Tensors that are one array stay one. The arguments after the first two have no
    effect. Raises StateError for what cannot be saved, as a whole module or a function, and says where in `obj` it is.
    """
    to_bytes = serialize.library("save", "safetensors.numpy").save
    arrays: dict[str, np.ndarray] = {}
    try:
        text = json.dumps(_described(obj, "it", arrays, {}))
    except RecursionError:
        raise StateError(message("save: it contains itself", fix="dicts and lists that end somewhere")) from None
    data = to_bytes(arrays, metadata={KEY: text})
    if isinstance(f, (str, os.PathLike)):
        write_atomic(f, data)
    elif hasattr(f, "write"):
        f.write(data)
        f.flush()  # it is often opened in the call, and never closed
    else:
        raise DTypeError(message(f"save: to a {type(f).__name__}", fix='a path, or open(path, "wb")'))


def load(f: Any, map_location: Any = None, pickle_module: Any = None, weights_only: bool | None = None,
         mmap: bool | None = None, **others: Any) -> Any:
    """What `save` or PyTorch has written to a path, or to a file that is open for reading bytes; or a .safetensors file.

    The Tensors are where all are: td.use_backend says so, and `map_location` and the other arguments have no effect. Nothing that
    is in the file is run. Raises StateError for a file that is none of these, or is damaged.
    """
    of_bytes = serialize.library("load", "safetensors.numpy").load
    if isinstance(f, (str, os.PathLike)):
        data, name = Path(f).read_bytes(), repr(os.fspath(f))
    elif hasattr(f, "read"):
        data, name = f.read(), "the file"
    else:
        raise DTypeError(message(f"load: from a {type(f).__name__}", fix='a path, or open(path, "rb")'))
    if data[:4] == b"PK\x03\x04":
        return read_pytorch(data, name)
    try:
        header = json.loads(data[8:8 + int.from_bytes(data[:8], "little")])
        text = header.get("__metadata__", {}).get(KEY)
        if text is not None or not isinstance(f, (str, os.PathLike)):
            arrays = {key: np.array(x) for key, x in of_bytes(data).items()}
            return {key: Tensor(x) for key, x in arrays.items()} if text is None else _rebuilt(json.loads(text), arrays)
    except Exception as error:  # whatever a damaged file makes of these
        raise StateError(message(f"load: {name} is no file of torch.save, or is damaged ({type(error).__name__}: {error})",
                                 fix="a file of torch.save, here or of PyTorch 1.6 or later, or a .safetensors file")) from error
    return dict(serialize.load(f))


# --- what a thing is, as JSON, and back -------------------------------------------------------------------------------


def _described(x: Any, where: str, arrays: dict[str, np.ndarray], kept: dict[Any, int]) -> Any:
    """`x` for the JSON; its arrays are put into `arrays`. `kept` knows those that are there, by the memory that they are."""
    if x is None or type(x) in (bool, int, float, str):
        return x
    if isinstance(x, Tensor):
        number = _put(x.array, arrays, kept)
        return {"tensor": number, "parameter": isinstance(x, Parameter), "requires_grad": x.requires_grad}
    if isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fiub" and x.itemsize <= 8:
        return {"array" if isinstance(x, np.ndarray) else "number": _put(np.asarray(x), arrays, kept)}
    if type(x) in PAIRS:
        pairs = vars(x) if isinstance(x, argparse.Namespace) else x
        return {PAIRS[type(x)]: [[_described(key, f"a key of {where}", arrays, kept),
                                  _described(value, f"{where}[{key!r}]", arrays, kept)] for key, value in pairs.items()]}
    if type(x) in PARTS:
        return {PARTS[type(x)]: [_described(part, f"{where}[{i}]", arrays, kept) for i, part in enumerate(x)]}
    if isinstance(x, np.dtype):
        return {"dtype": x.name}
    if isinstance(x, dtypes.device):
        return {"device": str(x)}
    if isinstance(x, bytes):
        return {"bytes": x.hex()}
    if isinstance(x, Module):
        raise StateError(message(f"save: {where} is a whole {type(x).__name__}, and a class cannot be put into a file",
                                 fix="save its state_dict(); then make the model anew, and load_state_dict(torch.load(path))"))
    raise StateError(message(f"save: {where} is a {type(x).__module__}.{type(x).__qualname__}",
                             fix="dicts, lists and tuples of Tensors, arrays, numbers and text; of a model its state_dict()"))


def _put(array: Any, arrays: dict[str, np.ndarray], kept: dict[Any, int]) -> int:
    """The number of this array among those of the file; one that is there already has the one it has."""
    values = to_host(array)
    memory = (values.ctypes.data, values.shape, values.strides, values.dtype.str) if values.size else len(arrays)
    if memory not in kept:
        kept[memory] = len(arrays)
        arrays[str(len(arrays))] = np.asarray(values, values.dtype.newbyteorder("="), order="C")
    return kept[memory]


def _rebuilt(x: Any, arrays: dict[str, Any]) -> Any:
    """The thing of which _described made `x`."""
    if not isinstance(x, dict):
        return x
    kind, content = next(iter(x.items()))
    if kind == "tensor":
        return (Parameter if x["parameter"] else Tensor)(arrays[str(content)], x["requires_grad"])
    if kind == "array":
        return arrays[str(content)]
    if kind == "number":
        return arrays[str(content)][()]
    if kind in PAIRS.values():
        pairs = [(_rebuilt(key, arrays), _rebuilt(value, arrays)) for key, value in content]
        if kind == "namespace":
            return argparse.Namespace(**dict(pairs))
        return OrderedDict(pairs) if kind == "ordered" else dict(pairs)
    if kind in PARTS.values():
        return next(made for made, called in PARTS.items() if called == kind)(_rebuilt(part, arrays) for part in content)
    if kind == "dtype":
        return np.dtype(content)
    if kind == "device":
        return dtypes.device(content)
    if kind == "bytes":
        return bytes.fromhex(content)
    raise ValueError(f"a {kind!r}")
