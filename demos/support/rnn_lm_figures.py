"""The figures of rnn_lm.py: the gates of the network, and how its training went."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import viz

from .run import Results


def network_figures(results: Results, kind: str, model: Any, ids: np.ndarray, tokens: Sequence[str],
                    kept: dict[str, Any], clip: float) -> None:
    """The gates of a GRU or an LSTM; and, if it was trained here, the curves of its training.

    ids, tokens  (T,) what the gates are drawn for
    kept         "curve": (epoch, nats per token of validation), beside which the n-grams of the
                 record are drawn; "norms": of each step's gradient, before it was clipped to `clip`
    """
    name = kind.upper()

    def draw_gates(path: Path) -> Path:
        return viz.gate_heatmap(gates, tokens, path, f"the gates of the {name}")

    def draw_nats(path: Path) -> Path:
        baselines = results.record["baselines"]
        levels = {f"{n}-gram": baselines[f"validation_nats_{n}gram"] for n in (3, 5)}
        curves = {name: kept["curve"]}
        return viz.training_curves(curves, path, levels, "epoch", "nats per token")

    def draw_norms(path: Path) -> Path:
        curves = {"before clipping": kept["norms"]}
        return viz.training_curves(curves, path, {"clip": clip}, y_label="norm of the gradient",
                                   log=True)

    if kind != "rnn":
        gates = viz.gate_activations(model.recurrent, model.embedding(ids))  # name -> (T, H)
        results.figure("gates.svg", draw_gates)
    if kept["curve"]:
        results.figure("nats.svg", draw_nats)
        results.figure("norms.svg", draw_norms)
