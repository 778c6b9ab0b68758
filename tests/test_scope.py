"""Where a computation is: the path of modules, steps and parts, in errors, and clean again however a loop is left."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import numpy as np
import pytest

import tinydawn as td
from tinydawn import nn, scope
from tinydawn.errors import ShapeError
from tinydawn.nn import functional as F


class Inner(nn.Module):
    def forward(self, x: td.Tensor) -> list[str]:
        return [scope.where() for _ in td.steps(2)]


class Outer(nn.Module):
    """Calls a module inside a step, and one outside."""

    def __init__(self, wrong_at: int = -1) -> None:
        self.inner, self.linear = Inner(), nn.Linear(2, 2)
        self.wrong_at = wrong_at

    def forward(self, x: td.Tensor) -> td.Tensor:
        for t in td.steps(3):
            x = self.linear(x if t != self.wrong_at else td.ones(1, 5))
        return x


# --- steps ---


def test_steps_are_a_range_with_a_path() -> None:
    seen = [(t, scope.where()) for t in td.steps(3)]
    assert seen == [(0, "t=0"), (1, "t=1"), (2, "t=2")]
    assert [(t, scope.where()) for t in td.steps(2, "row", reverse=True)] == [(1, "row=1"), (0, "row=0")]
    assert list(td.steps(0)) == []
    assert scope.here.path == []
    assert scope.where() == ""


def test_steps_nest() -> None:
    seen = [scope.where() for _ in td.steps(2) for _ in td.steps(2, "layer")]
    assert seen == ["t=0.layer=0", "t=0.layer=1", "t=1.layer=0", "t=1.layer=1"]
    assert scope.here.path == []


def test_the_path_is_clean_after_a_break() -> None:
    for t in td.steps(5):
        if t == 2:
            break
    assert scope.here.path == []
    for _ in td.steps(2):
        for t in td.steps(5, "k"):
            if t == 1:
                break
        assert scope.where().count("=") == 1, "only the outer step is left"
    assert scope.here.path == []


def test_the_path_is_clean_after_a_return() -> None:
    def first() -> str:
        for _ in td.steps(5):
            for _ in td.steps(5, "k"):
                return scope.where()
        return ""

    assert first() == "t=0.k=0"
    assert scope.here.path == []


def test_the_path_is_clean_after_continue_and_else() -> None:
    seen = []
    for t in td.steps(3):
        if t == 1:
            continue
        seen.append(scope.where())
    else:
        seen.append(scope.where())
    assert seen == ["t=0", "t=2", ""]


def test_the_path_is_clean_after_an_exception() -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        for _ in td.steps(3):
            for _ in td.steps(3, "k"):
                1 / 0  # noqa: B018
    assert scope.here.path == []


def test_an_exception_inside_a_step_is_caught_in_the_step() -> None:
    seen = []
    for t in td.steps(3):
        try:
            for k in td.steps(3, "k"):
                if k == t:
                    raise ValueError
        except ValueError:
            seen.append(scope.where())
    assert seen == ["t=0", "t=1", "t=2"], "the inner step is gone, the outer is not"
    assert scope.here.path == []


def test_an_exception_thrown_by_a_function_that_keeps_its_traceback() -> None:
    def broken() -> None:
        for _ in td.steps(3):
            raise ValueError("in a step")

    kept = []
    try:
        broken()
    except ValueError as error:
        kept.append(error)  # and with it the frame of `broken`
    assert scope.here.path == []
    assert kept[0].__traceback__ is not None


def test_a_loop_that_is_dropped_half_way_takes_only_its_own_step() -> None:
    loop = td.steps(3)
    assert next(loop) == 0
    with scope.part("after"):
        assert scope.where() == "t=0.after"
        del loop
        gc.collect()
        assert scope.here.path == [], "what stood in the step ended with it"
    assert scope.here.path == []
    loop = td.steps(3)
    next(loop)
    scope.here.path.clear()
    other = td.steps(2, "other")
    next(other)
    del loop
    gc.collect()
    assert scope.where() == "other=0", "a step that is no longer there takes nothing with it"
    other.close()  # type: ignore[attr-defined]
    assert scope.here.path == []


def test_two_loops_side_by_side() -> None:
    for a, b in ((2, 2), (3, 2), (2, 3)):
        seen = [(t, k, scope.where()) for t, k in zip(td.steps(a), td.steps(b, "k"), strict=False)]
        assert seen == [(0, 0, "t=0.k=0"), (1, 1, "t=1.k=1")]
        gc.collect()
        assert scope.here.path == []


def test_a_generator_inside_a_step_that_is_not_finished() -> None:
    def words() -> Iterator[str]:
        for _ in td.steps(9, "word"):
            yield scope.where()

    for t in td.steps(2):
        assert next(words()) == f"t={t}.word=0"
        gc.collect()
        assert scope.where() == f"t={t}"
    assert scope.here.path == []


# --- parts and modules ---


def test_parts_have_a_name_and_end() -> None:
    with scope.part("encoder"), scope.part("layer 0"):
        assert scope.where() == "encoder.layer 0"
    assert scope.here.path == []
    with pytest.raises(ValueError, match="inside"), scope.part("encoder"):
        raise ValueError("inside")
    assert scope.here.path == []


def test_modules_stand_in_the_path_with_the_number_of_their_call() -> None:
    model, found = nn.Sequential(Inner()), []
    model[0].register_forward_hook(lambda module, args, out: found.append(list(scope.here.path)))
    assert model(td.ones(1)) == ["Sequential.0.t=0", "Sequential.0.t=1"]
    model(td.ones(1))
    assert [[what for what, _ in path] for path in found] == [[model, model[0]]] * 2
    (first, second) = ([number for _, number in path] for path in found)
    assert first < second, "calls are counted"
    assert len({*first, *second}) == 4
    assert scope.here.path == []


def test_names_of_entries() -> None:
    model = Outer()
    assert scope.name_of((model, 7)) == "Outer"
    assert scope.name_of((model.linear, 7)) == "linear"
    assert scope.name_of(("t", 3)) == "t=3"
    assert scope.name_of(("layer 0", None)) == "layer 0"


def test_a_break_out_of_a_step_around_a_module() -> None:
    linear = nn.Linear(2, 2)
    for t in td.steps(4):
        linear(td.ones(1, 2))
        if t == 1:
            break
    assert scope.here.path == []


# --- errors ---


def test_an_error_names_the_module_and_the_step() -> None:
    with pytest.raises(ShapeError, match=r"(?s)linear: input of shape \(1, 5\).*\n  in: Outer\.t=2\.linear\n"):
        Outer(wrong_at=2)(td.ones(1, 2))
    assert scope.here.path == []


def test_an_error_in_a_loop_without_a_module_names_the_step() -> None:
    w = td.ones(3, 2)
    with pytest.raises(ShapeError, match=r"\n  in: sentence=1\.t=0\n"):  # noqa: PT012
        for i in td.steps(2, "sentence"):
            for _ in td.steps(2):
                F.linear(td.ones(1, 2 + i), w)
    assert scope.here.path == []
    with pytest.raises(ShapeError) as caught:
        F.linear(td.ones(1, 3), w)
    assert "in: " not in str(caught.value)


def test_an_error_inside_an_unrolled_layer_names_its_step() -> None:
    gru = nn.GRU(2, 3, 2)
    gru.weight_hh_l1.array = np.ones((9, 4), np.float32)
    with td.unfused(), pytest.raises(ShapeError) as caught:
        gru(td.ones(3, 1, 2))
    assert "in: GRU.layer 1.t=0" in str(caught.value)
    assert scope.here.path == []


def test_a_forward_hook_that_fails_leaves_a_clean_path() -> None:
    model = nn.Sequential(nn.Linear(2, 2))

    def fail(*_: object) -> None:
        raise RuntimeError("a hook")

    model[0].register_forward_hook(fail)
    with pytest.raises(RuntimeError, match="a hook"):
        model(td.ones(1, 2))
    assert scope.here.path == []
