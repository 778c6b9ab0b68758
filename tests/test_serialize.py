"""td.save and td.load: what went in comes out, in every reader; a crash costs nothing; a bad file is told as such."""

from __future__ import annotations

import json
import os
import pickle
import struct
import sys
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from safetensors import safe_open

import tinydawn as td
from tinydawn import nn
from tinydawn.errors import StateError, TinydawnError

rng = np.random.default_rng(0)
BIG = rng.normal(size=(6, 8))
ARRAYS: dict[str, Any] = {
    "float32": BIG.astype(np.float32),
    "float64": BIG,
    "float16": BIG.astype(np.float16),
    "int64": np.array([-(2**62), 0, 2**62]),
    "int32": np.arange(3, dtype=np.int32),
    "uint8": np.arange(256, dtype=np.uint8),
    "bool": np.array([[True, False], [False, False]]),
    "0-d float": np.array(3.5, np.float32),
    "0-d int": np.array(7),
    "0-d bool": np.array(True),
    "one": np.array([[[2.0]]]),
    "empty": np.zeros((0,), np.float32),
    "zero size": np.zeros((2, 0, 3)),
    "transposed": BIG.T,
    "strided": BIG[::2, 1::3],
    "reversed": BIG[::-1, ::-1],
    "axes moved": rng.normal(size=(2, 3, 4)).transpose(2, 0, 1),
    "broadcast": np.broadcast_to(np.float32(2.0), (3, 2)),
    "fortran": np.asfortranarray(BIG),
    "big-endian": BIG.astype(">f8"),
    "read-only": np.frombuffer(b"\x01\x02\x03", np.uint8),
    "special": np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324]),
}


def same(found: Any, expected: np.ndarray) -> None:
    array = found.numpy() if isinstance(found, td.Tensor) else np.asarray(found)
    assert array.shape == expected.shape
    assert array.dtype == expected.dtype.newbyteorder("=")
    assert np.ascontiguousarray(array).tobytes() == np.ascontiguousarray(expected.astype(array.dtype)).tobytes()


# --- round trips ---


@pytest.mark.parametrize("name", ARRAYS)
@pytest.mark.parametrize("as_tensor", [False, True])
def test_round_trip(tmp_path, name, as_tensor):
    array = ARRAYS[name]
    path = td.save({"x": td.Tensor(array) if as_tensor else array}, tmp_path / "x.safetensors")
    assert path == tmp_path / "x.safetensors"
    loaded = td.load(path)
    assert list(loaded) == ["x"]
    assert isinstance(loaded["x"], td.Tensor)
    assert not loaded["x"].requires_grad
    same(loaded["x"], array)


def test_all_of_them_in_one_file_as_the_package_itself_reads_it(tmp_path):
    path = td.save(ARRAYS, str(tmp_path / "all.safetensors"))
    theirs, ours = safetensors.numpy.load_file(path), td.load(str(path))
    assert set(theirs) == set(ours) == set(ARRAYS)
    for name, array in ARRAYS.items():
        same(ours[name], array)
        same(theirs[name], array)


def test_a_thousand_names(tmp_path):
    arrays = {f"layers.{i}.重量 \"{i}\"\n": np.array([i]) for i in range(1000)}
    loaded = td.load(td.save(arrays, tmp_path / "many"))
    assert {name: int(x.item()) for name, x in loaded.items()} == {name: i for i, name in enumerate(arrays)}


def test_a_model_comes_back(tmp_path):
    model = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.GRU(4, 2, bidirectional=True))
    path = td.save(model.state_dict(), tmp_path / "model.safetensors")
    td.manual_seed(99)
    other = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.GRU(4, 2, bidirectional=True))
    assert not np.array_equal(other[0].weight.numpy(), model[0].weight.numpy())
    other.load_state_dict(td.load(path))
    for (name, a), (_, b) in zip(model.named_parameters(), other.named_parameters(), strict=True):
        assert np.array_equal(a.numpy(), b.numpy()), name
        assert b.requires_grad


def test_what_was_loaded_is_free_of_the_file_and_can_be_changed(tmp_path):
    path = td.save({"x": np.ones(3)}, tmp_path / "x")
    loaded = td.load(path)["x"]
    loaded.array[0] = 5.0
    path.unlink()
    assert loaded.tolist() == [5.0, 1.0, 1.0]


def test_saving_changes_nothing_and_shares_nothing(tmp_path):
    w = nn.Parameter(td.ones(2, 3))
    td.save({"w": w, "wt": w.T}, tmp_path / "x")
    assert w.requires_grad
    assert w.numpy().flags.c_contiguous
    w.array[...] = 0
    same(td.load(tmp_path / "x")["w"], np.ones((2, 3), np.float32))


def test_nothing_at_all(tmp_path):
    loaded = td.load(td.save({}, tmp_path / "x"))
    assert loaded == {}
    assert loaded.metadata == {}


def test_metadata(tmp_path):
    text = {"model": "Seq2Seq", "sizes": json.dumps({"hidden": 3}), "中文 \U0001f600": 'quote " and \\ and\nnewline', "empty": ""}
    path = td.save({"x": np.ones(1)}, tmp_path / "x", metadata=text)
    assert td.load(path).metadata == text
    with safe_open(path, framework="np") as content:
        assert content.metadata() == text
    assert td.load(td.save({"x": np.ones(1)}, tmp_path / "y")).metadata == {}


def test_the_same_content_gives_the_same_bytes(tmp_path):
    first, again = (td.save(dict(ARRAYS), tmp_path / str(i), {"k": "v"}).read_bytes() for i in range(2))
    assert first == again


@pytest.mark.torch
def test_pytorch_reads_ours_and_we_read_its(tmp_path, torch):
    import safetensors.torch

    theirs = torch.nn.LSTM(3, 4, num_layers=2, bidirectional=True)
    safetensors.torch.save_file(theirs.state_dict(), tmp_path / "theirs.safetensors", metadata={"format": "pt"})
    ours = nn.LSTM(3, 4, num_layers=2, bidirectional=True)
    loaded = td.load(tmp_path / "theirs.safetensors")
    assert loaded.metadata == {"format": "pt"}
    ours.load_state_dict(loaded)
    for name, x in theirs.state_dict().items():
        same(ours.state_dict()[name], x.numpy())

    for p in ours.parameters():
        p.array[...] += 1
    back = safetensors.torch.load_file(td.save(ours.state_dict(), tmp_path / "ours.safetensors"))
    theirs.load_state_dict(back)
    for name, x in theirs.state_dict().items():
        same(ours.state_dict()[name], x.numpy())
    both = {name: a for name, a in ARRAYS.items() if name != "big-endian"}
    back = safetensors.torch.load_file(td.save(both, tmp_path / "all.safetensors"))
    for name, array in both.items():
        same(back[name].numpy(), array)


def raw(path: Any, kind: str, shape: tuple[int, ...], data: bytes) -> Any:
    """A file with one tensor "x", written by hand."""
    header = json.dumps({"x": {"dtype": kind, "shape": shape, "data_offsets": [0, len(data)]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)
    return path


def test_bfloat16_becomes_float32(tmp_path):
    """Its sixteen bits are the upper half of a float32's."""
    values = np.array([1.0, -2.5, 3.0e38, -0.0, np.inf, 2.0**-126], np.float32)
    halves = (values.view(np.uint32) >> 16).astype("<u2")
    same(td.load(raw(tmp_path / "x", "BF16", (2, 3), halves.tobytes()))["x"].numpy(),
         (halves.astype(np.uint32) << 16).view(np.float32).reshape(2, 3))
    same(td.load(raw(tmp_path / "x", "BF16", (), halves[:1].tobytes()))["x"].numpy(), np.array(1.0, np.float32))
    same(td.load(raw(tmp_path / "x", "BF16", (0, 3), b""))["x"].numpy(), np.zeros((0, 3), np.float32))
    with pytest.raises(StateError, match="is no safetensors file, or is damaged"):
        td.load(raw(tmp_path / "x", "BF16", (2, 2), halves.tobytes()))


@pytest.mark.torch
def test_bfloat16_of_pytorch(tmp_path, torch):
    import safetensors.torch

    theirs = {"x": torch.randn(3, 4).bfloat16(), "y": torch.randn(5), "z": torch.randn(2, 1).bfloat16()}
    safetensors.torch.save_file(theirs, tmp_path / "x")
    for name, found in td.load(tmp_path / "x").items():
        same(found.numpy(), theirs[name].float().numpy())


@pytest.mark.parametrize("kind", ["F8_E4M3", "F8_E5M2"])
def test_a_type_that_numpy_does_not_have(tmp_path, kind):
    with pytest.raises(StateError, match=rf"load: 'x' in 'x' is of type {kind}, which NumPy has not[\s\S]*fix: convert it"):
        td.load(raw(tmp_path / "x", kind, (2, 2), bytes(4)))


# --- a crash ---


@pytest.mark.parametrize("kind", [OSError, KeyboardInterrupt])
def test_a_crash_leaves_the_old_file(tmp_path, monkeypatch, kind):
    path = td.save({"x": np.ones(3)}, tmp_path / "x")

    def crash(*args: Any) -> None:
        raise kind

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(kind):
        td.save({"x": np.zeros(3)}, path)
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
    assert td.load(path)["x"].tolist() == [1, 1, 1]


@pytest.mark.parametrize("bad", [{"x": object()}, {"x": np.zeros(3), "y": "text"}])
def test_what_cannot_be_saved_leaves_the_old_file(tmp_path, bad):
    path = td.save({"x": np.ones(3)}, tmp_path / "x")
    with pytest.raises(StateError):
        td.save(bad, path)
    assert [p.name for p in tmp_path.iterdir()] == ["x"]
    assert td.load(path)["x"].tolist() == [1, 1, 1]


# --- errors of save ---


@pytest.mark.parametrize(
    "entry",
    [
        "text", 3.0, [1.0, 2.0], None, object(), np.float32(1), np.array(["a"]), np.array([object()]), np.array([1j]),
        np.array([np.datetime64("2026-01-01")]), np.ones(2, np.longdouble).astype(np.clongdouble), {"nested": np.ones(2)},
    ],
    ids=lambda x: type(x).__name__ + str(getattr(x, "dtype", "")),
)  # fmt: skip
def test_an_entry_that_is_no_tensor(tmp_path, entry):
    with pytest.raises(StateError, match=r"(?s)save: entry 'optimizer.state' is a .*by name.*metadata"):
        td.save({"w": np.ones(2), "optimizer.state": entry}, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(np.dtype(np.longdouble).itemsize <= 8, reason="long double is a float64 here")
def test_floats_that_the_format_does_not_have(tmp_path):
    with pytest.raises(StateError, match=r"save: entry 'x' is a (float128|longdouble) array"):
        td.save({"x": np.ones(2, np.longdouble)}, tmp_path / "x")


NO_STATE = [nn.Linear(2, 2), [np.ones(2)], np.ones(2), td.ones(2), None, "x"]


@pytest.mark.parametrize("wrong", NO_STATE, ids=lambda x: type(x).__name__)
def test_what_is_no_state_dict(tmp_path, wrong):
    with pytest.raises(StateError, match=rf"(?s)save: the first argument is a {type(wrong).__name__}.*state_dict\(\)"):
        td.save(wrong, tmp_path / "x")


def test_names_are_text(tmp_path):
    with pytest.raises(StateError, match="save: entry 3 is a"):
        td.save({3: np.ones(2)}, tmp_path / "x")  # type: ignore[dict-item]


@pytest.mark.parametrize("metadata", [{"epoch": 3}, {3: "x"}, {"a": None}, {"a": "x", "b": {"c": 1}}, {"a": b"x"}])
def test_metadata_is_text(tmp_path, metadata):
    with pytest.raises(StateError, match=r"(?s)save: metadata .* is a (int|str|NoneType|dict|bytes).*json\.dumps"):
        td.save({"x": np.ones(2)}, tmp_path / "x", metadata=metadata)
    assert list(tmp_path.iterdir()) == []


# --- errors of load ---


@pytest.fixture
def data(tmp_path) -> bytes:
    arrays = {"weight": np.arange(12.0).reshape(3, 4), "bias": np.ones(4, np.float32), "on": np.array([True])}
    return td.save(arrays, tmp_path / "good", {"model": "test"}).read_bytes()


def test_a_missing_file(tmp_path):
    with pytest.raises(StateError, match=r"(?s)load: there is no file .*nowhere.*check the path"):
        td.load(tmp_path / "nowhere")


def test_a_folder(tmp_path):
    with pytest.raises(StateError, match="load: there is no file"):
        td.load(tmp_path)


def test_truncated_at_every_length(tmp_path, data):
    path = tmp_path / "cut"
    for n in range(len(data)):
        path.write_bytes(data[:n])
        with pytest.raises(StateError, match=r"(?s)load: 'cut' is no safetensors file, or is damaged.*td\.save"):
            td.load(path)
    path.write_bytes(data + b"\x00")
    with pytest.raises(StateError, match="damaged"):
        td.load(path)


def test_bits_flipped_in_the_header(tmp_path, data):
    """Either a StateError, or tensors: never another exception, never arrays of a size that the file does not have."""
    path = tmp_path / "flipped"
    header = 8 + struct.unpack("<Q", data[:8])[0]
    refused = 0
    for i in range(header):
        for bit in range(8):
            path.write_bytes(data[:i] + bytes([data[i] ^ (1 << bit)]) + data[i + 1 :])
            try:
                loaded = td.load(path)
            except StateError:
                refused += 1
            else:
                assert sum(x.numpy().nbytes for x in loaded.values()) == len(data) - header
    assert refused > header * 8 // 2


def header(content: Any, body: bytes = b"") -> bytes:
    text = json.dumps(content).encode()
    return struct.pack("<Q", len(text)) + text + body


def entry(dtype: str, shape: list[int], start: int, end: int) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


BAD_FILES = {
    "empty": b"",
    "text": b"this is a text file, not a model\n" * 10,
    "json": b'{"weight": [1, 2, 3]}',
    "pickle": pickle.dumps({"weight": np.ones(3)}),
    "zip": b"PK\x03\x04" + b"\x00" * 100,
    "npy": b"\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }\n" + b"\x00" * 24,
    "a huge header": struct.pack("<Q", 2**63) + b"{}",
    "a header beyond the end": struct.pack("<Q", 500) + b"{}",
    "a header that is a list": header([1]),
    "not utf-8": struct.pack("<Q", 2) + b"\xff\xfe",
    "an object type": header({"x": entry("O", [1], 0, 8)}, b"\x00" * 8),
    "too few bytes": header({"x": entry("F32", [3], 0, 8)}, b"\x00" * 8),
    "overlapping": header({"x": entry("F32", [2], 0, 8), "y": entry("F32", [2], 4, 12)}, b"\x00" * 12),
    "a negative shape": header({"x": entry("F32", [-1], 0, 4)}, b"\x00" * 4),
    "an overflow": header({"x": entry("F32", [2**40, 2**40], 0, 4)}, b"\x00" * 4),
    "metadata that is no text": header({"__metadata__": {"a": 1}, "x": entry("U8", [1], 0, 1)}, b"\0"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_FILES)
def test_what_is_no_safetensors_file(tmp_path, name):
    path = tmp_path / "model.bin"
    path.write_bytes(BAD_FILES[name])
    with pytest.raises(StateError, match=r"(?s)load: 'model.bin' is no safetensors file, or is damaged.*fix: ") as caught:
        td.load(path)
    assert len(str(caught.value)) < 600, "one glance, whatever the file holds"


def test_a_pickle_is_never_run(tmp_path):
    class Bomb:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(tmp_path / "exploded"),)

    (tmp_path / "model").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(StateError):
        td.load(tmp_path / "model")
    assert not (tmp_path / "exploded").exists()


def test_a_file_of_another_model(tmp_path):
    path = td.save(nn.Linear(2, 3).state_dict(), tmp_path / "x")
    with pytest.raises(StateError, match=r"weight: \(3, 2\), not \(4, 2\)"):
        nn.Linear(2, 4).load_state_dict(td.load(path))


def test_the_errors_are_ours(tmp_path):
    with pytest.raises(TinydawnError):
        td.load(tmp_path / "nowhere")
    with pytest.raises(RuntimeError):
        td.load(tmp_path / "nowhere")


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read anything")
def test_a_file_without_the_right_to_read(tmp_path, data):
    (tmp_path / "good").chmod(0)
    with pytest.raises(StateError, match="load: 'good'"):
        td.load(tmp_path / "good")


def test_a_browser_has_no_safetensors_and_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    for call in (lambda: td.save({"w": td.ones(2)}, tmp_path / "w.safetensors"), lambda: td.load(tmp_path / "w.safetensors")):
        with pytest.raises(StateError, match=r"(?s)safetensors is not installed.*np.savez"):
            call()
