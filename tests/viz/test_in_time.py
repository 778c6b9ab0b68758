"""Where a state comes from and goes to, when what joins all of them and takes them apart again is not drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from draw_tools import arrows, picture, rows, titles

import tinydawn as td
from tinydawn import nn


class Joined(nn.Module):
    """States of a loop, put together by `join` and handed on by `use`."""

    def __init__(self, join: Any, use: Any) -> None:
        self.cell = nn.RNNCell(2, 3)
        self.after = nn.RNNCell(3, 3)
        self.join, self.use = join, use

    def forward(self, x: td.Tensor) -> td.Tensor:
        h, states = td.zeros(1, 3), []
        with td.scope.part("first"):
            for t in td.steps(len(x)):
                h = self.cell(x[t], h)
                states.append(h)
        whole = self.join(states)
        g = td.zeros(1, 3)
        with td.scope.part("second"):
            for t in td.steps(len(x)):
                g = self.after(self.use(whole, t), g)
        return g


def seen(join: Any, use: Any) -> tuple[list[str], set[tuple[int, int]]]:
    """The boxes, and (i, j) where step i of the first loop leads straight to step j of the second."""
    diagram = td.draw(Joined(join, use), rows(4, 1, 2), depth=2, values=False)
    frames, boxes = picture(diagram).frames, picture(diagram).boxes
    loop = [frames[box.frame].title if box.kind == "step" else "" for box in boxes]
    pairs = {(boxes[a.source].time, boxes[a.target].time) for a in picture(diagram).arrows
             if (loop[a.source], loop[a.target]) == ("first", "second")}
    return titles(diagram), pairs  # type: ignore[return-value]


STRAIGHT = {(t, t) for t in range(4)}


@pytest.mark.parametrize(("join", "use", "expected"), [
    (td.stack, lambda a, t: a[t], STRAIGHT),
    (lambda states: td.stack(states, axis=1), lambda a, t: a[:, t], STRAIGHT),
    (td.cat, lambda a, t: a[t:t + 1], STRAIGHT),
    (lambda states: td.stack(states[::-1]), lambda a, t: a[t], {(3 - t, t) for t in range(4)}),
    (lambda states: td.stack(states).flip(0), lambda a, t: a[t], {(3 - t, t) for t in range(4)}),
    (lambda states: td.stack(states).permute(1, 0, 2), lambda a, t: a[:, t], STRAIGHT),
    (lambda states: td.stack(states).reshape(4, 3), lambda a, t: a[t].reshape(1, 3), STRAIGHT),
    (lambda states: td.stack(states)[1:], lambda a, t: a[min(t, 2)], {(1, 0), (2, 1), (3, 2), (3, 3)}),
], ids=["stack", "along axis 1", "cat", "reversed", "flip", "permute", "reshape", "slice"])
def test_each_state_goes_where_its_row_is_taken(join: Any, use: Any, expected: set[tuple[int, int]]) -> None:
    names, pairs = seen(join, use)
    assert pairs == expected
    assert not any(name.startswith(("join", "stack", "part", "transpose", "reshape", "flip")) for name in names)


def test_what_is_used_whole_is_one_box() -> None:
    names, pairs = seen(td.stack, lambda a, t: a.sum(axis=0))
    assert pairs == set()
    assert len([name for name in names if not name.startswith(("t=", "x"))]) == 1
    diagram = td.draw(Joined(td.stack, lambda a, t: a.sum(axis=0)), rows(4, 1, 2), depth=2, values=False)
    box = next(i for i, name in enumerate(titles(diagram)) if not name.startswith(("t=", "x")))
    assert sum(a.target == box for a in picture(diagram).arrows) == 4
    assert sum(a.source == box for a in picture(diagram).arrows) == 4


def test_rows_that_no_rule_tells_apart_stay_joined_or_come_from_all() -> None:
    _, pairs = seen(td.stack, lambda a, t: a[np.array([t])][0])
    assert pairs in (set(), {(t, u) for t in range(4) for u in range(4)}), "never from the wrong one alone"


def test_layers_without_steps_and_every_op_are_left_as_they_are() -> None:
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    assert arrows(td.draw(model, rows(2, 3)))[-1][0] == "0: Linear"
    ops = titles(td.draw(Joined(td.stack, lambda a, t: a[t]), rows(4, 1, 2), depth="ops", values=False))
    assert any(name.startswith("cat") for name in ops), "who asks for every op gets every op"
