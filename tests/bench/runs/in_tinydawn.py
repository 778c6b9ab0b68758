"""The models of the three runs with tinydawn's layers, as a user writes them: sizes and batches in corpora.py.

B batch, T and S time, E embedding, H hidden, D = 2 H, V vocabulary.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import decode, nn, optim
from tinydawn.nn import functional as F

from .corpora import BEGIN, END, PAD, UNKNOWN, Arrays, Batch, Config, rate


class LanguageModel(nn.Module):
    """An LSTM that guesses the next token."""

    def __init__(self, c: Config) -> None:
        self.embedding = nn.Embedding(c["V"], c["E"])
        self.recurrent = nn.LSTM(c["E"], c["H"])
        self.output = nn.Linear(c["H"], c["V"])
        if c["tied"]:
            self.output.weight = self.embedding.weight

    def forward(self, x: np.ndarray, state: Any) -> tuple[td.Tensor, Any]:
        h, state = self.recurrent(self.embedding(x), state)  # (T, B, H), (1, B, H) twice
        return self.output(h.flatten(0, 1)), state  # (T B, V)


class Translator(nn.Module):
    """Two GRUs and Luong's attention: all states of the decoder look at the source at once."""

    def __init__(self, c: Config) -> None:
        E, H, D = c["E"], c["H"], 2 * c["H"]
        self.source_embedding, self.target_embedding = nn.Embedding(c["sources"], E), nn.Embedding(c["V"], E)
        self.encoder, self.decoder = nn.GRU(E, H, bidirectional=True), nn.GRU(E, D)
        self.keys, self.combine, self.output = nn.Linear(D, D, bias=False), nn.Linear(2 * D, E), nn.Linear(E, c["V"])

    def encode(self, source: np.ndarray) -> tuple[td.Tensor, td.Tensor, td.Tensor]:
        """Source (S, B) -> memory and keys, (B, S, D) each, and the decoder's first state (1, B, D)."""
        memory, last = self.encoder(self.source_embedding(source))  # (S, B, D), (2, B, H)
        memory = memory.transpose(0, 1)  # (B, S, D)
        return memory, self.keys(memory) / math.sqrt(memory.shape[2]), td.cat([last[0], last[1]], axis=1)[None]  # (1, B, D)

    def decode(self, x: np.ndarray, state: td.Tensor, memory: td.Tensor, keys: td.Tensor) -> tuple[td.Tensor, td.Tensor]:
        s, state = self.decoder(self.target_embedding(x), state)  # (T, B, D), (1, B, D)
        s = s.transpose(0, 1)  # (B, T, D)
        weights = F.softmax(s @ keys.transpose(1, 2), axis=2)  # (B, T, S)
        features = td.tanh(self.combine(td.cat([s, weights @ memory], axis=2)))  # (B, T, E)
        return self.output(features), state  # (B, T, V)

    def forward(self, source: np.ndarray, x: np.ndarray) -> td.Tensor:
        memory, keys, state = self.encode(source)
        return self.decode(x, state, memory, keys)[0].flatten(0, 1)  # (B T, V)


class Run:
    """A model in training: step(batch) -> the loss; nats(batch), or translate(source, longest)."""

    def __init__(self, weights: Arrays, c: Config) -> None:
        td.manual_seed(0)
        self.model: Any = (Translator if c["model"] == "translation" else LanguageModel)(c)
        own = dict(self.model.named_parameters())
        assert own.keys() == weights.keys(), own.keys() ^ weights.keys()
        with td.no_grad():
            for name, weight in own.items():
                weight[...] = weights[name]
        self.clip = c["clip"]
        self.optimizer = optim.Adam(self.model.parameters(), lr=c["lr"])
        self.schedule = optim.lr_scheduler.LambdaLR(self.optimizer, lambda k: rate(k, c))
        self.state: Any = None

    def step(self, batch: Batch) -> float:
        """One update."""
        x, y = batch["x"], batch["y"]
        if "source" in batch:
            logits, y = self.model(batch["source"], x), y.T
        else:
            state = tuple(s.detach() for s in self.state) if batch["goes_on"] else None
            logits, self.state = self.model(x, state)
        loss = F.cross_entropy(logits, y.reshape(-1), ignore_index=PAD)
        self.optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()
        self.schedule.step()
        return loss.item()

    def measuring(self, yes: bool) -> None:
        """Before and after a measurement: nothing is dropped, and its text is not the one being learned."""
        self.model.train(not yes)
        self.before: Any = None

    @td.no_grad()
    def nats(self, batch: Batch) -> np.ndarray:
        """-log p of each token of y: (T B,)."""
        logits, self.before = self.model(batch["x"], self.before if batch["goes_on"] else None)
        return F.cross_entropy(logits, batch["y"].reshape(-1), reduction="none").numpy()

    @td.no_grad()
    def translate(self, source: np.ndarray, longest: int) -> list[list[int]]:
        """The likeliest next words of source (S, B)."""
        memory, keys, state = self.model.encode(source)

        def step(tokens: np.ndarray, before: dict[str, Any]) -> tuple[td.Tensor, dict[str, Any]]:
            logits, s = self.model.decode(tokens[None], before["s"][None], before["memory"].value, before["keys"].value)
            return F.log_softmax(logits[:, 0], axis=1), {**before, "s": s[0]}  # (B, V)

        kept = {"s": state[0], "memory": decode.Constant(memory), "keys": decode.Constant(keys)}
        found = decode.greedy(step, kept, source.shape[1], BEGIN, END, longest, forbid=(PAD, UNKNOWN, BEGIN))
        return [hypothesis.tokens for hypothesis in found]


def version() -> str:
    return "tinydawn " + td.__version__


def threads(count: int) -> None:
    """As many threads of BLAS."""
    td.set_num_threads(count)
