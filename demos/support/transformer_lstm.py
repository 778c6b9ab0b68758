"""What the Transformer of transformer.py is compared with: an LSTM, trained for given CPU seconds.

See rnn_lm.py for how it is trained, and why its state is detached.
"""

from __future__ import annotations

import argparse
import time
from typing import Any, NamedTuple

import numpy as np

import tinydawn as td
from tinydawn import optim, text
from tinydawn.models.rnn_lm import RNNLM, detach

from .own_text import is_own, suited
from .training import training


class Trained(NamedTuple):
    nats: float
    curve: list[tuple[float, float]]  # CPU seconds, nats of a part of the text to validate
    seconds: float
    updates: int
    parameters: int


def train(options: argparse.Namespace, ids: np.ndarray, held_out: np.ndarray,
          vocabulary_size: int, first: int, seconds: float, window: int,
          drawn: int) -> Trained:
    """Train on `ids` (N,) for so many CPU seconds; nats per character of `held_out` (M,).

    The rate falls in a straight line to 0, by the clock. So the number of updates, and with it the
    last digit or two of the result, depends on the machine.

    first   the id that is read before the first one
    window  T, after how many steps the state is detached
    drawn   the curve is measured on so many characters of `held_out`
    """
    hidden_size, batch_size, learning_rate, dropout = 256, 32, 4e-3, 0.2
    if options.data is None:  # less text, and less time
        hidden_size, batch_size, learning_rate, dropout = 192, 16, 8e-3, 0.0
    elif is_own(options.data):
        dropout, _ = suited({1_004_000: 0.2, 2_700_000: 0.0}, len(ids))
    model = RNNLM(vocabulary_size, 64, hidden_size, kind="lstm", dropout=dropout)
    optimizer = optim.Adam(model.parameters(), lr=learning_rate)
    kept: dict[str, Any] = {"seconds": 0.0, "state": None, "curve": []}

    def rate(update: int) -> float:
        warm_up = min(1.0, (update + 1) / 50)
        return warm_up * max(0.0, 1 - kept["seconds"] / seconds)

    schedule = optim.lr_scheduler.LambdaLR(optimizer, rate)
    windows = list(text.windows(*text.contiguous(ids, batch_size, first), window))  # (T, B) each
    for update, _ in training(options, None, model, optimizer, schedule, kept, "LSTM",
                              seconds=seconds):
        before = time.process_time()
        i = update % len(windows)  # at 0 a new pass over the text
        x, y = windows[i]  # (T, B)
        loss, state = model(x, y, detach(kept["state"] if i else None))
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        kept["state"] = state
        kept["seconds"] += time.process_time() - before
        schedule.step()
        if kept["seconds"] >= seconds * (len(kept["curve"]) + 1) / 6 or kept["seconds"] >= seconds:
            kept["curve"].append((kept["seconds"], evaluate(model, held_out[:drawn], first)))
            model.train()

    parameters = sum(p.numel() for p in model.parameters())
    nats = evaluate(model, held_out, first)
    return Trained(nats, kept["curve"], kept["seconds"], schedule.last_epoch, parameters)


@td.no_grad()
def evaluate(model: RNNLM, held_out: np.ndarray, first: int, parts: int = 16) -> float:
    """Nats per character of a text (M,), read in several parts at once, the state kept."""
    model.eval()
    total, count, state = 0.0, 0, None
    for x, y in text.windows(*text.contiguous(held_out, parts, first), 1000):
        loss, state = model(x, y, state, reduction="sum")
        total += loss.item()
        count += y.size
    return total / count
