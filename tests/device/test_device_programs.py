"""Kernels, layers, optimizers, models and decoding on the double of CuPy: NumPy's bits, and no step that waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cupy_double
import numpy as np
import pytest
from rounding import assert_same_but_for_rounding
from test_fused import SAMPLES
from test_parity import LAYERS, MASKS, RECURRENT, D, H, N, S, T

import tinydawn as td
from tinydawn import decode, models, nn, optim
from tinydawn.kernels import fuse
from tinydawn.nn import functional as F

IDS = np.array([[2, 5, 3, 9, 4, 4], [2, 7, 4, 0, 0, 0], [2, 3, 11, 6, 0, 0]])  # (B, T), 0 is padding
LENGTHS = np.array([6, 3, 4])
LABELS = np.array([1, 0, 1])


def arrays(found: Any) -> list[np.ndarray]:
    """Every value in nested results, on the host; Tensors have to be on the device that is in use."""
    if isinstance(found, dict):
        return [a for value in found.values() for a in arrays(value)]
    if isinstance(found, (list, tuple)):
        return [a for value in found for a in arrays(value)]
    if isinstance(found, td.Tensor):
        assert found.device == ("cuda" if td.backend.backend_name() == "cupy" else "cpu"), "it left the device"
        return [found.numpy()]
    return [] if found is None else [np.asarray(found)]


def assert_same_values(program: Callable[[], Any], exact: bool = True, atol: float | None = None) -> None:
    """atol: how far apart two values may lie where a difference in rounding grows on the way; by default only rounding."""
    results = []
    for backend in ("numpy", "cupy"):
        td.use_backend(backend)
        td.manual_seed(0)
        results.append(arrays(program()))
    theirs, mine = results
    assert len(theirs) == len(mine) > 0
    for x, y in zip(theirs, mine, strict=True):
        assert x.dtype == y.dtype
        if atol is not None:
            np.testing.assert_allclose(y, x, rtol=0, atol=atol)
        elif exact:
            assert_same_but_for_rounding(y, x)
        else:
            np.testing.assert_allclose(x, y, rtol=2e-5, atol=1e-6)


def gradients(module: nn.Module | None, output: Any) -> list[Any]:
    """The output, and what it gives to each parameter."""
    outputs = [o for o in (output if isinstance(output, tuple) else (output,)) if isinstance(o, td.Tensor)]
    total = sum((o * td.tensor(np.linspace(0.5, 1.5, o.numel(), dtype=o.dtype).reshape(o.shape))).sum() for o in outputs)
    total.backward()  # type: ignore[union-attr]
    return [outputs, [] if module is None else [p.grad for p in module.parameters()]]


# --- kernels ------------------------------------------------------------------------------------------------------

# With few rows NumPy's product is computed the other way round (backend.few_rows), which may round otherwise.
KERNELS = [pytest.param(name, inputs, settings, "few rows" not in what, what, id=f"{name}-{what}")
           for name, rows in SAMPLES.items() for what, inputs, settings in rows]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "inputs", "settings", "exact", "what"), KERNELS)
def test_kernels_and_their_twins(name: str, inputs: Any, settings: Any, exact: bool, what: str, dtype: Any, cupy: Any) -> None:
    for function in fuse.kernels[name]:
        if name == "class_cross_entropy":
            function = fuse.kernels[name][1]  # the kernel is NumPy's alone: on a device class_softmax.py runs the twin

        def run(function: Any = function) -> Any:
            leaves = [td.tensor(a, dtype=dtype, requires_grad=True) for a in inputs]
            with np.errstate(over="ignore"):
                out = function(*leaves, **settings)
            gradients(None, out)
            return [out, [leaf.grad for leaf in leaves]]

        # Far from 0 the mean itself is rounded: by up to the distance of two numbers there.
        far = float(np.abs(inputs[0]).max() * np.finfo(dtype).eps) if what == "far from 0" else None
        assert_same_values(run, exact, far)


def test_dropout_drawn_on_the_device(cupy: Any) -> None:
    td.use_backend("cupy", dropout="device")
    td.manual_seed(1)
    x = td.ones(300, 40, requires_grad=True)
    before = cupy_double.waits()
    first, second = F.dropout(x, 0.25), F.dropout(x, 0.25)
    (first * 2).sum().backward()
    assert cupy_double.waits() == before
    a, b = first.numpy(), second.numpy()
    assert set(np.unique(a).tolist()) == {0.0, np.float32(4 / 3)}
    np.testing.assert_array_equal(x.grad.numpy(), 2 * a)
    for share in ((a > 0).mean(), (b > 0).mean(), (a[1:] > 0)[a[:-1] > 0].mean(), (a[:, 1:] > 0)[a[:, :-1] > 0].mean(),
                  (b > 0)[a > 0].mean()):  # of neighbours and of two masks: independent
        assert abs(share - 0.75) < 0.02, "5 standard deviations"
    td.manual_seed(1)
    np.testing.assert_array_equal(F.dropout(x, 0.25).numpy(), a)
    with td.unfused():
        td.manual_seed(1)
        np.testing.assert_array_equal(F.dropout(x, 0.25).numpy(), a)
    with pytest.raises(td.errors.DeviceError, match="dropout='there'"):
        td.use_backend("cupy", dropout="there")


# --- layers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "args", "options", "shape"), LAYERS, ids=str)
def test_layers(name: str, args: Any, options: Any, shape: Any, cupy: Any) -> None:
    def run() -> Any:
        layer = getattr(nn, name)(*args, **options)
        return gradients(layer, layer(td.randn(*shape, requires_grad=True)))

    assert_same_values(run)


@pytest.mark.parametrize("lengths", [None, [5, 2]])
@pytest.mark.parametrize("options", RECURRENT, ids=str)
@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
def test_recurrent_layers(name: str, options: Any, lengths: Any, cupy: Any) -> None:
    def run() -> Any:
        layer = getattr(nn, name)(3, 4, **options)
        out, state = layer(td.randn(*((2, 5, 3) if options.get("batch_first") else (5, 2, 3))), lengths=lengths)
        return gradients(layer, (out, *(state if isinstance(state, tuple) else (state,))))

    assert_same_values(run)


@pytest.mark.parametrize("options", [{}, {"reset_after": False}, {"z_convention": "notes"}], ids=str)
def test_cells_and_conventions(options: Any, cupy: Any) -> None:
    def run() -> Any:
        cells = [nn.GRUCell(3, 4, **options), nn.LSTMCell(3, 4), nn.RNNCell(3, 4), nn.GRU(3, 4, **options)]
        x, seen = td.randn(2, 3), []
        for cell in cells[:3]:
            state = cell(x)
            state = cell(x, state)
            seen.append(gradients(cell, state))
        return [*seen, gradients(cells[3], cells[3](td.randn(5, 2, 3))[0])]

    assert_same_values(run)


@pytest.mark.parametrize("weights", [{}, {"need_weights": False}], ids=str)
@pytest.mark.parametrize("mask", MASKS)
def test_attention(mask: str, weights: Any, cupy: Any) -> None:
    masks = {k: getattr(v, "array", v) for k, v in MASKS[mask].items()}

    def run() -> Any:
        given = {k: td.tensor(v) if isinstance(v, np.ndarray) and v.dtype.kind == "f" else v for k, v in masks.items()}
        layer = nn.MultiheadAttention(D, H)
        query, key, value = td.randn(T, N, D), td.randn(S, N, D), td.randn(S, N, D)
        return gradients(layer, layer(query, key, value, **given, **weights))

    assert_same_values(run)


@pytest.mark.parametrize("norm_first", [True, False])
def test_transformer_layers(norm_first: bool, cupy: Any) -> None:
    def run() -> Any:
        options = {"dim_feedforward": 12, "batch_first": True, "norm_first": norm_first, "activation": "gelu"}
        encoder, decoder = nn.TransformerEncoderLayer(8, 2, **options), nn.TransformerDecoderLayer(8, 2, **options)
        memory = encoder(td.randn(3, 6, 8), src_key_padding_mask=IDS == 0)
        out = decoder(td.randn(3, 4, 8), memory, tgt_is_causal=True, memory_key_padding_mask=IDS == 0)
        return [gradients(encoder, out), [p.grad for p in decoder.parameters()]]

    assert_same_values(run)


def test_losses(cupy: Any) -> None:
    def run() -> Any:
        logits, seen = td.randn(3, 5, requires_grad=True), []
        target, soft = np.array([1, -100, 4]), td.rand(3, 5)
        weight = td.rand(5)
        for loss in (F.cross_entropy(logits, target), F.cross_entropy(logits, np.array([0, 1, 2]), reduction="none").sum(),
                     F.cross_entropy(logits, target, weight, label_smoothing=0.1),
                     F.cross_entropy(logits, soft, label_smoothing=0.1),
                     F.nll_loss(F.log_softmax(logits), target, weight), F.mse_loss(logits, soft),
                     F.binary_cross_entropy_with_logits(logits, soft, pos_weight=2.0),
                     F.kl_div(F.log_softmax(logits), F.softmax(soft), "batchmean"),
                     F.cross_entropy(logits, target, label_smoothing=0.2, reduction="sum")):
            logits.grad = None
            loss.backward()
            seen.append([loss, logits.grad])
        return [*seen, F.one_hot(np.array([1, 0]), 3)]

    assert_same_values(run)


def test_order(cupy: Any) -> None:
    def run() -> Any:
        x = td.randn(4, 6, requires_grad=True)
        (down, places), (best, where) = x.sort(axis=0, descending=True), x.topk(2)
        (down * td.randn(4, 6)).sum().backward()
        return [down, places, best, where, td.argsort(x), x.grad]

    assert_same_values(run)


def test_dropout_draws_the_same_mask(cupy: Any) -> None:
    assert_same_values(lambda: [F.dropout(td.ones(4, 5), 0.4), td.randn(3), td.rand(3), td.randint(0, 9, (5,))])


# --- optimizers ---------------------------------------------------------------------------------------------------

OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "sgd": lambda p: optim.SGD(p, 0.1), "momentum": lambda p: optim.SGD(p, 0.1, 0.9, weight_decay=0.1, nesterov=True),
    "adam": lambda p: optim.Adam(p, 0.01), "amsgrad": lambda p: optim.Adam(p, 0.01, weight_decay=0.1, amsgrad=True),
    "adamw": lambda p: optim.AdamW(p, 0.01), "adagrad": lambda p: optim.Adagrad(p, 0.1),
    "rmsprop": lambda p: optim.RMSprop(p, 0.01, momentum=0.5, centered=True), "adadelta": lambda p: optim.Adadelta(p),
    "nadam": lambda p: optim.NAdam(p), "radam": lambda p: optim.RAdam(p, betas=(0.8, 0.9)), "adamax": lambda p: optim.Adamax(p),
    "asgd": lambda p: optim.ASGD(p, t0=1), "rprop": lambda p: optim.Rprop(p)}


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_lbfgs(search: str | None, cupy: Any) -> None:
    """Its own arithmetic is done on the host."""
    def run() -> Any:
        layer, x = nn.Linear(3, 2), td.randn(5, 3)
        optimizer = optim.LBFGS(layer.parameters(), lr=0.5, max_iter=4, line_search_fn=search)

        def closure() -> Any:
            optimizer.zero_grad()
            loss = (layer(x) ** 2).mean()
            loss.backward()
            return loss

        return [optimizer.step(closure), optimizer.step(closure), *layer.parameters()]

    assert_same_values(run, atol=1e-4)  # each step divides by differences of gradients


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(name: str, cupy: Any) -> None:
    def run() -> Any:
        model = models.BagOfWords(12, 2, 4)  # an embedding, whose gradient has few rows, and matrices
        optimizer = OPTIMIZERS[name](model.parameters())
        for _ in range(3):
            optimizer.zero_grad()
            F.cross_entropy(model(IDS), LABELS).backward()
            optimizer.step()
        state = optimizer.state_dict()["state"]
        return [list(model.parameters()), [[v for _, v in sorted(kept.items())] for kept in state.values()]]

    assert_same_values(run)


def test_clipping(cupy: Any) -> None:
    def run() -> Any:
        model = models.BagOfWords(12, 2, 4)
        F.cross_entropy(model(IDS), LABELS).backward()
        norm = float(optim.clip_grad_norm_(model.parameters(), 0.01))
        optim.clip_grad_value_(model.parameters(), 1e-3)
        return [np.float64(norm), [p.grad for p in model.parameters()]]

    assert_same_values(run, exact=False)  # on a device the squares are added in float64


def test_the_state_moves_with_the_model(cupy: Any) -> None:
    expected, found = [], []
    for moves, values in ((False, expected), (True, found)):
        td.use_backend("numpy")
        td.manual_seed(0)
        model = models.BagOfWords(12, 2, 4)
        optimizer = optim.Adam(model.parameters(), 0.01)
        for i in range(4):
            if moves and i in (1, 3):
                td.use_backend("cupy" if i == 1 else "numpy")
                assert model.to("cuda" if i == 1 else "cpu") is model
            optimizer.zero_grad()
            F.cross_entropy(model(IDS), LABELS).backward()
            optimizer.step()
            assert all(p.device == ("cuda" if moves and i in (1, 2) else "cpu") for p in model.parameters())
        values += arrays(list(model.parameters()))
    for x, y in zip(expected, found, strict=True):
        assert_same_but_for_rounding(y, x)


@pytest.mark.parametrize("backends", [("cupy", "cupy"), ("cupy", "numpy"), ("numpy", "cupy")], ids="-".join)
def test_a_checkpoint_goes_on_where_the_model_is(backends: tuple[str, str], cupy: Any, tmp_path: Any) -> None:
    """Saved on one, gone on with on another: the state that is handed on, and the optimizer's, are where they are needed."""
    def begin() -> tuple[Any, Any]:
        td.manual_seed(0)
        model = models.RNNLM(12, 6, 5, kind="lstm", dropout=0.2)
        return model, optim.Adam(model.parameters(), 0.01)

    def step(model: Any, optimizer: Any, state: Any) -> Any:
        loss, state = model(IDS.T, np.roll(IDS, -1, 1).T, models.rnn_lm.detach(state))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return state

    td.use_backend("numpy")
    parts, state = begin(), None
    for _ in range(4):
        state = step(*parts, state)
    expected = arrays([list(parts[0].parameters()), list(state)])
    td.use_backend(backends[0])
    parts, state = begin(), None
    for _ in range(2):
        state = step(*parts, state)
    td.Checkpoint(tmp_path / "c", *parts).save(state=state)
    td.use_backend(backends[1])
    parts = begin()
    state = td.Checkpoint(tmp_path / "c", *parts).resume()["state"]
    for _ in range(2):
        state = step(*parts, state)
    for x, y in zip(expected, arrays([list(parts[0].parameters()), list(state)]), strict=True):
        assert_same_but_for_rounding(y, x)


# --- models: a training step, and decoding ------------------------------------------------------------------------


def classify(make: Callable[[], nn.Module]) -> Callable[[], Any]:
    return lambda: (make(), lambda model: F.cross_entropy(model(IDS), LABELS))


def language(output: Any) -> Any:
    return F.cross_entropy(output.flatten(0, 1), np.roll(IDS, -1, 1).reshape(-1), ignore_index=0)


def mlp() -> Any:
    x = td.randn(3, 4)
    return models.MLP([4, 8, 2], residual=False), lambda model: F.cross_entropy(model(x), LABELS)


def pair() -> Any:
    model = models.PairClassifier(models.DeepAveragingNetwork(12, 10, 6, 5), 10, 2)
    return model, lambda model: F.cross_entropy(model(IDS, IDS[::-1].copy()), LABELS)


def elmo_mixed() -> Any:
    layers = [np.full((3, 6, 4), k, np.float32) for k in (1, 2)]
    model = models.ElmoClassifier(12, 2, 6, models.ScalarMix(2, layer_norm=True), 4)
    return model, lambda m: F.cross_entropy(m(IDS, [td.tensor(x) for x in layers]), LABELS)


def vae_loss(model: Any) -> Any:
    terms = model(IDS, LENGTHS)
    return (terms.rec + terms.kl + terms.bag).mean()


def electra_loss(model: Any) -> Any:
    inputs, targets = np.where(IDS == 4, 1, IDS), np.where(IDS == 4, 4, -100)
    return model(inputs, targets, attention_mask=IDS != 0).loss


def bert_loss(model: Any) -> Any:
    places = IDS == 4
    logits, follows = model(IDS, attention_mask=IDS != 0, positions=places)
    return F.cross_entropy(logits, np.full(int(places.sum()), 5)) + F.cross_entropy(follows, LABELS)


def shifted(model: Any) -> Any:
    return model(IDS.T, np.roll(IDS, -1, 1).T)


BERT: dict[str, Any] = {"hidden_size": 8, "num_attention_heads": 2, "max_position_embeddings": 8}
WAITS = {"electra": 1}  # times in a step: what the generator says is drawn from on the host
CLASSES = np.array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
MODELS: dict[str, Callable[[], Any]] = {
    "bow": classify(lambda: models.BagOfWords(12, 2, 4, "binary")),
    "dan": classify(lambda: models.DeepAveragingNetwork(12, 2, 6, 5)),
    "cnn": classify(lambda: models.TextCNN(12, 2, 6, 5, (2, 3))), "mlp": mlp, "pair": pair,
    "birnn": classify(lambda: models.BiRNNClassifier(12, 2, 6, 5)),
    "birnn max": classify(lambda: models.BiRNNClassifier(12, 2, 6, 5, "lstm", pooling="max")),
    "birnn mean": classify(lambda: models.BiRNNClassifier(12, 2, 6, 5, "rnn", pooling="mean")),
    "nnlm": lambda: (models.NNLM(12, 3, 6, 5), lambda m: m(IDS[:, :3], IDS[:, 3])),
    "nnlm classes": lambda: (models.NNLM(12, 3, 6, 5, CLASSES), lambda m: m(IDS[:, :3], IDS[:, 3])),
    **{f"rnn_lm {kind}": lambda kind=kind: (models.RNNLM(12, 6, 5, kind=kind), lambda m: m(IDS.T, np.roll(IDS, -1, 1).T)[0])
       for kind in ("rnn", "gru", "lstm")},
    "rnn_lm tied": lambda: (models.RNNLM(12, 6, 6, tied=True, dropout=0.2), lambda m: m(IDS.T, np.roll(IDS, -1, 1).T)[0]),
    "seq2seq": lambda: (models.Seq2Seq(12, 12, 6, 5), lambda m: language(m(IDS, LENGTHS, IDS)[0])),
    "encoder_decoder": lambda: (models.EncoderDecoder(12, 12, 6, 5), lambda m: language(m(IDS, LENGTHS, IDS)[0])),
    "elmo": lambda: (models.BiLM(12, 6, 2), lambda m: sum(m(IDS))),
    "leaky": lambda: (models.LeakyLanguageModel(12, 6, 5, bidirectional=True), lambda m: language(m(IDS))),
    "elmo mixed": elmo_mixed,
    "skip-gram": lambda: (models.SkipGram(12, 6), lambda m: m.loss(IDS[:, 0], IDS[:, 1:4])),
    "cbow": lambda: (models.CBOW(12, 6), lambda m: m.loss(IDS[:, :2], IDS[:, 2:5])),
    "transformer": lambda: (models.TransformerLM(12, 8, 2, 2, max_length=8, dropout=0.1), shifted),
    "transformer post-norm": lambda: (models.TransformerLM(12, 8, 2, max_length=8, norm_first=False, positions="learned"),
                                      shifted),
    "longformer": classify(lambda: models.LongformerClassifier(12, 2, width=8, heads=2, window=2, dilations=(1, (1, 2)))),
    **{f"vae_lm {kind}": lambda kind=kind: (models.VAELM(12, 6, 5, 3, kind, word_dropout=0.3, bag=True), vae_loss)
       for kind in ("gru", "lstm")},
    "electra": lambda: (models.Electra(12, **BERT), electra_loss),
    "bert": lambda: (models.BertForPreTraining(12, **BERT), bert_loss),
    "bert fine-tuned": classify(lambda: models.BertForSequenceClassification(models.Bert(12, **BERT), 2)),
}


@pytest.mark.parametrize("name", MODELS)
def test_training_step_of_every_model(name: str, cupy: Any) -> None:
    def run() -> Any:
        model, loss_of = MODELS[name]()
        optimizer, losses = optim.AdamW(model.parameters(), lr=0.01, eps=0.01), []  # a step for what is rounding alone: none
        before = cupy_double.waits()
        for _ in range(2):
            optimizer.zero_grad()
            loss = loss_of(model)
            loss.backward()
            optim.clip_grad_norm_(model.parameters(), 100.0)
            optimizer.step()
            losses.append(loss.detach())
        expected = 2 * WAITS.get(name, 0) if td.backend.backend_name() == "cupy" else 0
        assert cupy_double.waits() - before == expected, "a training step waited for the device"
        return [losses, list(model.parameters())]

    assert_same_values(run, exact="classes" not in name)  # of the class softmax the twin runs on a device


def test_every_model_is_here() -> None:
    """A model of models/ that no program above makes."""
    import inspect

    source = inspect.getsource(inspect.getmodule(mlp))
    parts = {"ClassSoftmax", "Longformer"}  # which NNLM makes, of classes, and LongformerClassifier
    missing = [name for name in vars(models) if name[0].isupper() and name not in parts and f"models.{name}(" not in source]
    assert missing == [], f"no training step of {missing} on the double of CuPy"


def test_decoding(cupy: Any) -> None:
    def run() -> Any:
        translator, writer = models.Seq2Seq(12, 12, 6, 5).eval(), models.RNNLM(12, 6, 5).eval()
        found: list[Any] = []
        with td.no_grad():
            for model in (translator, models.EncoderDecoder(12, 12, 6, 5).eval()):
                start = model.encode(IDS, LENGTHS)
                found += decode.greedy(model.step, start, 3, 2, 1, 8)
                found += [h for beams in decode.beam_search(model.step, start, 3, 2, 1, 8, beam_size=3) for h in beams.hypotheses]
            found += decode.sample(writer.step, writer.start(2), 2, 2, 1, 8, rng=0, top_k=5)
        return [[np.array(h.tokens), np.float64(h.log_prob)] for h in found]

    assert_same_values(run, exact=False)  # sums of float32 in float64


# --- mistakes -----------------------------------------------------------------------------------------------------


def test_mixed_devices_are_named(cupy: Any) -> None:
    from tinydawn.errors import DeviceError

    here = td.ones(2, 3)
    td.use_backend("numpy")
    there = td.ones(2, 3)
    for call, op in ((lambda: here + there, "add"), (lambda: there @ here.T, "matmul"),
                     (lambda: td.where(here > 0, there, 0.0), "where"),
                     (lambda: td.cat([here, there]), "cat"), (lambda: here * np.ones((2, 3), np.float32), "mul")):
        with pytest.raises(DeviceError, match=rf"{op}: operands on two devices: \(.*cuda.*cpu|{op}: .*cpu.*cuda") as error:
            call()
        assert "fix: move one of them" in str(error.value)
    layer = nn.Linear(3, 2)
    with pytest.raises(DeviceError, match="linear: operands on two devices"):
        layer(here)
    assert layer.to("cuda")(here).device == "cuda"


def test_buffers_move_with_the_model(cupy: Any) -> None:
    class Centred(nn.Module):
        def __init__(self) -> None:
            self.register_buffer("mean", np.zeros(2, np.float32))
            self.loss = nn.CrossEntropyLoss([1.0, 2.0])

        def forward(self, x: Any) -> Any:
            self.mean = 0.5 * self.mean + 0.5 * x.mean(axis=0)
            return self.loss(x - self.mean, np.array([0, 1]))

    td.use_backend("numpy")
    model = Centred()
    model(td.ones(2, 2, requires_grad=True))  # the buffer was computed
    model.to("cuda")
    assert {x.device for x in model.state_dict().values()} == {"cuda"}
    assert not model.mean.requires_grad
    td.use_backend("cupy")
    model(td.ones(2, 2))
    assert {name: x.device for name, x in model.named_buffers()} == {"mean": "cuda", "loss.weight": "cuda"}
    assert model.to("cpu").mean.tolist() == [0.75, 0.75]
    model.load_state_dict({"mean": np.ones(2), "loss.weight": np.ones(2)})
    optimizer = td.optim.SGD([p := td.ones(2, requires_grad=True)], lr=0.1, momentum=0.9)
    state = optimizer.state_dict()
    state["state"][0] = {"momentum_buffer": p.array}  # an array of the device
    optimizer.load_state_dict(state)
    assert td.Tensor(optimizer.state[p]["momentum_buffer"]).device == "cuda"


@pytest.mark.parametrize("make", [
    lambda: nn.MultiheadAttention(4, 2, 0.0, True, True, True), lambda: nn.LSTM(4, 4, 2, bidirectional=True, proj_size=2)])
def test_keys_of_its_own_and_projected_states(cupy: Any, make: Any) -> None:
    def program() -> Any:
        model, x = make(), td.randn(3, 2, 4)
        if isinstance(model, nn.LSTM):
            return gradients(model, model(x, lengths=[3, 2])[0])
        padding, added = np.array([[False] * 3, [False, True, True]]), td.randn(3, 3)
        return gradients(model, model(td.randn(3, 2, 4), x, x, key_padding_mask=padding, attn_mask=added)[0])

    assert_same_values(program)


def test_there_is_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    from tinydawn.errors import DeviceError

    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(DeviceError, match=r"needs CuPy.*(\n.*)*pip install cupy-cuda12x"):
        td.use_backend("cupy")
    module = cupy_double.make()
    module.cuda.is_available = lambda: False
    monkeypatch.setitem(sys.modules, "cupy", module)
    with pytest.raises(DeviceError, match="finds no CUDA device"):
        nn.Linear(2, 2).to("cuda")
    for wrong in ("gpu", "torch"):
        with pytest.raises(DeviceError, match="use_backend"):
            td.use_backend(wrong)
    with pytest.raises(DeviceError, match="no device 'tpu'"):
        td.ones(2).to("tpu")
    assert td.backend.backend_name() == "numpy"


def test_moving_a_tensor(cupy: Any, tmp_path: Any) -> None:
    from tinydawn.errors import GraphError

    x = td.ones(2, requires_grad=True)
    y = x.to("cpu")
    assert (x.device, y.device, y.requires_grad, y.is_leaf, x.to("cuda") is x) == ("cuda", "cpu", True, True, True)
    with pytest.raises(GraphError, match="device to device"):
        (x * 2).to("cpu")
    td.save({"x": x}, tmp_path / "x.safetensors")
    assert x.device == "cuda", "saving moves nothing"
    assert td.load(tmp_path / "x.safetensors")["x"].device == "cuda", "it is loaded to where new tensors are made"


def test_what_is_masked_takes_part_in_nothing(cupy: Any) -> None:
    """A NaN behind an end, at a padded key, in logits that are ignored: a device is not asked whether there is one."""
    data = np.linspace(-1, 1, 72, dtype=np.float32).reshape(3, 6, 4)
    data[IDS == 0] = np.nan

    def program() -> Any:
        lstm, attention, x = nn.LSTM(4, 3, bidirectional=True), nn.MultiheadAttention(4, 2, batch_first=True), td.tensor(data)
        found = gradients(lstm, lstm(x.transpose(0, 1), lengths=LENGTHS)[0])
        found += gradients(attention, attention(x, x, x, IDS == 0, need_weights=False)[0])
        query = td.ones(3, 2, 4, requires_grad=True)
        found += [F.scaled_dot_product_attention(query, x, x, (IDS != 0)[:, None], dropout_p=p) for p in (0.0, 0.5)]
        logits = td.tensor(data.reshape(18, 4), requires_grad=True)
        F.cross_entropy(logits, np.where(IDS == 0, -100, 1).reshape(-1)).backward()
        found.append(logits.grad)
        assert all(np.isfinite(a).all() for a in arrays(found))
        return found

    assert_same_values(program, exact=False)
