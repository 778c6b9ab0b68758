"""demos/SYMBOLS.md: every file, class, function and attribute that it names is there, and every slip has its lesson."""

from __future__ import annotations

import re

import pytest
import symbols
from test_demos import DEMOS

NAMES = sorted({pair for row in symbols.rows("Symbols") for pair in symbols.named(row[3])})


@pytest.mark.parametrize(("file", "name"), NAMES, ids=[f"{file}-{name}" for file, name in NAMES])
def test_what_is_named_is_there(file, name):
    assert symbols.exists(file, name)


def test_every_symbol_is_explained_in_two_languages_and_is_in_some_file():
    for symbol, _, chinese, code in symbols.rows("Symbols"):
        assert re.search(r"[\u4e00-\u9fff]", chinese), symbol
        assert symbols.named(code), symbol


def test_what_is_not_there_is_found_out():
    assert not symbols.exists("tinydawn/nn/rnn.py", "RNNCell.weight_xx")
    assert not symbols.exists("tinydawn/nn/rnn.py", "RNNCell.forward(y)")
    assert not symbols.exists("tinydawn/nn/gone.py", "RNNCell")
    assert not symbols.exists("demos/mlp.py", "tau")
    with pytest.raises(KeyError):
        symbols.slips_of("longformer", {})


def test_every_slip_has_a_lesson():
    assert [row[0] for row in symbols.rows("Slips of the notes") if row[0]] == [f"E{i}" for i in range(1, 14)]
    for lesson, condition in symbols.slips():
        assert (DEMOS / f"{lesson}.py").is_file()
        assert condition
