"""Threads: two training runs at once give what they give one after the other, and a switch is its thread's alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tinydawn as td
from tinydawn import graph, models, optim, scope
from tinydawn.errors import ShapeError


def train(seed: int) -> list[np.ndarray]:
    """A small LSTM with dropout, whose evaluation records nothing."""
    td.manual_seed(seed)
    model = models.RNNLM(20, 8, 8, dropout=0.3)
    optimizer, rng = optim.Adam(model.parameters(), lr=0.01), np.random.default_rng(seed)
    for _ in range(30):
        ids = rng.integers(20, size=(6, 4))
        loss, _ = model.train()(ids[:-1], ids[1:])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with td.no_grad():
            assert not model.eval()(ids[:-1], ids[1:])[0].requires_grad
    return [p.numpy().copy() for p in model.parameters()]


def test_two_trainings_at_once():
    alone = [train(seed) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(train, range(4)))
    for one, other in zip(alone, together, strict=True):
        for x, y in zip(one, other, strict=True):
            np.testing.assert_array_equal(x, y)
    assert graph._paused == 0


def in_a_thread(function):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def test_no_grad_is_of_one_thread():
    x = td.ones(2, requires_grad=True)
    with td.no_grad():
        assert in_a_thread(lambda: ((x * 2).requires_grad, td.is_grad_enabled())) == (True, True)
        assert not (x * 2).requires_grad
        with td.enable_grad():
            assert (x * 2).requires_grad
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with td.no_grad():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(10)
    assert (x * 2).requires_grad
    assert (x.sum() * 2).requires_grad
    leave.set()
    thread.join()
    assert graph._paused == 0


def test_unfused_is_of_one_thread():
    with td.unfused():
        assert td.kernels.fuse.is_plain()
        assert not in_a_thread(td.kernels.fuse.is_plain)


def test_the_path_of_modules_is_of_one_thread():
    class Outer(td.nn.Module):
        def forward(self, x):
            return in_a_thread(lambda: list(scope.here.path)), scope.where()

    assert Outer()(td.ones(1)) == ([], "Outer")


def test_an_error_names_its_own_threads_module():
    class Slow(td.nn.Module):
        def forward(self, x):
            with pytest.raises(ShapeError) as error:
                in_a_thread(lambda: td.nn.Linear(3, 2)(td.ones(2, 4)))
            return str(error.value)

    message = Slow()(td.ones(1))
    assert "in: Linear" in message
    assert "Slow" not in message


def test_seeds_are_of_one_thread():
    td.manual_seed(3)
    first = td.rand(4).numpy()
    td.manual_seed(3)
    in_a_thread(lambda: td.rand(100))
    np.testing.assert_array_equal(td.rand(4).numpy(), first)
