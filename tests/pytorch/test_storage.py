"""torch.save and torch.load: what went in comes out, nothing is run, and what cannot be saved is told."""

import argparse
import io
import json
import math
from collections import Counter, OrderedDict, namedtuple

import numpy as np
import pytest
import safetensors.numpy

import tinydawn as td
from tinydawn.errors import DTypeError, StateError
from tinydawn.torch import dtypes
from tinydawn.torch.storage import KEY, load, save


def through(x):
    """What is left of x after it was saved and loaded."""
    file = io.BytesIO()
    save(x, file)
    return load(io.BytesIO(file.getvalue()))


@pytest.mark.parametrize("x", [
    None, True, 3, 2**70, 0.1, math.inf, "a\ud800", b"\x00\xff", [], {}, (), set(), (1, 2.5), {1, 2}, [[1], (2, [3])],
    {"a": {5: "int", (1, 2): "tuple", None: 1}}, OrderedDict(b=1, a=2), argparse.Namespace(lr=0.1, sizes=[1, 2]),
    dtypes.Size([2, 3]), dtypes.float64, dtypes.device("cpu"), np.float64(1.5), np.int32(4), np.bool_(True),
], ids=repr)
def test_what_is_no_tensor(x):
    found = through(x)
    assert found == x
    assert type(found) is type(x)


def test_nan_and_the_order_of_keys():
    assert math.isnan(through([math.nan])[0])
    assert list(through({"b": 1, "a": 2})) == ["b", "a"]


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?", ">f8"])
def test_tensors_and_arrays_of_every_dtype(dtype):
    array = np.arange(6).astype(dtype).reshape(2, 3)
    for x in (array, array.T, array[:, 1:], array[0, 0:0], array[0, 0].reshape(())):
        for found in (through(x), through(td.Tensor(x)).array):
            np.testing.assert_array_equal(found, x)
            assert (found.dtype, found.shape) == (x.dtype.newbyteorder("="), x.shape)
    assert isinstance(through(array), np.ndarray)
    assert isinstance(through(td.Tensor(array)), td.Tensor)


def test_what_requires_a_gradient_still_does():
    a = td.tensor([1.0], requires_grad=True)
    found = through([a, a * 2, a.detach(), td.nn.Parameter(np.ones(1)), td.nn.Parameter(np.ones(1), requires_grad=False)])
    assert [x.requires_grad for x in found] == [True, True, False, True, False]
    assert all(x.is_leaf for x in found)
    assert [isinstance(x, td.nn.Parameter) for x in found] == [False, False, False, True, True]


def test_one_array_stays_one_and_can_be_written_to():
    a = td.zeros(2)
    found = through({"a": a, "tied": a, "equal": td.zeros(2), "empty": [td.zeros(0), td.zeros(0)]})
    found["a"].array[0] = 1
    assert (found["tied"].tolist(), found["equal"].tolist()) == ([1, 0], [0, 0])


def test_a_checkpoint(tmp_path):
    def made():
        model = td.nn.Linear(2, 1)
        return model, td.optim.Adam(model.parameters(), lr=0.1)

    def step(model, optimizer):
        optimizer.zero_grad()
        td.sum(model(td.tensor([[1.0, 2.0]]))).backward()
        optimizer.step()

    model, optimizer = made()
    step(model, optimizer)
    path = tmp_path / "folder" / "checkpoint.pt"
    save({"epoch": 3, "model": model.state_dict(), "optimizer": optimizer.state_dict(), "best": 0.25}, path)
    checkpoint = load(str(path), map_location="cpu", weights_only=True)
    assert (checkpoint["epoch"], checkpoint["best"]) == (3, 0.25)
    again, other = made()
    again.load_state_dict(checkpoint["model"])
    other.load_state_dict(checkpoint["optimizer"])
    step(model, optimizer)
    step(again, other)
    np.testing.assert_array_equal(again.weight.detach().numpy(), model.weight.detach().numpy())


def test_files_that_are_open(tmp_path):
    path = tmp_path / "x.pt"
    unclosed = open(path, "wb")  # noqa: SIM115 (as programs do)
    save(td.arange(3.0), unclosed)
    with open(path, "rb") as file:
        assert load(file).tolist() == [0, 1, 2]
    unclosed.close()
    save(3, path, pickle_protocol=2)
    assert load(path) == 3


def test_the_file_is_a_safetensors_file(tmp_path):
    save([td.ones(2), "a"], tmp_path / "x.pt")
    data = (tmp_path / "x.pt").read_bytes()
    assert {name: x.tolist() for name, x in safetensors.numpy.load(data).items()} == {"0": [1, 1]}
    header = json.loads(data[8:8 + int.from_bytes(data[:8], "little")])
    tensor = {"tensor": 0, "parameter": False, "requires_grad": False}
    assert json.loads(header["__metadata__"][KEY]) == {"list": [tensor, "a"]}


def test_files_of_others_are_read(tmp_path):
    path = tmp_path / "x.safetensors"
    td.save({"a": td.ones(2)}, path)
    assert load(path)["a"].tolist() == [1, 1]
    with path.open("rb") as file:
        assert load(file)["a"].tolist() == [1, 1]


@pytest.mark.torch
def test_files_of_pytorch_are_read(torch, tmp_path):
    saved = {"model": torch.nn.Linear(2, 1).state_dict(), "epoch": 3}
    torch.save(saved, tmp_path / "x.pt")
    found = load(tmp_path / "x.pt")
    assert (list(found["model"]), found["epoch"]) == (["weight", "bias"], 3)
    np.testing.assert_array_equal(found["model"]["weight"].numpy(), saved["model"]["weight"].numpy())
    from safetensors.torch import save_file

    save_file({"x": torch.ones(2, dtype=torch.bfloat16)}, tmp_path / "x.safetensors")
    assert load(tmp_path / "x.safetensors")["x"].tolist() == [1, 1]


Point = namedtuple("Point", "x y")
endless = [1]
endless.append(endless)


@pytest.mark.parametrize(("x", "said"), [
    (td.nn.Linear(1, 1), "save: it is a whole Linear"),
    ({"a": [1, td.nn.Linear(1, 1)]}, r"save: it\['a'\]\[1\] is a whole Linear"),
    ([print], r"it\[0\] is a builtins.builtin_function_or_method"),
    (np.array(["a"]), "it is a numpy.ndarray"),
    (Point(1, 2), "Point"),
    (Counter("a"), "it is a collections.Counter"),
    (endless, "it contains itself"),
])
def test_what_cannot_be_saved(x, said, tmp_path):
    with pytest.raises(StateError, match=said):
        save(x, tmp_path / "x.pt")
    assert not list(tmp_path.iterdir())


def damaged(text):
    return safetensors.numpy.save({"0": np.ones(1)}, metadata={KEY: text})


@pytest.mark.parametrize("data", [b"", b"abc", b"\x80\x02}.", damaged("[")[:-3], damaged("["), damaged('{"tensor": 7}'),
                                  damaged('{"call": "print"}'), damaged("{}")])
def test_damaged_files(data, tmp_path):
    with pytest.raises(StateError, match=r"is no file of torch\.save, or is damaged"):
        load(io.BytesIO(data))
    (tmp_path / "x.pt").write_bytes(data)
    with pytest.raises(StateError, match=r"x\.pt' is no file of torch\.save, or is damaged"):
        load(tmp_path / "x.pt")


def test_what_is_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.pt")
    with pytest.raises(DTypeError, match="save: to a int"):
        save(1, 3)
    with pytest.raises(DTypeError, match="load: from a int"):
        load(3)
