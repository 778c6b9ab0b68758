"""The runs, one process each, what they report kept in runs.json after every evaluation, and the picture of them."""

from __future__ import annotations

import datetime
import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np

from . import corpora

COLOURS = {"torch": "#D55E00", "tinydawn": "#0072B2"}
LABELS = {"torch": "PyTorch", "tinydawn": "tinydawn"}
Record = dict[str, Any]


class Kept:
    """runs.json: a record for every run, by corpus, implementation and threads. A run that is repeated replaces its record."""

    def __init__(self, path: Path) -> None:
        self.path, self.lock = path, threading.Lock()
        self.runs: dict[str, Record] = json.loads(path.read_text())["runs"] if path.exists() else {}

    def put(self, name: str, record: Record) -> None:
        with self.lock:
            self.runs[name] = record
            self.path.parent.mkdir(parents=True, exist_ok=True)
            new = self.path.with_suffix(".new")
            new.write_text(json.dumps({"runs": self.runs}, indent=1) + "\n")
            new.replace(self.path)  # a run that is stopped leaves the file whole


def named(kind: str, implementation: str, threads: int) -> str:
    """What a run is called in runs.json."""
    return f"{kind}, {implementation}, {threads}"


def machine() -> str:
    """The processor, and how many of its cores there are."""
    cpu = Path("/proc/cpuinfo")
    models = [line.split(":")[1].strip() for line in cpu.read_text().splitlines() if line.startswith("model name")
              ] if cpu.exists() else []
    return f"{models[0] if models else platform.processor() or platform.machine()}, {os.cpu_count()} cores"


def reached(record: Record, clock: str) -> float | None:
    """Seconds to the first evaluation that was as good as the target."""
    target, falls = record["settings"]["target"], record["settings"]["falls"]
    return next((p[clock] for p in record["curve"] if (p["value"] <= target if falls else p["value"] >= target)), None)


def run(kind: str, implementation: str, threads: int, kept: Kept, settings: Record, core: int | None) -> None:
    """One run in its own process, from beginning to end; kept after every evaluation."""
    number = str(threads)
    environment = {**os.environ, **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), number)}
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.worker", implementation, kind, number, json.dumps(settings),
             "" if core is None else str(core)],
            stdout=subprocess.PIPE, stderr=errors, text=True, env=environment, cwd=Path(__file__).parents[3])
        assert process.stdout is not None
        record: Record = {}
        for line in process.stdout:
            found = json.loads(line)
            if not record:
                record = {"kind": kind, "implementation": implementation, "threads": threads, "beside": core is not None,
                          "machine": machine(), "python": platform.python_version(), "numpy": np.__version__,
                          "date": datetime.date.today().isoformat(), **found, "curve": [], "done": False}
                continue
            record["curve"].append(found)
            record["done"] = found["step"] == record["settings"]["steps"]
            kept.put(named(kind, implementation, threads), record)
            print(f"{kind:16}{LABELS[implementation]:9}{threads:2} {found['step']:6} steps{found['cpu']:8.1f} s CPU"
                  f"{found['wall']:8.1f} s   loss {found['loss']:7.4f}   {found['value']:8.4g}", flush=True)
        if process.wait():
            errors.seek(0)
            print(f"{named(kind, implementation, threads)} failed:\n{errors.read()[-2000:]}", flush=True)


def run_all(chosen: list[str], implementations: list[str], threads: int, out: Path, settings: Record) -> None:
    """All runs of the corpora: with one thread the implementations beside each other, a core each; with more in turn."""
    for name in implementations:
        if not importlib.util.find_spec(name):
            raise SystemExit(f"{name} is not installed: --implementations names those that are")
    kept = Kept(out / "runs.json")
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    for kind in chosen:
        if threads == 1 and len(implementations) == 2 and len(cores) >= 2:
            both = [threading.Thread(target=run, args=(kind, name, 1, kept, settings, core))
                    for name, core in zip(implementations, cores, strict=False)]
            for one in both:
                one.start()
            for one in both:
                one.join()
        else:
            for name in implementations:
                run(kind, name, threads, kept, settings, None)
        table(kept.runs, [kind], threads)
        if importlib.util.find_spec("matplotlib"):
            draw(kept.runs, out / "runs.svg")
    print(f"written to {out}")


def table(runs: dict[str, Record], chosen: list[str], threads: int) -> None:
    """Seconds to the target, and of a step; the largest difference of the first ten losses."""
    for kind in chosen:
        rows = {name: found for name in LABELS if (found := runs.get(named(kind, name, threads)))}
        for name, row in rows.items():
            times = [reached(row, clock) for clock in ("cpu", "wall")]
            shown = "not reached" if times[0] is None else f"{times[0]:.0f} s CPU, {times[1]:.0f} s"
            last = row["curve"][-1]
            print(f"{kind}, {threads} thread(s): {LABELS[name]} to {row['settings']['target']:g}: {shown}; "
                  f"a step {1e3 * last['cpu'] / last['step']:.0f} ms CPU, {1e3 * last['wall'] / last['step']:.0f} ms")
        if len(rows) == 2:
            first = [np.array(row["curve"][0]["first"]) for row in rows.values()]
            ratio = {clock: np.divide(*[row["curve"][-1][clock] / row["curve"][-1]["step"] for row in
                                        (rows["tinydawn"], rows["torch"])]) for clock in ("cpu", "wall")}
            print(f"{kind}, {threads} thread(s): a step of tinydawn takes {ratio['cpu']:.2f} of PyTorch's CPU time, "
                  f"{ratio['wall']:.2f} of its time; first losses differ by {np.max(abs(first[0] / first[1] - 1)):.0e}")


def draw(runs: dict[str, Record], path: Path) -> None:
    """A panel for every corpus: the value over seconds of training, the target dashed, two threads dashed too.

    Of one thread the seconds are the processor's, which no other program on the machine makes more.
    """
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, len(corpora.CONFIGS), figsize=(11, 3.2))
    for axes, (kind, settings) in zip(panels, corpora.CONFIGS.items(), strict=True):
        axes.set_title(kind)
        axes.set_ylabel(settings["value"])
        of_kind = [row for row in runs.values() if row["kind"] == kind]
        clock = "wall" if any(row["threads"] > 1 for row in of_kind) else "cpu"
        axes.set_xlabel("seconds of training" + (", of the processor" if clock == "cpu" else ""))
        for row in of_kind:
            several = row["threads"] > 1
            axes.plot([p[clock] for p in row["curve"]], [p["value"] for p in row["curve"]], "--" if several else "-",
                      color=COLOURS[row["implementation"]], linewidth=1.2,
                      label=LABELS[row["implementation"]] + (f", {row['threads']} threads" if several else ""))
        target = settings["target"]
        axes.axhline(target, color="black", linewidth=0.8, linestyle="--")
        axes.set_ylim((0.94 * target, 1.5 * target) if settings["falls"] else (0.3 * target, 1.1 * target))
        axes.set_xlim(left=0)
        if of_kind:
            axes.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(path, bbox_inches="tight")
    plt.close(figure)
