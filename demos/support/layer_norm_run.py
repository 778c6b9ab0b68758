"""What a run of layer_norm.py needs beside its idea: flags, its text, tables and figures."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import text, viz
from tinydawn.errors import DataError, message
from tinydawn.viz.figure import INK

from .panels import COLOURS, STROKES, panels, tidy
from .run import Results, parse


def read_flags(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The flags of the run: those of the parser, --rate and --layers."""
    parser.add_argument("--rate", type=float, default=1.5e-2,
                        help="the highest learning rate; default 0.015")
    parser.add_argument("--layers", type=int, default=6, help="of the Transformer; default 6")
    options = parse(parser)
    if not 0 < options.rate < np.inf or options.layers < 1:
        parser.error("--rate: a number above 0; --layers: at least 1")
    return options


def character_ids(data: str | None, least: int) -> tuple[np.ndarray, int]:
    """The characters of a text, at least so many, as ids (N,); and how many kinds there are."""
    characters = list(text.load_characters(data, "train"))
    if len(characters) < least:
        raise DataError(message(f"--data {data}: {len(characters)} characters",
                                fix=f"a text of at least {least:,}"))
    vocab = text.Vocab.build([characters])
    return np.array(vocab.encode(characters)), len(vocab)


# Of each norm, by batch size, the test accuracy of each seed.
Accuracies = dict[str, dict[int, list[float]]]
KEYS = {"BatchNorm": "batch_norm", "LayerNorm": "layer_norm"}


def _slug(name: str) -> str:
    return name.replace(", ", "_").replace("-", "_").replace(" ", "_")


def forms_table(results: Results, rows: dict[str, tuple[np.ndarray, float, float, float]]) -> None:
    """Print and record each form of LayerNorm.

    rows  of each form: its output (4,); its gradient along 1 and along x; and the largest entry of
          its gradient on a constant row
    """
    print("        LayerNorm of [1, 0, 0, 0]       gradient along 1, along x"
          "     and its size on a constant row, eps = 1e-6")
    for name, (output, along_ones, along_x, steepest) in rows.items():
        print(f"{name:8}{output.round(3)!s:28}{along_ones:14.0e}, {along_x:.0e}  {steepest:24,.0f}")
        results.metric(**{
            f"layer_norm_{name}": output[0],
            f"along_ones_{name}": along_ones,
            f"along_x_{name}": along_x,
            f"constant_row_{name}": steepest,
        })


def padding_table(results: Results, stretch: dict[str, dict[float, float]]) -> None:
    """Print and record how long words come out of each norm, by the share of padding."""
    print("\nlength of words after the norm, 1 without padding; share of padding:"
          + "".join(f"{share:7.0%}" for share in stretch["LayerNorm"]))
    for name, lengths in stretch.items():
        print(f"{name:70}" + "".join(f"{length:7.2f}" for length in lengths.values()))
        results.metric(**{f"stretch_{KEYS[name]}_{100 * share:.0f}": length
                          for share, length in lengths.items()})


def batch_size_table(results: Results, accuracies: Accuracies, guess: float) -> None:
    """Print and record the test accuracy with each norm, by batch size, the mean of the seeds."""
    sizes = list(accuracies["LayerNorm"])
    seeds = len(accuracies["LayerNorm"][sizes[0]])
    print(f"\ntest accuracy, mean of {seeds} seeds (a guess: {guess:.2f}); examples in a batch:"
          + "".join(f"{size:7}" for size in sizes))
    for name, by_size in accuracies.items():
        means = {size: float(np.mean(values)) for size, values in by_size.items()}
        print(f"{name:70}" + "".join(f"{mean:7.3f}" for mean in means.values()))
        results.metric(**{f"accuracy_{KEYS[name]}_{size}": mean for size, mean in means.items()})
    results.baseline(accuracy_guess=guess)


def batch_norm_figure(accuracies: Accuracies, stretch: dict[str, dict[float, float]],
                      guess: float) -> Callable[[Path], Path]:
    """For Results.figure: accuracy by batch size, a dot for each seed, and length by padding."""

    def draw(axes: list[Any]) -> None:
        for i, name in enumerate(("LayerNorm", "BatchNorm")):
            style = {"color": COLOURS[i], "linestyle": STROKES[i], "linewidth": 2.2}
            by_size = accuracies[name]
            places = range(len(by_size))
            axes[0].plot(places, [np.mean(values) for values in by_size.values()], **style)
            for place, values in zip(places, by_size.values(), strict=True):
                axes[0].plot([place] * len(values), values, "os"[i], color=COLOURS[i],
                             fillstyle="none", markersize=6)
            shares = 100 * np.array(list(stretch[name]))
            axes[1].plot(shares, list(stretch[name].values()), marker="os"[i], fillstyle="none",
                         label=name, **style)
        axes[0].axhline(guess, color="#6E6E6E", linewidth=1.1, linestyle=(0, (1.5, 3)))
        axes[0].text(len(places) - 1, guess + 0.015, "a guess", ha="right", fontsize=10, color=INK)
        axes[0].set_xticks(places, list(by_size))
        axes[0].set_ylim(0, 1)
        axes[1].set_ylim(bottom=0)
        axes[1].legend(frameon=False, fontsize=11, loc="upper left")
        tidy(axes[0], "Small batches: BatchNorm learns less", "examples in a batch",
             "test accuracy")
        tidy(axes[1], "Padding: BatchNorm stretches the words",
             "% of the positions that are padding", "length of words after the norm")

    return panels(1, 2, draw, width=4.2, height=4.4)


def depth_table(results: Results, gradients: dict[str, dict[int, list[float]]],
                losses: dict[str, dict[int, float]]) -> None:
    """Print and record untrained models.

    gradients  of each kind and depth: the norm at every layer, of which the last is shown
    losses     of each kind and depth
    """
    depths = list(next(iter(losses.values())))
    header = "".join(f"{depth:7}" for depth in depths)
    print(f"\n{'layers':24}{header}    loss, untrained{header}")
    for name in gradients:
        last = {depth: layers[-1] for depth, layers in gradients[name].items()}
        shown_gradients = "".join(f"{value:7.3f}" for value in last.values())
        shown_losses = "".join(f"{value:7.2f}" for value in losses[name].values())
        print(f"{name:24}{shown_gradients}{' ' * 19}{shown_losses}")

        key = _slug(name)
        results.metric(**{f"last_gradient_{key}_{d}": value for d, value in last.items()})
        results.metric(**{f"untrained_loss_{key}_{d}": v for d, v in losses[name].items()})


def depth_figure(gradients: dict[str, dict[int, list[float]]]) -> Callable[[Path], Path]:
    """For Results.figure: the gradients of `depth_table`, over 12 layers, and over depth."""

    def draw(axes: list[Any]) -> None:
        for i, (name, of_depth) in enumerate(gradients.items()):
            style = {"linestyle": STROKES[i], "color": COLOURS[i], "linewidth": 2, "label": name}
            axes[0].plot(range(1, 13), of_depth[12], **style)
            axes[1].plot(list(of_depth), [layers[-1] for layers in of_depth.values()], marker="o",
                         **style)
        tidy(axes[0], "Each layer of 12", "layer", "norm of its gradient, untrained")
        tidy(axes[1], "The last layer of deeper and deeper models", "number of layers",
             "norm of its gradient, untrained")
        axes[0].set_xticks(range(1, 13))
        axes[1].set_xticks(list(of_depth))
        for axis in axes:
            axis.set_ylim(bottom=0)
        axes[0].legend(frameon=False, fontsize=10, loc="upper right")

    return panels(1, 2, draw, width=4.4, height=4.6)


def warm_up_table(results: Results, curves: dict[str, list[float]]) -> None:
    """Print and record of each training the mean loss of its last 50 updates."""
    for name, history in curves.items():
        last = np.mean(history[-50:])
        print(f"{name:26}{last:.3f}")
        results.metric(**{f"nats_{_slug(name)}": float(last)})


def warm_up_figure(curves: dict[str, list[float]], letters: float) -> Callable[[Path], Path]:
    """For Results.figure: the losses, each point a mean of 20 updates; and single letters' loss."""
    smooth = {
        name: [(k + 10, float(np.mean(history[k:k + 20]))) for k in range(0, len(history) - 19, 10)]
        for name, history in curves.items()
    }
    return lambda path: viz.training_curves(smooth, path, {"letters counted": letters},
                                            y_label="nats per character")


def rates_table(shapes: dict[str, np.ndarray], updates: Sequence[int]) -> None:
    """Print each shape of a learning rate, (updates,), at some of its updates."""
    print("\nshare of the highest rate at update" + "".join(f"{t:8}" for t in updates))
    for name, values in shapes.items():
        print(f"{name:35}" + "".join(f"{values[t]:8.3f}" for t in updates))


def rates_figure(shapes: dict[str, np.ndarray]) -> Callable[[Path], Path]:
    """For Results.figure: the curves of `rates_table`."""
    curves = {name: list(enumerate(values)) for name, values in shapes.items()}
    return lambda path: viz.training_curves(curves, path, y_label="share of the highest rate")
