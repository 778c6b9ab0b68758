"""The command that builds the site, given what it cannot work with: one line that says what, and nothing half that is trusted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tinydawn.errors import DataError

SITE = Path(__file__).parents[2] / "demos" / "site"
if not SITE.is_dir():
    pytest.skip("the site's sources are not beside the tests", allow_module_level=True)
pytest.importorskip("pygments", reason="Pygments is not installed: the site cannot be built")
sys.path.insert(0, str(SITE))

import assets  # noqa: E402
import build  # noqa: E402
import checks  # noqa: E402
import lessons  # noqa: E402


@pytest.mark.parametrize(("out", "says"), [
    ("file", "is a file"), ("full", "no earlier build"), ("cache/site", "one inside the other"), (".", "one inside the other"),
    (build.ROOT, "where the sources are"), (build.ROOT.parent, "where the sources are"),
    (SITE / "pages", "where the sources are")])
def test_a_site_is_written_only_where_nothing_else_is(tmp_path: Path, out: Any, says: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.html").touch()
    with pytest.raises(DataError, match=says):
        checks.place_of_site(tmp_path / out, tmp_path / "cache")
    (tmp_path / "full" / ".site").touch()
    checks.place_of_site(tmp_path / "full", tmp_path / "cache")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all packages were there."""
    monkeypatch.setattr(checks, "FOR_PAGES", ())
    monkeypatch.setattr(checks, "FOR_NOTEBOOKS", ())


@pytest.mark.usefixtures("installed")
def test_what_is_missing_is_told_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, cache = tmp_path / "out", tmp_path / "cache"
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"--cache: .* cannot be written"):
        checks.ready(out, tmp_path / "file" / "cache", "cdn", True)
    with pytest.raises(DataError, match=r"--pyodide: 'nowhere' has no pyodide.asm.wasm"):
        checks.ready(out, cache, "nowhere", False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DataError, match="there is no npm"):
        checks.ready(out, cache, "cdn", True)
    for package in assets.FROM_NPM:
        assets.kept_file(package, cache).touch()
    checks.ready(out, cache, "cdn", True)
    monkeypatch.setattr(checks, "FOR_PAGES", ("no_such_package",))
    with pytest.raises(DataError, match="needs no_such_package"):
        checks.ready(out, cache, "cdn", True)


def test_a_pyodide_of_another_version_or_half_of_one_is_refused(tmp_path: Path) -> None:
    for name in ("pyodide.asm.wasm", "pyodide.js", "python_stdlib.zip"):
        (tmp_path / name).touch()
    (tmp_path / "pyodide-lock.json").write_text(json.dumps({"info": {"version": "0.1"}}))
    with pytest.raises(DataError, match="has no numpy"):
        assets.pyodide_folder(str(tmp_path))
    (tmp_path / "numpy-2.whl").touch()
    with pytest.raises(DataError, match=r"is Pyodide 0\.1"):
        assets.pyodide_folder(str(tmp_path))


def test_npm_that_fails_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'npm error code ENOTFOUND' >&2\necho 'npm error more' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(DataError, match=r"npm pack @viz-js/viz@[\d.]+ failed: npm error code ENOTFOUND\n"):
        assets.fetch(tmp_path / "cache")


def test_one_build_at_a_time(tmp_path: Path) -> None:
    again = f"import sys; sys.path[:0] = {[str(SITE), str(build.ROOT)]!r}; import checks, pathlib\n" \
            f"with checks.alone(pathlib.Path({str(tmp_path)!r})): print('in')"
    with checks.alone(tmp_path):
        second = subprocess.run([sys.executable, "-c", again], capture_output=True, encoding="utf-8", check=False)
    assert second.returncode == 1
    assert "another build is using" in second.stderr
    assert subprocess.run([sys.executable, "-c", again], capture_output=True, check=False).returncode == 0


def test_pages_of_an_earlier_build_go(tmp_path: Path) -> None:
    out, pages = tmp_path / "out", tmp_path / "pages"
    for name in ("index.html", "gone.html", "lecture/old.html", "lecture/new.html", "genindex.html", "source/a.py.html",
                 "playground/index.html"):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).touch()
    (pages / "lecture").mkdir(parents=True)
    (pages / "index.md").touch()
    (pages / "lecture" / "new.md").touch()
    assert checks.prune(out, pages) == ["gone.html", "lecture/old.html"]
    assert (out / "playground" / "index.html").is_file()


def test_a_failing_lesson_is_told_in_a_line_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = "Traceback\n\x1b[32m----> 3\x1b[39m 1 / 0\n\nZeroDivisionError: division by zero\n"
    assert lessons.why(told) == "ZeroDivisionError: division by zero at: 3 1 / 0"
    assert lessons.why("") == "it said nothing"
    failed = subprocess.CompletedProcess([], 1, "", told)
    monkeypatch.setattr(lessons.subprocess, "run", lambda *args, **kwargs: failed)
    with pytest.raises(DataError, match="the lesson bpe failed: ZeroDivisionError"):
        lessons.kept("bpe", "--quick", tmp_path, "")

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(lessons.subprocess, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        lessons.kept("bpe", "--quick", tmp_path, "")

    def endless(*args: Any, **kwargs: Any) -> Any:
        raise subprocess.TimeoutExpired("python", 1)

    monkeypatch.setattr(lessons.subprocess, "run", endless)
    with pytest.raises(DataError, match="still running after"):
        lessons.kept("bpe", "--quick", tmp_path, "")
    assert list((tmp_path / "lessons").iterdir()) == []


def test_what_sphinx_says_names_the_page_that_one_writes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = build.OwnPaths(sys.stdout, tmp_path)
    said.write(f"{tmp_path}/index.md:3: WARNING: x\n{tmp_path}/api/made.md:1: WARNING: y\n")
    assert capsys.readouterr().out == f"demos/site/pages/index.md:3: WARNING: x\n{tmp_path}/api/made.md:1: WARNING: y\n"


@pytest.mark.filterwarnings("ignore")  # of what Sphinx will have in its next version
def test_a_wrong_page_fails_the_second_build_too(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("sphinx", reason="Sphinx is not installed: no page is built")
    pytest.importorskip("furo", reason="furo is not installed: no page is built")
    work, out, trees = tmp_path / "pages", tmp_path / "out", tmp_path / "trees"
    (work / "_static").mkdir(parents=True)
    known = {"lessons": [], "pages": {}, "cache": str(tmp_path), "notebooks": {}, "colab": {}}
    (work / "site.json").write_text(json.dumps(known))
    wrong = "# One\n\n```{lesson} nope\n```\n\n```{lab} x\n```\n\n{source}`tinydawn/gone.py`\n\n[gone](gone.md)\n"
    for k in range(2):
        (work / "index.md").write_text(wrong)
        assert build.sphinx(work, out, trees) == 1
        said = capfd.readouterr().err
        for line in ("3: WARNING: there is no lesson 'nope'", "6: WARNING: there is no lab x", "there is no tinydawn/gone.py",
                     "'gone.md'"):
            assert line in said, (k, line, said)
    (work / "index.md").write_text("# One\n")
    assert build.sphinx(work, out, trees) == 0
    assert not (tmp_path / "trees-unsure").exists()
