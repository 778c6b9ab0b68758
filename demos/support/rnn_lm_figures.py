"""The figures of rnn_lm.py: how far a model sees, a unit and its gate, and how training went."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import viz

from .alike import BETWEEN, FEW, world_of
from .lm_figures import curves
from .panels import COLOURS, panels, tidy
from .run import Results


def nats_figure(results: Results, kind: str, curve: Sequence[tuple[int, float]],
                mixed: float) -> None:
    """If it was trained here: the validation by epoch, beside the n-grams of the record, and half
    of it and of a 5-gram in one."""
    if not curve:
        return
    baselines = results.record["baselines"]
    levels = {f"{n}-gram": baselines[f"validation_nats_{n}gram"] for n in (3, 4, 5)}
    levels[f"half {kind.upper()}, half 5-gram"] = mixed
    lines = {kind.upper(): curve}
    results.figure("nats.svg", curves(lines, "epoch", "validation: nats per token", levels))


def distance_figure(reach: Mapping[str, Sequence[Sequence[float]]]) -> Callable[[Path], Path]:
    """For Results.figure: the perplexity of the verb by the number of words between, of each seed
    11 numbers."""
    looks = {"5-gram": ("#444444", "--", "o", "20 times the text"),
             "RNN": (COLOURS[1], "-.", "^", "4 times the passes"),
             "GRU": (COLOURS[0], "-", "s", "")}

    def draw(axes: list[Any]) -> None:
        (panel,) = axes
        for level, name in ((FEW, "the 8 verbs of its world: 8"), (3 * FEW, "any of the 24 verbs")):
            panel.plot([-0.3, 10], [level, level], color="#BBBBBB", linewidth=1)
            panel.text(-0.1, level - 0.35 if level == FEW else level + 0.25, name, color="#666666",
                       va="top" if level == FEW else "bottom", fontsize=11)
        for name, of_seeds in reach.items():
            colour, stroke, marker, more = looks[name]
            means = np.mean(of_seeds, axis=0)
            for values in of_seeds:
                panel.plot(values, color=colour, marker=marker, markersize=4, linestyle="",
                           alpha=0.5)
            panel.plot(means, color=colour, linewidth=2.5, linestyle=stroke, marker=marker)
            panel.text(10.2, means[-1], name, color=colour, va="center", fontsize=12)
            panel.text(10.2, means[-1] - 1.3, more, color=colour, va="center", fontsize=10)
        panel.set_xticks(range(11))
        panel.set_xlim(-0.3, 12.7)
        panel.set_ylim(0, 30)
        tidy(panel, "The cow … then eats: how well the verb is guessed, far from the cow",
             "words between the cow and \"then\"", "perplexity of the verb")

    return panels(1, 1, draw, width=8, height=4.5)


def gates_figure(results: Results, model: Any, ids: np.ndarray, tokens: Sequence[str]) -> None:
    """A unit that tells two worlds apart, over three sentences: what it holds, how much is new.

    ids, tokens  (N,) what is read: sentences with distance
    """
    gates = viz.gate_activations(model.recurrent, model.embedding(ids))  # name -> (N, H)
    new = 1 - gates["update z"]  # PyTorch's z is what is kept, the notes' what is new
    with td.no_grad():
        states, _ = model.recurrent(model.embedding(ids[:, None]))
    held = states.numpy()[:, 0]  # (N, H)

    world, worlds = None, []
    for token in tokens:  # of the sentence, once it is known
        world = None if token == "</s>" else world if world_of(token) is None else world_of(token)
        worlds.append(-1 if world is None else world)
    between = np.flatnonzero(np.isin(tokens, BETWEEN))
    tells = np.stack([np.corrcoef(np.column_stack([np.array(worlds)[between] == k,
                                                   held[between]]).T)[0, 1:] for k in range(3)])
    k, unit = np.unravel_index(np.argmax(np.abs(tells)), tells.shape)  # of (3, H)
    results.metric(unit_tells_world=abs(tells[k, unit]))
    held = held * np.sign(tells[k, unit])  # drawn so that it is above 0 for this world

    pieces = [_sentence(tokens, worlds, wanted) for wanted in (k, (k + 1) % 3, (k + 2) % 3)]
    chosen = np.concatenate(pieces)
    shown = [tokens[i] for i in chosen]
    who = next(token for token in shown if world_of(token) == k)
    title = (f"Unit {unit} of the GRU tells the world of the {who} from the other two, "
             "until the verb")

    def draw(axes: list[Any]) -> None:
        t = np.arange(len(shown))
        grey = [i for i, token in enumerate(shown) if token in BETWEEN]
        for panel, values, colour, name in ((axes[0], held[chosen, unit], COLOURS[0], "state h"),
                                            (axes[1], new[chosen, unit], COLOURS[1],
                                             "z: share that is new")):
            for place in grey:
                panel.axvspan(place - 0.5, place + 0.5, color="#E8E8E8", linewidth=0)
            panel.bar(t, values, width=0.8, color=colour)
            panel.axhline(0, color="#333333", linewidth=0.8)
            panel.set_xlim(-0.6, len(shown) - 0.4)
            tidy(panel, y=name)
            panel.yaxis.label.set_size(11)
        axes[0].set_xticks([])
        axes[1].set_xticks(t, shown, fontsize=10, rotation=60, ha="right", rotation_mode="anchor")
        axes[1].set_ylim(0, 1)
        axes[1].tick_params(length=0)

    results.figure("gates.svg", panels(2, 1, draw, width=8.4, height=2.3, title=title))


def _sentence(tokens: Sequence[str], worlds: Sequence[int], wanted: int) -> np.ndarray:
    """The places of the words of a sentence of this world, which has five words between."""
    for end in [i for i, token in enumerate(tokens) if token == "</s>"][1:]:
        if tokens[end - 12] == "</s>" and worlds[end - 1] == wanted:
            return np.arange(end - 11, end)
    return np.arange(11)
