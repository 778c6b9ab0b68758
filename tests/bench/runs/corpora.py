"""What is run: three corpora, the sizes of their models, the weights they start from, the order of their batches.

Nothing here depends on an implementation. B batch, T and S time, E embedding, H hidden, V vocabulary. Arrays of ids are
time-major. A batch is a dict: x (T, B) is read and y (T, B) is to be guessed; of a translation there is also source (S, B);
of running text, whether it goes on where the batch before ended.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tinydawn import text
from tinydawn.metrics import bleu

Arrays = dict[str, np.ndarray]
Batch = dict[str, Any]
Config = dict[str, Any]
Shapes = dict[str, tuple[int, ...]]

PAD, UNKNOWN, BEGIN, END = range(4)  # the ids that every vocabulary of tinydawn begins with

# None has dropout: none is needed to get there, and so both implementations have the same losses, but for rounding.
CONFIGS: dict[str, Config] = {
    "tinyshakespeare": {
        "value": "validation nats a character", "target": 1.6, "falls": True, "E": 64, "H": 256, "tied": False,
        "B": 32, "T": 64, "lr": 5e-3, "warmup": 20, "clip": 1.0, "steps": 1500, "evaluations": 20},
    "multi30k": {
        "value": "BLEU, test 2016, greedy", "target": 30.0, "falls": False, "E": 192, "H": 128,
        "B": 64, "lr": 3e-3, "warmup": 50, "clip": 1.0, "steps": 1500, "evaluations": 20},
    "ptb": {
        "value": "validation perplexity", "target": 120.0, "falls": True, "E": 256, "H": 256, "tied": True,
        "B": 20, "T": 35, "lr": 6e-3, "warmup": 50, "clip": 1.0, "steps": 2800, "evaluations": 16},
}
MODELS = {"tinyshakespeare": "language model", "ptb": "language model", "multi30k": "translation"}


def config(kind: str, **override: Any) -> Config:
    """The settings of a run, some of them changed."""
    if unknown := override.keys() - CONFIGS[kind].keys():
        raise SystemExit(f"{kind} has no setting {', '.join(sorted(unknown))}")
    return {"model": MODELS[kind], **CONFIGS[kind], **override}


def rate(step: int, c: Config) -> float:
    """The share of the learning rate at a step: up in a straight line, then down to 0 at the end."""
    if step < c["warmup"]:
        return (step + 1) / c["warmup"]
    return max(0.0, (c["steps"] - step) / (c["steps"] - c["warmup"]))


def start(c: Config, seed: int = 0) -> Arrays:
    """The weights that a run starts from, by their names in both implementations."""
    rng = np.random.default_rng(seed)
    return {name: _drawn(name, shape, rng) for name, shape in _shapes(c).items()}


def _drawn(name: str, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    if "embedding" in name:
        bound = 0.1
    elif name.endswith("bias"):
        return np.zeros(shape, np.float32)
    elif "_l0" in name:  # of recurrent layers: by their hidden size
        bound = 1 / math.sqrt(shape[0] / (3 if "coder" in name else 4))
    else:
        bound = math.sqrt(3 / shape[-1])
    return rng.uniform(-bound, bound, shape).astype(np.float32)


def _recurrent(name: str, gates: int, i: int, h: int, end: str = "l0") -> Shapes:
    return {f"{name}.weight_ih_{end}": (gates * h, i), f"{name}.weight_hh_{end}": (gates * h, h),
            f"{name}.bias_ih_{end}": (gates * h,), f"{name}.bias_hh_{end}": (gates * h,)}


def _shapes(c: Config) -> Shapes:
    V, E, H = c["V"], c["E"], c["H"]
    if c["model"] == "language model":
        output = {} if c["tied"] else {"output.weight": (V, H)}
        return {"embedding.weight": (V, E), **_recurrent("recurrent", 4, E, H), **output, "output.bias": (V,)}
    D = 2 * H
    return {"source_embedding.weight": (c["sources"], E), "target_embedding.weight": (V, E),
            **_recurrent("encoder", 3, E, H), **_recurrent("encoder", 3, E, H, "l0_reverse"), **_recurrent("decoder", 3, E, D),
            "keys.weight": (D, D), "combine.weight": (E, 2 * D), "combine.bias": (E,),
            "output.weight": (V, E), "output.bias": (V,)}


class RunningText:
    """A text read in B pieces side by side, T tokens of each at a time."""

    def __init__(self, kind: str) -> None:
        if kind == "ptb":
            parts = [text.load_sentences("ptb", split) for split in ("train", "validation")]
        else:
            parts = [[list(text.load_characters(kind, split))] for split in ("train", "validation")]
        self.vocab = text.Vocab.build(parts[0])
        self.train, self.validation = (
            np.concatenate([self.vocab.encode(sentence, eos=kind == "ptb") for sentence in part]) for part in parts)
        self.perplexity = kind == "ptb"

    def sizes(self) -> Config:
        """What the model must know of the corpus."""
        return {"V": len(self.vocab)}

    def batches(self, c: Config) -> Iterator[Batch]:
        """Without end; each epoch begins a little further on, so that its windows are others."""
        epoch = 0
        while True:
            begin = 7 * epoch % c["T"]
            inputs, targets = text.contiguous(self.train[begin:], c["B"], END)
            for k, (x, y) in enumerate(text.windows(inputs, targets, c["T"])):
                if len(x) == c["T"]:
                    yield {"x": x, "y": y, "goes_on": k > 0}
            epoch += 1

    def measure(self, run: Any) -> float:
        """Nats a token over the validation text, or their perplexity."""
        inputs, targets = text.contiguous(self.validation, 10, END, pad=PAD)
        total = 0.0
        for k, (x, y) in enumerate(text.windows(inputs, targets, 100)):
            nats = run.nats({"x": x, "y": y, "goes_on": k > 0})  # (T B,)
            total += float(nats[y.reshape(-1) != PAD].sum(dtype=np.float64))
        nats = total / len(self.validation)
        return math.exp(nats) if self.perplexity else nats


class Translation:
    """German to English. The sources of a batch have one length, so that none is padded."""

    def __init__(self, kind: str) -> None:
        train, test = (text.load_parallel(kind, split, "de", "en") for split in ("train", "test_2016_flickr"))
        self.source_vocab, self.vocab = (text.Vocab.build([pair[i] for pair in train], min_freq=2) for i in (0, 1))
        self.train = [(self.source_vocab.encode(s, eos=True), self.vocab.encode(t, bos=True, eos=True)) for s, t in train]
        self.test = [self.source_vocab.encode(s, eos=True) for s, _ in test]
        self.references = [t for _, t in test]

    def sizes(self) -> Config:
        """What the model must know of the corpus."""
        return {"sources": len(self.source_vocab), "V": len(self.vocab)}

    def batches(self, c: Config, seed: int = 1) -> Iterator[Batch]:
        """Without end: all pairs, in another order each time."""
        rng = np.random.default_rng(seed)
        lengths = np.array([(len(s), len(t)) for s, t in self.train])
        while True:
            order = rng.permutation(len(self.train))
            order = order[np.lexsort((lengths[order, 1], lengths[order, 0]))]  # by source, then by target; ties as they fell
            parts = _of_one_length(order, lengths[:, 0], c["B"])
            for k in rng.permutation(len(parts)):
                source = np.array([self.train[i][0] for i in parts[k]]).T  # (S, B)
                target = text.pad([self.train[i][1] for i in parts[k]], PAD)[0].T  # (T + 1, B)
                yield {"source": np.ascontiguousarray(source), "x": target[:-1].copy(), "y": target[1:].copy()}

    def measure(self, run: Any) -> float:
        """BLEU of the likeliest next words."""
        order = sorted(range(len(self.test)), key=lambda i: len(self.test[i]))
        found: list[list[str]] = [[] for _ in self.test]
        for part in _of_one_length(order, [len(s) for s in self.test], 100):
            source = np.ascontiguousarray(np.array([self.test[i] for i in part]).T)  # (S, B)
            for i, ids in zip(part, run.translate(source, 2 * len(source) + 10), strict=True):
                found[i] = self.vocab.decode(ids)
        return bleu(found, self.references).score


def _of_one_length(order: Sequence[int] | np.ndarray, lengths: Sequence[int] | np.ndarray, most: int) -> list[list[int]]:
    """What is sorted by length, cut where the length changes and after `most`."""
    parts: list[list[int]] = []
    for i in order:
        if not parts or len(parts[-1]) == most or lengths[parts[-1][0]] != lengths[i]:
            parts.append([])
        parts[-1].append(int(i))
    return parts


def load(kind: str) -> RunningText | Translation:
    """The corpus of a run; TINYDAWN_DATA names the folder it is in."""
    return (Translation if MODELS[kind] == "translation" else RunningText)(kind)
