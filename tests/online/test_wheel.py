"""The wheel is complete, and holds nothing of the site; one that is built from the sdist is the same, byte for byte."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BUILD = "import sys, hatchling.build as b; print(getattr(b, 'build_' + sys.argv[2])(sys.argv[1]))"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not (ROOT / "pyproject.toml").is_file(), reason="no checkout")]


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what builds the package."""
    folder = tmp_path_factory.mktemp("backend")
    done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", folder,
                           "hatchling"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"hatchling could not be installed: {done.stderr.strip()[-200:]}")
    return folder


def build(backend: Path, source: Path, out: Path, what: str) -> Path:
    out.mkdir(exist_ok=True)
    done = subprocess.run([sys.executable, "-c", BUILD, out, what], cwd=source, capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": str(backend)})
    return out / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def wheel(backend: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(backend, ROOT, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as pip would lay it out."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def tracked(*folders: str) -> set[str]:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    done = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return set(done.stdout.splitlines())


def test_the_wheel_holds_the_package_and_the_lessons_and_no_more(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = tracked("tinydawn")
    lessons = {name.replace("demos/", "tinydawn/demos/lessons/", 1) for name in tracked("demos") - tracked("demos/site")}
    assert package | lessons <= names
    assert not [name for name in names if name.startswith("tinydawn/demos/lessons/site") or not name.startswith("tinydawn/")]


def test_the_sdist_builds_the_same_wheel(backend: Path, wheel: Path, tmp_path: Path) -> None:
    sdist = build(backend, ROOT, tmp_path / "sdist", "sdist")
    with tarfile.open(sdist) as archive:
        names = archive.getnames()
        archive.extractall(tmp_path / "source", filter="data")
    assert not [name for name in names if "/tests/labs/" in name], "the answers are for instructors"
    (source,) = (tmp_path / "source").iterdir()
    again = build(backend, source, tmp_path / "again", "wheel")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        assert sorted(one.namelist()) == sorted(other.namelist())
        assert not [name for name in one.namelist() if one.read(name) != other.read(name)]


PROGRAM = """import torch
x = torch.tensor([1.0, 2.0], requires_grad=True)
x.max(dim=0).values.backward()
print(x.grad)
"""


@pytest.mark.parametrize(("command", "expected"), [
    (["tinydawn.demos", "list"], "draw_graphs"),
    (["tinydawn.demos", "notebook", "bpe"], "bpe.ipynb"),
    (["tinydawn.demos", "copy", "bptt", "lessons"], "bptt.py"),
    (["tinydawn.demos", "run", "bpe", "--quick"], "metrics.json"),
    (["tinydawn.labs", "list"], "Softmax and cross-entropy"),
    (["tinydawn.labs", "start", "3", "--notebook"], "lab03_softmax.ipynb"),
    (["tinydawn.labs", "start", "3", "zh", "--lang", "zh"], "lab03_softmax.py"),
    (["tinydawn.torch", "program.py"], "tensor([0., 1.])"),
], ids=lambda value: " ".join(value[:3]) if isinstance(value, list) else "")
def test_commands_work_in_another_folder(installed: Path, tmp_path: Path, command: list[str], expected: str) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    done = subprocess.run([sys.executable, "-m", *command], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False,
                          env={**os.environ, "PYTHONPATH": str(installed), "PYTHONIOENCODING": "utf-8"})
    assert done.returncode == 0, done.stderr
    assert expected in done.stdout


def test_that_was_the_wheel(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", "import tinydawn, tinydawn.demos as d; print(tinydawn.__file__, d.folder())"],
                          cwd=tmp_path, capture_output=True, text=True, check=True,
                          env={**os.environ, "PYTHONPATH": str(installed)})
    assert [path.startswith(str(installed)) for path in done.stdout.split()] == [True, True]
