"""The same models in PyTorch, with the same names of weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .corpora import BEGIN, END, PAD, UNKNOWN, Arrays, Batch, Config, rate


class LanguageModel(nn.Module):
    def __init__(self, c: Config) -> None:
        super().__init__()
        self.embedding = nn.Embedding(c["V"], c["E"])
        self.recurrent = nn.LSTM(c["E"], c["H"])
        self.output = nn.Linear(c["H"], c["V"])
        if c["tied"]:
            self.output.weight = self.embedding.weight

    def forward(self, x: torch.Tensor, state: Any) -> tuple[torch.Tensor, Any]:
        h, state = self.recurrent(self.embedding(x), state)  # (T, B, H), (1, B, H) twice
        return self.output(h.flatten(0, 1)), state  # (T B, V)


class Translator(nn.Module):
    def __init__(self, c: Config) -> None:
        super().__init__()
        E, H, D = c["E"], c["H"], 2 * c["H"]
        self.source_embedding, self.target_embedding = nn.Embedding(c["sources"], E), nn.Embedding(c["V"], E)
        self.encoder, self.decoder = nn.GRU(E, H, bidirectional=True), nn.GRU(E, D)
        self.keys, self.combine, self.output = nn.Linear(D, D, bias=False), nn.Linear(2 * D, E), nn.Linear(E, c["V"])

    def encode(self, source: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        memory, last = self.encoder(self.source_embedding(source))  # (S, B, D), (2, B, H)
        memory = memory.transpose(0, 1)  # (B, S, D)
        return memory, self.keys(memory) / math.sqrt(memory.shape[2]), torch.cat([last[0], last[1]], dim=1)[None]  # (1, B, D)

    def decode(self, x: torch.Tensor, state: torch.Tensor, memory: torch.Tensor, keys: torch.Tensor,
               ) -> tuple[torch.Tensor, torch.Tensor]:
        s, state = self.decoder(self.target_embedding(x), state)  # (T, B, D), (1, B, D)
        s = s.transpose(0, 1)  # (B, T, D)
        weights = F.softmax(s @ keys.transpose(1, 2), dim=2)  # (B, T, S)
        features = torch.tanh(self.combine(torch.cat([s, weights @ memory], dim=2)))  # (B, T, E)
        return self.output(features), state  # (B, T, V)

    def forward(self, source: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        memory, keys, state = self.encode(source)
        return self.decode(x, state, memory, keys)[0].flatten(0, 1)  # (B T, V)


class Run:
    """A model in training: step(batch) -> the loss; nats(batch), or translate(source, longest)."""

    def __init__(self, weights: Arrays, c: Config) -> None:
        torch.manual_seed(0)
        self.model: Any = (Translator if c["model"] == "translation" else LanguageModel)(c)
        own = dict(self.model.named_parameters())
        assert own.keys() == weights.keys(), own.keys() ^ weights.keys()
        with torch.no_grad():
            for name, weight in own.items():
                weight.copy_(torch.from_numpy(weights[name]))
        self.clip = c["clip"]
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=c["lr"])
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda k: rate(k, c))
        self.state: Any = None

    def step(self, batch: Batch) -> float:
        x, y = torch.from_numpy(batch["x"]), torch.from_numpy(batch["y"])
        if "source" in batch:
            logits, y = self.model(torch.from_numpy(batch["source"]), x), y.T
        else:
            state = tuple(s.detach() for s in self.state) if batch["goes_on"] else None
            logits, self.state = self.model(x, state)
        loss = F.cross_entropy(logits, y.reshape(-1), ignore_index=PAD)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()
        self.schedule.step()
        return loss.item()

    def measuring(self, yes: bool) -> None:
        self.model.train(not yes)
        self.before = None

    @torch.no_grad()
    def nats(self, batch: Batch) -> np.ndarray:
        logits, self.before = self.model(torch.from_numpy(batch["x"]), self.before if batch["goes_on"] else None)
        return F.cross_entropy(logits, torch.from_numpy(batch["y"]).reshape(-1), reduction="none").numpy()

    @torch.no_grad()
    def translate(self, source: np.ndarray, longest: int) -> list[list[int]]:
        memory, keys, state = self.model.encode(torch.from_numpy(source))
        token = torch.full((1, source.shape[1]), BEGIN)  # (1, B)
        found: list[torch.Tensor] = []
        done = torch.zeros(source.shape[1], dtype=torch.bool)
        while len(found) < longest and not done.all():
            logits, state = self.model.decode(token, state, memory, keys)  # (B, 1, V)
            logits[:, :, [PAD, UNKNOWN, BEGIN]] = -math.inf
            token = logits.argmax(2).T  # (1, B)
            done |= token[0] == END
            found.append(token[0])
        return torch.stack(found, 1).tolist()


def version() -> str:
    return "torch " + torch.__version__


def threads(count: int) -> None:
    torch.set_num_threads(count)
    torch.set_num_interop_threads(1)
