"""What may go wrong around a program: a full disk, no rights, Ctrl-C, no renderer, an old locale, a night of steps.

Each time what was there before stays as it was, nothing is left half written, and the message says what to do.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import json
import os
import signal
import subprocess
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clock import PATIENCE
from test_demos import DEMOS, run

import tinydawn as td
from tinydawn import models, nn, optim, text, viz
from tinydawn.errors import DataError, TinydawnError
from tinydawn.storage.download import Corpus, CorpusFile

ROOT = Path(td.__file__).parent.parent
posix = pytest.mark.skipif(os.name == "nt", reason="signals and limits of POSIX")


class Full:
    """A file on a disk that is full: nothing can be written."""

    def __init__(self, handle: int, mode: str) -> None:
        self.handle = handle

    def write(self, data: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def __enter__(self) -> Full:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self.handle)


def linear() -> Any:
    return nn.Linear(2, 2)


def checkpoint(path: Path) -> Any:
    model = linear()
    made = td.Checkpoint(path, model, optim.SGD(model.parameters(), lr=0.1))
    made._ours = True  # as if it had written what is there
    return made


def metrics_json(path: Path) -> None:
    sys.path.insert(0, str(DEMOS))
    try:
        from support.run import Results
    finally:
        sys.path.remove(str(DEMOS))
    Results("demo", Namespace(out=path.parent, seed=0, quick=True), "none").write()


# what is written: its file, and how
WRITTEN: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "model": ("m.safetensors", lambda path: td.save(linear().state_dict(), path)),
    "checkpoint": ("c.safetensors", lambda path: checkpoint(path).save(step=1)),
    "drawing": ("d.svg", lambda path: td.draw((td.ones(2, requires_grad=True) * 2.0).sum()).save(path)),
    "dot": ("d.dot", lambda path: td.draw((td.ones(2, requires_grad=True) * 2.0).sum()).save(path)),
    "figure": ("f.svg", lambda path: viz.training_curves({"a": [(0, 1.0), (1, 0.5)]}, path)),
    "metrics.json": ("metrics.json", metrics_json),
    "WordPiece": ("vocab.txt", lambda path: text.WordPiece.train(["a b"], 9).save(path)),
    "BPE": ("merges.txt", lambda path: text.BPE.train("ab ab", 1).save(path.parent)),
}


@pytest.fixture(params=WRITTEN)
def written(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Callable[[Path], Any]]:
    """A file that is there already, and what writes it anew."""
    name, write = WRITTEN[request.param]
    if request.param == "figure":
        pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    path = tmp_path / "folder" / name
    path.parent.mkdir()
    path.write_bytes(b"as it was")
    return path, write


# --- disks ----------------------------------------------------------------------------------------------------------

def test_a_full_disk(written, monkeypatch):
    path, write = written
    monkeypatch.setattr("tinydawn.storage.files.os.fdopen", Full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        write(path)
    monkeypatch.undo()
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(path), "the file that was wanted, and no temporary name"
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == b"as it was"
    write(path)
    assert path.read_bytes() != b"as it was", "with room, the same call works"


def test_a_folder_that_may_not_be_written_to(written, monkeypatch):
    """Root may write anywhere, so the refusal of the system is played."""
    path, write = written

    def refused(**options: Any) -> Any:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(options["dir"] / ".temporary"))

    monkeypatch.setattr("tinydawn.storage.files.tempfile.mkstemp", refused)
    if path.name == "metrics.json":  # this is said before the work, not after it
        monkeypatch.setattr("tempfile.TemporaryFile", refused)
        with pytest.raises(DataError, match=r"--out: cannot write into .*folder.*Permission denied(?s:.*)fix: name a folder"):
            write(path)
    else:
        with pytest.raises(PermissionError, match="cannot be written: Permission denied") as caught:
            write(path)
        assert caught.value.filename == str(path)
    assert path.read_bytes() == b"as it was"


@posix
def test_a_real_limit_of_the_system(tmp_path):
    """A file of a megabyte where the system lets a file have 100 kB."""
    code = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
import numpy as np, tinydawn as td
td.save({"small": np.zeros(3)}, sys.argv[1])
try:
    td.save({"large": np.zeros(200_000)}, sys.argv[1])
except OSError as error:
    print(error)
print(list(td.load(sys.argv[1])))
"""
    path = tmp_path / "m.safetensors"
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, timeout=PATIENCE, cwd=ROOT,
                          check=True)
    assert done.stdout.splitlines() == [f"[Errno 27] cannot be written: File too large: '{path}'", "['small']"]
    assert [p.name for p in tmp_path.iterdir()] == ["m.safetensors"]


def test_a_demo_on_a_full_disk_says_so_in_one_line(tmp_path):
    """/dev/full has no room; a demo shows an error of a file in its own words, without a traceback."""
    code = f"""
import sys; sys.path.insert(0, {str(DEMOS)!r})
import errno, os
from support import run, training
from test_faults import Full
import tinydawn.storage.files
run.parse(run.arguments("x"))
tinydawn.storage.files.os.fdopen = Full
training.save_model("m.safetensors", __import__("tinydawn").nn.Linear(1, 1))
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, cwd=tmp_path,
                          env=environment)
    assert done.returncode == 1
    assert done.stderr == "error: m.safetensors: cannot be written: No space left on device\n"
    assert list(tmp_path.iterdir()) == []


def test_a_full_cache(tmp_path, monkeypatch):
    """A download that the disk has no room for: nothing is left, and the fix names the variable."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.delenv("TINYDAWN_DATA", raising=False)
    monkeypatch.setattr("tinydawn.storage.download._fetch", lambda *args: b"text")
    monkeypatch.setattr("tinydawn.storage.download.os.fdopen", Full)
    tiny = Corpus("a/b", "0", {"a.txt": CorpusFile("a.txt", 4, "0")}, "CC0", "Nobody")
    monkeypatch.setitem(text.CORPORA, "tiny", tiny)
    with pytest.raises(DataError, match=r"tiny: cannot write to the cache folder .*No space left(?s:.*)fix: make room there"):
        text.find("tiny")
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: b"", lambda data: b"\xff\xfe" + data,
                                    lambda data: bytes(255 - b for b in data)], ids=["cut", "empty", "head", "bits"])
def test_a_corpus_of_ones_own_that_is_damaged(tmp_path, monkeypatch, damage):
    """Nobody knows the checksum of these files: still no traceback, and the file is named."""
    folder = tmp_path / "multi30k"
    folder.mkdir()
    lines = "".join(f"ein hund {i}\n" for i in range(30)).encode()
    for name in text.CORPORA["multi30k"].files:
        (folder / name).write_bytes(lines)
    monkeypatch.setenv("TINYDAWN_DATA", str(tmp_path))
    assert len(text.load_parallel("multi30k", "val")) == 30
    broken = next(name for name in text.CORPORA["multi30k"].files if "val" in name)
    (folder / broken).write_bytes(damage(lines))
    with pytest.raises(DataError) as caught:
        text.load_parallel("multi30k", "val")
    assert "fix: " in str(caught.value)


def test_archives_that_are_damaged(tmp_path):
    """Any byte of a zip changed, or its end cut off: what it held, or a DataError that names the file."""
    import zipfile

    from tinydawn.text import readers

    path, rng = tmp_path / "reviews.zip", np.random.default_rng(0)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("neg/a.txt", "pos/b.txt"):
            archive.writestr(f"movie_reviews/{name}", "one film .\nanother line .\n" * 20)
        archive.writestr("brown/cats.txt", "ca01 news\n")
        archive.writestr("brown/ca01", "The/at dog/nn")
        archive.writestr("rte/rte1_dev.xml", "<x><pair value='TRUE'><t>a</t><h>b</h></pair></x>")
    whole = path.read_bytes()
    readings = (readers.movie_reviews, readers.brown_files, lambda path: readers.rte_pairs(path, "rte1_dev"))
    expected = [read(path) for read in readings]
    refused = unnamed = 0
    for i in range(150):
        data = bytearray(whole)
        data[int(rng.integers(len(data)))] ^= int(rng.integers(1, 256))
        path.write_bytes(bytes(data) if i % 3 else whole[:int(rng.integers(len(whole)))])
        for read, before in zip(readings, expected, strict=True):
            try:
                assert len(read(path)) <= len(before)
            except DataError as error:
                refused += str(path) in str(error)
                unnamed += str(path) not in str(error)
    assert unnamed == 0
    assert refused > 100


# --- Ctrl-C ---------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What the demo saves when nothing disturbs it."""
    folder = tmp_path_factory.mktemp("nnlm")
    done = run("--quick", "--save", "whole.st", folder=folder, demo="nnlm")
    assert done.returncode == 0, done.stderr
    return folder


def heed() -> None:
    """Ctrl-C is not to be ignored, as it is by what a shell has put into the background, and by all that this starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@posix
def test_ctrl_c_in_a_demo_saves_says_where_and_goes_on_with_the_same_bits(trained):
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8", "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, DEMOS / "nnlm.py", "--quick", "--save", "own.st"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True, cwd=trained, env=environment, start_new_session=True,
                               preexec_fn=heed)
    until = time.monotonic() + PATIENCE
    while not (trained / "own.st.checkpoint").exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode not in (0, None)
    assert said.splitlines()[-1] == "stopped; what was reached is in own.st.checkpoint; go on with --resume"
    assert "Traceback" not in said
    assert not (trained / "own.st").exists()
    done = run("--quick", "--save", "own.st", "--resume", folder=trained, demo="nnlm")
    assert done.returncode == 0, done.stderr
    own, whole = td.load(trained / "own.st"), td.load(trained / "whole.st")
    assert own.metadata == whole.metadata
    assert own.keys() == whole.keys()
    assert all(own[name].numpy().tobytes() == whole[name].numpy().tobytes() for name in whole)


def test_resume_of_nothing(trained):
    done = run("--quick", "--resume", folder=trained, demo="nnlm")
    assert done.returncode == 2
    assert "--resume: add --save FILE" in done.stderr
    done = run("--quick", "--save", "gone.st", "--resume", folder=trained, demo="nnlm")
    assert done.returncode == 1
    assert done.stderr.startswith("error: --resume: there is no gone.st.checkpoint\n  fix: ")


# --- what is not installed, or not set ------------------------------------------------------------------------------

BARE = """
import builtins, sys, warnings
real = builtins.__import__
def without(name, *rest, **more):
    if name.split(".")[0] in ("matplotlib", "cairosvg"):
        raise ImportError(f"no {name}")
    return real(name, *rest, **more)
builtins.__import__ = without
import numpy as np, tinydawn as td
loss = (td.ones(2, requires_grad=True) * 2.0).sum()
for call in (lambda: td.viz.training_curves({"a": [(0, 1.0)]}, "f.svg"),
             lambda: td.viz.attention_heatmap(np.ones((1, 1)), ["a"], ["b"], "h.svg"),
             lambda: td.draw(loss, depth="ops").save("d.svg"), lambda: td.draw(loss, depth="ops").save("d.png")):
    try:
        call()
        print("done")
    except td.errors.TinydawnError as error:
        print(str(error).splitlines()[0].encode("ascii", "replace").decode(), "|", str(error).splitlines()[-1])
"""


def test_neither_dot_nor_matplotlib(tmp_path):
    """A fresh machine: every picture that cannot be drawn says what to install."""
    environment = {**os.environ, "PATH": str(tmp_path), "TINYDAWN_DOT": str(tmp_path / "none"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", BARE], capture_output=True, text=True, timeout=PATIENCE, cwd=tmp_path,
                          env=environment)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert len(said) == 4
    for line in said[:2]:
        assert "needs matplotlib, which is not installed" in line
        assert "pip install" in line
    for line in said[2:]:
        assert "fix: " in line or line == "done"
    assert any(str(tmp_path / "none") in line for line in said[2:])


def test_no_display(tmp_path):
    """Figures are files: no display is asked for, whatever backend the environment names."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment |= {"MPLBACKEND": "TkAgg", "PYTHONPATH": str(ROOT)}
    code = """
import numpy as np, tinydawn as td
td.viz.attention_heatmap(np.ones((1, 1)), ["a"], ["b"], "h.png")
td.viz.training_curves({"a": [(0, 1.0)]}, "c.svg")
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=PATIENCE,
                          cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c.svg", "h.png"]


def test_a_locale_that_is_not_utf_8(tmp_path):
    """An old terminal: letters that it has not are shown as ?, files are UTF-8 nevertheless, and nothing breaks."""
    lines = [f"床前明月光 {i} 疑是地上霜" for i in range(60)]
    (tmp_path / "own.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    old = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    environment = {**os.environ, "CI": "1", **old}
    done = subprocess.run([sys.executable, DEMOS / "nnlm.py", "--quick", "--data", "own.txt", "--out", "out"],
                          capture_output=True, timeout=PATIENCE, cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr.decode("ascii")
    assert "?" in done.stdout.decode("ascii")
    record = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert record["data"] == "own.txt"
    code = r"import tinydawn as td; b = td.text.BPE.train('\u5e8a \u5e8a', 2); b.save('b'); " \
           r"print(td.text.BPE.load('b').tokens == b.tokens)"
    pieces = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, cwd=tmp_path,
                            env={**environment, "PYTHONPATH": str(ROOT)})
    assert pieces.stdout == "True\n", pieces.stderr


# --- a long night ---------------------------------------------------------------------------------------------------

def small_lstm() -> Callable[[], Any]:
    """One training step of a small LSTM language model, whose state goes on from step to step."""
    td.manual_seed(0)
    model = models.RNNLM(40, 8, 8, kind="lstm")
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    ids = np.random.default_rng(0).integers(40, size=(7, 4))
    kept: list[Any] = [None]

    def step() -> None:
        loss, state = model(ids[:-1], ids[1:], kept[0])
        kept[0] = tuple(part.detach() for part in state)
        optimizer.zero_grad()
        loss.backward()
        optim.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return step


@pytest.mark.parametrize("steps", [1000, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_memory_stays_flat(steps):
    """What Python and NumPy hold after a tenth of the steps is what they hold at the end, to a few kB: a leak of one object in
    each step would be 90 kB and more."""
    import tracemalloc

    step = small_lstm()
    for _ in range(20):
        step()
    tracemalloc.start()
    try:
        held = []
        for i in range(steps):
            step()
            if i in (steps // 10, steps - 1):
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert held[1] - held[0] < 40_000, f"{held[1] - held[0]} bytes more after {steps} steps"


@pytest.mark.parametrize("program", ["lstm", "attention", "second order", "error", "no_grad", "search"])
def test_no_reference_cycles(program):
    """With the collector off all memory is freed by counting: it finds nothing afterwards."""
    model = nn.MultiheadAttention(8, 2)
    lstm = small_lstm()

    def attention() -> None:
        x = td.randn(3, 2, 8, requires_grad=True)
        model(x, x, x)[0].sum().backward()

    def second_order() -> None:
        x = td.randn(3, requires_grad=True)
        (g,) = td.grad((x * x * x).sum(), x, create_graph=True)
        g.sum().backward()

    def error() -> None:
        with contextlib.suppress(TinydawnError):
            td.ones(2, 3, requires_grad=True) @ td.ones(2, 3)

    def no_grad() -> None:
        with td.no_grad():
            td.randn(3).tanh()

    def search() -> None:
        log_p = np.log(np.full((2, 5), 0.2))
        td.decode.beam_search(lambda tokens, state: (log_p[:1].repeat(len(tokens), 0), state), None, 2, 0, 1, 4)

    call = {"lstm": lstm, "attention": attention, "second order": second_order, "error": error, "no_grad": no_grad,
            "search": search}[program]
    for _ in range(3):  # what is made once, such as caches
        call()
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        for _ in range(3):
            call()
        found = gc.collect()
        kinds = sorted({type(x).__name__ for x in gc.garbage})
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert found == 0, f"the collector found {found} objects: {kinds}"
