"""What bert.py prints and draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import text
from tinydawn.errors import DataError, message
from tinydawn.viz.figure import INK

from . import masked
from .bert_texts import Start
from .panels import COLOURS, STROKES, panels, tidy
from .run import Results

FILL = {None: ["at night the [MASK] eats the frog", "at night the frog eats the [MASK]",
               "the keys near the lamp [MASK] old", "the clerk counts money at the [MASK]",
               "the duck rests low at the [MASK]"],
        "ptb": ["the company said it will [MASK] its shares",
                "the bank raised its [MASK] rate to N N",
                "in new [MASK] stock exchange composite trading yesterday",
                "he is a [MASK] of the board", "she has n't [MASK] it"]}


def half_width(share: float, count: int) -> float:
    """Of the 95 % interval of a share that was measured on so many."""
    return float(1.96 * np.sqrt(share * (1 - share) / count))


def show_accuracy(keep: Callable[..., None], key: str, name: str, guess: np.ndarray,
                  true: np.ndarray) -> None:
    """Print how often the guess is the true token, with its interval, and keep it as `key`."""
    if not len(true):  # of a small text, perhaps no word was replaced
        return
    share = float((guess == true).mean())
    keep(**{key: share})
    print(f"{name:42}{share:7.3f} +- {half_width(share, len(true)):.3f}")


def sentences_to_fill(asked: Sequence[str] | None, data: str | None,
                      held_out: Sequence[Sequence[str]], start: Start) -> list[str]:
    """Sentences with [MASK] in them: those of --fill, else written for the corpus or held out.

    DataError for one that could not be filled in, which is better known before the training.
    """
    longest = start.sizes.get("max_position_embeddings", 128)
    for sentence in asked or ():
        ids = masked.numbers(sentence.split(), start.pieces, start.level)
        if start.pieces.mask_id not in ids:
            raise DataError(message(f"--fill {sentence!r}: there is no [MASK] in it",
                                    fix='--fill "he [MASK] it", with spaces around [MASK]'))
        if len(ids) + 2 > longest:  # [CLS] and [SEP]
            raise DataError(message(f"--fill: a sentence of {len(ids)} tokens",
                                    fix=f"at most {longest - 2}"))
    if asked:
        return list(asked)
    if data in FILL:
        return FILL[data]
    chosen = [sentence for sentence in held_out if 8 < len(sentence) < 20][:3]
    return [" ".join([*sentence[:5], "[MASK]", *sentence[6:]]) for sentence in chosen]


def accuracy_figure(results: Results, curves: dict[str, list[tuple[float, float]]],
                    always: float) -> None:
    """Held-out accuracy by epoch, with the most frequent word, and what is best if it is known."""
    best = results.record["baselines"].get("best_possible_accuracy")

    def draw(axes: list[Any]) -> None:
        ends = []
        for k, (name, curve) in enumerate(curves.items()):
            colour = COLOURS[(1, 0)[k % 2]]
            axes[0].plot(*zip(*curve, strict=True), marker="so"[k % 2], color=colour,
                         linestyle=STROKES[(1, 0)[k % 2]], linewidth=2)
            ends.append((*curve[-1], f"{name}: {curve[-1][1]:.2f}", colour))
        for x, y, name, colour in ends:
            axes[0].annotate(name, (x, y), (0, -20), textcoords="offset points", ha="right",
                             fontsize=11, color=colour)
        for level, name in ((best, "the best possible guess"), (always, "the most frequent word")):
            if level is not None:
                axes[0].axhline(level, color="#777777", linestyle="--", linewidth=1)
                axes[0].text(0.01, level, f"{name}: {level:.2f}", fontsize=11, color="#555555",
                             va="bottom" if level == best else "top",
                             transform=axes[0].get_yaxis_transform())
        top = max([best or 0, always, *(y for curve in curves.values() for _, y in curve)])
        axes[0].set(xlim=(0, None), ylim=(0, 1.12 * top))
        axes[0].xaxis.get_major_locator().set_params(integer=True)
        title = "How often the hidden word is found, in held-out sentences"
        title += "; by the true p, luck left out" if best else ""
        tidy(axes[0], title, "epoch", "share found")

    results.figure("accuracy.svg", panels(1, 1, draw, 8, 4.5))


KINDS = {1: "masked", 2: "replaced by a random word", 3: "chosen, but left as it is"}


def batch_figure(ids: np.ndarray, truth: np.ndarray, kinds: np.ndarray, real: np.ndarray,
                 pieces: text.WordPiece) -> Callable[[Path], Path]:
    """For Results.figure: ten sentences as BERT reads them, in the colour of their kind.

    kinds  (B, T), as all: 1 masked, 2 replaced, 3 kept, 0 not chosen. Drawn are the first ten rows
           in which these are 8 to 1 to 1, as in all of them, if there are such
    """
    rows = ten_rows(kinds)
    ids, truth, kinds, real = ids[rows], truth[rows], kinds[rows], real[rows]
    most = min(12, int(real.sum(axis=1).max()))

    def draw(axes: list[Any]) -> None:
        for b in range(len(ids)):
            for t in np.flatnonzero(real[b])[:most]:
                token, kind = short(pieces.tokens[ids[b, t]]), kinds[b, t]
                if kind:
                    axes[0].fill_between([t - 0.47, t + 0.47], -b - 0.44, 0.44 - b, alpha=0.35,
                                         color=COLOURS[kind - 1], lw=0)
                    axes[0].text(t, -b - 0.22, short(pieces.tokens[truth[b, t]]), ha="center",
                                 va="center", fontsize=8, color=INK, style="italic")
                special = ids[b, t] in pieces.special_ids and not kind
                axes[0].text(t, 0.17 - b if kind else -b, token, ha="center", va="center",
                             fontsize=10, color="#777777" if special else INK)
        for kind, name in KINDS.items():
            axes[0].scatter([], [], marker="s", s=90, color=COLOURS[kind - 1], alpha=0.35,
                            label=name)
        axes[0].set(xlim=(-0.5, most - 0.5), ylim=(-len(ids) + 0.4, 0.6))
        axes[0].legend(loc="upper center", bbox_to_anchor=(0.5, 0.01), ncols=3, frameon=False,
                       fontsize=10)
        axes[0].axis("off")

    return panels(1, 1, draw, 8.5, 4.8, "What BERT reads; in italics what it is asked for",
                  words="".join(pieces.tokens[i] for i in ids.flat))


def ten_rows(kinds: np.ndarray) -> np.ndarray:
    """The first ten rows in a line of which 8 of 10 that are chosen are masked, 1 and 1 the others.

    None: the first ten.
    """
    for first in range(len(kinds) - 9):
        part = kinds[first:first + 10]
        if [(part == kind).sum() for kind in KINDS] == [8, 1, 1]:
            return np.arange(first, first + 10)
    return np.arange(min(10, len(kinds)))


def short(token: str) -> str:
    return token if len(token) <= 9 else token[:8] + "…"
