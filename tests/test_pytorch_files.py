"""What PyTorch's torch.save has written, read without PyTorch, and without running what is in it."""

import base64
import io
import pickle
import zipfile
import zlib
from argparse import Namespace
from collections import OrderedDict

import numpy as np
import pytest

import tinydawn as td
from tinydawn.errors import StateError
from tinydawn.storage.pytorch import read_pytorch

# torch.save of PyTorch 2.13: tensors that share their numbers, one transposed, bfloat16, a Parameter, and what is no tensor.
FILE = zlib.decompress(base64.b85decode(
    "c-o~_&u<$=6dv1&?JkgCK$8XtP$;;NI`;Zk(x!E~lr40Nn{Gj}A|bO`PqJIqUccROsuUqbDskIe`wt+vb43-m3NBnL0Vj}<dO)1GA#N};YrDG}98"
    ")s#%<kIreeZj3-h1m+B{qUkGKuz#2{eT?M>otZyinJOmTrA)$<i2F3yhuUr+`w`Q3`0-b!<UI*KNzfIx+30D_nBw*unL4rcMNi9#<ijs>bQwYuMa"
    "02#n~&rY6$0HZd(%s5yAOZCdpj!A;k8YFnZJqp4IiK@l$9scmA2dk{gkY>iy;z7!x)jnF+ANLFL?s<+y3NQn~=E-OfhDzOecp~RF(2cEobFcnV`7"
    "*k=qN?k|9#C4c3#yP|LFlkVWM%+jkNrQ7tF^-rL?ZDGYgi$@?aXd@lunN;{?mKSTx&bpvtQw_HmIFsVgxS>j@~>Vjl}M!n&tY!Q(5wx3-m}v6MdH"
    "q6i+y)q;9{~cM<qlFyvW_yg_o4bF1+lSKT6;g6<+23nspbB1sE^d&CNdBYn)Al*FCnB7Ze(e<J2K~dBbCTlfb+RC%DLU>=H=p&32=;ov!J&gVT++"
    "MNG|cv~9uFHA`~@SnxIob+X-}b~4=gjYY`bzI78s6>=#W5N3NB@|8;E!ryf8ML`4#>pCT_W8D>SlidhVtRCv8-*<P)P~y2_X~b-1VX*^CDxB=VDH"
    "WDEYYR>f$e)(xXbns-)p(|No*a^cG7Un6zzPcjjpkXlNL~QmB5+QHw{P(W`6irK;T;|g*SwD5-EL^F&<6o7cxk2V!bKI{<2k^i0F~~x4R)l(ya1Q"
    "l=~X3>Jo@e0kH_d?vAH_1=%&%(e$k~jY^R}-+7@<PT1>Ju6{<ZpvW)xQA3xt<-my8Ddlr=*ad*q9rdj4@vw@pLmU90>KXerHOhEY>{Laoky03sqR"
    "PGB{-zL~*%|Vt<{U5u%VVQ(jm}%HO{qP7&m-xOK#?YBSS6j%)(#Zn|@K|@sbXlPvI(O*&VudN1zVqAN8T!M_5JmGrMOj%&{bxn@%jiC{mAJh2kfr"
    "L#5L+ujTcRv2A0+&1kuGzzdu3X_`Q=ag_CS2@rzIcMl9Qzjdi?nBl$p(|SHJvfxc}q64D6THf$}dWFzXLK-~3>B{?8%tQ2}z7UF?{&0<UZAZCNwx"
    "vXp*IG1*M1v{)2N;!<g8X|a&c7R5rQAm->}p;#!;C6g}{!~#?KedFuTQdCEZtBmj?>*@5jr-?nv!~X-qXnzBm4j|hxG^nA4N&HP@HbC;gPqL?Tg?"
    "apqU^2j?j-b5_C=B;k?N|W*(+CRnjxg3=g+Z(_8p3A7Sbx<7u|I^dVi@bs{vh_FcnF&dWBs{19<=Mj4mdM^O3ejhoj^m9eN~Ca=X<3QJJCl9q3ex"
    "qZ}}_HYcX+t_epny_tqPYdl-T5_xAn+aW{Y_"))


def test_a_file_of_pytorch():
    found = read_pytorch(FILE)
    model = found["model"]
    assert type(model) is OrderedDict
    assert list(model) == ["weight", "tied", "T"]
    assert (model["weight"].tolist(), model["T"].tolist()) == ([[0, 1, 2], [3, 4, 5]], [[0, 3], [1, 4], [2, 5]])
    model["weight"].array[0, 0] = 9  # as in PyTorch these two are one
    assert model["tied"].tolist()[0] == [9, 1, 2]
    assert (found["epoch"], found["lr"], found["size"], found["dtype"]) == (3, [0.5, (1, None)], (2, 3), np.float64)
    assert (found["half"].tolist(), found["half"].dtype) == ([1.5, -2.0], np.float32)
    assert (found["ids"].tolist(), found["ids"].dtype) == ([[1], [2]], np.int64)
    assert type(found["best"]) is np.float64
    assert found["best"] == 0.25
    assert (found["p"].tolist(), found["p"].requires_grad) == ([1.0], True)


@pytest.mark.torch
def test_what_pytorch_saves_now(torch):
    lstm = torch.nn.LSTM(3, 2)
    optimizer = torch.optim.Adam(lstm.parameters())
    lstm(torch.ones(1, 3))[0].sum().backward()
    optimizer.step()
    x = torch.arange(12.0).view(3, 4)
    saved = {"model": lstm.state_dict(), "optimizer": optimizer.state_dict(), "view": x[1:, 2], "empty": torch.zeros(0, 3),
             "one": torch.tensor(3), "expanded": torch.ones(1).expand(3), "flags": torch.tensor([True]), "bytes": b"ab\xff",
             "args": Namespace(lr=1, sizes=[2]), "set": {1, 2}, "int": np.int32(4), "device": torch.device("cpu"),
             "half": torch.ones(2, dtype=torch.float16)}
    file = io.BytesIO()
    torch.save(saved, file)
    found = read_pytorch(file.getvalue())
    for name, p in lstm.state_dict().items():
        np.testing.assert_array_equal(found["model"][name].numpy(), p.numpy())
    assert found["optimizer"]["param_groups"] == optimizer.state_dict()["param_groups"]
    momentum, expected = (x["state"][1]["exp_avg"] for x in (found["optimizer"], optimizer.state_dict()))
    np.testing.assert_array_equal(momentum.numpy(), expected.numpy())
    for name in ("view", "empty", "one", "expanded", "flags", "half"):
        np.testing.assert_array_equal(found[name].numpy(), saved[name].numpy())
        assert found[name].dtype == saved[name].numpy().dtype
    assert (found["bytes"], found["args"], found["set"], found["int"], found["device"]) == (
        b"ab\xff", Namespace(lr=1, sizes=[2]), {1, 2}, 4, "cpu")
    layer = td.nn.LSTM(3, 2)
    layer.load_state_dict(found["model"])


# --- what is not read ------------------------------------------------------------------------------------------------


def archive(program, **storages):
    """A file of the same kind, around any pickle."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("archive/data.pkl", program)
        for key, numbers in storages.items():
            made.writestr(f"archive/data/{key}", numbers)
    return file.getvalue()


def called(module, name, *arguments):
    """A pickle that calls module.name."""
    inner = pickle.dumps(arguments, 0)[:-1]
    return f"c{module}\n{name}\n".encode() + inner + b"R."


class Storage(pickle.Pickler):
    """Writes a text that begins with ! as the place of a storage: !Float,key,count."""

    def persistent_id(self, x):
        if isinstance(x, str) and x.startswith("!"):
            kind, key, count = x[1:].split(",")
            return ("storage", kind, key, "cpu", int(count))
        return None


def tensor_of(storage, *arguments):
    """A pickle of one tensor."""
    file = io.BytesIO()
    Storage(file, 2).dump((storage, *arguments))
    return archive(b"ctorch._utils\n_rebuild_tensor_v2\n" + file.getvalue()[2:-1] + b"R.", a=bytes(16))


@pytest.mark.parametrize(("module", "name"), [("os", "system"), ("builtins", "eval"), ("torch", "nn.Linear"), ("numpy", "load"),
                                              ("torch.nn.modules.linear", "Linear"), ("collections", "Counter")])
def test_nothing_else_is_called(module, name, capfd):
    with pytest.raises(StateError, match=f"holds a {module}.{name}, which is not read here"):
        read_pytorch(archive(called(module, name, "echo called")))
    assert capfd.readouterr().out == ""


def test_the_tensor_that_the_damaged_ones_are_made_of():
    found = read_pytorch(tensor_of("!Float,a,4", 0, (2, 2), (2, 1), False, None))
    assert (found.shape, found.dtype) == ((2, 2), np.float32)


@pytest.mark.parametrize("data", [
    b"", b"PK\x03\x04abc", FILE[:-30], archive(b"."), archive(b"\x80\x02]q\x00"),
    tensor_of("!Float,a,5", 0, (2, 2), (2, 1), False, None),  # fewer numbers than it says
    tensor_of("!Float,a,4", 0, (2, 3), (2, 1), False, None),  # beyond its storage
    tensor_of("!Float,a,4", -1, (2, 2), (2, 1), False, None),
    tensor_of("!Float,a,4", 0, (2, 2), (2,), False, None),
    tensor_of("!Float,b,4", 0, (2, 2), (2, 1), False, None),  # a storage that is not there
    tensor_of("!Complex,a,4", 0, (2, 2), (2, 1), False, None),
    archive(called("_codecs", "encode", "a", "rot13")),
    archive(called("numpy", "dtype", "O")),
    archive(called("argparse", "Namespace", 3)),
])
def test_a_damaged_file_is_told_as_such(data):
    with pytest.raises(StateError, match=r"is no file of torch\.save, or is damaged"):
        read_pytorch(data)
