"""How fast is it? One training step of ten workloads, beside the same step written by hand in NumPy, and PyTorch eager.

    python -m tests.bench                          the table, and out/bench/bench.svg
    python -m tests.bench --workloads lstm,vae --rounds 15
    python -m tests.bench --device cuda            on an NVIDIA GPU, beside PyTorch there, if it has CUDA: wall time
    PYTHONPATH=tests/device/fake:. python -m tests.bench --device cuda --rounds 1
                                                   a rehearsal of that without a GPU, on the double of CuPy: no figures
    python -m tests.bench --device double          what a step asks of a GPU: launches, copies, waits, counted without one
    python -m tests.bench --programs               steps of public programs beside PyTorch eager, and out/bench/programs.svg
    python -m tests.bench --programs --dtype float64
    python -m tests.bench --threads 2              two threads each; then all times are wall time
    python -m tests.bench --runs                   three models until they are good, beside PyTorch: out/bench/runs.json, runs.svg
    python -m tests.bench --runs ptb --implementations torch --threads 2
                                                   one of these runs; it replaces what runs.json has of it

Every implementation of a workload runs in its own process, with one BLAS thread unless told. First five steps from the
same weights on the same batches, whose losses and whose parameters afterwards must agree. Then in turn, a burst each, so
that what else the machine does disturbs all alike. A figure is the median over rounds of CPU time divided by the limit's
in the same round. The limit, impl_limit.py, allocates once, writes in place, and knows the network it trains.

On a GPU the limit, which computes on the CPU, only says what the losses are to be, and is not timed. The clock is read when
the device is done. Both have their numbers there before a step begins; tinydawn's ids are on the host, where it checks
them, and PyTorch's on the device. PyTorch's products are in float32, without TF32.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from . import impl_tinydawn, workloads
from .decoding import seconds as translating
from .programs import kinds
from .runs import corpora
from .runs.compare import run_all
from .worker import source

NAMES = ("limit", "torch", "tinydawn")
CHECKED = 5  # steps compared before timing
THREADS = {"of BLAS": 1}  # and of PyTorch, in every process: --threads


class Worker:
    def __init__(self, implementation: str, workload: str, device: str = "cpu", settings: dict[str, Any] | None = None) -> None:
        self.name = implementation
        self.seconds: list[list[float]] = []
        threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "TINYDAWN_BENCH_THREADS"),
                                str(THREADS["of BLAS"]))
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed with the process)
        self.process = subprocess.Popen([sys.executable, "-m", f"{__package__}.worker", implementation, workload,
                                         json.dumps(settings or {})],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True,
                                        env={**os.environ, **threads, "TINYDAWN_BENCH_DEVICE": device},
                                        cwd=Path(__file__).parents[2])
        told = self._answer()
        self.version, self.device = told["version"], told["device"]

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            raise SystemExit(f"{self.name} failed:\n{self.errors.read()[-2000:]}")
        return json.loads(line)

    def ask(self, **what: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        print(json.dumps(what), file=self.process.stdin, flush=True)
        return self._answer()

    def close(self) -> None:
        self.process.communicate()
        self.errors.close()


def compare(workload: str, names: tuple[str, ...], rounds: int, device: str = "cpu", tolerance: float = 1e-3,
            **settings: Any) -> dict[str, dict[str, Any]]:
    """Per implementation: milliseconds, ratio to the first, megabytes, and the largest differences from the first.

    On "cuda" the first, which is the limit, computes on the CPU and is not timed: the ratio is to the second.
    """
    workers = [Worker(name, workload, "cpu" if name == "limit" else device, settings) for name in names]
    of, _ = source(workload)
    rows: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as folder:
        start = of.params(workload, of.config(workload, **settings))
        for worker in workers:
            path = f"{folder}/{worker.name}.npz"
            losses = worker.ask(steps=CHECKED, params=path)["losses"]
            rows[worker.name] = {"losses": losses, "params": dict(np.load(path)), "version": worker.version,
                                 "device": worker.device}
        for row in rows.values():
            first = rows[names[0]]
            row["loss_error"] = max(abs(a - b) / max(1, abs(b)) for a, b in zip(row["losses"], first["losses"], strict=True))
            row["update_error"] = float(max(
                np.linalg.norm(row["params"][n] - first["params"][n]) / max(1e-12, np.linalg.norm(first["params"][n] - p))
                for n, p in start.items()))
        if not rows["tinydawn"]["loss_error"] <= tolerance:
            raise SystemExit(f"{workload}: the losses differ from those of {names[0]}: a timing would mean nothing")
    for worker in workers[:0 if device == "cpu" else 1]:
        del rows[worker.name]["params"]
        worker.close()
    workers = workers[0 if device == "cpu" else 1:]
    bursts = {w.name: int(np.clip(0.3 / max(1e-6, np.median(w.ask(steps=2)["seconds"])), 1, 500)) for w in workers}
    seconds = np.array([[np.median(w.ask(steps=bursts[w.name])["seconds"]) for w in workers] for _ in range(rounds)])
    for i, worker in enumerate(workers):
        row = rows[worker.name]
        row.update(milliseconds=1e3 * float(np.median(seconds[:, i])), grown_mb=worker.ask()["grown_mb"],
                   ratio=float(np.median(seconds[:, i] / seconds[:, 0])))
        del row["params"]
        worker.close()
    return rows


def per_op(names: tuple[str, ...], rounds: int, device: str = "cpu") -> dict[str, dict[str, float]]:
    """Microseconds of one small op, in a chain of 1,000 on 10 numbers: forward, and forward and backward."""
    workers = [Worker(name, "chain", device) for name in names]
    times: dict[str, dict[str, list[float]]] = {name: {"forward": [], "both": []} for name in names}
    for _ in range(rounds):
        for worker in workers:
            for call in ("forward", "both"):
                times[worker.name][call].append(1e3 * float(np.median(worker.ask(steps=9, call=call)["seconds"])))
    for worker in workers:
        worker.close()
    return {name: {call: float(np.median(t)) for call, t in calls.items()} for name, calls in times.items()}


def draw(results: dict[str, dict[str, dict[str, Any]]], path: Path, reference: str, clock: str) -> None:
    """One row of points per workload: how many times the reference each of the others takes."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 0.4 * len(results) + 1.2))
    colours = {"torch": "#D55E00", "tinydawn": "#0072B2"}
    for i, rows in enumerate(results.values()):
        for name in list(rows)[1:]:
            axes.plot(rows[name]["ratio"], -i, "o", color=colours[name], label=name if i == 0 else None)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_yticks([-i for i in range(len(results))], list(results))
    axes.set_xscale("log")
    ratios = [row["ratio"] for rows in results.values() for row in rows.values()]
    ticks = [t for t in (0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10) if min(ratios) / 1.5 <= t <= max(1, *ratios) * 1.5]
    axes.set_xticks(ticks, [str(t) for t in ticks])
    axes.minorticks_off()
    axes.set_xlabel(f"{clock} of a training step, as a multiple of {reference}")
    axes.legend(loc="lower right")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, bbox_inches="tight")


def write(name: str, figures: dict[str, Any], results: dict[str, dict[str, dict[str, Any]]], out: Path, reference: str,
          clock: str = "CPU time") -> None:
    """The figures as JSON, and as a picture the ratios of the results to the first of each row, if there is a second."""
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.json").write_text(json.dumps(figures, indent=1) + "\n")
    if importlib.util.find_spec("matplotlib") and all(len(rows) > 1 for rows in results.values()):
        draw(results, out / f"{name}.svg", reference, clock)
    print(f"written to {out}")


def programs(chosen: list[str], rounds: int, dtype: str, out: Path) -> None:
    """The steps of public programs: PyTorch eager, and tinydawn as a multiple of it."""
    if not importlib.util.find_spec("torch"):
        raise SystemExit("--programs compares with PyTorch, which is not installed")
    print(f"{'program':26}PyTorch ms  tinydawn ms   ratio   agreement ({dtype})")
    results = {}
    for kind in chosen:
        rows = results[kind] = compare(kind, ("torch", "tinydawn"), rounds, tolerance=1e-4, dtype=dtype)
        ours = rows["tinydawn"]
        print(f"{kind:26}{rows['torch']['milliseconds']:10.2f}{ours['milliseconds']:13.2f}{ours['ratio']:8.2f}   "
              f"{ours['loss_error']:.0e}", flush=True)
    ratios = [rows["tinydawn"]["ratio"] for rows in results.values()]
    print(f"ratio: worst {max(ratios):.2f}, median {np.median(ratios):.2f}, best {min(ratios):.2f}")
    write("programs", {"dtype": dtype, "programs": results}, results, out, "PyTorch eager")


def on_a_gpu(chosen: list[str], rounds: int, out: Path) -> None:
    """Steps, one small op, and decoding on an NVIDIA GPU, beside PyTorch on it: a table, and cuda.json in `out`."""
    _, device = impl_tinydawn.use("cuda")
    impl_tinydawn.td.use_backend("numpy")
    rehearsed, beside = device.startswith("no GPU"), torch_has_cuda()
    print(f"device: {device}")
    print("PyTorch: " + ("on the same device, without TF32" if beside else "not here, or without CUDA: tinydawn stands alone"))
    if rehearsed:
        print("A rehearsal on the double of CuPy: these are no figures of a GPU")
    names = (*(("torch",) if beside else ()), "tinydawn")
    print("workload    " + "".join(f"{n + ' ms':>14}" for n in names) + "   ratio" * beside
          + "   wall time of a step; agreement (loss, update) with NumPy")
    results: dict[str, dict[str, dict[str, Any]]] = {}
    for workload in chosen:
        rows = compare(workload, ("limit", *names), rounds, "cuda")
        ours = rows["tinydawn"]
        results[workload] = {n: rows[n] for n in names}
        print(f"{workload:12}" + "".join(f"{rows[n]['milliseconds']:14.2f}" for n in names)
              + f"{ours['ratio']:8.2f}" * beside + f"   {ours['loss_error']:.0e} {ours['update_error']:.0e}", flush=True)
    ops = per_op(names, rounds, "cuda")
    print("one small op, wall microseconds: " + ", ".join(f"{n} {t['forward']:.2f} forward, {t['both']:.2f} with backward"
                                                          for n, t in ops.items()))
    sentences = 100 if rehearsed else 1000
    decoding = translating(sentences, device="cuda")
    print(f"{sentences:,} sentences translated, wall seconds: " + ", ".join(f"{n} {s:.1f}" for n, s in decoding.items()))
    figures = {"device": device, "workloads": results, "per_op": ops, "decoding": {"sentences": sentences, **decoding}}
    write("cuda", figures, results, out, "PyTorch on the same GPU", "Wall time")


def torch_has_cuda() -> bool:
    if not importlib.util.find_spec("torch"):
        return False
    import torch

    return bool(torch.cuda.is_available())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workloads", help="the names of some, with commas between; also of programs")
    parser.add_argument("--programs", action="store_true", help="steps of public programs beside PyTorch eager")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32", help="of the programs")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--device", choices=("cpu", "cuda", "double"), default="cpu",
                        help="where tinydawn computes; double: launches are counted, at small widths")
    parser.add_argument("--full", action="store_true", help="of --device double: count at full size, minutes for the large")
    parser.add_argument("--out", type=Path, default=Path("out/bench"))
    parser.add_argument("--threads", type=int, default=1, help="of BLAS and of PyTorch; with several all times are wall time")
    parser.add_argument("--runs", nargs="?", const=",".join(corpora.CONFIGS), metavar="CORPORA",
                        help="whole trainings; TINYDAWN_DATA names the folder of the corpora")
    parser.add_argument("--implementations", default="torch,tinydawn", help="of --runs")
    parser.add_argument("--settings", type=json.loads, default={}, help='of --runs, other than usual: \'{"steps": 100}\'')
    options = parser.parse_args()
    if options.runs:
        names = options.implementations.split(",")
        return run_all(options.runs.split(","), names, options.threads, options.out, options.settings)
    THREADS["of BLAS"] = options.threads
    if options.device == "double":
        from . import launches

        every = [*launches.SMALL, *launches.LARGE]
        return launches.table(options.workloads.split(",") if options.workloads else every, options.full)
    chosen = (options.workloads or ",".join(kinds.CONFIGS if options.programs else workloads.CONFIGS)).split(",")
    if options.programs:
        return programs(chosen, options.rounds, options.dtype, options.out)
    if options.device == "cuda":
        return on_a_gpu(chosen, options.rounds, options.out)
    names = tuple(n for n in NAMES if n != "torch" or importlib.util.find_spec("torch"))
    others = names[1:]
    print("workload     limit ms" + "".join(f"{n:>12}" for n in others) + "   agreement (loss, update)")
    results = {}
    for workload in chosen:
        rows = results[workload] = compare(workload, names, options.rounds)
        ours = rows["tinydawn"]
        print(f"{workload:12}{rows['limit']['milliseconds']:9.2f}" + "".join(f"{rows[n]['ratio']:11.2f}x" for n in others)
              + f"   {ours['loss_error']:.0e} {ours['update_error']:.0e}", flush=True)
    ops = per_op(names, options.rounds)
    print("one small op, microseconds: " + ", ".join(f"{n} {t['forward']:.2f} forward, {t['both']:.2f} with backward"
                                                     for n, t in ops.items()))
    with threadpool_limits(options.threads):
        decoding = translating()
    print("1,000 sentences translated, CPU seconds: " + ", ".join(f"{n} {s:.1f}" for n, s in decoding.items()))
    write("bench", {"workloads": results, "per_op": ops, "decoding": decoding}, results, options.out, "NumPy written by hand",
          "CPU time" if options.threads == 1 else "Wall time")


if __name__ == "__main__":
    main()
