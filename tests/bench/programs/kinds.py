"""The kinds of programs: sizes, start weights and batches, the same for both implementations.

Sizes are those that the public programs run with on a CPU; dropout is 0, so that losses can be compared. Weights have the
shapes and names that layers give them in PyTorch, and so in tinydawn: a Linear holds (out, in). Token 0 is padding.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Arrays = dict[str, np.ndarray]
Shapes = dict[str, tuple[int, ...]]

GPT = {"V": 65, "d": 128, "heads": 4, "layers": 4, "T": 64, "B": 12, "tied": True, "lr": 1e-3, "decay": 0.1, "clip": 1.0}
LETTERS = {"V": 27, "d": 10, "context": 3, "B": 32, "lr": 0.1}
TRANSLATION = {"V": 5000, "d": 256, "h": 256, "S": 15, "T": 15, "B": 32, "lr": 1e-3, "clip": 1.0}
CONFIGS: dict[str, dict[str, Any]] = {
    "gpt_tanh": {**GPT, "gelu": "tanh", "flash": True},  # nanoGPT on letters, its CPU settings
    "gpt_exact": {**GPT, "gelu": "exact", "flash": False},
    "makemore_transformer": {"V": 27, "d": 64, "heads": 4, "layers": 4, "T": 16, "B": 32, "tied": False, "gelu": "by hand",
                             "flash": False, "lr": 5e-4, "decay": 0.01},
    "makemore_mlp": {"V": 27, "d": 64, "h": 64, "T": 16, "B": 32, "lr": 5e-4, "decay": 0.01},
    "makemore_3": {**LETTERS, "h": 200},
    "makemore_4": {**LETTERS, "h": 64},
    "small_ops": {**LETTERS, "h": 200},  # makemore's second part
    "seq2seq_steps": TRANSLATION,
    "greedy": {**TRANSLATION, "T": 20},
    "crf": {"V": 5000, "d": 100, "h": 100, "K": 10, "T": 20, "B": 32, "lr": 1e-3},
    "bilstm": {"V": 5000, "d": 100, "h": 200, "K": 20, "T": 30, "B": 32, "lr": 1e-3},
    "word_language_model": {"V": 5000, "d": 200, "h": 200, "layers": 2, "T": 35, "B": 20, "lr": 20.0, "clip": 0.25},
    "char_transformer_encoder": {"V": 60, "d": 128, "heads": 4, "ff": 512, "layers": 2, "K": 18, "T": 40, "B": 32, "lr": 1e-3},
}
NUM_BATCHES = 4


def config(kind: str, **override: Any) -> dict[str, Any]:
    return {"dtype": "float32", **CONFIGS[kind], **override}


def params(kind: str, c: dict[str, Any], seed: int = 0) -> Arrays:
    """Start weights by name: 1 for what multiplies a normalized value, else normal numbers over the root of the last size."""
    rng = np.random.default_rng(seed)
    gains = ("gain", "ln_1.weight", "ln_2.weight", "ln_f.weight", "norm1.weight", "norm2.weight")
    return {name: np.ones(shape, c["dtype"]) if name.endswith(gains) else
            (rng.standard_normal(shape) / math.sqrt(shape[-1])).astype(c["dtype"])
            for name, shape in _shapes(kind, c).items()}


def batches(kind: str, c: dict[str, Any], seed: int = 1, n: int = NUM_BATCHES) -> list[Arrays]:
    """Step k uses batch k % n."""
    rng = np.random.default_rng(seed)
    return [_batch(kind, c, rng) for _ in range(n)]


def _linear(name: str, i: int, o: int, bias: bool = True) -> Shapes:
    return {name + ".weight": (o, i), **({name + ".bias": (o,)} if bias else {})}


def _norm(name: str, d: int) -> Shapes:
    return {name + ".weight": (d,), name + ".bias": (d,)}


def _recurrent(name: str, gates: int, i: int, h: int, end: str = "l0") -> Shapes:
    return {f"{name}.weight_ih_{end}": (gates * h, i), f"{name}.weight_hh_{end}": (gates * h, h),
            f"{name}.bias_ih_{end}": (gates * h,), f"{name}.bias_hh_{end}": (gates * h,)}


def _both_ways(name: str, gates: int, i: int, h: int) -> Shapes:
    return {**_recurrent(name, gates, i, h), **_recurrent(name, gates, i, h, "l0_reverse")}


def _shapes(kind: str, c: dict[str, Any]) -> Shapes:
    V, d, h = c["V"], c["d"], c.get("h", 0)
    if "heads" in c and "gelu" in c:
        blocks: Shapes = {}
        for b in (f"blocks.{i}." for i in range(c["layers"])):
            blocks |= {**_norm(b + "ln_1", d), **_linear(b + "attn.c_attn", d, 3 * d), **_linear(b + "attn.c_proj", d, d),
                       **_norm(b + "ln_2", d), **_linear(b + "mlp.c_fc", d, 4 * d), **_linear(b + "mlp.c_proj", 4 * d, d)}
        head = {} if c["tied"] else _linear("lm_head", d, V, bias=False)
        return {"wte.weight": (V, d), "wpe.weight": (c["T"], d), **blocks, **_norm("ln_f", d), **head}
    if kind == "makemore_mlp":
        return {"wte.weight": (V + 1, d), **_linear("mlp.0", c["T"] * d, h), **_linear("mlp.2", h, V)}
    if kind in ("seq2seq_steps", "greedy"):
        return {"encoder.embedding.weight": (V, d), **_both_ways("encoder.rnn", 3, d, h), **_linear("encoder.fc", 2 * h, h),
                **_linear("decoder.attention.attn_fc", 3 * h, h), **_linear("decoder.attention.v_fc", h, 1, bias=False),
                "decoder.embedding.weight": (V, d), **_recurrent("decoder.rnn", 3, 2 * h + d, h),
                **_linear("decoder.fc_out", 3 * h + d, V)}
    if kind in ("crf", "bilstm"):
        K = c["K"]
        crf = {"start": (K,), "end": (K,), "transitions": (K, K)} if kind == "crf" else {}
        return {"embedding.weight": (V, d), **_both_ways("lstm", 4, d, h), **_linear("hidden2tag", 2 * h, K), **crf}
    if kind == "word_language_model":
        return {"encoder.weight": (V, d), **_recurrent("rnn", 4, d, h), **_recurrent("rnn", 4, h, h, "l1"),
                **_linear("decoder", h, V)}
    if kind == "char_transformer_encoder":
        layers: Shapes = {}
        for e in (f"encoder.layers.{i}." for i in range(c["layers"])):
            layers |= {e + "self_attn.in_proj_weight": (3 * d, d), e + "self_attn.in_proj_bias": (3 * d,),
                       **_linear(e + "self_attn.out_proj", d, d), **_linear(e + "linear1", d, c["ff"]),
                       **_linear(e + "linear2", c["ff"], d), **_norm(e + "norm1", d), **_norm(e + "norm2", d)}
        return {"embedding.weight": (V, d), "positions.weight": (c["T"], d), **layers, **_linear("output", d, c["K"])}
    hand = {"C": (V, d), "W1": (c["context"] * d, h), "b1": (h,), "W2": (h, V), "b2": (V,)}
    norm = {"bngain": (1, h), "bnbias": (1, h)}
    if kind == "makemore_3":
        hand.pop("b1")
    return hand if kind == "small_ops" else {**hand, **norm}


def _batch(kind: str, c: dict[str, Any], rng: np.random.Generator) -> Arrays:
    V, B = c["V"], c["B"]
    if "context" in c:
        return {"x": rng.integers(0, V, (B, c["context"])), "y": rng.integers(0, V, B)}
    if kind in ("seq2seq_steps", "greedy"):
        return {"source": _padded(rng, V, c["S"], B), "target": _padded(rng, V, c["T"], B)}
    if kind in ("crf", "bilstm"):
        words = _padded(rng, V, c["T"], B)
        return {"x": words, "y": np.where(words > 0, rng.integers(1, c["K"], words.shape), 0)}
    if kind == "word_language_model":
        text = rng.integers(0, V, (c["T"] + 1, B))
        return {"x": text[:-1].copy(), "y": text[1:].copy()}
    if kind == "char_transformer_encoder":
        return {"x": _padded(rng, V, c["T"], B).T.copy(), "y": rng.integers(0, c["K"], B)}
    text = rng.integers(0, V, (B, c["T"] + 1))
    return {"x": text[:, :-1].copy(), "y": text[:, 1:].copy()}


def _padded(rng: np.random.Generator, V: int, T: int, B: int) -> np.ndarray:
    """Sentences of T/2 to T tokens, and zeros behind them. (T, B)"""
    lengths = rng.integers(T // 2, T + 1, B)
    return np.where(np.arange(T)[:, None] < lengths, rng.integers(1, V, (T, B)), 0)
