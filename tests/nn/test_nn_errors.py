"""Every error of tinydawn.nn by its message: what happened, and the fix. (Those of Module and init: in their files.)"""

import ast
import pathlib
import re

import numpy as np
import pytest

import tinydawn as td
from tinydawn import nn
from tinydawn.errors import DTypeError, IdError, OptionError, ShapeError, StateError
from tinydawn.nn import functional as F

one = td.ones
IDS = np.array([0, 1])

CASES = [
    # --- functions
    (
        lambda: F.layer_norm(one(2, 3), 3, one(1)),
        ShapeError,
        r"layer_norm: a weight or bias of shape \(1,\)",
        r"of normalized_shape \(3,\)",
    ),
    (lambda: F.mse_loss(one(2), "a"), DTypeError, "mse_loss: an argument is of dtype <U1", "numbers that are real"),
    (lambda: F.normalize(one(2, 3), -1), OptionError, "normalize: p is -1", "called axis=-1, and stands third"),
    (lambda: F.normalize(one(2, 3), 0), OptionError, "normalize: p is 0", "called axis=0, and stands third"),
    (lambda: F.normalize(one(2, 3), float("nan"), 1), OptionError, "normalize: p is nan", "1 or more"),
    (lambda: F.normalize(one(2, 3), "x"), DTypeError, "normalize: p must be a number, not a str", "a number"),
    (lambda: F.gelu(one(2), "erf"), DTypeError, r"gelu: approximate='erf'", 'use "none" or "tanh"'),
    (
        lambda: F.softmax(one(2, 3), 2),
        ShapeError,
        "softmax: axis 2 is out of range for a tensor with 2 axes",
        "use -2 to 1",
    ),
    (lambda: F.softmax(one(2, 3), 1.0), DTypeError, "softmax: axis must be an int", "axis=-1"),
    (
        lambda: F.linear(one(2, 3), one(4, 5)),
        ShapeError,
        r"linear: input of shape \(2, 3\) and weight of shape \(4, 5\)",
        "must be 5",
    ),
    (
        lambda: nn.Linear(3, 2)(td.tensor([1, 2, 3])),
        DTypeError,
        "linear: the input is int64",
        "ids go through an Embedding",
    ),
    (
        lambda: F.embedding(np.array([1, 7]), one(5, 2)),
        IdError,
        r"embedding: id 7 is outside 0 \.\. 4",
        "there are 5 entries",
    ),
    (lambda: F.embedding(np.array([1, -1]), one(5, 2)), IdError, "embedding: id -1 is outside", "there are 5 entries"),
    (
        lambda: F.embedding(np.array([1.0]), one(5, 2)),
        DTypeError,
        "embedding: ids must be integers, not float64",
        "astype",
    ),
    (
        lambda: F.embedding(IDS, one(5, 2), 5),
        IdError,
        r"embedding: padding_idx 5 is outside 0 \.\. 4",
        "the id that pads",
    ),
    (lambda: F.one_hot(np.array([3]), 3), IdError, r"one_hot: id 3 is outside 0 \.\. 2", "3 entries"),
    (
        lambda: F.layer_norm(one(2, 3), 4),
        ShapeError,
        r"layer_norm: input of shape \(2, 3\) does not end in .* \(4,\)",
        "last axes",
    ),
    (
        lambda: F.rms_norm(one(2, 3), ()),
        ShapeError,
        r"rms_norm: input of shape \(2, 3\) does not end in .* \(\)",
        "last axes",
    ),
    (lambda: F.layer_norm(td.tensor([1, 2]), 2), DTypeError, "the tensor is int64", "float"),
    (
        lambda: F.conv1d(one(2, 3, 5), one(4, 2, 3)),
        ShapeError,
        r"conv1d: input of shape \(2, 3, 5\), weight of shape",
        "groups",
    ),
    (lambda: F.conv1d(one(2, 4, 5), one(3, 2, 3), groups=2), ShapeError, "groups=2 do not fit", "dividing both"),
    (lambda: F.conv1d(one(5), one(3, 2, 3)), ShapeError, r"conv1d: input of shape \(5,\)", r"input \(B, in, L\)"),
    (lambda: F.conv1d(one(2, 3, 5), one(4, 3, 3), stride=0), ShapeError, "conv1d: stride=0, dilation=1", "at least 1"),
    (
        lambda: F.conv1d(one(2, 3, 5), one(4, 3, 3), stride=2, padding="same"),
        ShapeError,
        "padding='same' with a stride",
        "stride=1",
    ),
    (
        lambda: F.conv1d(one(2, 3, 5), one(4, 3, 3), padding="full"),
        ShapeError,
        "conv1d: padding='full'",
        '"same" or "valid"',
    ),
    (
        lambda: F.conv1d(one(2, 3, 5), one(4, 3, 6)),
        ShapeError,
        "a kernel that reaches over 6 positions does not fit into 5",
        "pad",
    ),
    (lambda: F.conv1d(one(2, 3, 5), one(4, 3, 3), dilation=3), ShapeError, "reaches over 7 positions", "pad the input"),
    (lambda: F.dropout(one(2), 1.5), ShapeError, r"dropout: p=1\.5", "a probability from 0 to 1"),
    (lambda: F.dropout(one(2), float("nan")), ShapeError, "dropout: p=nan", "a probability"),
    (lambda: F.dropout(one(2), 0.5, True, "alpha"), DTypeError, "dropout: mode='alpha'", '"inverted" or "paper"'),
    (lambda: F.dropout(td.tensor([1, 2])), DTypeError, "dropout: the input is int64", "not of ids"),
    # --- losses
    (lambda: F.mse_loss(one(2), one(2), "avg"), DTypeError, "mse_loss: reduction='avg'", '"mean", "sum" or "none"'),
    (lambda: F.cross_entropy(one(2, 3), IDS, reduction="x"), DTypeError, "cross_entropy: reduction='x'", '"mean"'),
    (
        lambda: F.mse_loss(one(2, 1), one(2)),
        ShapeError,
        r"mse_loss: input of shape \(2, 1\), target of shape \(2,\)",
        "one shape",
    ),
    (lambda: F.kl_div(one(2, 3), one(3)), ShapeError, "kl_div: input of shape", "nothing is broadcast"),
    (
        lambda: F.binary_cross_entropy_with_logits(one(2), one(1)),
        ShapeError,
        "with_logits: input of shape",
        "one shape",
    ),
    (
        lambda: F.cross_entropy(one(()), np.array(0)),
        ShapeError,
        "cross_entropy: the logits are one number",
        "one per class",
    ),
    (
        lambda: F.cross_entropy(one(2, 3), IDS, label_smoothing=2),
        ShapeError,
        "cross_entropy: label_smoothing=2",
        "from 0 to 1",
    ),
    (
        lambda: F.cross_entropy(one(2, 3), np.array([0, 1, 2])),
        ShapeError,
        r"need targets of shape \(2,\), not \(3,\)",
        "flatten both",
    ),
    (lambda: F.cross_entropy(one(2, 3, 4), IDS), ShapeError, r"need targets of shape \(2, 4\)", "flatten both"),
    (lambda: F.cross_entropy(one(2, 3), np.array([0.0, 1.0])), ShapeError, r"target of shape \(2,\)", "one shape"),
    (
        lambda: F.cross_entropy(one(2, 3), np.array([0, 3])),
        IdError,
        r"cross_entropy: target 3 is outside the classes 0 \.\. 2",
        "ignore",
    ),
    (
        lambda: F.cross_entropy(one(2, 3), np.array([0, -1])),
        IdError,
        "cross_entropy: target -1 is outside",
        "ignore_index=",
    ),
    (
        lambda: F.cross_entropy(one(2, 3), np.array([-100, -100])),
        ShapeError,
        r"all 2 targets are ignore_index \(-100\)",
        "at least one",
    ),
    (
        lambda: F.cross_entropy(one(2, 3), IDS, weight=np.ones(4)),
        ShapeError,
        r"weight of shape \(4,\) for 3 classes",
        "one number per",
    ),
    (
        lambda: F.cross_entropy(one(2, 3), one(2, 3), weight=np.ones(2)),
        ShapeError,
        r"weight of shape \(2,\) for 3",
        "one number per",
    ),
    (
        lambda: F.nll_loss(one(2, 3), IDS, weight=np.ones(4)),
        ShapeError,
        r"nll_loss: weight of shape \(4,\)",
        "one number per class",
    ),
    (
        lambda: F.nll_loss(one(2, 3), np.array([0])),
        ShapeError,
        r"nll_loss: input of shape \(2, 3\), target of shape \(1,\)",
        "class ids",
    ),
    (lambda: F.nll_loss(one(2, 3), np.array([0, 5])), IdError, "nll_loss: target 5 is outside", "check the labels"),
    (
        lambda: F.nll_loss(one(2, 3), np.array([0.0, 1.0])),
        DTypeError,
        "nll_loss: targets of dtype float64",
        "must be integers",
    ),
    (
        lambda: F.nll_loss(one(2, 3), np.array([1, 1]), ignore_index=1),
        ShapeError,
        "nll_loss: all 2 targets are ignore_index",
        "mean",
    ),
    # --- attention
    (
        lambda: F.scaled_dot_product_attention(one(2, 3), one(2, 4), one(2, 4)),
        ShapeError,
        "attention: query of shape",
        "one d",
    ),
    (lambda: F.scaled_dot_product_attention(one(3), one(3), one(3)), ShapeError, r"query of shape \(3,\)", "one d"),
    (
        lambda: F.scaled_dot_product_attention(one(2, 3), one(2, 3), one(2, 3), np.ones((2, 2), bool), is_causal=True),
        ShapeError,
        "both attn_mask and is_causal were given",
        "join them",
    ),
    (
        lambda: F.scaled_dot_product_attention(one(2, 3), one(2, 3), one(2, 3), np.zeros((2, 2), bool)),
        ShapeError,
        "the mask leaves some query nothing to look at",
        "True is what may be seen in F",
    ),
    (
        lambda: F.scaled_dot_product_attention(one(2, 3), one(2, 3), one(2, 3), np.full((2, 2), -np.inf)),
        ShapeError,
        "the mask leaves some query nothing to look at",
        "-inf blocks every key",
    ),
    (
        lambda: F.scaled_dot_product_attention(one(2, 3), one(2, 3), one(2, 3), np.ones((2, 2), int)),
        DTypeError,
        "attention: a mask of dtype int64",
        "True is what may be seen in F",
    ),
    (
        lambda: F.scaled_dot_product_attention(one(2, 3), one(2, 3), one(2, 3), np.ones((2, 5), bool)),
        ShapeError,
        "2, 5",
        "",
    ),
    (
        lambda: nn.MultiheadAttention(5, 2),
        ShapeError,
        "MultiheadAttention: 2 heads do not divide embed_dim 5",
        "multiple",
    ),
    (lambda: nn.MultiheadAttention(4, 0), ShapeError, "MultiheadAttention: 0 heads", "multiple"),
    (
        lambda: nn.MultiheadAttention(4, 2)(one(3, 1, 5), one(3, 1, 5), one(3, 1, 5)),
        ShapeError,
        "query .* do not fit",
        "4",
    ),
    (
        lambda: nn.MultiheadAttention(4, 2)(one(3, 1, 4), one(3, 4), one(3, 4)),
        ShapeError,
        "do not fit",
        "batch_first=True",
    ),
    (
        lambda: nn.MultiheadAttention(4, 2)(one(3, 1, 4), one(3, 1, 4), one(2, 1, 4)),
        ShapeError,
        "do not fit",
        "of one shape",
    ),
    (
        lambda: nn.MultiheadAttention(4, 2)(one(3, 1, 4), one(3, 2, 4), one(3, 2, 4)),
        ShapeError,
        "do not fit",
        "same number of",
    ),
    (
        lambda: nn.MultiheadAttention(4, 2)(*[one(3, 1, 4)] * 3, np.zeros((3, 1), bool)),
        ShapeError,
        "key_padding_mask of shape",
        "1, 3",
    ),
    (
        lambda: nn.MultiheadAttention(4, 2)(*[one(3, 1, 4)] * 3, attn_mask=np.zeros((2, 2), bool)),
        ShapeError,
        "attn_mask of shape",
        r"\(3, 3\) or \(2, 3, 3\)",
    ),
    (
        lambda: nn.MultiheadAttention(4, 2)(*[one(2, 1, 4)] * 3, np.zeros((1, 2), bool), True, np.eye(2, dtype=int)),
        DTypeError,
        "MultiheadAttention: attn_mask of dtype int64",
        "booleans, True where a query may not look",
    ),
    (
        lambda: nn.MultiheadAttention(4, 2)(*[one(2, 1, 4)] * 3, np.array([[0, 1]]), True, np.zeros((2, 2), bool)),
        DTypeError,
        "MultiheadAttention: key_padding_mask of dtype int64",
        "booleans, True where a query may not look",
    ),
    (
        lambda: nn.MultiheadAttention(4, 2)(*[one(3, 1, 4)] * 3, np.zeros((1, 3), int)),
        DTypeError,
        "mask of dtype int64",
        "booleans",
    ),
    (
        lambda: nn.MultiheadAttention(4, 2)(*[one(3, 1, 4)] * 3, attn_mask=np.zeros((3, 3), int)),
        DTypeError,
        "mask of dtype int64",
        "booleans",
    ),
    (
        lambda: nn.TransformerEncoderLayer(4, 2, activation="swish"),
        DTypeError,
        "Transformer: activation='swish'",
        '"relu", "gelu"',
    ),
    # --- layers
    (lambda: nn.Embedding(5, 2, padding_idx=5), IdError, r"Embedding: padding_idx 5 is outside 0 \.\. 4", "often 0"),
    (lambda: nn.Embedding(5, 2)(np.array([5])), IdError, r"id 5(.|\n)*in: Embedding", "5 entries"),
    (
        lambda: nn.Conv1d(3, 4, 2, groups=2),
        ShapeError,
        "Conv1d: groups=2 divides not both 3 and 4",
        "multiples of groups",
    ),
    (lambda: nn.Conv1d(3, 4, 0), OptionError, "Conv1d: kernel_size is 0", "1 or more"),
    (lambda: nn.Dropout(-0.1), OptionError, r"Dropout: p is -0\.1", "a number from 0 to 1"),
    (lambda: nn.ModuleDict({"keys": nn.ReLU()}), StateError, "ModuleDict: the name 'keys' is taken", "another name"),
    (lambda: nn.ModuleDict({"a.b": nn.ReLU()}), StateError, "ModuleDict: the name 'a.b'", "without a dot"),
    # --- recurrent layers
    (lambda: nn.RNN(3, 4, nonlinearity="sigmoid"), DTypeError, "RNN: nonlinearity='sigmoid'", '"tanh" or "relu"'),
    (lambda: nn.RNNCell(3, 4, nonlinearity="x"), DTypeError, "RNN: nonlinearity='x'", '"tanh" or "relu"'),
    (lambda: nn.GRU(3, 4, z_convention="cho"), DTypeError, "GRU: z_convention='cho'", '"pytorch" or "notes"'),
    (lambda: nn.GRU(3, 0), OptionError, "GRU: hidden_size is 0", "1 or more"),
    (lambda: nn.LSTM(3, 4, 2, dropout=2.0), OptionError, r"LSTM: dropout is 2\.0", "from 0 to 1"),
    (lambda: nn.LSTM(3, 4)(one(5, 2, 4)), ShapeError, r"LSTM: input of shape \(5, 2, 4\)", r"\(T, B, 3\)"),
    (lambda: nn.RNN(3, 4)(one(3)), ShapeError, r"RNN: input of shape \(3,\)", r"\(T, 3\)"),
    (lambda: nn.GRU(3, 4)(one(0, 2, 3)), ShapeError, "GRU: a sequence of no steps", "drop empty sequences"),
    (lambda: nn.GRU(3, 4)(one(5, 2, 3), one(1, 3, 4)), ShapeError, r"GRU: state of shape \(1, 3, 4\)", r"\(1, 2, 4\)"),
    (
        lambda: nn.LSTM(3, 4)(one(5, 2, 3), one(1, 2, 4)),
        ShapeError,
        "LSTM: the state is not a pair",
        r"\(hidden, cell\)",
    ),
    (lambda: nn.LSTM(3, 4)(one(5, 2, 3), (one(1, 2, 4), one(1, 2, 5))), ShapeError, "state of shape", r"\(1, 2, 4\)"),
    (
        lambda: nn.GRU(3, 4)(one(5, 2, 3), (one(1, 2, 4), one(1, 2, 4))),
        ShapeError,
        "GRU: the state is a tuple",
        "only an LSTM",
    ),
    (lambda: nn.GRU(3, 4)(one(5, 2, 3), lengths=[5]), ShapeError, r"GRU: lengths of shape \(1,\)", "2 ints"),
    (lambda: nn.GRU(3, 4)(one(5, 2, 3), lengths=[5.0, 1.0]), ShapeError, "lengths of shape .* float64", "2 ints"),
    (
        lambda: nn.GRU(3, 4)(one(5, 2, 3), lengths=[5, 0]),
        ShapeError,
        "GRU: a length of 0 in a batch of 5 steps",
        "from 1 to 5",
    ),
    (
        lambda: nn.GRU(3, 4)(one(5, 2, 3), lengths=[6, 1]),
        ShapeError,
        "GRU: a length of 6 in a batch of 5 steps",
        "from 1 to 5",
    ),
    (lambda: nn.LSTMCell(3, 4)(one(2, 5)), ShapeError, r"LSTMCell: input of shape \(2, 5\)", "must be 3"),
    (
        lambda: nn.LSTMCell(3, 4)(one(2, 3), one(2, 4)),
        ShapeError,
        "LSTMCell: the state is not a pair",
        r"\(hidden, cell\)",
    ),
    (
        lambda: nn.LSTMCell(3, 4)(one(2, 3), (one(2, 4), one(4))),
        ShapeError,
        r"LSTMCell: state of shape \(4,\)",
        r"\(2, 4\)",
    ),
    (
        lambda: nn.GRUCell(3, 4)(one(2, 3), (one(2, 4), one(2, 4))),
        ShapeError,
        "GRUCell: the state is a tuple",
        "one Tensor",
    ),
    (
        lambda: nn.GRUCell(3, 4)(one(2, 3), one(1, 4)),
        ShapeError,
        r"GRUCell: state of shape \(1, 4\) for input",
        r"\(2, 4\)",
    ),
]


@pytest.mark.parametrize(("call", "kind", "what", "fix"), CASES, ids=[f"{i}-{c[2][:40]}" for i, c in enumerate(CASES)])
def test_error(call, kind, what, fix):
    with pytest.raises(kind, match=what) as error:
        call()
    text = str(error.value)
    assert "at: " in text
    assert "test_nn_errors.py:" in text
    assert re.search(fix, text.partition("fix: ")[2]), text
    assert td.scope.here.path == []


def test_every_raise_is_in_a_test():
    """The constant start of every message raised in tinydawn/nn stands in some test of this folder."""
    tests = "\n".join(p.read_text() for p in pathlib.Path(__file__).parent.glob("test_*.py"))
    plain = re.sub(r"\\(.)", r"\1", tests)
    missing = []
    for path in pathlib.Path(nn.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Raise) and node.exc is not None:
                pieces = [
                    c.value for c in ast.walk(node.exc) if isinstance(c, ast.Constant) and isinstance(c.value, str)
                ]
                words = [w for p in pieces for w in re.findall(r"[a-z_]{4,}[ a-z_]*", p)]
                if not any(w.strip() in plain for w in words):
                    missing.append(f"{path.name}:{node.lineno}: {pieces[:2]}")
    assert not missing
