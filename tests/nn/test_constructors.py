"""Nonsense given to the constructor of every layer and model: one clear error at once, not Python's own and not one later."""

from __future__ import annotations

import inspect
import math
import re
from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn import models, nn
from tinydawn.errors import DTypeError, OptionError, TinydawnError

CLASSES = {
    cls.__name__: cls
    for package in (nn, models)
    for cls in vars(package).values()
    if isinstance(cls, type) and issubclass(cls, nn.Module) and cls is not nn.Module
}
WEIGHT = np.ones(3)
WORD_CLASSES = np.array([0, 1, 0, 1, 0, 1, 0])

cell = dict(input_size=3, hidden_size=2, bias=True)
layers = dict(cell, num_layers=2, batch_first=False, dropout=0.1, bidirectional=True)
block = dict(
    d_model=4,
    nhead=2,
    dim_feedforward=8,
    dropout=0.1,
    activation="gelu",
    layer_norm_eps=1e-5,
    batch_first=True,
    norm_first=True,
    bias=True,
)
bert = dict(
    vocab_size=7,
    hidden_size=4,
    num_hidden_layers=1,
    num_attention_heads=2,
    intermediate_size=8,
    max_position_embeddings=6,
    type_vocab_size=2,
    hidden_dropout_prob=0.1,
    attention_probs_dropout_prob=0.1,
    layer_norm_eps=1e-12,
    initializer_range=0.02,
    pad_token_id=0,
)
translation = dict(source_size=7, target_size=6, embedding_size=3, hidden_size=2, dropout=0.1)
longformer = dict(vocabulary_size=7, width=4, heads=2, window=2, dilations=[1, 1], dropout=0.1)

# Every class with valid arguments: all that its constructor has, and those that it hands on.
VALID: dict[str, dict[str, Any]] = {
    **{
        name: {}
        for name in ("ReLU", "Tanh", "Sigmoid", "SiLU", "Identity", "Sequential", "SELU", "ReLU6", "Hardsigmoid", "Hardswish",
                     "Mish", "Softsign", "Tanhshrink", "LogSigmoid")  # Sequential: test_containers
    },
    "LeakyReLU": dict(negative_slope=0.1),
    "ELU": dict(alpha=2.0),
    "CELU": dict(alpha=2.0),
    "PReLU": dict(num_parameters=3, init=0.1),
    "Hardtanh": dict(min_val=-2.0, max_val=2.0),
    "Softshrink": dict(lambd=0.2),
    "Hardshrink": dict(lambd=0.2),
    "Threshold": dict(threshold=0.1, value=0.2),
    "GLU": dict(axis=-1),
    "Softmin": dict(axis=-1),
    "L1Loss": dict(reduction="sum"),
    "SmoothL1Loss": dict(reduction="sum", beta=0.5),
    "HuberLoss": dict(reduction="sum", delta=0.5),
    "BCELoss": dict(weight=WEIGHT, reduction="sum"),
    "CosineEmbeddingLoss": dict(margin=0.1, reduction="sum"),
    "MarginRankingLoss": dict(margin=0.1, reduction="sum"),
    "HingeEmbeddingLoss": dict(margin=0.1, reduction="sum"),
    "TripletMarginLoss": dict(margin=0.1, p=2.0, eps=1e-6, swap=True, reduction="sum"),
    "CosineSimilarity": dict(axis=-1, eps=1e-8),
    "PairwiseDistance": dict(p=2.0, eps=1e-6, keepdims=True),
    "ParameterList": dict(values=[td.ones(2)]),
    "ParameterDict": dict(parameters={"a": td.ones(2)}),
    "LazyLinear": dict(out_features=2, bias=True),
    "Bilinear": dict(in1_features=2, in2_features=3, out_features=2, bias=True),
    "Unflatten": dict(axis=1, shape=[2, 3]),
    "EmbeddingBag": dict(num_embeddings=5, embedding_dim=2, mode="sum", include_last_offset=False, padding_idx=1),
    "Conv2d": dict(
        in_channels=4, out_channels=2, kernel_size=3, stride=1, padding=1, dilation=1, groups=2, bias=True
    ),
    "MaxPool1d": dict(kernel_size=2, stride=2, padding=1, dilation=1, return_indices=True, ceil_mode=True),
    "MaxPool2d": dict(kernel_size=2, stride=2, padding=1, dilation=1, return_indices=True, ceil_mode=True),
    "AvgPool1d": dict(kernel_size=2, stride=2, padding=1, ceil_mode=True, count_include_pad=False),
    "AvgPool2d": dict(
        kernel_size=2, stride=2, padding=1, ceil_mode=True, count_include_pad=False, divisor_override=3
    ),
    **{f"Adaptive{kind}Pool{n}d": dict(output_size=2) for kind in ("Avg", "Max") for n in (1, 2)},
    "Dropout1d": dict(p=0.1),
    "Dropout2d": dict(p=0.1),
    "GroupNorm": dict(num_groups=2, num_channels=4, eps=1e-5, affine=True, bias=True),
    "BatchNorm2d": dict(num_features=3, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True, bias=True),
    "Transformer": dict(
        d_model=4, nhead=2, num_encoder_layers=1, num_decoder_layers=1, dim_feedforward=8, dropout=0.1, activation="gelu",
        custom_encoder=nn.Identity(), custom_decoder=None, layer_norm_eps=1e-5, batch_first=True, norm_first=True,
        bias=True,
    ),
    "GELU": dict(approximate="tanh"),
    "Softplus": dict(beta=2.0, threshold=10.0),
    "Softmax": dict(axis=-1),
    "LogSoftmax": dict(axis=-1),
    "CrossEntropyLoss": dict(weight=WEIGHT, ignore_index=-100, reduction="sum", label_smoothing=0.1),
    "NLLLoss": dict(weight=WEIGHT, ignore_index=-100, reduction="sum"),
    "MSELoss": dict(reduction="sum"),
    "BCEWithLogitsLoss": dict(weight=WEIGHT, reduction="sum", pos_weight=WEIGHT),
    "KLDivLoss": dict(reduction="batchmean", log_target=True),
    "ModuleList": dict(modules=[nn.ReLU()]),
    "ModuleDict": dict(modules={"a": nn.ReLU()}),
    "Linear": dict(in_features=3, out_features=2, bias=True),
    "Embedding": dict(num_embeddings=5, embedding_dim=2, padding_idx=1, max_norm=1.0, norm_type=2.0,
                      scale_grad_by_freq=True, sparse=True),
    "Conv1d": dict(
        in_channels=4, out_channels=2, kernel_size=3, stride=1, padding=1, dilation=1, groups=2, bias=True
    ),
    "Dropout": dict(p=0.1, mode="paper"),
    "Flatten": dict(start_axis=1, end_axis=-1),
    "LayerNorm": dict(normalized_shape=[2, 3], eps=1e-5, elementwise_affine=True, bias=True, convention="notes"),
    "RMSNorm": dict(normalized_shape=[2, 3], eps=1e-5, elementwise_affine=True),
    "BatchNorm1d": dict(num_features=3, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True, bias=True),
    "RNNCell": dict(cell, nonlinearity="relu"),
    "GRUCell": dict(cell, reset_after=True, z_convention="notes"),
    "LSTMCell": cell,
    "RNN": dict(layers, nonlinearity="relu"),
    "GRU": dict(layers, reset_after=True, z_convention="notes"),
    "LSTM": dict(layers, proj_size=1),
    "MultiheadAttention": dict(
        embed_dim=4, num_heads=2, dropout=0.1, bias=True, add_bias_kv=True, add_zero_attn=True, kdim=3, vdim=5,
        batch_first=True
    ),
    "TransformerEncoderLayer": block,
    "TransformerDecoderLayer": block,
    "TransformerEncoder": dict(encoder_layer=nn.TransformerEncoderLayer(4, 2, 8), num_layers=2, norm=nn.LayerNorm(4)),
    "TransformerDecoder": dict(decoder_layer=nn.TransformerDecoderLayer(4, 2, 8), num_layers=2, norm=nn.LayerNorm(4)),
    "Bert": bert,
    "BertForPreTraining": bert,
    "BertForSequenceClassification": dict(bert=models.Bert(**bert), num_labels=3, dropout=0.1),
    "BiRNNClassifier": dict(
        vocab_size=7,
        classes=3,
        embedding_size=3,
        hidden_size=2,
        cell="lstm",
        bidirectional=True,
        pooling="max",
        dropout=0.1,
    ),
    "LeakyLanguageModel": dict(vocab_size=7, embedding_size=3, hidden_size=2, cell="lstm", bidirectional=True),
    "BagOfWords": dict(vocab_size=7, classes=3, embedding_size=2, count="binary"),
    "DeepAveragingNetwork": dict(
        vocab_size=7, classes=3, embedding_size=3, hidden_size=2, layers=1, word_dropout=0.1, dropout=0.1
    ),
    "TextCNN": dict(vocab_size=7, classes=3, embedding_size=3, maps=2, widths=[2, 3], dropout=0.1),
    "Electra": dict(bert, generator_size=0.5, discriminator_weight=50.0),
    "BiLM": dict(vocabulary_size=7, width=3, num_layers=2, dropout=0.1, classes=WORD_CLASSES),
    "ElmoClassifier": dict(
        vocabulary_size=7, classes=3, width=2, mix=models.ScalarMix(3), mixed_width=6, dropout=0.1
    ),
    "ScalarMix": dict(count=3, layer_norm=True),
    "EncoderDecoder": translation,
    "Longformer": dict(longformer, global_positions=[1]),
    "LongformerClassifier": dict(longformer, classes=3, global_cls=True),
    "MLP": dict(sizes=[3, 2, 2], activation="relu", residual=True, dropout=0.1),
    "NNLM": dict(vocabulary_size=7, context=2, embedding_size=3, hidden_size=2, classes=WORD_CLASSES, dropout=0.1),
    "ClassSoftmax": dict(hidden_size=3, classes=WORD_CLASSES),
    "PairClassifier": dict(encoder=nn.Linear(3, 2), width=2, classes=3, pair=True, hidden_size=2, dropout=0.1),
    "RNNLM": dict(
        vocabulary_size=7,
        embedding_size=2,
        hidden_size=2,
        num_layers=2,
        kind="gru",
        dropout=0.1,
        classes=None,
        tied=True,
        bias=True,
        z_convention="notes",
    ),
    "Seq2Seq": translation,
    "TransformerLM": dict(
        vocabulary_size=7,
        d_model=4,
        nhead=2,
        num_layers=2,
        dim_feedforward=8,
        max_length=6,
        dropout=0.1,
        norm_first=True,
        positions="learned",
        tied=True,
        final_norm=True,
    ),
    "VAELM": dict(
        vocabulary_size=7, embedding_size=3, hidden_size=2, latent_size=2, kind="gru", word_dropout=0.1, bag=True
    ),
    "CBOW": dict(vocab_size=7, embedding_size=3),
    "SkipGram": dict(vocab_size=7, embedding_size=3),
}

NAN, INF, HUGE = math.nan, math.inf, 10**12
# What is given in place of a valid value, by the type of that.
NONSENSE: dict[type, list[Any]] = {
    bool: [2, 2.5, "x", None, NAN, []],
    int: [0, -1, 2.5, 1.0, "x", None, True, NAN, INF, HUGE, [3], np.array([1, 2])],
    float: [0.0, -0.1, 1.5, "x", None, True, NAN, INF, -INF, 10**400, [0.1], 1j],
    str: ["x", 0, 1.5, None, True, NAN, []],
    list: [0, -1, 2.5, "x", None, True, NAN, HUGE, [], [0], [-1], [2.5], ["x"], [None], [True], [NAN], [HUGE]],
    dict: [0, "x", True, [1], {1: nn.ReLU()}, {"a": 1}, {"a": nn.ReLU}, {"a.b": nn.ReLU()}],
    np.ndarray: ["x", ["x"], [None], {}, [[1, 2], [3]], [1j]],
    nn.Module: [0, "x", None, True, nn.ReLU],
}
SHARES = ("dropout", "word_dropout", "hidden_dropout_prob", "attention_probs_dropout_prob", "p", "label_smoothing")
# What of it means something, of every class that has the argument, or of one.
MEANT: dict[str, list[Any]] = {
    **{share: [0.0] for share in SHARES},
    "eps": [0.0, 1.5],
    "RMSNorm.eps": [None],  # the dtype's own
    "BatchNorm1d.momentum": [0.0, None],  # None: the mean over all batches
    "BatchNorm2d.momentum": [0.0, None],
    **{what: [0.0, -0.1, 1.5] for what in ("negative_slope", "init", "min_val", "max_val", "Hardshrink.lambd", "threshold",
                                           "value", "margin", "ELU.alpha")},
    "CELU.alpha": [-0.1, 1.5],
    "TripletMarginLoss.margin": [1.5, INF, 10**400],
    **{what: [1.5, INF, 10**400] for what in ("TripletMarginLoss.p", "PairwiseDistance.p", "norm_type", "HuberLoss.delta")},
    "max_norm": [None, 1.5, INF, 10**400],
    "Softshrink.lambd": [0.0, 1.5],
    "SmoothL1Loss.beta": [0.0, 1.5],
    "kernel_size": [[3]], "stride": [None, [3]], "padding": [0, [3], [0]], "dilation": [[3]], "divisor_override": [None],
    "Unflatten.axis": [0, -1, HUGE],
    **{f"Adaptive{kind}Pool2d.output_size": [None, [3]] for kind in ("Avg", "Max")},
    "custom_encoder": [None], "custom_decoder": [None], "kdim": [None], "vdim": [None],
    "Unflatten.shape": [[0], [-1], [HUGE]], "values": [[]],
    "layer_norm_eps": [0.0, 1.5],
    "Softplus.beta": [1.5],
    "Softplus.threshold": [0.0, -0.1, 1.5, INF, -INF, 10**400],
    "proj_size": [0],  # none
    "initializer_range": [1.5],
    "discriminator_weight": [0.0, 1.5],
    "axis": [0, HUGE],  # how many axes there are is known when there is an input
    "start_axis": [0, -1, HUGE],
    "end_axis": [0, HUGE],
    "ignore_index": [0, -1, HUGE],  # any number that is no class
    "padding_idx": [0, -1, None],  # counted from the end, as in PyTorch; None: nothing pads
    "pad_token_id": [-1, None],
    "Conv1d.padding": [0],
    "ModuleList.modules": [[]],
    "norm": [None],
    "ElmoClassifier.mix": [None],  # no layers are mixed
    "intermediate_size": [None],  # 4 D
    "TransformerLM.dim_feedforward": [None],  # 4 D
    "TransformerLM.positions": [None],
    "BagOfWords.embedding_size": [None],
    "DeepAveragingNetwork.layers": [0],
    "window": [0, HUGE],  # a token sees itself; all of the text
    "dilations": [[HUGE]],  # a token sees itself
    "global_positions": [[], [0], [HUGE]],  # how long a text is, is known when there is one
}


def same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and repr(a) == repr(b)


def nonsense(name: str, what: str) -> list[Any]:
    valid = VALID[name][what]
    kind = next(kind for kind in NONSENSE if isinstance(valid, kind))
    meant = [valid, *MEANT.get(what, ()), *MEANT.get(f"{name}.{what}", ())]
    return [x for x in NONSENSE[kind] if not any(same(x, y) for y in meant)]


ARGUMENTS = [(name, what) for name, valid in VALID.items() for what, value in valid.items() if value is not None]


def test_every_class_and_argument_is_in_the_table():
    assert sorted(CLASSES) == sorted(VALID)
    for name, cls in CLASSES.items():
        own = [p.name for p in inspect.signature(cls).parameters.values()
               if p.kind is p.POSITIONAL_OR_KEYWORD and not p.name.startswith("_")]
        assert set(own) <= set(VALID[name]), name


@pytest.mark.parametrize("name", VALID)
def test_valid_arguments(name):
    CLASSES[name](**VALID[name])


def of_numpy(value: Any) -> Any:
    """Numbers as they come out of counts.max() and np.linspace(0, 1, 5)."""
    if isinstance(value, list):
        return [of_numpy(x) for x in value]
    kind = {bool: np.bool_, int: np.int32, float: np.float32}.get(type(value))
    return value if kind is None else kind(value)


@pytest.mark.parametrize("name", VALID)
def test_numbers_of_numpy_are_numbers(name):
    CLASSES[name](**{what: of_numpy(value) for what, value in VALID[name].items()})


@pytest.mark.parametrize(("name", "what"), ARGUMENTS)
def test_nonsense_is_refused(name, what):
    faults = []
    for value in nonsense(name, what):
        try:
            CLASSES[name](**{**VALID[name], what: value})
        except TinydawnError as error:
            if not re.match(r"(?s)[\w ]+: .*\n  fix: .", str(error)):
                faults.append(f"{value!r}: this should say who refuses it, and what to do: {error}")
        except Exception as error:
            faults.append(f"{value!r}: {type(error).__name__}: {error}")
        else:
            faults.append(f"{value!r}: accepted")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(("name", "what"), [(name, what) for name, what in ARGUMENTS if name in vars(nn)])
def test_a_layer_names_the_argument(name, what):
    """A model may leave it to its layers, and a block to its parts; a layer says which of its arguments it is."""
    if name.startswith("Transformer") or what in ("modules", "values", "parameters"):
        return
    for value in nonsense(name, what):
        with pytest.raises(TinydawnError, match=what):
            CLASSES[name](**{**VALID[name], what: value})


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: nn.Linear(0, 3), OptionError, "Linear: in_features is 0\n.*\n  fix: 1 or more"),
        (lambda: nn.Linear(3, 2.5), DTypeError, "Linear: out_features must be an int, not a float"),
        (lambda: nn.Embedding(10**12, 3), OptionError, "Embedding: num_embeddings is 1000000000000\n.*\n  fix: 2147483647"),
        (lambda: nn.LSTM(3, 4, 2, 0.5), DTypeError, "LSTM: bias must be True or False, not a float\n.*\n  fix: .*dropout=0.1"),
        (lambda: nn.LayerNorm(()), OptionError, "LayerNorm: normalized_shape is an empty list"),
        (lambda: nn.MultiheadAttention(4, 2, 1.5), OptionError, "Attention: dropout is 1.5\n.*\n  fix: a number from 0 to 1"),
        (lambda: nn.TransformerEncoder(nn.Linear, 2), DTypeError, "the layer must be a Module, not the class Linear"),
        (lambda: nn.Softplus(0.0), OptionError, "Softplus: beta is 0.0\n.*\n  fix: a number above 0"),
        (lambda: nn.Softplus(1.0, NAN), OptionError, "Softplus: threshold is no number\n.*\n  fix: .*20; inf for none"),
        (lambda: nn.MSELoss("avg"), OptionError, "MSELoss: reduction='avg'\n.*\n  fix: one of 'mean', 'sum', 'none'"),
        (lambda: nn.Sequential(nn.ReLU(), "x"), DTypeError, "Sequential: a str is no module"),
        (lambda: models.TransformerLM(7, num_layers=-1), OptionError, "TransformerLM: num_layers is -1"),
        (lambda: models.Electra(7, generator_size=NAN), OptionError, "Electra: generator_size is nan"),
        (lambda: models.RNNLM(0), OptionError, "Embedding: num_embeddings is 0"),
    ],
)
def test_what_it_says(call, kind, text):
    with pytest.raises(kind, match=text):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: nn.Linear(2**30, 2**30),
        lambda: nn.Embedding(2**30, 2**30),
        lambda: nn.Conv1d(2**20, 2**20, 2**20),
        lambda: nn.LayerNorm((2**30, 2**30)),
        lambda: nn.MultiheadAttention(2**30, 2),
    ],
)
def test_sizes_that_are_too_much_together(call):
    with pytest.raises(OptionError, match=r"weight of shape \(.*\) fits into no memory"):
        call()


def test_a_dilation_that_leads_out_of_the_text():
    q = td.randn(1, 2, 5, 3)
    near, far = (nn.sliding_window_attention(q, q, q, 4, dilation) for dilation in (5, HUGE))
    np.testing.assert_array_equal(near.numpy(), far.numpy())
    np.testing.assert_allclose(far.numpy(), q.numpy(), rtol=1e-6)  # each sees itself
