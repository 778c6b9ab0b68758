"""One run in a process of its own: a JSON line for what it is, then one after every evaluation."""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from typing import Any

import numpy as np

from . import corpora


def main(implementation: str, kind: str, threads: str, settings: str = "{}", core: str = "") -> None:
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints goes to stderr
    if core:
        os.sched_setaffinity(0, {int(core)})
    module = importlib.import_module(f"{__package__}.in_{implementation}")
    module.threads(int(threads))
    large = np.ones((1600, 1600), np.float32)
    large @ large  # OpenBLAS runs small products at a third of its speed until one large one has touched its buffers
    del large
    corpus = corpora.load(kind)
    c = corpora.config(kind, **json.loads(settings)) | corpus.sizes()
    run = module.Run(corpora.start(c), c)
    print(json.dumps({"version": module.version(), "settings": c}), file=answers)
    spent: dict[str, float] = {"cpu": 0.0, "wall": 0.0}
    losses: list[float] = []
    batches = corpus.batches(c)
    ends = {round((k + 1) * c["steps"] / c["evaluations"]) for k in range(c["evaluations"])}
    for step in range(1, c["steps"] + 1):
        batch = next(batches)
        cpu, wall = time.process_time(), time.perf_counter()
        losses.append(run.step(batch))
        spent["cpu"] += time.process_time() - cpu
        spent["wall"] += time.perf_counter() - wall
        if step in ends:
            print(json.dumps(_point(step, spent, losses, corpus, run)), file=answers)
            losses = []


def _point(step: int, spent: dict[str, float], losses: list[float], corpus: Any, run: Any) -> dict[str, Any]:
    start = time.process_time()
    run.measuring(True)
    value = corpus.measure(run)
    run.measuring(False)
    return {"step": step, **spent, "loss": sum(losses) / len(losses), "first": losses[:10], "value": value,
            "measured_in": time.process_time() - start}


if __name__ == "__main__":
    main(*sys.argv[1:])
