"""Every demo that trains for minutes: killed in the middle and gone on with, it reports the numbers of a run that was not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from clock import PATIENCE
from quick_run import quick_run
from test_demos import DEMOS, assert_refused, run

import tinydawn as td

KILLED = Path(__file__).with_name("killed.py")
MACHINE = ("second", "time", "ms_", "us_per_", "_MB_", "speedup", "crossover", "times_faster")  # what a clock said, or took up
BY_CLOCK = ("copy_nats_lstm", "light_nats_transformer")  # trained for as many seconds as the other one

# demo -> the steps after which it dies, how many trainings have then begun, and arguments
STOPS = {"beam_search": (11, 1, []), "rnn_lm": (50, 1, []), "seq2seq": (130, 2, []), "transformer": (90, 1, ["--no-lstm"]),
         "bert": (110, 2, []), "finetune": (60, 1, []), "next_sentence": (102, 1, []), "longformer": (21, 2, []),
         "vae_lm": (400, 3, [])}


def killed(step: int, demo: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CI": "1", "PYTHONIOENCODING": "utf-8", "OPENBLAS_NUM_THREADS": "1"}
    environment.pop("TINYDAWN_DATA", None)
    command = [sys.executable, str(KILLED), str(step), str(DEMOS / f"{demo}.py"), "--quick", "--save", "m", "--out", "out"]
    done = subprocess.run([*command, *arguments], cwd=folder, env=environment, capture_output=True, encoding="utf-8",
                          timeout=PATIENCE, check=False)
    assert done.returncode == 9, done.stderr
    return done


@pytest.mark.parametrize("demo", STOPS)
def test_a_run_that_was_killed_ends_with_the_same_numbers(demo, tmp_path, tmp_path_factory):
    step, trainings, arguments = STOPS[demo]
    whole = quick_run(demo, tmp_path_factory.mktemp(demo)).record
    killed(step, demo, tmp_path, *arguments)
    assert len(list(tmp_path.glob("m.checkpoint*"))) == trainings
    done = run("--quick", "--save", "m", "--out", "out", "--resume", *arguments, folder=tmp_path, demo=demo)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    compared = 0
    for kind in ("metrics", "baselines"):
        for name, value in found[kind].items():
            if not any(word in name for word in (*MACHINE, *BY_CLOCK)):
                assert value == whole[kind][name], name
                compared += 1
    assert compared > 3
    assert found["figures"] == whole["figures"]
    assert not list(tmp_path.glob("m.checkpoint*")), "the run has ended"
    assert td.load(tmp_path / "m")


def test_a_run_by_the_clock_goes_on(tmp_path):
    """ELECTRA is given seconds: those that were used before it was killed count."""
    arguments = ["--data", "own.txt", "--seconds", "3"]
    (tmp_path / "own.txt").write_text("the cat sat on the mat\nthe dog sat on the cat\na dog saw the mat\n" * 40, "utf-8")
    killed(8, "electra", tmp_path, *arguments)  # soon: on a slow machine there are not many more
    before = td.load(tmp_path / "m.checkpoint-electra")
    progress = json.loads(before.metadata["checkpoint"])["processes"][0]["progress"]
    assert progress["updates"]["value"] == 8
    done = run("--quick", "--save", "m", "--out", "out", "--resume", *arguments, folder=tmp_path, demo="electra")
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert record["metrics"]["updates_electra"] > 8


def test_what_a_stopped_run_left_is_not_written_over(tmp_path):
    killed(11, "beam_search", tmp_path)
    left = (tmp_path / "m.checkpoint").read_bytes()
    assert_refused(run("--quick", "--save", "m", folder=tmp_path),
                   "--save: there is m.checkpoint, of a run that stopped, or is still running", "go on with it by --resume")
    assert_refused(run("--quick", "--save", "m", "--resume", "--seed", "1", folder=tmp_path),
                   "m.checkpoint is of a run with other settings: seed 0, not 1")
    assert_refused(run("--quick", "--save", "m", "--resume", "--epochs", "2", folder=tmp_path), "epochs None, not 2")
    assert_refused(run("--quick", "--save", "m", "--resume", folder=tmp_path, demo="nnlm"),
                   "m.checkpoint is of a run with other settings: demo beam_search, not nnlm")
    assert_refused(run("--quick", "--save", "m", "--resume", folder=tmp_path, demo="bert"),
                   "--resume: there is no m.checkpoint-window-mean, only m.checkpoint", "the demo that wrote it")
    assert (tmp_path / "m.checkpoint").read_bytes() == left
    done = run("--quick", "--save", "m", "--resume", "--load", "m", folder=tmp_path)
    assert (done.returncode, "leave out one of them" in done.stderr) == (2, True)
    (tmp_path / "m.checkpoint").write_bytes(left[:-7])
    assert_refused(run("--quick", "--save", "m", "--resume", folder=tmp_path), "m.checkpoint", "fix: remove it, to begin anew")


def test_what_others_left_beside_it_stays(tmp_path):
    """A copy that was made to be careful, notes, and files of other runs whose names begin alike."""
    killed(11, "beam_search", tmp_path)
    mine = ["m.checkpoint.bak", "m.checkpoint-notes.txt", "m.checkpointed", ".m.checkpoint.mine", "m.checkpoint2"]
    for name in mine:
        (tmp_path / name).write_bytes(b"mine")
    done = run("--quick", "--save", "m", "--resume", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "m.checkpoint: going on after step 8" in done.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*mine, "m", "out"])
    done = run("--quick", "--save", "m", "--epochs", "1", folder=tmp_path)
    assert done.returncode == 0, "none of them is a run that stopped"


def test_other_data_under_the_same_name(tmp_path):
    lines = ["the cat sat on the mat", "the dog sat on the cat", "a dog saw the mat", "a cat saw the dog"] * 40
    (tmp_path / "own.txt").write_text("\n".join(lines), "utf-8")
    killed(5, "rnn_lm", tmp_path, "--data", "own.txt")
    shared = ["--quick", "--save", "m", "--out", "out", "--resume"]
    (tmp_path / "own.txt").write_text("\n".join(lines[::-1]), "utf-8")
    assert_refused(run(*shared, "--data", "own.txt", folder=tmp_path, demo="rnn_lm"),
                   "m.checkpoint is of a run with other settings: data sha256 ")
    (tmp_path / "own.txt").write_text("\n".join(lines), "utf-8")
    (tmp_path / "own.txt").rename(tmp_path / "moved, and renamed.txt")
    done = run(*shared, "--data", tmp_path / "moved, and renamed.txt", folder=tmp_path, demo="rnn_lm")
    assert done.returncode == 0, "the same file elsewhere: " + done.stderr


def test_a_folder_of_data_that_changed(tmp_path):
    (tmp_path / "data").mkdir()
    words = {"de": "der hund schläft .", "en": "the dog sleeps ."}
    for split, n in (("train", 200), ("val", 20), ("test_2016_flickr", 20)):
        for language, sentence in words.items():
            (tmp_path / "data" / f"{split}.{language}").write_text("\n".join(f"{sentence} {i % 7}" for i in range(n)), "utf-8")
    killed(3, "beam_search", tmp_path, "--data", "data")
    changed = tmp_path / "data" / "train.en"
    changed.write_text(changed.read_text("utf-8").replace("sleeps", "eats"), "utf-8")
    assert_refused(run("--quick", "--save", "m", "--resume", "--data", "data", folder=tmp_path), "other settings: data sha256 ")


@pytest.mark.parametrize(("arguments", "said"), [
    (["--save", "new/"], "names a folder"), (["--save", "own.txt", "--data", "own.txt"], "written over your data"),
    (["--save", "m", "--load", "m"], "leave out one of them"),
    (["--save", "m"], "there is m.checkpoint, which is no checkpoint, or is damaged"),
    (["--save", "pipe"], "is a pipe or a device"), (["--save", "p"], "there is p.checkpoint, which is no checkpoint"),
])
def test_what_cannot_end_well_is_refused_at_the_start(tmp_path, arguments, said):
    (tmp_path / "own.txt").write_text("a text\n" * 20, "utf-8")
    (tmp_path / "m.checkpoint").write_text("mine", "utf-8")
    if os.name != "nt":
        for name in ("pipe", "p.checkpoint"):
            os.mkfifo(tmp_path / name)  # reading one would wait for ever
    before = sorted(path.name for path in tmp_path.iterdir())
    done = run("--quick", *arguments, folder=tmp_path, demo="rnn_lm")
    assert done.returncode != 0
    assert said in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_several_processes_that_would_do_the_same(tmp_path):
    done = run("--quick", "--save", "m", folder=tmp_path, demo="rnn_lm", PMI_SIZE="2")
    assert (done.returncode, "mpiexec started 2 processes" in done.stderr) == (2, True)
