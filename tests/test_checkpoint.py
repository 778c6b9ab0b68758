"""Checkpoints: a run that was killed at any moment ends with the same bits; what is damaged changes nothing."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from clock import PATIENCE

import tinydawn as td
from tinydawn import models, optim
from tinydawn.errors import DTypeError, StateError, TinydawnError
from tinydawn.storage.checkpoint import _digest

PROGRAM = """
import sys, numpy as np, tinydawn as td
from tinydawn import models, optim
path, out, slow = sys.argv[1], sys.argv[2], float(sys.argv[3])
import time
td.manual_seed(0)
model = models.RNNLM(30, 8, 8, dropout=0.2)
optimizer = optim.Adam(model.parameters(), lr=0.01)     # its state has rows of the embedding that were put off
schedule = optim.get_linear_schedule_with_warmup(optimizer, 10, 120)
data = np.random.default_rng(1)
checkpoint = td.Checkpoint(path, model, optimizer, schedule, {"data": data}, every=3, keep=2)
done = checkpoint.resume()
state = done.get("state")
print("from", done.get("step", 0), flush=True)
with checkpoint.on_interrupt():
    for step in range(done.get("step", 0), 120):
        ids = data.integers(30, size=(6, 2))
        loss, state = model(ids[:-1], ids[1:], None if state is None else tuple(s.detach() for s in state))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        time.sleep(slow)
        checkpoint.step(step=step + 1, state=state)
        print(step + 1, flush=True)
td.save(model.state_dict(), out)
"""


def start(folder, name, slow=0.0):
    arguments = [sys.executable, "-c", PROGRAM, str(folder / f"{name}.ckpt"), str(folder / f"{name}.out"), str(slow)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            preexec_fn=None if os.name == "nt" else heed)


def heed():
    """Ctrl-C is not to be ignored, as it is by what a shell has put into the background, and by all that this starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def finish(process):
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    return out


def test_killed_at_twenty_random_moments(tmp_path):
    finish(start(tmp_path, "whole"))
    rng, kills, resumed = random.Random(0), 0, set()
    while True:
        process = start(tmp_path, "killed", slow=0.002)
        resumed.add(int(process.stdout.readline().split()[1]))
        if kills == 20:
            finish(process)
            break
        for _ in range(rng.randrange(8)):  # after so many steps, however long they take
            process.stdout.readline()
        time.sleep(rng.uniform(0, 0.005))
        process.kill()
        process.communicate()
        kills += 1
        for leftover in tmp_path.glob(".killed*.tmp"):  # long ago: a younger one may be of a run that goes on
            os.utime(leftover, (0, 0))
    assert len(resumed) > 3, "it has to be killed at several places, or this shows nothing"
    whole, killed = (td.load(tmp_path / f"{name}.out") for name in ("whole", "killed"))
    for name in whole:
        np.testing.assert_array_equal(whole[name].numpy(), killed[name].numpy(), err_msg=name)
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".killed")], "what a killed save left is cleared away"


@pytest.mark.parametrize("moment", range(8))
def test_killed_while_it_saves(tmp_path, moment):
    """The process kills itself at each call that touches the file system during the second save."""
    wrapped = PROGRAM.replace("done = checkpoint.resume()", """
import os, signal, pathlib
calls = [0]
def die(function):
    def call(*args, **kwargs):
        if len(sys.argv) > 4 and checkpoint._calls > 3:
            if calls[0] == int(sys.argv[4]):
                os.kill(os.getpid(), signal.SIGKILL)
            calls[0] += 1
        return function(*args, **kwargs)
    return call
import tempfile
os.replace, os.chmod, os.fdopen, tempfile.mkstemp = map(die, (os.replace, os.chmod, os.fdopen, tempfile.mkstemp))
done = checkpoint.resume()""")
    def run(name, *more):
        arguments = [sys.executable, "-c", wrapped, str(tmp_path / f"{name}.ckpt"), str(tmp_path / f"{name}.out"), "0", *more]
        return subprocess.run(arguments, capture_output=True, text=True, timeout=PATIENCE)

    died = run("a", str(moment))
    assert died.returncode in (0, -signal.SIGKILL), died.stderr
    resumed = run("a")
    assert resumed.returncode == 0, resumed.stderr
    if died.returncode:
        assert int(resumed.stdout.split()[1]) in (3, 6)
    else:
        assert moment > 4
    assert run("b").returncode == 0
    a, b = (td.load(tmp_path / f"{name}.out") for name in "ab")
    assert all(np.array_equal(a[k].numpy(), b[k].numpy()) for k in a)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_saves_and_says_where(tmp_path):
    process = start(tmp_path, "stopped", slow=0.05)
    for _ in range(5):  # where it begins, and four steps
        process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode != 0
    assert f"KeyboardInterrupt: stopped; what was reached is in {tmp_path / 'stopped.ckpt'}" in err
    out = finish(start(tmp_path, "stopped"))
    assert int(out.split()[1]) > 0
    finish(start(tmp_path, "whole"))
    a, b = (td.load(tmp_path / f"{name}.out") for name in ("whole", "stopped"))
    assert all(np.array_equal(a[k].numpy(), b[k].numpy()) for k in a)


# --- in one process -----------------------------------------------------------------------------------------------


def run(optimizer=optim.AdamW, **options):
    td.manual_seed(0)
    model = models.BagOfWords(12, 2, 4)
    optimizer = optimizer(model.parameters(), lr=0.01, **options)
    return model, optimizer, optim.lr_scheduler.CosineAnnealingLR(optimizer, 50)


def train(model, optimizer, schedule, steps=3):
    for _ in range(steps):
        optimizer.zero_grad()
        td.nn.functional.cross_entropy(model(np.array([[1, 2, 3], [4, 4, 0]])), np.array([0, 1])).backward()
        optimizer.step()
        schedule.step()


@pytest.mark.parametrize(("kind", "options"), [
    (optim.SGD, {}), (optim.SGD, {"momentum": 0.9}), (optim.Adam, {}), (optim.Adam, {"amsgrad": True}), (optim.AdamW, {}),
    (optim.Adagrad, {}), (optim.RMSprop, {"momentum": 0.5, "centered": True}), (optim.Adadelta, {})], ids=str)
def test_every_optimizer_goes_on_with_the_same_bits(tmp_path, kind, options):
    parts = run(kind, **options)
    train(*parts)
    td.Checkpoint(tmp_path / "c", *parts).save(step=3)
    train(*parts)
    again = run(kind, **options)
    assert td.Checkpoint(tmp_path / "c", *again).resume() == {"step": 3}
    assert again[1].param_groups[0]["lr"] != 0.01, "the schedule goes on too"
    train(*again)
    for x, y in zip(parts[0].parameters(), again[0].parameters(), strict=True):
        np.testing.assert_array_equal(x.numpy(), y.numpy())
    assert again[1].state_dict()["param_groups"] == parts[1].state_dict()["param_groups"]


def test_saving_changes_nothing(tmp_path):
    one, other = run(), run()
    checkpoint = td.Checkpoint(tmp_path / "c", *other)
    train(*one)
    for _ in range(3):
        train(*other, steps=1)
        checkpoint.save()
    for x, y in zip(one[0].parameters(), other[0].parameters(), strict=True):
        np.testing.assert_array_equal(x.numpy(), y.numpy())


def test_generators_and_progress(tmp_path):
    parts, rng = run(), np.random.default_rng(5)
    checkpoint = td.Checkpoint(tmp_path / "c", *parts, {"data": rng})
    assert checkpoint.resume() == {}, "a new run"
    td.rand(3)
    rng.random(3)
    state = (td.ones(2, 3), td.zeros(2, 3))
    checkpoint.save(epoch=2, best=np.float64(1.5), text="a", state=state, last=td.ones(4), losses=[1.0, 2.0])
    expected = td.rand(2).tolist(), rng.random(2).tolist()
    td.rand(7)
    rng.random(7)
    done = checkpoint.resume()
    assert (td.rand(2).tolist(), rng.random(2).tolist()) == expected
    assert {k: v for k, v in done.items() if k not in ("state", "last")} == {
        "epoch": 2, "best": 1.5, "text": "a", "losses": [1.0, 2.0]}
    assert [s.tolist() for s in done["state"]] == [s.tolist() for s in state]
    assert done["last"].tolist() == [1, 1, 1, 1]
    with pytest.raises(StateError, match="not JSON serializable"):
        checkpoint.save(what=object())


def test_the_last_k_are_kept(tmp_path):
    parts = run()
    checkpoint = td.Checkpoint(tmp_path / "c", *parts, every=2, keep=3)
    for i in range(11):
        checkpoint.step(i=i)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c", "c.1", "c.2"]
    assert checkpoint.resume() == {"i": 9}
    (tmp_path / "c").unlink()  # as when it is killed between the renaming of one and the writing of the next
    assert checkpoint.resume() == {"i": 7}


def test_what_does_not_fit_changes_nothing(tmp_path):
    parts = run()
    train(*parts)
    td.Checkpoint(tmp_path / "c", *parts).save(step=3)
    other = models.BagOfWords(13, 2, 4)
    model, optimizer, schedule = run()
    adam, sgd = optim.Adam(other.parameters()), optim.SGD(model.parameters())
    wrong = {
        "without a schedule": (model, optimizer), "another model": (other, optim.AdamW(other.parameters(), lr=0.01), schedule),
        "another optimizer": (model, sgd, schedule),
        "more generators": (model, optimizer, schedule, {"data": np.random.default_rng()})}
    before = [p.numpy().copy() for p in model.parameters()]
    for what, given in wrong.items():
        with pytest.raises(StateError, match=r"does not fit|of another shape") as error:
            td.Checkpoint(tmp_path / "c", *given).resume()
        assert "fix: " in str(error.value), what
    assert not optimizer.state
    assert not adam.state
    for p, x in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(p.numpy(), x)


def tampered(about, change):
    about = json.loads(json.dumps(about))
    change(about)
    return about


@pytest.mark.parametrize("change", [
    lambda a: a["processes"][0].pop("random"), lambda a: a["processes"][0]["random"]["tinydawn"].update(bit_generator="seed"),
    lambda a: a["processes"][0]["random"]["tinydawn"].update(state=3), lambda a: a.update(calls="many"),
    lambda a: a["processes"][0].update(progress=None), lambda a: a.update(processes=[]), lambda a: a.pop("processes"),
    lambda a: a["processes"][0]["progress"].update(x={"arrays": 5}), lambda a: a["optimizer"]["groups"].append({}),
    lambda a: a["optimizer"]["state"].clear(), lambda a: a["optimizer"].pop("steps"), lambda a: a["optimizer"].pop("groups"),
    lambda a: a["optimizer"].pop("state"), lambda a: a["optimizer"].update(steps="x"), lambda a: a.pop("scheduler"),
    lambda a: a["scheduler"].pop("last_epoch"), lambda a: a.update(optimizer=3), lambda a: a["optimizer"].update(state=[1, 2]),
], ids=range(18))
def test_a_tampered_file(tmp_path, change):
    parts = run()
    train(*parts)
    td.Checkpoint(tmp_path / "c", *parts).save(step=3)
    state = td.load(tmp_path / "c")
    text = json.dumps(tampered(json.loads(state.metadata["checkpoint"]), change))
    td.save(state, tmp_path / "c", state.metadata | {"checkpoint": text, "sha256": _digest(state, text)})  # as if it were right
    fresh = run()
    before = [p.numpy().copy() for p in fresh[0].parameters()]
    lr = fresh[1].param_groups[0]["lr"]
    with pytest.raises(StateError):
        td.Checkpoint(tmp_path / "c", *fresh).resume()
    assert (fresh[1].param_groups[0]["lr"], fresh[2].last_epoch, fresh[1].state) == (lr, 0, {})
    for p, x in zip(fresh[0].parameters(), before, strict=True):
        np.testing.assert_array_equal(p.numpy(), x)


def test_a_changed_bit_anywhere_is_found(tmp_path):
    """Whatever loads without an error has been read as it was written."""
    parts = run()
    train(*parts)
    path = td.Checkpoint(tmp_path / "c", *parts).save(step=3)
    whole, rng, refused = path.read_bytes(), np.random.default_rng(0), 0
    for at in rng.choice(len(whole), 200, replace=False):
        broken = bytearray(whole)
        broken[at] ^= 1 << int(rng.integers(8))
        path.write_bytes(bytes(broken))
        fresh = run()
        before = [p.numpy().copy() for p in fresh[0].parameters()]
        try:
            td.Checkpoint(path, *fresh).resume()
        except StateError:
            refused += 1
            for p, x in zip(fresh[0].parameters(), before, strict=True):
                np.testing.assert_array_equal(p.numpy(), x)
        else:
            for p, x in zip(fresh[0].parameters(), parts[0].parameters(), strict=True):
                np.testing.assert_array_equal(p.numpy(), x.numpy())
    assert refused > 190


def test_another_optimizer_or_schedule_of_the_same_form(tmp_path):
    model, optimizer, schedule = run()
    train(model, optimizer, schedule)
    td.Checkpoint(tmp_path / "c", model, optimizer, schedule).save(step=3)
    other = run(optim.Adam, weight_decay=0.01)
    with pytest.raises(StateError, match="its optimizer is AdamW, not Adam"):
        td.Checkpoint(tmp_path / "c", *other).resume()
    linear = optim.get_linear_schedule_with_warmup(optimizer, 2, 50)
    with pytest.raises(StateError, match="its schedule is CosineAnnealingLR"):
        td.Checkpoint(tmp_path / "c", model, optimizer, linear).resume()
    with pytest.raises(StateError, match="is a folder"):
        td.Checkpoint(tmp_path, model)


def test_no_checkpoint(tmp_path):
    parts = run()
    td.save(parts[0].state_dict(), tmp_path / "weights")
    with pytest.raises(StateError, match="is no checkpoint"):
        td.Checkpoint(tmp_path / "weights", *parts).resume()
    for wrong in ({"every": 0}, {"keep": 0}):
        with pytest.raises(StateError, match="at least 1"):
            td.Checkpoint(tmp_path / "c", *parts, **wrong)


def test_other_settings(tmp_path):
    parts = run()
    td.Checkpoint(tmp_path / "c", *parts, settings={"seed": 0, "sizes": (1, np.int64(2))}).save(step=3)
    assert td.Checkpoint(tmp_path / "c", *parts, settings={"seed": 0, "sizes": [1, 2]}).resume() == {"step": 3}
    larger = models.BagOfWords(13, 2, 4)
    for given in (parts, (larger, optim.AdamW(larger.parameters()), parts[2])):  # the cause is told, not what followed from it
        with pytest.raises(StateError, match=r"is of a run with other settings: seed 0, not 1, sizes \[1, 2\], not None"):
            td.Checkpoint(tmp_path / "c", *given, settings={"seed": 1}).resume()
    with pytest.raises(StateError, match=r"settings: [\s\S]*fix: numbers, text"):
        td.Checkpoint(tmp_path / "c", *parts, settings={"what": object()})


def test_a_schedule_that_looks_at_a_clock(tmp_path):
    """What it would say now is not what it said then."""
    clock = [0.25]
    def begin():
        model, optimizer, _ = run()
        return model, optimizer, optim.lr_scheduler.LambdaLR(optimizer, lambda t: 1 - clock[0])

    parts = begin()
    clock[0] = 0.5
    train(*parts)
    td.Checkpoint(tmp_path / "c", *parts).save()
    clock[0] = 0.0
    parts = begin()
    td.Checkpoint(tmp_path / "c", *parts).resume()
    assert parts[1].param_groups[0]["lr"] == 0.005
    clock[0] = 0.75
    train(*parts, steps=1)
    assert parts[1].param_groups[0]["lr"] == 0.0025


def test_arrays_in_lists_come_back_as_lists(tmp_path):
    parts = run()
    checkpoint = td.Checkpoint(tmp_path / "c", *parts)
    checkpoint.save(queue=[np.array([3, 1]), np.array([2])], pairs=[(0.5, np.float32(0.25))])
    assert checkpoint.resume() == {"queue": [[3, 1], [2]], "pairs": [[0.5, 0.25]]}


def test_what_is_there_is_not_written_over(tmp_path):
    parts = run()
    for name, keep in (("c", 1), ("d.1", 2)):  # a thesis; and what would be pushed out of its place
        (tmp_path / name).write_text("a thesis", encoding="utf-8")
        with pytest.raises(StateError, match=rf"there is .*{name}, which this run has neither read nor[\s\S]*fix: call resume"):
            td.Checkpoint(tmp_path / name[0], *parts, keep=keep).save(step=3)
        assert (tmp_path / name).read_text(encoding="utf-8") == "a thesis"
    first = td.Checkpoint(tmp_path / "e", *parts)
    first.save(step=3)
    first.save(step=4)
    again = td.Checkpoint(tmp_path / "e", *parts)
    assert again.resume() == {"step": 4}
    again.save(step=5)


def test_parameters_in_another_order(tmp_path):
    """Of the same shape, so that nothing else tells: each would go on with the other's momentum."""
    model = td.nn.Sequential(td.nn.Linear(3, 3, bias=False), td.nn.Linear(3, 3, bias=False))
    first, second = model.parameters()
    td.Checkpoint(tmp_path / "c", model, optim.Adam([first, second])).save()
    with pytest.raises(StateError, match="has the parameters in another order"):
        td.Checkpoint(tmp_path / "c", model, optim.Adam([second, first])).resume()


def test_odd_progress(tmp_path):
    parts = run()
    checkpoint = td.Checkpoint(tmp_path / "c", *parts, {"old": np.random.Generator(np.random.MT19937(3))})
    values = {"nan": float("nan"), "many": 2**200, "none": None, "deep": {"a": [{"b": [1.5]}]}}
    checkpoint.save(big=np.arange(3, dtype=">f4"), pair=(1, 2), **values)
    drawn = checkpoint.generators["old"].random(3)
    found = checkpoint.resume()
    np.testing.assert_array_equal(checkpoint.generators["old"].random(3), drawn)
    assert found["big"].tolist() == [0, 1, 2]
    assert found["pair"] == [1, 2]
    assert np.isnan(found.pop("nan"))
    assert {name: found[name] for name in ("many", "none", "deep")} == {name: values[name] for name in ("many", "none", "deep")}
    with pytest.raises(StateError, match=r"1 is a key of a dict[\s\S]*fix: text"):  # JSON would make it "1"
        checkpoint.save(losses={1: 0.5})


@pytest.mark.parametrize("wrong", [
    lambda m, o, s: ("c", None), lambda m, o, s: ("c", list(m.parameters())), lambda m, o, s: ("c", o, m),
    lambda m, o, s: ("c", m, s), lambda m, o, s: ("c", m, o, o), lambda m, o, s: ("c", m, o, s, [np.random.default_rng()]),
    lambda m, o, s: ("c", m, o, s, {"a": 1}), lambda m, o, s: (b"c", m), lambda m, o, s: ("", m), lambda m, o, s: (None, m),
], ids=range(10))
def test_wrong_arguments_are_refused_at_once(wrong, tmp_path, monkeypatch):
    """Not at the first save, which may be hours later."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TinydawnError, match=r"Checkpoint: [\s\S]*fix: "):
        td.Checkpoint(*wrong(*run()))


def test_a_damaged_file_says_what_is_left(tmp_path):
    parts = run()
    checkpoint = td.Checkpoint(tmp_path / "c", *parts, keep=2)
    checkpoint.save(step=1)
    checkpoint.save(step=2)
    (tmp_path / "c").write_bytes((tmp_path / "c").read_bytes()[:100])
    with pytest.raises(StateError, match=r"fix: remove it: resume\(\) then goes on with c\.1"):
        td.Checkpoint(tmp_path / "c", *parts, keep=2).resume()
    with pytest.raises(StateError, match="fix: remove it, to begin anew"):
        td.Checkpoint(tmp_path / "c", *parts).resume()
    (tmp_path / "c").unlink()
    assert td.Checkpoint(tmp_path / "c", *parts, keep=2).resume() == {"step": 1}


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_save_and_stop(number, tmp_path):
    """SIGTERM is what a batch system sends before it kills, SIGHUP a terminal that is closed."""
    checkpoint = td.Checkpoint(tmp_path / "c", *run())
    outside, before = signal.getsignal(number), signal.default_int_handler
    signal.signal(number, before)

    def work(checkpoint, steps):
        with checkpoint.on_interrupt():
            for step in range(steps):
                if step == 1:
                    os.kill(os.getpid(), number)
                checkpoint.step(step=step + 1)
            os.kill(os.getpid(), number)  # in what is done after the last step

    try:
        with pytest.raises(KeyboardInterrupt, match="what was reached is in"):
            work(checkpoint, 3)
        assert signal.getsignal(number) is before
        with pytest.raises(KeyboardInterrupt, match=r"^stopped$"):
            work(td.Checkpoint(tmp_path / "d", *run()), 1)
    finally:
        signal.signal(number, outside)
    assert checkpoint.resume() == {"step": 2}


def test_a_parameter_that_is_not_the_models():
    """Nobody would keep its value."""
    model, other = td.nn.Linear(3, 2), td.nn.Parameter(td.ones(2))
    with pytest.raises(StateError, match=r"parameter 2 of the optimizer is none of the model's[\s\S]*fix: one Module"):
        td.Checkpoint("c", model, optim.Adam([*model.parameters(), other]))


def test_a_save_that_fails_costs_no_older_file(tmp_path, monkeypatch):
    checkpoint = td.Checkpoint(tmp_path / "c", *run(), keep=3)
    for i in range(3):
        checkpoint.save(step=i)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for _ in range(3):
        with pytest.raises(StateError):
            checkpoint.save(x=np.ones(2, complex))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.skipif(os.name == "nt", reason="links of POSIX")
def test_through_a_link(tmp_path):
    (tmp_path / "large").mkdir()
    (tmp_path / "c").symlink_to(tmp_path / "large" / "run")
    checkpoint = td.Checkpoint(tmp_path / "c", *run(), keep=3)
    for i in range(5):
        checkpoint.save(step=i)
    assert (tmp_path / "c").is_symlink()
    assert sorted(path.name for path in (tmp_path / "large").iterdir()) == ["run", "run.1", "run.2"]
    assert checkpoint.resume() == {"step": 4}


def test_other_generators(tmp_path):
    parts = run()
    with pytest.raises(DTypeError, match="none called tinydawn"):
        td.Checkpoint(tmp_path / "c", *parts, {"tinydawn": np.random.default_rng()})
    td.Checkpoint(tmp_path / "c", *parts, {"data": np.random.default_rng()}).save()
    before = [p.numpy().copy() for p in parts[0].parameters()]
    train(*parts)
    now = [p.numpy().copy() for p in parts[0].parameters()]
    with pytest.raises(StateError, match="its generator data is a PCG64"):
        td.Checkpoint(tmp_path / "c", *parts, {"data": np.random.Generator(np.random.MT19937(3))}).resume()
    for p, x, y in zip(parts[0].parameters(), now, before, strict=True):
        np.testing.assert_array_equal(p.numpy(), x)
        assert (x != y).any()


def test_ignored_signals_stay_ignored(tmp_path):
    """As nohup has it for SIGHUP: such a run goes on."""
    if os.name == "nt":
        pytest.skip("signals of POSIX")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        checkpoint = td.Checkpoint(tmp_path / "c", *run())
        with checkpoint.on_interrupt():
            os.kill(os.getpid(), signal.SIGHUP)
            checkpoint.step(step=1)
    finally:
        signal.signal(signal.SIGHUP, before)
