"""Arguments that are declared: a rule for each annotation, found by place or by name, and errors in the caller's words."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Annotated, Any, Literal

import pytest

from tinydawn import checks
from tinydawn.checks import Amount, Count, Share, Size, Sizes, Whole, declared
from tinydawn.errors import DataError, DTypeError, OptionError


@declared
def search(step: Any, beam_size: Size, *more: Any, alpha: Amount | None = None, kind: Literal["none", "length"] = "none",
           keep_tree: bool = False) -> tuple[Any, ...]:
    """A search."""
    return step, beam_size, more, alpha, kind, keep_tree


def test_what_is_right_arrives_as_it_was_given():
    assert search("s", 2, 3, 4, alpha=1, kind="length", keep_tree=True) == ("s", 2, (3, 4), 1.0, "length", True)
    assert search(step="s", beam_size=2, alpha=None) == ("s", 2, (), None, "none", False)


@pytest.mark.parametrize(("call", "error", "said"), [
    (lambda: search("s", 0), OptionError, "search: beam_size is 0"),
    (lambda: search("s", beam_size="2"), DTypeError, "search: beam_size must be an int, not a str"),
    (lambda: search("s", 2, alpha=-1), OptionError, "search: alpha is -1"),
    (lambda: search("s", 2, kind="sum"), OptionError, r"(?s)search: kind='sum'.*fix: one of 'none', 'length'"),
    (lambda: search("s", 2, keep_tree=1), DTypeError, "search: keep_tree must be True or False, not a int"),
    (lambda: search("s", 2, 3, 4, keep_tree=1), DTypeError, "keep_tree"),
    (lambda: search(), TypeError, r"search\(\) missing 2 required"),
    (lambda: search("s", 2, width=3), TypeError, "unexpected keyword argument 'width'")])
def test_what_is_wrong_is_refused_wherever_it_stands(call, error, said):
    with pytest.raises(error, match=said) as caught:
        call()
    if error is not TypeError:
        assert f"  at: {__file__}:" in str(caught.value), "the caller's line, not one of checks.py"


def test_a_constructor_is_named_by_its_class():
    class Block:
        @declared
        def __init__(self, sizes: Sizes, dropout: Share = 0.1, axis: Whole = 0, empty: Count = 0) -> None:
            self.sizes = sizes

    class Large(Block):
        pass

    assert Block([2, 3]).sizes == [2, 3]
    with pytest.raises(OptionError, match="Large: dropout is 2"):
        Large([2], 2)
    with pytest.raises(OptionError, match="Block: one of sizes is 0"):
        Block([2, 0])


def test_the_function_stays_itself():
    assert (search.__name__, search.__doc__) == ("search", "A search.")
    assert [*inspect.signature(search).parameters] == ["step", "beam_size", "more", "alpha", "kind", "keep_tree"]


def test_rules_with_words_of_their_own():
    @declared
    def ask(size: Annotated[int, partial(checks.limited, least=1, most=3, fix="ask for a few")] = 1,
            language: Annotated[str, partial(checks.known, words=("en", "de"))] = "en",
            marks: Annotated[str | None, partial(checks.known, words=(None, "."), fix="none, or a full stop")] = None) -> None:
        pass

    ask(3, "de", None)
    for size in (0, 4):
        with pytest.raises(DataError, match=rf"(?s)ask: size is {size}.*fix: ask for a few"):
            ask(size)
    with pytest.raises(DTypeError, match="ask: size must be an int, not a bool"):
        ask(True)
    with pytest.raises(DataError, match=r"(?s)ask: unknown language 'zh'.*fix: use one of en, de"):
        ask(1, "zh")
    with pytest.raises(DataError, match=r"(?s)ask: unknown marks '!'.*fix: none, or a full stop"):
        ask(1, "en", "!")
    with pytest.raises(DataError, match=r"(?s)ask: no sentences.*fix: pass some"):
        checks.some("ask", "sentences", 0, "pass some")
