"""Small programs in the manner of course code: under tinydawn.torch the same answers as under PyTorch, none silently different.

Everywhere their answers are compared with those that PyTorch gave (`python -m tests.pytorch.programs` writes them and prints who
agrees); where PyTorch is installed they run under both.
"""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import tinydawn.torch as layer
from tests.pytorch import programs
from tests.pytorch.programs import STORED, THEMES, close, collect, differences, plain, refused, rounded, run, stored, verdict

PROGRAMS, ANSWERS = collect(), stored()
each = pytest.mark.parametrize("name", PROGRAMS)


@each
def test_the_layer_gives_the_answer_that_is_stored(name: str) -> None:
    assert verdict(PROGRAMS[name], layer, ANSWERS[name], STORED) == ("agrees", "")


@pytest.mark.torch
@each
def test_the_layer_gives_what_pytorch_gives(torch: Any, name: str) -> None:
    assert verdict(PROGRAMS[name], layer, run(PROGRAMS[name], torch)) == ("agrees", "")


@pytest.mark.torch
@each
def test_pytorch_gives_the_answer_that_is_stored(torch: Any, name: str) -> None:
    assert verdict(PROGRAMS[name], torch, ANSWERS[name], STORED) == ("agrees", "")


def test_there_are_programs_of_every_kind_and_an_answer_to_each() -> None:
    assert list(ANSWERS) == list(PROGRAMS), "run python -m tests.pytorch.programs"
    count = Counter(name.split(".")[0] for name in PROGRAMS)
    assert list(count) == list(THEMES)
    assert min(count.values()) >= 8


@each
def test_a_program_is_short_and_says_what_it_is_about(name: str) -> None:
    source = inspect.getsource(PROGRAMS[name])
    text = ast.get_docstring(ast.parse(source).body[0])  # type: ignore[arg-type]
    assert text is not None
    assert "\n" not in text
    assert 4 <= len(source.splitlines()) <= 20


class Toy:
    """As much of a Tensor as `plain` asks for."""

    def __init__(self, values: Any, dtype: str = "float32", requires_grad: bool = False) -> None:
        self.array = np.array(values, dtype)
        self.dtype, self.shape, self.requires_grad = f"torch.{dtype}", self.array.shape, requires_grad

    def detach(self) -> Toy:
        return self

    def numpy(self) -> Any:
        return self.array


toy = SimpleNamespace(Tensor=Toy, one=lambda: 1.0)


@pytest.mark.parametrize(("ours", "theirs", "unlike"), [
    ([1.0, 2.0], [1.0, 2.0], ""),
    (Toy([1.0, 2.0]), Toy([1.0, 2.000001]), ""),
    (Toy([1.0, float("nan")]), Toy([1.0, float("nan")]), ""),
    (Toy([1.0, 2.0]), Toy([1.0, 2.001]), "answer: [1.0, 2.0] is not [1.0, 2.001]"),
    (Toy([1.0], "float64"), Toy([1.000001], "float64"), "answer: [1.0] is not [1.0]"),
    (Toy([float("inf")]), Toy([float("-inf")]), "answer: [inf] is not [-inf]"),
    (Toy([1], "int64"), Toy([2], "int64"), "answer: [1] is not [2]"),
    (Toy([1.0]), Toy([1.0], "float64"), "answer: float32 (1,) is not float64 (1,)"),
    (Toy([1.0]), Toy(1.0), "answer: float32 (1,) is not float32 ()"),
    (Toy([1.0]), Toy([1.0], requires_grad=True), "answer: float32 (1,) is not float32 (1,) recorded"),
    (1, 1.0, "answer: 1 is not 1.0"),
    (True, 1, "answer: True is not 1"),
    (Toy(1.0), 1.0, "answer: {'tensor': 'float32 ()', 'values': [1.0]} is not 1.0"),
    ("refused", "allowed", "answer: 'refused' is not 'allowed'"),
    (None, None, ""),
    ((1, 2), [1, 3], "answer[1]: 2 is not 3"),
    ([1], [1, 2], "answer: 1 items are not 2"),
    ({"a": [Toy([1.0])]}, {"a": [Toy([3.0])]}, "answer['a'][0]: [1.0] is not [3.0]"),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "answer: the keys ['a', 'b'] are not ['b', 'a']"),
])
def test_what_is_not_alike_is_found(ours: Any, theirs: Any, unlike: str) -> None:
    assert differences(plain(ours, toy), plain(theirs, toy)) == ([unlike] if unlike else [])


def test_sums_round_by_the_largest_among_them() -> None:
    assert close([1000.0, 0.001], [1000.0, 0.002], 1e-5)
    assert not close([1.0, 0.001], [1.0, 0.002], 1e-5)
    assert not close([1.0], [1.0, 1.0], 1e-5)


def test_a_program_agrees_or_differs_or_raises() -> None:
    assert verdict(lambda torch: torch.one(), toy, 1.0) == ("agrees", "")
    assert verdict(lambda torch: torch.one() * 2, toy, 1.0) == ("differs", "answer: 2.0 is not 1.0")
    assert verdict(lambda torch: torch.two(), toy, 1.0)[0] == "raises"
    assert verdict(lambda torch: object(), toy, 1.0)[1].startswith("TypeError: a program returned a object; return Tensors")


def test_a_name_that_is_missing_is_no_refusal() -> None:
    assert [refused(lambda: [][0]), refused(lambda: [0][0])] == ["refused", "allowed"]
    with pytest.raises(AttributeError):
        refused(lambda: toy.two)


def test_answers_are_stored_to_six_digits_a_program_on_a_line(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "ANSWERS", tmp_path / "answers.json")
    answers = {"a": {"tensor": "float32 (2,)", "values": [1 / 3, float("inf")]}, "b": [1, "x", None]}
    programs.store(answers)
    assert stored() == {**answers, "a": {"tensor": "float32 (2,)", "values": [0.333333, float("inf")]}}
    assert len(programs.ANSWERS.read_text(encoding="utf-8").splitlines()) == 4
    assert rounded(123456789.0) == 123457000.0
