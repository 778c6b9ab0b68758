"""The ten workloads as a user of tinydawn writes them: its layers, losses and optimizers, and the loop of the demos.

B batch, T and S time, D width, E embedding, H hidden, V vocabulary. Recurrent batches are time-major.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import nn, optim
from tinydawn.nn import functional as F

Arrays = dict[str, np.ndarray]


class Scalar(nn.Module):
    """Two small hidden layers on points of the plane, a hinge loss and an L2 penalty: what is timed is overhead."""

    def __init__(self, c: dict[str, Any]) -> None:
        self.layers = [nn.Linear(i, o) for i, o in zip(c["sizes"], c["sizes"][1:], strict=False)]
        self.alpha = c["alpha"]

    def forward(self, b: Arrays) -> td.Tensor:
        h = td.Tensor(b["x"])  # (N, 2)
        for layer in self.layers[:-1]:
            h = F.relu(layer(h))  # (N, 16)
        score = self.layers[-1](h)[:, 0]  # (N,)
        penalty = sum((p * p).sum() for p in self.parameters())
        return F.relu(1 - td.Tensor(b["y"]) * score).mean() + self.alpha * penalty


class MLP(nn.Module):
    def __init__(self, c: dict[str, Any]) -> None:
        n0, n1, n2, n3 = c["sizes"]
        self.network = nn.Sequential(nn.Linear(n0, n1), nn.ReLU(), nn.Linear(n1, n2), nn.ReLU(), nn.Linear(n2, n3))

    def forward(self, b: Arrays) -> td.Tensor:
        return F.cross_entropy(self.network(td.Tensor(b["x"])), b["y"])


class BagOfWords(nn.Module):
    def __init__(self, c: dict[str, Any]) -> None:
        self.embedding = nn.Embedding(c["V"], c["d"], padding_idx=0)
        self.network = nn.Sequential(nn.Linear(c["d"], c["hid"]), nn.ReLU(), nn.Linear(c["hid"], c["C"]))

    def forward(self, b: Arrays) -> td.Tensor:
        mask = b["mask"]  # (B, T)
        weights = td.Tensor(mask / mask.sum(axis=1, keepdims=True))  # (B, T)
        mean = (weights.unsqueeze(1) @ self.embedding(b["x"])).squeeze(1)  # (B, 1, T) @ (B, T, D) -> (B, D)
        return F.cross_entropy(self.network(mean), b["y"])


class NNLM(nn.Module):
    def __init__(self, c: dict[str, Any]) -> None:
        self.embedding = nn.Embedding(c["V"], c["d"])
        self.hidden = nn.Linear(c["ctx"] * c["d"], c["hid"])
        self.output = nn.Linear(c["hid"], c["V"])

    def forward(self, b: Arrays) -> td.Tensor:
        context = self.embedding(b["x"]).flatten(1)  # (B, 4 E)
        return F.cross_entropy(self.output(td.tanh(self.hidden(context))), b["y"])


class LanguageModel(nn.Module):
    def __init__(self, c: dict[str, Any], layer: Any) -> None:
        self.embedding = nn.Embedding(c["V"], c["d"])
        self.recurrent = layer(c["d"], c["h"])
        self.output = nn.Linear(c["h"], c["V"])

    def forward(self, b: Arrays) -> td.Tensor:
        hidden, _ = self.recurrent(self.embedding(b["x"]))  # (T, B, H)
        return F.cross_entropy(self.output(hidden).flatten(0, 1), b["y"].reshape(-1))


class Seq2Seq(nn.Module):
    """Luong's attention: the decoder runs first, then all its states look at the source at once."""

    def __init__(self, c: dict[str, Any]) -> None:
        V, d, h = c["V"], c["d"], c["h"]
        self.source, self.target = nn.Embedding(V, d), nn.Embedding(V, d)
        self.encoder = nn.GRU(d, h, bidirectional=True)
        self.decoder = nn.GRU(d, 2 * h)
        self.bilinear = nn.Parameter(td.zeros(2 * h, 2 * h))
        self.combine, self.output = nn.Linear(4 * h, 2 * h), nn.Linear(2 * h, V)

    def forward(self, b: Arrays) -> td.Tensor:
        memory, last = self.encoder(self.source(b["src"]))  # (S, B, D), (2, B, D/2)
        states, _ = self.decoder(self.target(b["x"]), td.cat([last[0], last[1]], axis=1).unsqueeze(0))  # (T, B, D)
        memory, states = memory.transpose(0, 1), states.transpose(0, 1)  # (B, S, D), (B, T, D)
        scores = states @ F.linear(memory, self.bilinear).mT  # (B, T, D) @ (B, D, S) -> (B, T, S)
        context = F.softmax(scores, axis=-1) @ memory  # (B, T, D)
        combined = td.tanh(self.combine(td.cat([context, states], axis=-1)))  # (B, T, D)
        return F.cross_entropy(self.output(combined).flatten(0, 1), b["y"].T.reshape(-1))


class Transformer(nn.Module):
    """A masked language model: the loss stands at the masked positions only."""

    def __init__(self, c: dict[str, Any]) -> None:
        self.embedding = nn.Embedding(c["V"], c["d"])
        self.positions = nn.Parameter(td.zeros(c["S"], c["d"]))
        layer = nn.TransformerEncoderLayer(c["d"], c["heads"], c["ff"], dropout=0.0, activation=nn.GELU("tanh"),
                                           batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, c["layers"], nn.LayerNorm(c["d"]))
        self.output = nn.Linear(c["d"], c["V"])

    def forward(self, b: Arrays) -> td.Tensor:
        x = self.encoder(self.embedding(b["x"]) + self.positions)  # (B, S, D)
        masked = x.flatten(0, 1)[b["pos"]]  # (M, D)
        return F.cross_entropy(self.output(masked), b["y"])


class VAE(nn.Module):
    def __init__(self, c: dict[str, Any]) -> None:
        V, d, h, z = c["V"], c["d"], c["h"], c["z"]
        self.embedding = nn.Embedding(V, d)
        self.encoder, self.decoder = nn.LSTM(d, h), nn.LSTM(d, h)
        self.mean, self.log_variance = nn.Linear(h, z), nn.Linear(h, z)
        self.start, self.output = nn.Linear(z, h), nn.Linear(h, V)
        self.beta = c["beta"]

    def forward(self, b: Arrays) -> td.Tensor:
        x = self.embedding(b["x"])  # (T, B, E)
        _, (h, _) = self.encoder(x)  # (1, B, H)
        mean, log_variance = self.mean(h[0]), self.log_variance(h[0])  # (B, Z)
        z = mean + td.Tensor(b["eps"]) * td.exp(0.5 * log_variance)  # (B, Z)
        start = td.tanh(self.start(z)).unsqueeze(0)  # (1, B, H)
        hidden, _ = self.decoder(x, (start, td.zeros_like(start)))  # (T, B, H)
        reconstruction = F.cross_entropy(self.output(hidden).flatten(0, 1), b["y"].reshape(-1))
        divergence = 0.5 * (td.exp(log_variance) + mean * mean - 1 - log_variance).sum()
        return reconstruction + self.beta / b["x"].size * divergence


class Step:
    """step(batch) -> the loss, after one update; step.params() -> the values, under the harness's names and layouts."""

    def __init__(self, model: nn.Module, optimizer: optim.Optimizer, names: dict[str, str], clip: float | None = None,
                 schedule: optim.lr_scheduler.LambdaLR | None = None) -> None:
        self.model, self.optimizer, self.names = model, optimizer, names
        self.clip, self.schedule = clip, schedule

    def __call__(self, batch: Arrays) -> float:
        return self.update(batch).item()

    def update(self, batch: Arrays) -> td.Tensor:
        """One update. The loss before it is returned as a Tensor, for which a device need not be waited for."""
        loss = self.model(batch)
        self.optimizer.zero_grad()
        loss.backward()
        if self.clip is not None:
            optim.clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()
        if self.schedule is not None:
            self.schedule.step()
        return loss

    def params(self) -> Arrays:
        state = self.model.state_dict()
        return {name: _turned(name, state[ours].numpy()) for name, ours in self.names.items()}


def _turned(name: str, array: np.ndarray) -> np.ndarray:
    """Between (in, out), as the harness stores weights, and (out, in), as layers do. Embeddings stand as they are."""
    return array.T.copy() if array.ndim == 2 and name not in ("E", "Es", "Et", "P", "Wa") else array.copy()


def _linear(ours: str, weight: str, bias: str) -> dict[str, str]:
    return {weight: ours + ".weight", bias: ours + ".bias"}


def _recurrent(ours: str, theirs: str = "", suffix: str = "_l0") -> dict[str, str]:
    pairs = (("Wih", "weight_ih"), ("Whh", "weight_hh"), ("bih", "bias_ih"), ("bhh", "bias_hh"))
    return {theirs + short: f"{ours}.{long}{suffix}" for short, long in pairs}


def _block(i: int) -> dict[str, str]:
    ours, t = f"encoder.layers.{i}", f"{i}."
    return {**_linear(f"{ours}.norm1", t + "ln1w", t + "ln1b"), **_linear(f"{ours}.norm2", t + "ln2w", t + "ln2b"),
            t + "Wqkv": f"{ours}.self_attn.in_proj_weight", t + "bqkv": f"{ours}.self_attn.in_proj_bias",
            **_linear(f"{ours}.self_attn.out_proj", t + "Wo", t + "bo"),
            **_linear(f"{ours}.linear1", t + "W1", t + "b1"), **_linear(f"{ours}.linear2", t + "W2", t + "b2")}


def _names(workload: str, c: dict[str, Any]) -> dict[str, str]:
    """The harness's parameter names, and ours."""
    embedding = {"E": "embedding.weight"}
    if workload == "scalar":
        return {k: v for i in range(3) for k, v in _linear(f"layers.{i}", f"W{i}", f"b{i}").items()}
    if workload == "mlp":
        return {k: v for i in range(3) for k, v in _linear(f"network.{2 * i}", f"W{i}", f"b{i}").items()}
    if workload == "bow":
        return {**embedding, **_linear("network.0", "W0", "b0"), **_linear("network.2", "W1", "b1")}
    if workload == "nnlm":
        return {**embedding, **_linear("hidden", "W0", "b0"), **_linear("output", "W1", "b1")}
    if workload in ("rnn", "gru", "lstm"):
        return {**embedding, **_recurrent("recurrent"), **_linear("output", "Wo", "bo")}
    if workload == "seq2seq":
        return {"Es": "source.weight", "Et": "target.weight", **_recurrent("encoder", "f."),
                **_recurrent("encoder", "r.", "_l0_reverse"), **_recurrent("decoder", "d."), "Wa": "bilinear",
                **_linear("combine", "Wc", "bc"), **_linear("output", "Wo", "bo")}
    if workload == "transformer":
        blocks = {k: v for i in range(c["layers"]) for k, v in _block(i).items()}
        return {**embedding, "P": "positions", **blocks, **_linear("encoder.norm", "lnw", "lnb"), **_linear("output", "Wv", "bv")}
    return {**embedding, **_recurrent("encoder", "e."), **_recurrent("decoder", "d."), **_linear("mean", "Wmu", "bmu"),
            **_linear("log_variance", "Wlv", "blv"), **_linear("start", "Wz", "bz"), **_linear("output", "Wo", "bo")}


def _make(workload: str, build: Callable[[dict[str, Any]], nn.Module]) -> Callable[[Arrays, dict[str, Any]], Step]:
    def make(params: Arrays, c: dict[str, Any]) -> Step:
        model, names = build(c), _names(workload, c)
        model.load_state_dict({ours: _turned(name, params[name]) for name, ours in names.items()})
        adam = workload in ("bow", "seq2seq", "transformer", "vae")
        optimizer = (optim.Adam if adam else optim.SGD)(model.parameters(), lr=c["lr"])
        schedule = None
        if workload == "scalar":
            schedule = optim.lr_scheduler.LambdaLR(optimizer, lambda k: max(0.1, 1 - 0.9 * k / 100))
        return Step(model, optimizer, names, c.get("clip"), schedule)

    return make


_MODELS: Iterable[tuple[str, Callable[[dict[str, Any]], nn.Module]]] = [
    ("scalar", Scalar), ("mlp", MLP), ("bow", BagOfWords), ("nnlm", NNLM),
    ("rnn", lambda c: LanguageModel(c, nn.RNN)), ("gru", lambda c: LanguageModel(c, nn.GRU)),
    ("lstm", lambda c: LanguageModel(c, nn.LSTM)), ("seq2seq", Seq2Seq), ("transformer", Transformer), ("vae", VAE)]
WORKLOADS = {name: _make(name, build) for name, build in _MODELS}


def version() -> str:
    return "tinydawn " + td.__version__


def use(device: str) -> tuple[Callable[[], Any], str]:
    """Compute on "cpu" or "cuda" from here on. Returns what waits for the device, and its name."""
    if device == "cpu":
        return lambda: None, "cpu"
    import cupy

    td.use_backend("cupy")
    return cupy.cuda.get_current_stream().synchronize, cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()


def placed(batch: Arrays) -> Arrays:
    """A batch where a user of tinydawn has it: numbers on the device, ids on the host, where they are checked. So a step's
    time has the copying of its ids in it."""
    return {name: td.tensor(a).array if a.dtype.kind == "f" else a for name, a in batch.items()}


def chain(n: int, x: np.ndarray) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """n multiplications and additions in a row: forward only, and forward and backward."""
    leaf = td.tensor(x, requires_grad=True)
    c, d = td.full(x.shape, 1.0001), td.full(x.shape, 1e-4)

    def forward() -> td.Tensor:
        y = leaf
        for _ in range(n // 2):
            y = y * c
            y = y + d
        return y

    def both() -> None:
        leaf.grad = None
        forward().sum().backward()

    return forward, both
