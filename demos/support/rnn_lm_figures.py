"""The figures of rnn_lm.py: the gates of the network, and how its training went."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tinydawn import viz

from .lm_figures import curves
from .run import Results


def network_figures(results: Results, kind: str, model: Any, ids: np.ndarray, tokens: Sequence[str],
                    kept: dict[str, Any], clip: float) -> None:
    """The gates of a GRU or an LSTM; and, if it was trained here, the curves of its training.

    ids, tokens  (T,) what the gates are drawn for
    kept         "curve": (epoch, nats per token of validation), beside which the n-grams of the
                 record are drawn; "norms": of each step's gradient, before it was clipped to `clip`
    """
    name = kind.upper()

    if kind != "rnn":
        gates = viz.gate_activations(model.recurrent, model.embedding(ids))  # name -> (T, H)

        def draw_gates(path: Path) -> Path:
            return viz.gate_heatmap(gates, tokens, path, f"the gates of the {name}")

        results.figure("gates.svg", draw_gates)
    if kept["curve"]:
        baselines = results.record["baselines"]
        levels = {f"{n}-gram": baselines[f"validation_nats_{n}gram"] for n in (3, 5)}
        learning = curves({name: kept["curve"]}, "epoch", "nats per token", levels)
        results.figure("nats.svg", learning)
        norms = curves({"before clipping": kept["norms"]}, "update", "norm of the gradient",
                       {"clip": clip}, log=True)
        results.figure("norms.svg", norms)
