"""What a training step asks of a GPU, counted on the double of CuPy: python -m tests.bench --device double.

A launch costs some microseconds, however little it computes, and a step of these models launches hundreds of
kernels: their number is what a small model's time on a GPU is made of, and it can be counted on any machine. Copies
to the device and waits for it cost more, and float64 is slow there. What counts as what says
tests/device/counting.py. These are no times.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import tinydawn as td
from tinydawn import models, nn, optim
from tinydawn.nn import functional as F

from . import impl_tinydawn, workloads

sys.path.insert(0, str(Path(__file__).parents[1] / "device"))  # where the double is

Config = dict[str, Any]
Arrays = dict[str, np.ndarray]
SMALL = [name for name in workloads.CONFIGS if name != "scalar"]
# What is smaller where it is counted. The count depends on the layers, on the steps, and on how often the most
# frequent id occurs: the gradient of its row is added up in levels of 64. So batches are those of full size, with rare
# ids folded onto others; and widths, which are only the lengths of loops inside a kernel, become small, but none 1, of
# which all layouts are the same. --full counts at full size: the counts are the same.
REDUCED = dict(V=500, d=8, h=8, hid=8, ff=8, heads=2)
SHORTER = dict(S=16, B=512, nmask=2)  # of the large Transformer: the same 8,192 tokens
# name -> whose workload it is, and its sizes
LARGE: dict[str, tuple[str, Config]] = {
    "transformer 512": ("transformer", dict(V=10000, d=512, heads=8, ff=2048, layers=6, S=256, B=32, nmask=38)),
    "lstm 1024": ("lstm", dict(V=10000, d=1024, h=1024, B=64, T=64)),
    "seq2seq 512": ("seq2seq", dict(V=10000, d=512, h=512, B=64, S=40, T=40)),
    "seq2seq by steps": ("seq2seq by steps", dict(V=10000, d=512, h=1024, B=64, S=40, T=40, lr=1e-3)),
}


# --- what is counted --------------------------------------------------------------------------------------------------


class BySteps(nn.Module):
    """models.Seq2Seq, whose decoder looks at the source before each of its steps; without dropout."""

    def __init__(self, c: Config) -> None:
        self.model = models.Seq2Seq(c["V"], c["V"], c["d"], c["h"], dropout=0.0)

    def forward(self, b: Arrays) -> td.Tensor:
        logits, _ = self.model(b["src"], b["lengths"], b["x"])  # (B, T, V)
        return F.cross_entropy(logits.flatten(0, 1), b["y"].reshape(-1), ignore_index=0)


def _step_by_steps(c: Config) -> impl_tinydawn.Step:
    model = BySteps(c)
    return impl_tinydawn.Step(model, optim.Adam(model.parameters(), lr=c["lr"]), {})


def _batches_by_steps(c: Config) -> list[Arrays]:
    """Those of the workload seq2seq, with sources of S / 2 to S words."""
    found = []
    for b in workloads.batches("seq2seq", c, n=2):
        lengths = np.random.default_rng(2).integers(c["S"] // 2, c["S"] + 1, c["B"])
        source = np.where(np.arange(c["S"]) < lengths[:, None], b["src"].T, 0)
        found.append({"src": source, "lengths": lengths, "x": b["x"].T.copy(), "y": b["y"].T.copy()})
    return found


def _folded(batch: Arrays, V: int) -> Arrays:
    """The batch with its ids below V: rare ones become others, and 0, which is padding or a mask, stays."""
    return {name: np.where(a == 0, 0, 1 + (a - 1) % (V - 1)) if name in ("x", "y", "src") else a for name, a in batch.items()}


def training(name: str, full: bool = True) -> tuple[impl_tinydawn.Step, list[Arrays]]:
    """A step of this workload and two batches. full: at its own widths; else at those of REDUCED."""
    workload, sizes = LARGE.get(name, (name, {}))
    sizes = workloads.CONFIGS.get(workload, {}) | sizes
    sizes |= SHORTER if name == "transformer 512" and not full else {}
    made = sizes if full else sizes | {k: n for k, n in REDUCED.items() if k in sizes}
    if workload == "seq2seq by steps":
        step, batches = _step_by_steps(made), _batches_by_steps(sizes)
    else:
        step = impl_tinydawn.WORKLOADS[workload](workloads.params(workload, made), made)
        batches = workloads.batches(workload, sizes, n=2)
    return step, [_folded(b, made["V"]) if "V" in made else b for b in batches]


def count(name: str, full: bool = False) -> tuple[Any, int]:
    """What the second step of a workload asks of the double (a counting.Seen), and what `ideal` says of it."""
    import counting
    import cupy_double

    before = sys.modules.get("cupy")
    sys.modules["cupy"] = cupy_double.make()
    td.use_backend("cupy")
    try:
        step, batches = training(name, full)
        step.update(batches[0])  # makes what an optimizer remembers
        with counting.counting() as seen:
            step.update(batches[1])
        return seen, ideal(step, batches[1])
    finally:
        td.use_backend("numpy")
        del sys.modules["cupy"]
        if before is not None:
            sys.modules["cupy"] = before


# --- and what it might be ---------------------------------------------------------------------------------------------

VIEWS = {"reshape", "permute", "broadcast_to", "detach"}
PASSES = {"add", "sub", "cat", "sum", "getitem", "clone", "reshape", "permute", "detach"}  # what comes in, or a part of it
# Ops that are several formulas: products, each a launch of its own, and what stands between them. n: how many
# arguments need a gradient. In a recurrent layer each of T steps is a product and a kernel, and the product of all
# inputs is one.
RECURRENT = ("rnn", "gru", "lstm")
FORWARD: dict[str, Callable[[int], int]] = {"attention": lambda T: 3, **dict.fromkeys(RECURRENT, lambda T: 1 + 2 * T)}
BACKWARD: dict[str, Callable[[int, int], int]] = {
    "attention": lambda T, n: n + 2, **dict.fromkeys(RECURRENT, lambda T, n: 2 * T + n)}


def ideal(step: impl_tinydawn.Step, batch: Arrays) -> int:
    """How many launches a step would take with one kernel per formula.

    Of the graph that the step records: forward one launch for each op, but none for a view (a reshape, a permutation,
    a broadcast, a slice); backward one for each gradient that an op has to give, but none where that is the gradient it
    was given, or a view of it (of a sum, a concatenation, a slice, a difference's first operand), unless an operand was
    broadcast, so that it has to be summed. Gradients that meet are added by the kernel that gives the last of them. A
    product is one launch, its bias included, whatever the layout of its operands. Ops that hold several products count
    each: attention 3 forward (scores, softmax, values) and two more than its gradients backward (through the values and
    the softmax); a recurrent layer of T steps 1 + 2 T forward (all inputs; in each step the state's product and one
    kernel), and 2 T and one per gradient backward. Then one launch per parameter for the optimizer, and for clipping
    two per parameter and one: its part of the norm, the norm, and what is scaled. Copies to the device count nothing.
    A lower number is possible (several parameters, steps or formulas in one kernel), a much lower one is not simple.
    """
    total, seen, todo = 0, set(), [step.model(batch)._node]
    while todo:
        node = todo.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        todo += node.parents
        if node.op is None:
            continue
        name, wanted = node.op.name, [p for p in node.parents if p is not None]
        if name in FORWARD:
            T = len(node.saved[0])
            total += FORWARD[name](T) + BACKWARD[name](T, len(wanted))
            continue
        total += 0 if name in VIEWS or (name == "getitem" and not _by_arrays(node.settings["index"])) else 1
        total += sum(not _passes(node, name, i, p) for i, p in enumerate(node.parents) if p is not None)
    parameters = sum(p.requires_grad for p in step.model.parameters())
    return total + parameters + (0 if step.clip is None else 2 * parameters + 1)


def _passes(node: Any, name: str, i: int, parent: Any) -> bool:
    """Whether the gradient of argument i is the one that came in, or a view of it."""
    if name not in PASSES or (name == "sub" and i == 1) or (name == "getitem" and _by_arrays(node.settings["index"])):
        return False
    return name not in ("add", "sub") or parent.shape == node.shape


def _by_arrays(index: Any) -> bool:
    return any(hasattr(i, "dtype") for i in (index if isinstance(index, tuple) else (index,)))


# --- the table --------------------------------------------------------------------------------------------------------


def table(names: list[str], full: bool = False, places: int = 10) -> None:
    """Print a line for each workload, and where most of its launches come from."""
    print("counted on the double of CuPy, one training step each; no times, and no GPU\n")
    print(f"{'workload':18}launches   ideal  ratio   copies in   copies out   waits   float64")
    for name in names:
        seen, best = count(name, full)
        n = seen.totals()
        print(f"{name:18}{n['launches']:8d}{best:8d}{n['launches'] / best:7.2f}{n['copies_in']:12d}{n['copies_out']:13d}"
              f"{n['waits']:8d}{n['float64']:10d}", flush=True)
        for (place, function), times in seen.places("launches").most_common(places):
            calls = [(call[0], k) for call, k in seen.calls["launches"].most_common() if call[1:] == (place, function)]
            print(f"    {times:6d}  {place:30} {function:26} " + ", ".join(f"{call} {k}" for call, k in calls))
        for kind in ("waits", "copies_out", "float64"):
            for (place, function), times in seen.places(kind).most_common(places):
                print(f"    {kind} {times}  {place} {function}")
        print(flush=True)
