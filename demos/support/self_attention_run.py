"""What a run of self_attention.py needs beside its idea: flags, tables and figures."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import nn
from tinydawn.errors import DataError, message
from tinydawn.viz.figure import INK

from .panels import COLOURS, STROKES, heat, panels, tidy
from .run import Results

SENTENCE = "the dog bit the man today"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Add --sentence and --width."""
    parser.add_argument("--sentence", default=SENTENCE, help="words that will be shuffled")
    parser.add_argument("--width", type=int, default=64,
                        help="of the model: a multiple of 16; default 64")


def check_flags(parser: argparse.ArgumentParser, data: str | None, sentence: str,
                width: int) -> None:
    """Refuse --data, which nothing here reads, and a sentence or a width that does not do."""
    if data is not None:
        raise DataError(message(f"--data {data}: this demo reads no data",
                                fix="--sentence, for words of your own"))
    if len(set(sentence.split()[:-1])) < 2:
        raise DataError(message(f"--sentence {sentence!r}: nothing to shuffle",
                                fix="two different words, and a last one"))
    if width < 16 or width % 16:
        parser.error("--width: a multiple of 16, above 0")


def another_order(sentence: str) -> np.ndarray:
    """Where the words of the shuffled sentence stood, (T,): the last word keeps its place.

    In the sentence of the lesson dog and man change places, in any other the words move on by one.
    """
    if sentence == SENTENCE:
        return np.array([0, 4, 2, 3, 1, 5])
    last = len(sentence.split()) - 1
    return np.append(np.roll(np.arange(last), 1), last)


def scale_table(results: Results, widths: Sequence[int], variances: Sequence[float],
                entropies: Sequence[Sequence[float]], slopes: Sequence[Sequence[float]]) -> None:
    """Print and record what the scores of each width d are like.

    variances          of q k
    entropies, slopes  of the softmax: of q k, and of q k / sqrt(d)
    """
    print("   d   var(q k)   entropy: raw  scaled     slope of the softmax: raw  scaled")
    for d, variance, entropy, slope in zip(widths, variances, entropies, slopes, strict=True):
        print(f"{d:4}{variance:11.1f}{entropy[0]:15.2f}{entropy[1]:8.2f}"
              f"{slope[0]:27.5f}{slope[1]:8.5f}")
        results.metric(**{
            f"variance_{d}": variance,
            f"entropy_{d}_scaled": entropy[1],
            f"slope_{d}_scaled": slope[1],
        })
        results.baseline(**{f"entropy_{d}_raw": entropy[0], f"slope_{d}_raw": slope[0]})


def scale_figure(widths: Sequence[int], variances: Sequence[float],
                 entropies: Sequence[Sequence[float]]) -> Callable[[Path], Path]:
    """For Results.figure: variance and entropy over d, raw and scaled, of `scale_table`."""
    variance, entropy, d = np.array(variances), np.array(entropies).T, np.array(widths)

    def draw(axes: list[Any]) -> None:
        raw = {"color": COLOURS[0], "markersize": 4, "fillstyle": "full", "label": "q · k"}
        scaled = {"color": COLOURS[1], "markersize": 6, "fillstyle": "none",
                  "label": "q · k / sqrt(d)"}
        axes[0].plot(widths, variance, "o-", **raw)
        axes[0].plot(widths, variance / d, "o-", **scaled)
        axes[1].plot(widths, entropy[0], "o-", **raw)
        axes[1].plot(widths, entropy[1], "o-", **scaled)

        titles = ("Variance of a score", "Entropy of attention; above: ln 64")
        for axis, title in zip(axes, titles, strict=True):
            axis.set_xscale("log", base=2)
            axis.set_xticks(widths, widths)
            tidy(axis, title, "d", legend=True)
        axes[0].set_yscale("log")
        axes[1].axhline(np.log(64), color="#888888", linewidth=1)
        axes[1].set_ylim(0, 4.6)

    return panels(1, 2, draw)


def positions_figure(width: int, matrix: np.ndarray) -> Callable[[Path], Path]:
    """For Results.figure: 100 positions of a model of this width, and the matrix A_5 (8, 8)."""

    def draw(axes: list[Any]) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        colours = LinearSegmentedColormap.from_list("signed", ["#D55E00", "#FFFFFF", "#0072B2"])
        axes[0].imshow(nn.sinusoidal_positions(100, width).T, cmap=colours, aspect="auto",
                       interpolation="nearest")
        tidy(axes[0], "PE: sine and cosine in turn, orange -1 to blue 1", "position", "dimension")
        no_minus_zero = matrix.round(6) + 0
        heat(axes[1], no_minus_zero, range(8), range(8),  # type: ignore[arg-type]
             "A_5 of 8 dimensions, by least squares")
        axes[1].set_xlabel("dimension of PE(pos)", color=INK)
        axes[1].set_ylabel("dimension of PE(pos + 5)", color=INK)

    return panels(1, 2, draw, width=4.8, height=3.8)


def order_table(results: Results, sentence: str, order: np.ndarray,
                moves: dict[str, float]) -> None:
    """Print and record how far each way of reading moves when the words change places."""
    words = sentence.split()
    print(f"\n{' '.join(words)}  |  {' '.join(words[i] for i in order)}")
    for name, moved in moves.items():
        what = "last word" if "causal" in name else "mean"
        print(f"{name:32}{what:10} moves by {moved:.1e}")
        key = name.replace(", ", "_").replace(" ", "_")
        results.metric(**{f"shuffled_{key}": moved})


def cost_table(lengths: Sequence[int], cost: np.ndarray) -> None:
    """Print what each length costs: cost (lengths, 2), in ms, of attention and feed-forward."""
    print("\n   n   attention weights, MB   attention, ms   feed-forward, ms")
    for n, (attend, feed) in zip(lengths, cost, strict=True):
        print(f"{n:4}{4e-6 * n * n:24.2f}{attend:16.2f}{feed:19.2f}")


def cost_figure(lengths: Sequence[int], cost: np.ndarray) -> Callable[[Path], Path]:
    """For Results.figure: the numbers of `cost_table`, and how n^2 and n would grow."""
    n = np.array(lengths)

    def draw(axes: list[Any]) -> None:
        (axis,) = axes
        for k, (name, power) in enumerate((("attention", 2), ("feed-forward", 1))):
            y = cost[:, k]
            axis.plot(n, y, color=COLOURS[k], linestyle=STROKES[k], marker="os"[k], linewidth=2.2)
            axis.plot(n, y[-1] * (n / n[-1]) ** power, color="#777777", linewidth=1,
                      linestyle=(0, (1, 2)))
            axis.annotate(name, (n[-1], y[-1]), (8, 0), fontsize=12, color=COLOURS[k], va="center",
                          textcoords="offset points", annotation_clip=False)
            begin = n[0], y[-1] * (n[0] / n[-1]) ** power
            axis.annotate("as n²" if power == 2 else "as n", begin, (-6, 0),
                          fontsize=11, color="#555555", va="center", ha="right",
                          textcoords="offset points")
        axis.set(xscale="log", yscale="log", xlim=(0.7 * n[0], 1.1 * n[-1]))
        axis.set_xticks(n, [str(length) for length in n])
        axis.minorticks_off()
        tidy(axis, "Attention grows with n², the feed-forward network with n", "positions n",
             "milliseconds")

    return panels(1, 1, draw, 8, 4.5)
