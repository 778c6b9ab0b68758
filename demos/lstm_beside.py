"""An LSTM language model trained for a given number of CPU seconds: what a Transformer is compared with. See rnn_lm.py."""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np

import tinydawn as td
from tinydawn import optim, text
from tinydawn.models.rnn_lm import RNNLM, detach


class Trained(NamedTuple):
    nats: float
    seconds: float
    updates: int
    parameters: int


def train_lstm(ids: np.ndarray, held_out: np.ndarray, vocabulary_size: int, first: int, seconds: float, hidden_size: int,
               batch_size: int, window: int, learning_rate: float, dropout: float) -> Trained:
    """Train on `ids` (N,) for so many CPU seconds; nats per character of `held_out` (M,), read in one go with the state kept.

    The rate falls in a straight line to 0, by the clock. So the number of updates, and with it the last digit or two of the
    result, depends on the machine.
    """
    model = RNNLM(vocabulary_size, 64, hidden_size, kind="lstm", dropout=dropout)
    optimizer = optim.Adam(model.parameters(), lr=learning_rate)
    x, y = text.contiguous(ids, batch_size, first)  # (N / B, B)
    windows, state, updates, used = iter(()), None, 0, 0.0
    while used < seconds:
        before = time.process_time()
        part = next(windows, None)
        if part is None:  # a new pass over the text
            windows, state = text.windows(x, y, window), None
            part = next(windows)
        loss, state = model(*part, detach(state))
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * min(1.0, (updates + 1) / 50) * (1 - used / seconds)
        optimizer.step()
        updates, used = updates + 1, used + time.process_time() - before
    total, state = 0.0, None
    model.eval()
    with td.no_grad():
        for part in text.windows(*text.contiguous(held_out, 1, first), 1000):
            loss, state = model(*part, state, reduction="sum")
            total += loss.item()
    return Trained(total / len(held_out), used, updates, sum(p.data.size for p in model.parameters()))
