"""An LSTM language model trained for a given number of CPU seconds: what a Transformer is compared with. See rnn_lm.py."""

from __future__ import annotations

import argparse
import time
from typing import NamedTuple

import numpy as np

import tinydawn as td
from tinydawn import optim, text
from tinydawn.models.rnn_lm import RNNLM, detach

from .training import training


class Trained(NamedTuple):
    nats: float
    seconds: float
    updates: int
    parameters: int


def train_lstm(options: argparse.Namespace, ids: np.ndarray, held_out: np.ndarray, vocabulary_size: int, first: int,
               seconds: float, hidden_size: int, batch_size: int, window: int, learning_rate: float, dropout: float) -> Trained:
    """Train on `ids` (N,) for so many CPU seconds; nats per character of `held_out` (M,), read in one go with the state kept.

    The rate falls in a straight line to 0, by the clock. So the number of updates, and with it the last digit or two of the
    result, depends on the machine.
    """
    model = RNNLM(vocabulary_size, 64, hidden_size, kind="lstm", dropout=dropout)
    optimizer, kept = optim.Adam(model.parameters(), lr=learning_rate), {"seconds": 0.0, "state": None}
    schedule = optim.lr_scheduler.LambdaLR(optimizer, lambda update: min(1.0, (update + 1) / 50) * max(
        0.0, 1 - kept["seconds"] / seconds))
    windows = list(text.windows(*text.contiguous(ids, batch_size, first), window))  # (T, B) each
    for update, _ in training(options, None, model, optimizer, schedule, kept, "LSTM", seconds=seconds):
        before = time.process_time()
        i = update % len(windows)  # at 0 a new pass over the text
        loss, state = model(*windows[i], detach(kept["state"] if i else None))
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        kept.update(state=state, seconds=kept["seconds"] + time.process_time() - before)
        schedule.step()
    total, state = 0.0, None
    model.eval()
    with td.no_grad():
        for part in text.windows(*text.contiguous(held_out, 1, first), 1000):
            loss, state = model(*part, state, reduction="sum")
            total += loss.item()
    return Trained(total / len(held_out), kept["seconds"], schedule.last_epoch, sum(p.data.size for p in model.parameters()))
