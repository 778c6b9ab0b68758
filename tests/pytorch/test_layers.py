"""torch.nn: the same call as in PyTorch gives the same values, gradients and state dict, for every layer and function."""

from __future__ import annotations

import warnings
from abc import ABC
from typing import Any

import numpy as np
import pytest

import tinydawn as td
import tinydawn.torch as layer
from tinydawn.errors import OptionError, ShapeError, StateError
from tinydawn.torch import nn

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore::UserWarning"),
              pytest.mark.filterwarnings("ignore::FutureWarning")]


def grid(*shape: int, phase: float = 0.0, scale: float = 1.0) -> np.ndarray:
    """Fixed values without pattern along any axis."""
    return np.asarray(scale * np.sin(1.7 * np.arange(int(np.prod(shape))) + 0.3 + phase)).reshape(shape)


def flat(x: Any) -> list[Any]:
    if isinstance(x, (tuple, list)):
        return [t for part in x for t in flat(part)]
    return [] if x is None else [x]


def outcome(torch: Any, program: Any, arrays: tuple[np.ndarray, ...]) -> Any:
    """What `program(torch, *tensors)` gives, a module first: outputs, gradients of arrays and parameters, state."""
    torch.manual_seed(4)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        tensors = [torch.tensor(a.tolist(), requires_grad=True) if a.dtype.kind == "f" else torch.tensor(a) for a in arrays]
        module, out = program(torch, *tensors)
        out = flat(out)
        total = sum((o * torch.tensor(grid(*o.shape, phase=i).tolist())).sum() for i, o in enumerate(out) if o.requires_grad)
        if not isinstance(total, int):
            total.backward()
    finally:
        torch.set_default_dtype(before)
    gradients = {f"input {i}": x.grad for i, x in enumerate(tensors)}
    state: dict[str, Any] = {}
    if module is not None:
        gradients |= {name: p.grad for name, p in module.named_parameters()}
        state = dict(module.state_dict())
    return [o.detach().numpy() for o in out], gradients, state


def alike(torch: Any, program: Any, *arrays: np.ndarray, rtol: float = 1e-9) -> None:
    out, gradients, state = outcome(layer, program, arrays)
    their_out, their_gradients, their_state = outcome(torch, program, arrays)
    assert [o.shape for o in out] == [o.shape for o in their_out]
    assert [o.dtype for o in out] == [o.dtype for o in their_out]
    for i, (a, b) in enumerate(zip(out, their_out, strict=True)):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-10, err_msg=f"output {i}")
    assert list(gradients) == list(their_gradients)
    for name, expected in their_gradients.items():
        if expected is None or gradients[name] is None:
            assert expected is None or not expected.numpy().any(), name
            assert gradients[name] is None or not gradients[name].numpy().any(), name
        else:
            np.testing.assert_allclose(gradients[name].numpy(), expected.numpy(), rtol=rtol, atol=1e-10, err_msg=name)
    assert list(state) == list(their_state)
    for name, expected in their_state.items():
        np.testing.assert_allclose(state[name].numpy(), expected.numpy(), rtol=rtol, atol=1e-10, err_msg=name)


# A layer as PyTorch's programs write it, and the shapes of what it is given; "ids" stands for ids below 5.
X, VECTORS, SEQUENCE, IMAGE = ((3, 4),), ((5, 4),), ((2, 4, 7),), ((2, 3, 6, 5),)
ACTIVATIONS = (
        "ReLU Tanh Sigmoid SiLU GELU ELU CELU SELU LeakyReLU Hardtanh ReLU6 Mish Softsign LogSigmoid Softplus "
        "Hardswish Hardsigmoid Tanhshrink Softshrink Hardshrink PReLU GLU Softmax Softmin LogSoftmax Identity "
        "Flatten")
LAYERS: list[tuple[str, Any]] = [
    *[(f"{name}()", X) for name in ACTIVATIONS.split()],
    *[(f"{name}(inplace=True)", X) for name in ("SELU", "ReLU6", "Hardsigmoid")],
    ("LeakyReLU(0.2)", X), ("ELU(alpha=0.5)", X), ("CELU(2.0)", X), ("Hardtanh(-0.5, 0.5)", X), ("Hardtanh(min_val=-0.1)", X),
    ("Threshold(0.1, 20.0)", X), ("Softplus(beta=40)", X), ("PReLU(4)", X), ("PReLU(init=0.5)", SEQUENCE),
    ("GLU(dim=0)", ((4, 3),)),
    ("Softmax(dim=0)", X), ("Softmax(dim=-1)", X), ("Softmax()", ((2, 3, 4),)), ("LogSoftmax(dim=1)", X), ("GELU('tanh')", X),
    ("Flatten(start_dim=0)", SEQUENCE), ("Flatten(1, 2)", IMAGE), ("Unflatten(1, (2, 2))", X),
    ("Unflatten(dim=-1, unflattened_size=(2, -1))", X),
    ("Dropout(p=0.0)", X), ("Dropout(0.5, True)", X), ("Dropout(p=0.3, inplace=False)", SEQUENCE),
    ("Dropout1d(0.4)", SEQUENCE), ("Dropout2d(0.4)", IMAGE),
    ("Linear(4, 3)", X), ("Linear(4, 3, bias=False)", ((2, 3, 4),)), ("Linear(4, 3, dtype=torch.float64, device='cpu')", X),
    ("LazyLinear(3)", X), ("LazyLinear(3, bias=False)", X), ("Bilinear(4, 3, 2)", ((5, 4), (5, 3))),
    ("Bilinear(4, 3, 2, bias=False)", ((2, 5, 4), (2, 5, 3))),
    ("Embedding(5, 3)", "ids"), ("Embedding(5, 3, padding_idx=1)", "ids"), ("Embedding(5, 3, max_norm=0.5)", "ids"),
    ("Embedding(5, 3, max_norm=1.0, norm_type=1.0)", "ids"), ("Embedding(5, 3, scale_grad_by_freq=True)", "ids"),
    ("EmbeddingBag(5, 3)", "ids"), ("EmbeddingBag(5, 3, mode='sum')", "ids"), ("EmbeddingBag(5, 3, mode='max')", "ids"),
    ("EmbeddingBag(5, 3, padding_idx=1)", "ids"),
    ("LayerNorm(4)", X), ("LayerNorm([3, 4], eps=0.1)", ((2, 3, 4),)), ("LayerNorm(4, elementwise_affine=False)", X),
    ("LayerNorm(4, bias=False)", X), ("RMSNorm(4)", X), ("GroupNorm(2, 4)", SEQUENCE), ("GroupNorm(1, 3, affine=False)", IMAGE),
    ("BatchNorm1d(4)", VECTORS), ("BatchNorm1d(4, momentum=None)", SEQUENCE), ("BatchNorm1d(4).eval()", VECTORS),
    ("BatchNorm2d(3)", IMAGE), ("BatchNorm2d(3, affine=False, track_running_stats=False)", IMAGE),
    ("Conv1d(4, 6, 3)", SEQUENCE), ("Conv1d(4, 6, kernel_size=3, stride=2, padding=1, dilation=2, groups=2)", SEQUENCE),
    ("Conv1d(4, 6, 3, padding='same', bias=False)", SEQUENCE), ("Conv1d(4, 6, (3,), (2,))", ((4, 7),)),
    ("Conv2d(3, 4, 3)", IMAGE), ("Conv2d(3, 4, (3, 2), stride=(2, 1), padding=(1, 0))", IMAGE),
    ("Conv2d(3, 6, 2, groups=3, dilation=2)", IMAGE),
    ("Conv2d(3, 2, 3, padding='same')", IMAGE), ("Conv2d(3, 2, 1, bias=False)", ((3, 4, 4),)),
    ("MaxPool1d(2)", SEQUENCE), ("MaxPool1d(3, stride=2, padding=1)", SEQUENCE),
    ("MaxPool1d(3, 2, dilation=2, ceil_mode=True)", SEQUENCE),
    ("MaxPool2d(2)", IMAGE), ("MaxPool2d(3, stride=2, padding=1)", IMAGE), ("MaxPool2d((2, 3), ceil_mode=True)", IMAGE),
    ("MaxPool2d(2, 1, return_indices=True)", IMAGE), ("MaxPool2d(2)", ((3, 4, 4),)),
    ("AvgPool1d(2)", SEQUENCE), ("AvgPool1d(3, stride=2, padding=1)", SEQUENCE),
    ("AvgPool1d(3, 2, 1, ceil_mode=True, count_include_pad=False)", SEQUENCE),
    ("AvgPool2d(2)", IMAGE), ("AvgPool2d(3, 2, padding=1)", IMAGE), ("AvgPool2d(3, 2, 1, ceil_mode=True)", IMAGE),
    ("AvgPool2d(3, 2, 1, count_include_pad=False)", IMAGE), ("AvgPool2d((2, 3), divisor_override=4)", IMAGE),
    *[(f"Adaptive{kind}Pool1d({n})", SEQUENCE) for kind in ("Avg", "Max") for n in (1, 3, 7, 9)],
    *[(f"Adaptive{kind}Pool2d({n})", IMAGE) for kind in ("Avg", "Max") for n in (1, (2, 3), (None, 2), 7)],
    *[(f"{name}(4, 3{more})", ((5, 2, 4),)) for name in ("RNN", "GRU", "LSTM")
      for more in ("", ", batch_first=True", ", num_layers=2, bidirectional=True", ", bias=False",
                   ", num_layers=2, dropout=0.5")],
    ("LSTM(4, 3, proj_size=2)", ((5, 2, 4),)), ("RNN(4, 3, nonlinearity='relu')", ((5, 4),)),
    ("RNNCell(4, 3)", X), ("GRUCell(4, 3)", X), ("LSTMCell(4, 3)", X), ("GRUCell(4, 3, bias=False)", ((4,),)),
    ("MultiheadAttention(4, 2)", ((5, 2, 4), (3, 2, 4), (3, 2, 4))),
    ("MultiheadAttention(4, 2, batch_first=True, bias=False)", ((2, 5, 4),) * 3),
    ("MultiheadAttention(4, 2, kdim=3, vdim=5)", ((5, 2, 4), (3, 2, 3), (3, 2, 5))),
    ("MultiheadAttention(4, 2, add_bias_kv=True, add_zero_attn=True)", ((5, 2, 4),) * 3),
    ("MultiheadAttention(4, 2, dropout=0.4)", ((5, 2, 4),) * 3),
    ("TransformerEncoderLayer(4, 2, 8, dropout=0.0)", ((5, 2, 4),)), ("TransformerEncoderLayer(4, 2, 8, 0.3)", ((5, 2, 4),)),
    ("TransformerEncoderLayer(4, 2, 8, 0.3, batch_first=True, norm_first=True, activation='gelu')", ((2, 5, 4),)),
    ("TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), num_layers=2, enable_nested_tensor=False)", ((5, 2, 4),)),
    ("TransformerDecoderLayer(4, 2, 8, 0.3)", ((5, 2, 4), (3, 2, 4))),
    ("TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8), 2)", ((5, 2, 4), (3, 2, 4))),
    ("Transformer(4, 2, 1, 1, 8)", ((5, 2, 4), (3, 2, 4))),
    ("Transformer(4, 2, 1, 1, 8, batch_first=True)", ((2, 5, 4), (2, 3, 4))),
    ("Sequential(nn.Linear(4, 3), nn.ReLU(inplace=True), nn.BatchNorm1d(3))", X), ("CosineSimilarity(dim=1)", ((3, 4), (3, 4))),
    ("CosineSimilarity(dim=-1, eps=0.1)", ((3, 4), (3, 4))), ("PairwiseDistance()", ((3, 4), (3, 4))),
    ("PairwiseDistance(p=1, keepdim=True)", ((3, 4), (3, 4))), ("DataParallel(nn.Linear(4, 2))", X),
]


@pytest.mark.parametrize(("text", "shapes"), LAYERS, ids=[f"{text}-{len(shapes)}" for text, shapes in LAYERS])
def test_a_layer(torch: Any, text: str, shapes: Any) -> None:
    def program(torch: Any, *tensors: Any) -> Any:
        module = eval(f"nn.{text}", {"nn": torch.nn, "torch": torch})
        given = [x * 1 for x in tensors] if "True)" in text else tensors  # PyTorch writes into no leaf in place
        return module, module(*given)

    if shapes == "ids":
        alike(torch, program, np.array([[1, 0, 3], [1, 4, 1]]))
    else:
        alike(torch, program, *(grid(*shape, phase=i, scale=1.3) for i, shape in enumerate(shapes)),
              rtol=1e-7 if "Hardsigmoid" in text else 1e-9)  # PyTorch's sixth is one of float32


CLASSES, SIGNS = np.array([2, 0, 1]), np.array([1, -1, 1])
LOGITS, TARGETS, SHARES = grid(3, 4), grid(3, 4, phase=2), np.abs(grid(3, 4, phase=2)) * 0.9 + 0.05
LOSSES: list[tuple[str, Any, tuple[np.ndarray, ...]]] = [
    *[(name, options, (LOGITS, CLASSES)) for name in ("CrossEntropyLoss", "NLLLoss") for options in (
        "", "reduction='sum'", "reduction='none'", "ignore_index=0", "weight=torch.tensor([1.0, 2.0, 0.5, 1.5])",
        "size_average=False", "reduce=False")],
    ("CrossEntropyLoss", "label_smoothing=0.1", (LOGITS, CLASSES)), ("CrossEntropyLoss", "", (LOGITS, SHARES)),
    *[(name, options, (LOGITS, TARGETS)) for name in ("MSELoss", "L1Loss", "SmoothL1Loss") for options in (
        "", "reduction='sum'", "reduction='none'", "size_average=False", "reduce=False")],
    ("SmoothL1Loss", "beta=0.3", (LOGITS, TARGETS)), ("SmoothL1Loss", "beta=0", (LOGITS, TARGETS)),
    ("HuberLoss", "delta=0.3", (LOGITS, TARGETS)), ("HuberLoss", "reduction='sum'", (LOGITS, TARGETS)),
    ("MSELoss", "", (grid(3, 1), grid(3))), ("L1Loss", "", (grid(3, 4), grid(4))), ("SmoothL1Loss", "", (grid(3, 1), grid(3))),
    ("BCELoss", "", (SHARES, SHARES[::-1].copy())),
    ("BCELoss", "reduction='sum', weight=torch.tensor([1.0, 2.0, 3.0, 4.0])", (SHARES, SHARES)),
    ("BCEWithLogitsLoss", "", (LOGITS, SHARES)), ("BCEWithLogitsLoss", "pos_weight=torch.tensor(3.0)", (LOGITS, SHARES)),
    ("KLDivLoss", "reduction='batchmean'", (LOGITS, SHARES)), ("KLDivLoss", "log_target=True", (LOGITS, TARGETS)),
    ("KLDivLoss", "size_average=False", (LOGITS, SHARES)), ("KLDivLoss", "reduction='sum'", (LOGITS, SHARES[0])),
    *[("CosineEmbeddingLoss", o, (LOGITS, TARGETS, SIGNS)) for o in ("", "margin=0.2", "reduction='none'")],
    *[("MarginRankingLoss", o, (grid(3), grid(3, phase=1), SIGNS)) for o in ("", "margin=0.5", "reduction='sum'")],
    *[("HingeEmbeddingLoss", o, (grid(3), SIGNS)) for o in ("", "margin=0.5", "reduction='none'")],
    *[("TripletMarginLoss", o, (LOGITS, TARGETS, grid(3, 4, phase=1))) for o in (
        "", "margin=3.0, p=1", "swap=True", "reduction='none'")],
]


@pytest.mark.parametrize(("name", "options", "arrays"), LOSSES, ids=lambda x: x if isinstance(x, str) else len(x))
def test_a_loss(torch: Any, name: str, options: str, arrays: tuple[np.ndarray, ...]) -> None:
    def program(torch: Any, *tensors: Any) -> Any:
        loss = eval(f"torch.nn.{name}({options})", {"torch": torch})
        return loss, loss(*tensors)

    alike(torch, program, *arrays, rtol=1e-8 if name == "BCELoss" else 1e-9)  # PyTorch's smallest divisor is one of float32


def test_probabilities_of_0_and_1(torch: Any) -> None:
    def program(torch: Any, p: Any) -> Any:
        return None, torch.nn.BCELoss(reduction="none")(p, torch.tensor([0.0, 1.0, 1.0, 0.0, 1.0, 0.0]))

    alike(torch, program, np.array([0.0, 1.0, 0.0, 1.0, 0.5, 1e-14]), rtol=1e-8)


FUNCTIONS = """
    F.relu(x, inplace=False)  F.relu(x)  F.tanh(x)  F.sigmoid(x)  F.leaky_relu(x, 0.1)
    F.leaky_relu(input=x, negative_slope=0.2)
    F.elu(x)  F.selu(x)  F.celu(x, 2.0)  F.hardtanh(x)  F.relu6(x)  F.glu(x)  F.glu(x, dim=-1)  F.mish(x)  F.silu(x)  F.gelu(x)
    F.gelu(x, approximate="tanh")  F.softsign(x)  F.logsigmoid(x)  F.softplus(x)  F.softplus(x, beta=30)
    F.threshold(x, 0.1, 2.0)
    F.hardswish(x)  F.hardsigmoid(x)  F.tanhshrink(x)  F.softshrink(x)  F.hardshrink(x)  F.prelu(x, w)
    F.softmax(x, dim=-1)  F.softmax(x, 0)  F.softmax(x)  F.softmax(x[None])  F.softmax(x, dim=1, dtype=torch.float64)
    F.log_softmax(x, dim=-1)  F.log_softmax(x[0])  F.softmin(x, dim=0)
    F.dropout(x, 0.4)  F.dropout(x, p=0.4, training=False)  F.dropout(x, 0.4, inplace=False)
    F.layer_norm(x, (4,))  F.layer_norm(x, (4,), weight=w, bias=w)  F.group_norm(x, 2, w, w)
    F.batch_norm(x, None, None, training=True)  F.batch_norm(x, w.detach(), w.detach() ** 2, w, w, eps=0.1)
    F.normalize(x)  F.normalize(x, dim=0)  F.normalize(x, p=1, dim=-1)  F.cosine_similarity(x, y, dim=-1)
    F.cosine_similarity(x, y)
    F.pairwise_distance(x, y)  F.pairwise_distance(x, y, p=1.0, keepdim=True)  F.linear(x, y)  F.linear(x, y, w[:3])
    F.one_hot(ids)  F.one_hot(ids, num_classes=7)  F.embedding(ids % 3, y, padding_idx=0)
    F.pad(x, (1, 2))  F.pad(x, (0, 0, 1, 1), value=3.0)  F.pad(x, (-1, 1), "constant", 0)
    F.pad(x[None], (1, 1), mode="reflect")
    F.pad(x[None], (2, 1), mode="replicate")  F.pad(x[None], (2, 1), mode="circular")
    F.gumbel_softmax(x)  F.gumbel_softmax(x, tau=0.5, hard=True)  F.gumbel_softmax(x, dim=0)
    F.mse_loss(x, y)  F.mse_loss(x, y, reduction="sum")  F.l1_loss(x, y, size_average=False)  F.smooth_l1_loss(x, y, beta=0.5)
    F.huber_loss(x, y, delta=0.4)  F.cross_entropy(x, y)  F.cross_entropy(x, ids[:3])  F.nll_loss(x, ids[:3])
    F.cross_entropy(x, ids[:3] * 0 - 100, reduction="sum")  F.cross_entropy(x, ids[:3] * 0 - 100)
    F.cross_entropy(x, ids[:3] * 0 - 100, reduction="none")  F.nll_loss(x, ids[:3] * 0, ignore_index=0)
    F.kl_div(x, y * y, reduction="batchmean")  F.kl_div(x, (y * y)[0], reduction="sum")
    F.binary_cross_entropy(torch.sigmoid(x), torch.sigmoid(y))
    F.binary_cross_entropy_with_logits(x, torch.sigmoid(y), reduction="none")
    F.margin_ranking_loss(x, y, torch.sign(y))  F.hinge_embedding_loss(x, torch.sign(y))  F.triplet_margin_loss(x, y, x * y)
    F.cosine_embedding_loss(x, y, torch.sign(y[:, 0]), margin=0.1)  F.bilinear(x, y, x.view(1, 3, 4)[:, [0, 1, 2, 0]])
    F.scaled_dot_product_attention(x, y, y)  F.scaled_dot_product_attention(x[None], y[None], x[None], is_causal=True)
    F.scaled_dot_product_attention(x, y, y, attn_mask=x[:, :3] > 0)  F.scaled_dot_product_attention(x, y, y, attn_mask=x[:, :3])
    F.scaled_dot_product_attention(x, y, y, attn_mask=x[:, :3] > 0.9)  F.scaled_dot_product_attention(x, y, y, dropout_p=0.5)
    F.conv1d(x[None], y.view(2, 3, 2))  F.conv2d(x[None, None], y.view(3, 1, 2, 2), padding=1)  F.max_pool1d(x[None], 2)
    F.max_pool1d(x[None], x.size(1))  F.max_pool2d(x[None], 2)  F.avg_pool1d(x[None], 2)  F.avg_pool2d(x[None], (2, 1))
    F.adaptive_avg_pool1d(x[None], 3)  F.adaptive_max_pool1d(x[None], 3)  F.adaptive_avg_pool2d(x[None], 2)
    F.embedding_bag(ids % 3, y, torch.tensor([0, 2, 2]))
    F.embedding_bag(ids % 3, y, torch.tensor([0, 2, 4]), include_last_offset=True)
    F.embedding_bag(ids % 3, y, torch.tensor([0, 2]), mode="sum", per_sample_weights=w)
    F.embedding_bag(ids % 3, y, torch.tensor([0, 2]), mode="max", padding_idx=0)
"""
CALLS = [text.strip() for text in FUNCTIONS.replace("\n", "  ").split("  ") if text.strip()]


@pytest.mark.parametrize("text", CALLS)
def test_a_function(torch: Any, text: str) -> None:
    def program(torch: Any, x: Any, y: Any, w: Any, ids: Any) -> Any:
        return None, eval(text, {"F": torch.nn.functional, "torch": torch, "x": x, "y": y, "w": w, "ids": ids})

    alike(torch, program, grid(3, 4, scale=1.3), grid(3, 4, phase=1), grid(4, phase=2), np.array([0, 3, 1, 2]),
          rtol=1e-7 if "hardsigmoid" in text else 1e-9)


# --- modules ------------------------------------------------------------------------------------------------------


def test_every_layer_is_a_module_and_is_itself() -> None:
    assert nn.Linear is td.nn.Linear
    assert isinstance(td.nn.Linear(1, 1), nn.Module)
    assert issubclass(td.nn.LSTM, nn.Module)
    assert isinstance(nn.Softmax(dim=0), td.nn.Module)
    assert not isinstance(td.ones(1), nn.Module)

    class Part(nn.Module, ABC):
        pass

    assert isinstance(Part(), nn.Module)
    assert not isinstance(nn.Linear(1, 1), Part)
    assert nn.parameter.Parameter is nn.Parameter is td.nn.Parameter
    assert nn.modules.Linear is nn.Linear
    assert nn.modules.module.Module is nn.Module


def test_what_stands_in_a_list_is_not_found() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hidden = [nn.Linear(1, 1)]
            self.named = {"a": nn.Linear(1, 1), "b": nn.Parameter(td.ones(1))}
            self.found = nn.ModuleList([nn.Linear(1, 1)])

    net = Net()
    assert list(net.state_dict()) == ["found.0.weight", "found.0.bias"]
    assert [name for name, _ in net.named_children()] == ["found"]
    assert net.hidden[0]._name == ""


def test_a_module_begins_before_its_layers() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            self.first = nn.Linear(1, 1)

    with pytest.raises(StateError, match=r"before Module's own(.|\n)*super\(\)"):
        Net()


def test_dtype_and_device() -> None:
    lstm = nn.LSTM(2, 3, dtype=layer.float64, device=layer.device("cpu"))
    assert lstm.weight_ih_l0.dtype == np.float64
    assert nn.TransformerEncoderLayer(4, 2, 8, dtype=layer.float64).self_attn.out_proj.weight.dtype == np.float64
    assert nn.Linear(1, 1).weight.dtype == np.float32
    with pytest.raises(td.errors.OptionError):
        nn.Linear(0, 1, dtype=layer.float64)
    assert nn.Linear(1, 1).weight.dtype == np.float32


def test_texts(torch: Any) -> None:
    for text in ("Linear(2, 3)", "Linear(2, 3, bias=False)", "Bilinear(2, 3, 1)", "Dropout(0.3)", "LayerNorm(4)",
                 "BatchNorm1d(3)", "Sequential(nn.Linear(2, 3), nn.Tanh())", "Embedding(4, 2, padding_idx=0)", "Softmax(dim=1)",
                 "LSTM(2, 3)", "ReLU(inplace=True)", "ReLU()", "LeakyReLU(0.1, True)", "Dropout(0.2, inplace=True)"):
        assert repr(eval(f"nn.{text}", {"nn": nn})) == repr(eval(f"nn.{text}", {"nn": torch.nn}))


@pytest.mark.parametrize("kind", ["key_padding_mask", "attn_mask", "numbers"])
@pytest.mark.parametrize("need_weights", [True, False])
def test_a_query_that_may_look_at_nothing(torch: Any, kind: str, need_weights: bool) -> None:
    """PyTorch makes a NaN of it, or zeros where it has no weights to show."""
    outs = []
    for place in (layer, torch):
        place.manual_seed(2)
        mha = place.nn.MultiheadAttention(4, 2, batch_first=True)
        x = place.tensor(grid(2, 3, 4).tolist())
        hidden = np.zeros((2, 3) if kind == "key_padding_mask" else (3, 3), bool)
        hidden[1] = True
        mask = place.tensor(hidden) if kind != "numbers" else place.tensor(np.where(hidden, -np.inf, 0.0).tolist())
        with place.no_grad():
            out, weights = mha(x, x, x, need_weights=need_weights,
                               **{kind if kind != "numbers" else "attn_mask": mask})
        outs.append([out.numpy(), *([weights.numpy()] if need_weights else [])])
    for ours, theirs in zip(*outs, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_in_place(torch: Any) -> None:
    def program(torch: Any, x: Any, y: Any) -> Any:
        nn, F = torch.nn, torch.nn.functional
        a, b, c, d = x * 1, x * 1, x * 1, x * 1
        out = [nn.ReLU(inplace=True)(a) * a, nn.LeakyReLU(0.2, True)(b) * y, F.elu(c, inplace=True) + c, F.relu_(d), d]
        e = x.detach().clone()
        nn.Hardtanh(-0.2, 0.2, inplace=True)(e[0])
        return None, [*out, e, F.dropout(y * 1, 0.5, inplace=True)]

    alike(torch, program, grid(3, 4), grid(3, 4, phase=1))


def test_what_is_taught_can_be_taken_back() -> None:
    layer.use(False)
    with pytest.raises(TypeError, match="dtype"):
        td.nn.Linear(1, 1, dtype=np.float64)
    assert repr(td.nn.Linear(1, 2)) == "Linear(1, 2)"
    assert not hasattr(td.nn.LSTM(1, 1), "flatten_parameters")
    layer.use()
    assert nn.LSTM(1, 1).flatten_parameters() is None


def test_the_mask_of_a_transformer(torch: Any) -> None:
    ours, theirs = (place.Transformer.generate_square_subsequent_mask(3) for place in (nn, torch.nn))
    np.testing.assert_array_equal(ours.numpy(), theirs.numpy())
    assert ours.dtype == np.float32


def test_losses_warn_of_shapes_that_differ() -> None:
    with pytest.warns(UserWarning, match="mse_loss: a target of shape \\(3,\\) and an input of shape \\(3, 1\\) are"):
        nn.MSELoss()(td.ones(3, 1), td.ones(3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nn.MSELoss()(td.ones(3, 1), td.ones(3, 1))


def test_errors() -> None:
    x = td.ones(2, 3)
    with pytest.raises(ShapeError, match=r"pad: \(1, 2, 3\) for a Tensor of 2 dimensions"):
        nn.functional.pad(x, (1, 2, 3))
    with pytest.raises(OptionError, match="pad: mode='mirror'"):
        nn.functional.pad(x, (1, 1), mode="mirror")
    with pytest.raises(OptionError, match="embedding_bag: max_norm"):
        nn.functional.embedding_bag(layer.tensor([[0, 1]]), x, max_norm=1.0)
    for owner, name in ((nn, "NoSuchLayer"), (nn.functional, "no_such_function"), (nn.init, "no_such_start")):
        with pytest.raises(AttributeError, match=f"has no attribute '{name}'"):
            getattr(owner, name)


def test_a_lazy_batch_norm_takes_its_features_from_the_first_input() -> None:
    norm = nn.LazyBatchNorm1d(momentum=0.5)
    weight = norm.weight
    out = norm(layer.tensor([[1.0, 10.0], [3.0, 30.0]]))
    assert type(norm) is nn.BatchNorm1d
    assert norm.weight is weight
    assert norm.running_mean.tolist() == [1.0, 10.0]
    assert [round(x, 4) for x in out.flatten().tolist()] == [-1.0, -1.0, 1.0, 1.0]


def test_vectors_may_be_given_as_old_programs_do() -> None:
    vectors = layer.randn(3, 2)
    state = layer.get_rng_state()
    table = nn.Embedding(3, 2, padding_idx=0, _weight=vectors)
    assert (layer.get_rng_state() == state).all()  # nothing was drawn
    assert table(layer.tensor([2])).tolist() == vectors[2:].tolist()
    with pytest.raises(ShapeError, match="_weight of shape"):
        nn.Embedding(4, 2, _weight=vectors)
