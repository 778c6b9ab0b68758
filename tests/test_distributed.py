"""Several processes compute what one does, print and write once, and end together, however one of them fails."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import types
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clock import PATIENCE

import tinydawn as td
from tinydawn import backend, distributed, nn
from tinydawn.errors import DeviceError, DTypeError, ShapeError

HERE = Path(__file__).parent
PROGRAM = HERE / "distributed_program.py"
RESUMED = HERE / "distributed_resume.py"
DEMO = HERE.parent / "demos" / "rnn_lm.py"
MPIEXEC = shutil.which("mpiexec", path=str(Path(sys.executable).parent) + os.pathsep + os.environ.get("PATH", ""))


def python(*arguments: Any, **options: Any) -> tuple[int, str, str]:
    """Exit code, stdout and stderr. After PATIENCE seconds all processes of the job are killed, and the test has failed."""
    environment = {name: value for name, value in os.environ.items() if name not in backend.THREADS}
    environment |= {"PYTHONIOENCODING": "utf-8", "CI": "1", **options.pop("environment", {})}
    environment.pop("TINYDAWN_DATA", None)
    command = [*options.pop("before", []), sys.executable, *map(str, arguments)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
                          start_new_session=True, **options) as job:
        try:
            out, err = job.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(job.pid, signal.SIGKILL)
            pytest.fail(f"the job hangs: {command}")
    return job.returncode, out, err


@cache
def why_not() -> str:
    """Why there are no several processes here; empty if there are."""
    if MPIEXEC is None:
        return "mpiexec is not installed: no test of several processes"
    if importlib.util.find_spec("mpi4py") is None:
        return "mpi4py is not installed: no test of several processes"
    program = ["-m", "mpi4py", "-c", "from mpi4py import MPI; print(MPI.COMM_WORLD.size)"]
    code, out, err = python(*program, before=[MPIEXEC, "-n", "2"])
    return "" if (code, out.count("2")) == (0, 2) else f"mpiexec and mpi4py do not work together here: {err or out}"


def mpi(processes: int, *arguments: Any, guarded: bool = True, **options: Any) -> tuple[int, str, str]:
    """The same in several processes, guarded by mpi4py's own runner or not."""
    if why_not():
        pytest.skip(why_not())
    return python(*["-m", "mpi4py"][:2 * guarded], *arguments, before=[MPIEXEC, "-n", str(processes)], **options)


def load(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as kept:
        return dict(kept)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, np.ndarray]]:
    """What 50 steps in one process, which python started, lead to, by optimizer."""
    found = {}
    for optimizer in ("sgd", "adam"):
        folder = tmp_path_factory.mktemp(optimizer)
        assert python(PROGRAM, folder, optimizer) == (0, "rank 0 of 1\n1 left\n", "")
        found[optimizer] = load(folder / "0.npz")
    return found


def weights_of(kept: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: x for name, x in kept.items() if name not in ("drawn", "threads")}


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("processes", [2, 4])
def test_several_processes_compute_what_one_does(processes, optimizer, alone, tmp_path):
    """50 steps, shards with unlike numbers of words, a batch so short that one of four processes has none of it."""
    alone, only_the_first_prints = alone[optimizer], f"rank 0 of {processes}\n1 left\n"
    assert mpi(processes, PROGRAM, tmp_path, optimizer) == (0, only_the_first_prints, "")
    kept = [load(tmp_path / f"{rank}.npz") for rank in range(processes)]
    for name, x in weights_of(alone).items():
        error = np.linalg.norm(kept[0][name].astype(float) - x) / np.linalg.norm(x)
        assert error < 1e-6, f"{name}: {error}"
        assert x.dtype == np.float32
        assert all(np.array_equal(other[name], kept[0][name]) for other in kept[1:]), f"{name} has come apart"
    draws = [tuple(one["drawn"]) for one in kept]
    assert draws[0] == tuple(alone["drawn"]), "the first process draws what one process draws"
    assert len(set(draws)) == processes, "two processes would drop the same features"
    if importlib.util.find_spec("threadpoolctl"):
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        assert {int(one["threads"]) for one in kept} == {max(1, cores // processes)}


def test_mpiexec_of_one_process_is_python(alone, tmp_path):
    assert mpi(1, PROGRAM, tmp_path) == (0, "rank 0 of 1\n1 left\n", "")
    kept = load(tmp_path / "0.npz")
    assert all(np.array_equal(kept[name], x) for name, x in weights_of(alone["sgd"]).items())


def test_the_user_decides_about_threads(tmp_path):
    pytest.importorskip("threadpoolctl", reason="threadpoolctl is not installed: nothing tells how many threads there are")
    if (os.cpu_count() or 1) < 2:
        pytest.skip("BLAS has one thread at most on one core")
    code, _, err = mpi(2, PROGRAM, tmp_path, environment={"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"})
    assert code == 0, err
    assert int(load(tmp_path / "1.npz")["threads"]) == 2


@pytest.mark.parametrize(("how", "guarded", "said"), [
    ("raise", True, "ValueError: the data of this process are bad"),
    ("raise", False, "ValueError: the data of this process are bad"),
    ("late", True, "ValueError: the data of this process are bad"),
    ("exit0", True, "process 1 of 2 ended before distributed.finish()"),
    ("exit3", False, "process 1 of 2 ended before distributed.finish()"),
    ("fewer", True, "fix: share() the same batches in all"),
    ("kill", True, "signal 9"),  # mpiexec's words
])
def test_one_that_fails_ends_all(how, guarded, said, tmp_path):
    code, out, err = mpi(2, PROGRAM, tmp_path, how, guarded=guarded)
    assert time.time() - float((tmp_path / "failed").read_text(encoding="utf-8")) < 100
    assert code != 0
    assert said in out + err
    assert not list(tmp_path.glob("*.npz")) or how == "fewer"


def test_one_that_fails_before_the_start(tmp_path):
    """MPI waits for it; we do so for a while."""
    code, _, err = mpi(2, PROGRAM, tmp_path, "early")
    assert code != 0
    assert "ValueError: before the start" in err
    assert "Timeout (0:00:03)!" in err
    assert "in start" in err


def test_another_model(tmp_path):
    code, _, err = mpi(2, PROGRAM, tmp_path, "model")
    assert code != 0
    assert "StateError" in err
    assert "embedding.weight" in err


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, np.ndarray]]:
    folder = tmp_path_factory.mktemp("undisturbed")
    assert mpi(2, RESUMED, folder) == (0, "from 0\n", "")
    return [load(folder / f"{rank}.npz") for rank in range(2)]


@pytest.mark.parametrize(("how", "saved"), [("kill", 14), ("interrupt", 21)])
def test_what_was_stopped_goes_on_with_the_same_bits(how, saved, undisturbed, tmp_path):
    """Each process's own: what it drops, what it draws, the state of its part of the batch."""
    code, _, err = mpi(2, RESUMED, tmp_path, how)
    assert code != 0
    assert how == "kill" or err.count("KeyboardInterrupt: stopped; what was reached is in") == 2, "all stop at the same step"
    assert mpi(2, RESUMED, tmp_path) == (0, f"from {saved}\n", "")
    for rank, expected in enumerate(undisturbed):
        found = load(tmp_path / f"{rank}.npz")
        assert found.keys() == expected.keys()
        for name, x in expected.items():
            np.testing.assert_array_equal(found[name], x, err_msg=f"{name} in process {rank}")
    for name in ("drawn", "own"):
        assert (undisturbed[0][name] != undisturbed[1][name]).any(), "both would drop the same"
    code, _, err = mpi(3, RESUMED, tmp_path)
    assert code != 0
    assert "it was saved by 2 processes, and now there are 3" in err


def test_the_demo(tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: demos draw their figures with it")
    code, out, err = mpi(2, DEMO, "--quick", "--distributed", "--kind", "lstm", "--out", "out", "--save", "model", cwd=tmp_path)
    assert code == 0, err
    assert [out.count(words) for words in ("validation;", "epoch 1,", "model saved", "written to out")] == [1, 1, 1, 1], out
    assert "Error" not in err
    record = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert record["metrics"]["validation_nats"] < record["baselines"]["validation_nats_1gram"] - 0.1
    assert len(record["figures"]) == 4
    assert (tmp_path / "model").is_file()


def test_the_demo_says_what_is_wrong(tmp_path):
    code, _, err = mpi(2, DEMO, "--distributed", "--data", "nowhere", cwd=tmp_path)
    assert code != 0
    assert "error: " in err
    assert "nowhere" in err
    assert "Traceback" not in err


# --- one process, without MPI ---

@pytest.mark.parametrize("size", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("n", [0, 1, 2, 7, 12])
def test_shares_are_all_of_it(n, size, monkeypatch):
    parts = []
    for rank in range(size):
        monkeypatch.setattr(distributed, "_world", types.SimpleNamespace(Get_rank=lambda r=rank: r, Get_size=lambda: size))
        assert distributed.share(list(range(n))) == distributed.share(np.arange(n)).tolist()
        parts.append(distributed.share(td.arange(2 * n).reshape(2, n), axis=1).numpy())
    assert np.array_equal(np.concatenate(parts, axis=1), np.arange(2 * n).reshape(2, n))
    lengths = [part.shape[1] for part in parts]
    assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize("axis", [-1, 1, 2])
def test_no_such_axis(axis):
    with pytest.raises(ShapeError, match=rf"share: axis {axis} of shape \(3,\)[\s\S]*fix: "):
        distributed.share(np.arange(3), axis)


def test_alone_it_changes_nothing():
    distributed.start(4)
    drawn = td.rand(3).numpy()
    td.manual_seed(4)
    assert np.array_equal(drawn, td.rand(3).numpy())
    assert (distributed.rank(), distributed.size()) == (0, 1)
    model = nn.Linear(2, 3)
    distributed.broadcast(model)
    (model(td.randn(4, 2)) ** 2).mean().backward()
    before = model.weight.grad.numpy().copy()
    assert distributed.average_gradients(model, 4) == 4
    assert np.array_equal(model.weight.grad.numpy(), before)
    assert distributed.average_gradients(model, 0) == 0
    assert model.weight.grad is None, "a mean over nothing has no gradient"
    distributed.finish(model)


@pytest.mark.parametrize("count", [-1, 2.5, None, True, float("nan")])
def test_a_count_that_is_none(count):
    with pytest.raises(DTypeError, match=r"average_gradients: count is [\s\S]*fix: how many examples"):
        distributed.average_gradients(nn.Linear(2, 2), count)


@pytest.mark.parametrize("launcher", ["PMI_SIZE", "OMPI_COMM_WORLD_SIZE"])
def test_mpiexec_without_mpi4py(launcher, monkeypatch):
    monkeypatch.setenv(launcher, "4")
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    with pytest.raises(DeviceError, match=r"one of 4 processes, which need mpi4py[\s\S]*fix: pip install mpi4py mpich"):
        distributed.start()


def test_mpi4py_without_an_mpi_library(monkeypatch):
    """It raises no ImportError, but RuntimeError: cannot load MPI library."""
    class Broken(types.ModuleType):
        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("cannot load MPI library")

    monkeypatch.setenv("PMI_SIZE", "2")
    monkeypatch.setitem(sys.modules, "mpi4py", Broken("mpi4py"))
    with pytest.raises(DeviceError, match=r"cannot load MPI library[\s\S]*fix: "):
        distributed.start()


def test_mpiexec_of_another_mpi(monkeypatch):
    """Each process would believe to be alone, and write over the others' files."""
    fake = types.ModuleType("mpi4py")
    world = types.SimpleNamespace(Get_size=lambda: 1, Barrier=lambda: None)
    fake.MPI = types.SimpleNamespace(COMM_WORLD=world)  # type: ignore[attr-defined]
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "3")
    monkeypatch.setitem(sys.modules, "mpi4py", fake)
    with pytest.raises(DeviceError, match=r"mpiexec started 3 processes, and mpi4py sees one[\s\S]*fix: "):
        distributed.start()
    assert distributed.size() == 1


def test_without_threadpoolctl_it_says_so(monkeypatch):
    neighbours = types.SimpleNamespace(Get_size=lambda: 4, Free=lambda: None)
    world = types.SimpleNamespace(Get_rank=lambda: 0, Split_type=lambda kind: neighbours)
    monkeypatch.setattr(distributed, "_world", world)
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1}, raising=False)
    for name in backend.THREADS:
        monkeypatch.delenv(name, raising=False)
    with pytest.warns(RuntimeWarning, match=r"all 2 cores in each of 4 processes[\s\S]*fix: pip install threadpoolctl; or set"):
        distributed._share_cores(types.SimpleNamespace(COMM_TYPE_SHARED=0))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    distributed._share_cores(types.SimpleNamespace(COMM_TYPE_SHARED=0))  # the user has decided: a warning here is an error


def test_python_alone_needs_no_mpi4py():
    code = "import sys, tinydawn as td; sys.modules['mpi4py'] = None; td.distributed; del sys.modules['mpi4py']; " \
           "td.distributed.start(1); assert 'mpi4py' not in sys.modules"
    assert python("-W", "error", "-c", code) == (0, "", "")
