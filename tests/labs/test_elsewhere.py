"""Checking where no process can be started and no alarm be set, as in a browser."""

from __future__ import annotations

import signal
import sys
import textwrap

import pytest

from tests.labs import solved
from tests.labs.__main__ import labs
from tinydawn import labs as package
from tinydawn.labs import answers, cell, checking

LAB = next(lab for lab in labs() if lab.number == 3)


@pytest.fixture
def alone(monkeypatch):
    monkeypatch.setattr(sys, "platform", "emscripten")
    monkeypatch.delattr(signal, "setitimer", raising=False)


def test_a_file_is_checked_in_this_process(alone, tmp_path):
    assert answers.usual() is answers.Here
    begun = []
    report = checking.check_file(solved.write(LAB, tmp_path), package.tables()[3], begun=begun.append)
    assert {found.status for found in report.verdicts.values()} == {"right"}
    assert begun == list(report.verdicts)
    assert not report.limited


def test_elsewhere_a_process_checks_it():
    assert answers.usual() is answers.Child


def test_what_does_not_end_is_stopped_and_costs_its_own_hole_alone(alone, tmp_path):
    path = solved.write(LAB, tmp_path)
    path.write_text(path.read_text("utf-8") + textwrap.dedent("""

        def sgd_step(w, g, lr):
            while True:
                try:
                    w = w - 1
                except Exception:
                    pass
        """), "utf-8")
    report = checking.check_file(path, package.tables()[3], seconds=1.0)
    assert report.verdicts["sgd_step"].mistake == "too slow"
    assert {found.status for name, found in report.verdicts.items() if name != "sgd_step"} == {"right"}


def test_a_loop_in_a_cell_is_stopped_by_the_clock(alone, monkeypatch):
    def sgd_step(w, g, lr):
        while True:
            w = w - 1

    monkeypatch.setattr(cell, "SECONDS", 0.5)
    before = sys.gettrace()
    assert package.check(sgd_step).verdict.mistake == "too slow"
    assert sys.gettrace() is before
