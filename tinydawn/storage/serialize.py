"""Saving and loading over the safetensors package: no pickle, so that a file from anywhere is safe to open."""

from __future__ import annotations

import importlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import StateError, message
from ..tensor import Tensor
from .files import utf8, write_atomic

KINDS = ("F64", "F32", "F16", "BF16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL")


class Loaded(dict[str, Tensor]):
    """What a file held: Tensors by name, and the text that was saved with them in `metadata`."""

    metadata: dict[str, str]


def library(caller: str, name: str = "safetensors") -> Any:
    """The library of the format, which is imported when first asked for. Raises StateError where it is missing."""
    try:
        return importlib.import_module(name)
    except ImportError:
        raise StateError(message(f"{caller}: safetensors is not installed",
                                 fix="pip install safetensors; in a browser, which has none, np.savez keeps arrays")) from None


def save(tensors: Mapping[str, Any], path: str | os.PathLike[str], metadata: Mapping[str, str] | None = None) -> Path:
    """Write Tensors or arrays by name, such as model.state_dict(), to a .safetensors file, and any text beside them.

    tensors   a dict or another mapping: name -> Tensor or array
    path      of the file, which is returned
    metadata  text by name, kept beside the tensors

    The file is complete or not there: it is written under a temporary name and renamed. PyTorch's and Hugging Face's
    safetensors readers read it. Raises StateError for what is no tensor and for metadata that is no text.
    """
    to_bytes = library("save", "safetensors.numpy").save
    if not isinstance(tensors, Mapping):
        raise StateError(message(f"save: the first argument is a {type(tensors).__name__}, not tensors by name",
                                 fix="pass model.state_dict(), or a dict such as {'weight': w}"))
    arrays: dict[str, np.ndarray] = {}
    for name, x in tensors.items():
        array = x.detach().numpy() if isinstance(x, Tensor) else x
        numbers = isinstance(array, np.ndarray) and array.dtype.kind in "fiub" and array.itemsize <= 8  # the format's
        if not isinstance(name, str) or not numbers or name == "__metadata__":  # the format's own word for the text beside
            kind = f"{array.dtype} array" if isinstance(array, np.ndarray) else type(x).__name__
            raise StateError(message(f"save: entry {name!r} is a {kind}",
                                     fix="Tensors or arrays of numbers by name, as in model.state_dict(); text is metadata; "
                                         "model and optimizer together: td.Checkpoint"))
        # safetensors would write a transposed array's memory as it lies; ascontiguousarray would make 0-d 1-d.
        arrays[name] = np.asarray(array, order="C")
    for key, text in (metadata or {}).items():
        if not isinstance(key, str) or not isinstance(text, str):
            raise StateError(message(f"save: metadata {key!r} is a {type(text).__name__}", fix="text only: json.dumps it"))
    for text in (*arrays, *(metadata or {}), *(metadata or {}).values()):
        utf8("save", text)
    return write_atomic(path, to_bytes(arrays, metadata=dict(metadata) if metadata else None))  # {} breaks an empty file


def load(path: str | os.PathLike[str]) -> Loaded:
    """Read the .safetensors file at `path`: Tensors by name, for model.load_state_dict; its text is their `.metadata`.

    bfloat16 becomes float32, with the same values.

    Raises StateError for what is no such file, and for numbers that NumPy does not have, such as those of 8 bits.
    """
    safetensors = library("load")
    file = Path(path)
    if not file.is_file():
        raise StateError(message(f"load: there is no file {str(path)!r}", fix="check the path; save writes such a file"))
    loaded = Loaded()
    with file.open("rb"):  # PermissionError: what may not be read is not damaged
        pass
    try:
        with safetensors.safe_open(file, framework="np") as content:
            loaded.metadata = dict(content.metadata() or {})
            for name in content.keys():  # noqa: SIM118 (it is no dict)
                kind = content.get_slice(name).get_dtype()
                if kind not in KINDS:
                    raise StateError(message(f"load: {name!r} in {file.name!r} is of type {kind}, which NumPy has not",
                                             fix="convert it to float32 or float16 with the library that wrote it"))
                loaded[name] = Tensor(_bfloat16(file, name) if kind == "BF16" else content.get_tensor(name))
    except (safetensors.SafetensorError, ValueError, TypeError, OSError) as error:
        raise StateError(message(f"load: {file.name!r} is no safetensors file, or is damaged ({error})",
                                 fix="a file written by td.save or another safetensors writer")) from error
    return loaded


def _bfloat16(file: Path, name: str) -> np.ndarray:
    """A tensor of a file that safe_open has found sound. A bfloat16 is the upper half of a float32."""
    with file.open("rb") as content:
        header = json.loads(content.read(int.from_bytes(content.read(8), "little")))
        start, end = header[name]["data_offsets"]
        content.seek(content.tell() + start)
        halves = np.frombuffer(content.read(end - start), "<u2")
    return (halves.astype(np.uint32) << 16).view(np.float32).reshape(header[name]["shape"])
