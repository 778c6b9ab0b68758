"""The figures of rnn_lm.py: a unit and its gate, how training went, and where the network is ahead."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import viz

from .lm_figures import curves
from .panels import COLOURS, panels, tidy
from .run import Results

MARKS = (('"', '"'), ("(", ")"), ("“", "”"), ("（", "）"), ("《", "》"), ("「", "」"))


def nats_figure(results: Results, kind: str, curve: Sequence[tuple[int, float]]) -> None:
    """If it was trained here: the validation by epoch, beside the n-grams of the record."""
    if not curve:
        return
    baselines = results.record["baselines"]
    levels = {f"{n}-gram": baselines[f"validation_nats_{n}gram"] for n in (3, 5)}
    results.figure("nats.svg", curves({kind.upper(): curve}, "epoch", "nats per token", levels))


def ahead_figure(kind: str, ahead: Mapping[str, tuple[float, float, float]],
                 ) -> Callable[[Path], Path]:
    """For Results.figure: nats of the network and of the 5-gram, by how often the four tokens
    before were seen, and the share of such places."""
    names = {"unseen": "never seen", "rare": "seen 1 to 9 times", "frequent": "10 times or more"}

    def draw(axes: list[Any]) -> None:
        (panel,) = axes
        for k, name in enumerate((kind.upper(), "5-gram")):
            at = np.arange(len(ahead)) + 0.38 * (k - 0.5)
            values = [row[k] for row in ahead.values()]
            panel.bar(at, values, width=0.36, label=name, color=(COLOURS[0], "#AAAAAA")[k])
            for x, value in zip(at, values, strict=True):
                panel.text(x, value, f"{value:.2f}", ha="center", va="bottom", fontsize=11)
        labels = [f"{names[key]}\n({share:.0%} of the text)" for key, (*_, share) in ahead.items()]
        panel.set_xticks(range(len(ahead)), labels, fontsize=11)
        panel.tick_params(length=0)
        panel.set_ylim(0, 1.12 * max(max(row[:2]) for row in ahead.values()))
        tidy(panel, "Where the four tokens before are new, counting knows least",
             "the four tokens before", "nats per token: lower is better")
        panel.legend(frameon=False, fontsize=11)

    return panels(1, 1, draw, width=8, height=4.5)


# --- the gate ---


def inside_marks(tokens: Sequence[str]) -> tuple[str, np.ndarray]:
    """The marks that open most often, such as "..." or (...), and which tokens stand between two;
    "" where there are hardly any."""
    first, last = max(MARKS, key=lambda pair: tokens.count(pair[0]))
    inside, is_open = np.zeros(len(tokens)), False
    for t, token in enumerate(tokens):
        if token == last and is_open:
            is_open = False
        elif token == first:
            is_open = True
        inside[t] = is_open  # the state after this token should know
    return (f"{first}…{last}" if tokens.count(first) >= 20 else ""), inside


def gates_figure(results: Results, model: Any, ids: np.ndarray, tokens: Sequence[str]) -> None:
    """Of a GRU or an LSTM one unit over a piece of text: what it holds, and how much of it is new.

    It is the unit that tells best whether a quotation (or a bracket) is open; where the text has
    none, the one that keeps what it holds for longest.

    ids, tokens  (T,) what is read
    """
    kind = type(model.recurrent).__name__
    if kind == "RNN":
        return
    ids, tokens = ids[:4000], list(tokens[:4000])
    gates = viz.gate_activations(model.recurrent, model.embedding(ids))  # name -> (T, H)
    new = 1 - gates["update z" if kind == "GRU" else "forget f"]  # PyTorch's z is what is kept
    with td.no_grad():
        states, _ = model.recurrent(model.embedding(ids[:, None]))
    held = states.numpy()[:, 0] if kind == "GRU" else gates["cell c"]  # (T, H)

    marks, inside = inside_marks(tokens)
    unit, alike = int(new.mean(axis=0).argmin()), 0.0
    title = f"Unit {unit} of the {kind} keeps what it holds for longest"
    if marks:
        with np.errstate(invalid="ignore"):  # of a unit that never changes
            correlations = np.corrcoef(np.column_stack([inside, held]).T)[0, 1:]  # (H,)
        unit = int(np.nanargmax(np.abs(correlations)))
        alike = float(correlations[unit])
        title = f"Nobody told unit {unit} of the {kind}: it knows whether {marks} is open"
        results.metric(unit_tells_marks=abs(alike))
    length = 64 if np.mean([len(token) for token in tokens]) < 1.5 else 26
    start = _telling(inside, length)
    piece = slice(start, start + length)
    results.figure("gates.svg", _unit_figure(
        tokens[piece], np.sign(alike or 1) * held[piece, unit], new[piece, unit],
        inside[piece] if marks else np.zeros(length), title))


def _telling(inside: np.ndarray, length: int) -> int:
    """Where a piece begins that is about half between marks, opened and closed a few times."""
    starts = range(0, max(1, len(inside) - length), 5)
    return max(starts, key=lambda s: (min(4, np.abs(np.diff(inside[s:s + length])).sum())
                                      - 4 * abs(inside[s:s + length].mean() - 0.5)))


def _unit_figure(tokens: Sequence[str], held: np.ndarray, new: np.ndarray, inside: np.ndarray,
                 title: str) -> Callable[[Path], Path]:
    shown = ["¶" if token == "\n" else "·" if token == " " else token for token in tokens]

    def draw(axes: list[Any]) -> None:
        t = np.arange(len(shown))
        for panel, values, colour, name in ((axes[0], held, COLOURS[0], "what it holds"),
                                            (axes[1], new, COLOURS[1], "share that is new")):
            for place in t[inside > 0]:
                panel.axvspan(place - 0.5, place + 0.5, color="#E8E8E8", linewidth=0)
            panel.bar(t, values, width=0.8, color=colour)
            panel.axhline(0, color="#333333", linewidth=0.8)
            panel.set_xlim(-0.6, len(shown) - 0.4)
            tidy(panel, y=name)
            panel.yaxis.label.set_size(11)
        words = np.mean([len(token) for token in shown]) > 1.5
        axes[1].set_xticks(t, shown, fontsize=9 if words else 10,
                           **({"rotation": 60, "ha": "right"} if words else {}))
        axes[0].set_xticks([])
        axes[1].set_ylim(0, 1)
        axes[1].tick_params(length=0)

    return panels(2, 1, draw, width=8.4, height=2.3, title=title, words="".join(shown))
