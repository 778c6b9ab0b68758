"""What annotations ask of arguments (tinydawn/checks.py): every rule with right and wrong values, and what `declared` keeps."""

from __future__ import annotations

import functools
import inspect
import math
import pickle
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

import numpy as np
import pytest

import tinydawn as td
from tinydawn import checks, decode, functional, metrics, nn, optim, shaping
from tinydawn.checks import (
    Amount,
    Count,
    Instance,
    Number,
    Share,
    Size,
    Sizes,
    Whole,
    declared,
    floating,
    heads_divide,
    word,
)
from tinydawn.errors import DTypeError, OptionError, ShapeError
from tinydawn.nn import functional as F

Kind = Annotated[str, functools.partial(word, known=("a", "b"))]
NAN, INF, HUGE = math.nan, math.inf, 2**31


class Stub:
    """A class of which an argument is to be an instance."""


STUB = Stub()

# The annotation; values with what the function gets; values with the error.
RULES: dict[str, tuple[Any, list[tuple[Any, Any]], list[tuple[Any, type, str]]]] = {
    "Size": (
        Size,
        [(1, 1), (np.int32(7), 7), (HUGE - 1, HUGE - 1)],
        [(0, OptionError, "x is 0\n.*1 or more"), (HUGE, OptionError, "2147483647 or less"), (None, DTypeError, "NoneType"),
         (True, DTypeError, "an int, not a bool"), (1.0, DTypeError, "not a float"), ("1", DTypeError, "not a str")],
    ),
    "Count": (Count, [(0, 0), (3, 3)], [(-1, OptionError, "0 or more"), (0.5, DTypeError, "must be an int")]),
    "Whole": (Whole, [(0, 0), (-3, -3), (HUGE, HUGE)], [(2.0, DTypeError, "must be an int"), (False, DTypeError, "not a bool")]),
    "Sizes": (
        Sizes,
        [([1, 2], [1, 2]), ((3,), [3]), (np.array([4, 5]), [4, 5])],
        [([], OptionError, "x is an empty list"), ([1, 0], OptionError, "one of x is 0"), (3, DTypeError, "not a list")],
    ),
    "Number": (
        Number,
        [(1, 1.0), (-0.5, -0.5), (np.float32(0.5), 0.5), (INF, INF)],
        [("1", DTypeError, "must be a number"), (1j, DTypeError, "not a complex"), ([1], DTypeError, "not a list")],
    ),
    "Share": (
        Share,
        [(0, 0.0), (1, 1.0), (0.25, 0.25)],
        [(1.5, OptionError, "x is 1.5\n.*from 0 to 1"), (NAN, OptionError, "nan"), (True, DTypeError, "not a bool")],
    ),
    "Amount": (Amount, [(0, 0.0), (7.5, 7.5)], [(-1, OptionError, "0 or more"), (INF, OptionError, "x is inf")]),
    "bool": (bool, [(True, True), (np.bool_(False), False)], [(1, DTypeError, "True or False"), (None, DTypeError, "NoneType")]),
    "Literal": (
        Literal["a", "b"],
        [("a", "a"), ("b", "b")],
        [("c", OptionError, "x='c'\n.*one of 'a', 'b'"), (1, DTypeError, "x=1"), (None, DTypeError, "x=None")],
    ),
    "Literal with None": (
        Literal["a", None],
        [("a", "a"), (None, None)],
        [("b", OptionError, "one of 'a', None"), (0, DTypeError, "x=0")],
    ),
    "word": (Kind, [("b", "b")], [("c", DTypeError, 'x=\'c\'\n.*use "a" or "b"'), (np.ones(2), DTypeError, "use")]),
    "or None": (
        Size | None,
        [(None, None), (2, 2)],
        [(0, OptionError, "x is 0"), ("a", DTypeError, "must be an int")],
    ),
    "a word or a number": (
        Literal["same"] | Count,
        [("same", "same"), (0, 0)],
        [("full", OptionError, "x='full'"), (-1, OptionError, "x is -1"), (None, DTypeError, "NoneType")],
    ),
    "a word, a number or None": (
        Literal["same"] | Count | None,
        [("same", "same"), (0, 0), (None, None)],
        [("full", OptionError, "x='full'"), (1.5, DTypeError, "an int")],
    ),
    "a list": (
        Sequence[Count],
        [([], []), ((0, 2), [0, 2])],
        [([0, -1], OptionError, "one of x is -1"), (2, DTypeError, "not a list"), ("ab", DTypeError, "not a list")],
    ),
    "Instance": (
        Instance[Stub],
        [(STUB, STUB)],
        [(1, DTypeError, "x must be a Stub, not a int"), (Stub, DTypeError, "not the class Stub"), (None, DTypeError, "Stub")],
    ),
    "Instance of a generic, or None": (
        Instance[dict[str, int]] | None,
        [({}, {}), (None, None)],
        [([], DTypeError, "must be a dict")],
    ),
    "a rule of one's own": (
        Annotated[int, lambda name, what, x: 2 * x],
        [(3, 6)],
        [],
    ),
}
NOTHING_ASKED = [Any, int, str, float, Sequence[int], int | str, int | None, Annotated[int, "a remark"], Size | Share]


def taking(annotation: Any) -> Any:
    def f(x=None):
        return x

    f.__annotations__["x"] = annotation
    return declared(f)


@pytest.mark.parametrize("rule", RULES)
def test_what_a_rule_lets_pass(rule):
    annotation, right, _ = RULES[rule]
    for value, got in right:
        found = taking(annotation)(value)
        assert found == got
        assert type(found) is type(got)


@pytest.mark.parametrize("rule", RULES)
def test_what_a_rule_refuses(rule):
    annotation, _, wrong = RULES[rule]
    for value, kind, words in wrong:
        with pytest.raises(kind, match=f"(?s)^f: .*{words}") as error:
            taking(annotation)(value)
        assert "fix: " in str(error.value)


@pytest.mark.parametrize("annotation", NOTHING_ASKED, ids=range(len(NOTHING_ASKED)))
def test_other_annotations_ask_nothing(annotation):
    for value in (None, "x", -1, 0.5, [None]):
        assert taking(annotation)(value) is value


@declared
def plain(a: Size, /, b: Share = 2, *rest: bool, c: bool | None = None, **more: Size) -> tuple[Any, ...]:
    """What it says."""
    return a, b, rest, c, more


def test_a_plain_function():
    assert plain(np.int64(1), 1, c=True) == (1, 1.0, (), True, {})
    with pytest.raises(OptionError, match="plain: a is 0"):
        plain(0)
    with pytest.raises(DTypeError, match="plain: c must be True or False"):
        plain(1, c=1)


def test_a_default_is_not_checked():
    assert plain(1) == (1, 2, (), None, {})


def test_stars_are_not_checked():
    assert plain(1, 1, "x", d=-1) == (1, 1.0, ("x",), None, {"d": -1})


def test_too_many_or_too_few_are_told_by_python():
    @declared
    def two(a: Size, b: Size = 1) -> None: ...

    for call in (lambda: two(1, 2, 3), lambda: two(), lambda: two(1, c=2), lambda: two(1, a=2)):
        with pytest.raises(TypeError, match=r"two\(\) (takes|missing|got)") as error:
            call()
        assert not isinstance(error.value, DTypeError)
    with pytest.raises(TypeError, match=r"Linear.__init__\(\) takes from 3 to 4 positional arguments but 5 were given"):
        nn.Linear(1, 2, True, 3)


def test_what_is_wrapped_is_kept():
    assert plain.__name__ == "plain"
    assert plain.__doc__ == "What it says."
    assert list(inspect.signature(plain).parameters) == ["a", "b", "rest", "c", "more"]
    assert list(inspect.signature(nn.Linear).parameters) == ["in_features", "out_features", "bias"]


def test_the_line_of_the_error_is_the_callers():
    with pytest.raises(OptionError, match=rf"at: {__file__}"):
        plain(0)


def test_a_class_is_named_as_it_is_called():
    with pytest.raises(OptionError, match=r"^LSTMCell: input_size is 0"):
        nn.LSTMCell(0, 1)


def test_a_subclass_outside_of_the_package_is_not_touched():
    class Own(nn.Module):
        def __init__(self, size: Size) -> None:
            self.size = size

    class Decorated(nn.Module):
        @declared
        def __init__(self, size: Size) -> None:
            self.size = size

    assert Own(0).size == 0
    assert not hasattr(Own.__init__, "__wrapped__")
    with pytest.raises(OptionError, match="Decorated: size is 0"):
        Decorated(0)


def test_a_subclass_is_asked_what_its_base_asks():
    class Own(nn.Linear):
        def __init__(self) -> None:
            super().__init__(0, 1)

    with pytest.raises(OptionError, match="Own: in_features is 0"):
        Own()


def test_names_that_are_defined_further_down():
    @declared
    def early(x: Later) -> Any:
        return x

    with pytest.raises(DTypeError, match="early: x must be an int"):
        early("a")


Later = Size


def test_what_is_about_data():
    floating("f", td.ones(2))
    with pytest.raises(DTypeError, match=r"f: the input is int64\n(.|\n)*\.float\(\)"):
        floating("f", td.tensor([1]))
    heads_divide("f", heads=2, width=4)
    for heads, width in ((3, 4), (0, 4), (-2, 4)):
        with pytest.raises(ShapeError, match=f"f: {heads} heads do not divide width {width}\n(.|\n)*a width that is a multiple"):
            heads_divide("f", heads=heads, width=width)
    with pytest.raises(ShapeError, match="an embed_dim that is a multiple of num_heads"):
        heads_divide("f", num_heads=3, embed_dim=4)


# --- a number may be a Tensor or an array of no axes ---

X = td.tensor(np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3))
LOG_P = np.log([[0.5, 0.3, 0.2], [0.2, 0.5, 0.3], [0.3, 0.2, 0.5]])


def clipped(clip: Any, *limits: Any) -> list[float]:
    p = nn.Parameter(td.ones(3))
    p.grad = td.tensor([5.0, -3.0, 1.0])
    clip([p], *limits)
    return p.grad.tolist()


def stepped(kind: Any, **given: Any) -> list[float]:
    p = nn.Parameter(td.ones(3))
    optimizer = kind([p], **given)
    p.grad = td.ones(3)
    optimizer.step()
    return p.detach().tolist()


def rates(schedule: Any, *given: Any) -> list[float]:
    p = nn.Parameter(td.ones(3))
    optimizer = optim.SGD([p], lr=1.0)
    scheduler, found = schedule(optimizer, *given), []
    for _ in range(5):
        p.grad = td.ones(3)
        optimizer.step()
        scheduler.step(1.0) if schedule is S.ReduceLROnPlateau else scheduler.step()
        found.append(optimizer.param_groups[0]["lr"])
        assert type(found[-1]) in (int, float)
    return found


def dropped(drop: Any) -> list[float]:
    td.manual_seed(0)
    return drop(X).tolist()


def follow(tokens: Any, state: Any) -> Any:
    return LOG_P[np.asarray(tokens)], state


S = optim.lr_scheduler
NUMBERS: dict[str, Any] = {  # of v, which makes what is given from a number
    "perplexity": lambda v: metrics.perplexity(v(10.0), v(5)),
    "bleu": lambda v: metrics.bleu(["a b"], ["a c"], v(2), "floor", v(0.2)).score,
    "f1_score": lambda v: metrics.f1_score([1, 0], [1, 0], v(1)),
    "clip_grad_norm_": lambda v: clipped(optim.clip_grad_norm_, v(1.0), v(2.0)),
    "clip_grad_value_": lambda v: clipped(optim.clip_grad_value_, v(2.0)),
    "SGD": lambda v: stepped(optim.SGD, lr=v(0.1), momentum=v(0.9), weight_decay=v(0.1)),
    "Adam": lambda v: stepped(optim.Adam, lr=v(0.1), betas=(v(0.9), v(0.99)), eps=v(1e-8)),
    "StepLR": lambda v: rates(S.StepLR, v(2), v(0.5)), "MultiStepLR": lambda v: rates(S.MultiStepLR, [v(2), v(3)], v(0.5)),
    "ExponentialLR": lambda v: rates(S.ExponentialLR, v(0.5)), "ConstantLR": lambda v: rates(S.ConstantLR, v(0.5), v(2)),
    "CosineAnnealingLR": lambda v: rates(S.CosineAnnealingLR, v(10), v(0.125)), "NoamLR": lambda v: rates(S.NoamLR, v(16), v(4)),
    "LinearLR": lambda v: rates(S.LinearLR, v(0.5), v(0.75), v(4)), "LambdaLR": lambda v: rates(S.LambdaLR, lambda t: v(0.5)),
    "warmup": lambda v: rates(optim.get_linear_schedule_with_warmup, v(2), v(6)),
    "ReduceLROnPlateau": lambda v: rates(S.ReduceLROnPlateau, "min", v(0.5), v(1), v(0.25), "rel", v(0), v(0.125), v(0.0)),
    "Dropout": lambda v: dropped(nn.Dropout(v(0.5))), "F.dropout": lambda v: dropped(lambda x: F.dropout(x, v(0.5))),
    "paper's dropout": lambda v: dropped(lambda x: F.dropout(x, v(0.5), False, "paper")),
    "LayerNorm": lambda v: nn.LayerNorm(3, v(0.125))(X).detach().tolist(),
    "layer_norm": lambda v: F.layer_norm(X, 3, eps=v(0.125)).tolist(), "Linear": lambda v: nn.Linear(v(3), v(2)).weight.shape,
    "cross_entropy": lambda v: F.cross_entropy(X, np.array([0, 1]), None, v(1), label_smoothing=v(0.25)).item(),
    "nll_loss": lambda v: F.nll_loss(X, np.array([0, 1]), None, v(1)).item(),
    "attention": lambda v: F.scaled_dot_product_attention(X[None], X[None], X[None], scale=v(0.5)).tolist(),
    "beam_search": lambda v: [h.score for h in decode.beam_search(
        follow, None, 1, 0, 1, 5, beam_size=v(2), n_best=v(2), length_normalization="length", alpha=v(0.5))[0].hypotheses],
    "sample": lambda v: decode.sample(
        follow, None, 1, 0, 1, v(5), temperature=v(0.5), top_p=v(0.75), top_k=v(2), rng=0)[0].tokens,
}


@pytest.mark.parametrize("kind", [td.tensor, np.array, lambda x: td.tensor(x, requires_grad=isinstance(x, float))],
                         ids=["Tensor", "array", "parameter"])
@pytest.mark.parametrize("name", NUMBERS)
def test_a_tensor_of_no_axes_is_its_number(name: str, kind: Any) -> None:
    """As PyTorch takes a 0-d tensor for a float; it was "np.ndim was given a Tensor"."""
    np.testing.assert_allclose(NUMBERS[name](kind), NUMBERS[name](lambda x: x), rtol=1e-6)


@pytest.mark.parametrize("wrong", [td.tensor([0.5]), np.array([0.5]), td.tensor(True), np.array(True), np.bool_(True),
                                   np.array("1"), np.array(1j), np.complex64(1), [0.5], "0.5", b"1", None, np.array(None)])
def test_what_is_no_number(wrong: Any) -> None:
    for call in (lambda: metrics.perplexity(wrong, 1), lambda: nn.Dropout(wrong), lambda: S.ExponentialLR(
            optim.SGD([nn.Parameter(td.ones(1))], lr=1.0), wrong), lambda: clipped(optim.clip_grad_norm_, wrong),
            lambda: F.dropout(X, wrong), lambda: decode.sample(follow, None, 1, 0, 1, 5, temperature=wrong)):
        with pytest.raises(DTypeError, match=f"must be a number, not a {type(wrong).__name__}"):
            call()


def test_an_int_stays_one() -> None:
    assert S.StepLR(optim.SGD([nn.Parameter(td.ones(1))], lr=1.0), td.tensor(3)).step_size == 3
    assert isinstance(S.StepLR(optim.SGD([nn.Parameter(td.ones(1))], lr=1.0), np.int64(3)).step_size, int)
    with pytest.raises(DTypeError, match="min_lr is a str, not a list"):
        S.ReduceLROnPlateau(optim.SGD([nn.Parameter(td.ones(1))], lr=1.0), min_lr="0")
    with pytest.raises(DTypeError, match="smoothing_value must be a number, not a str"):
        metrics.bleu(["a b"], ["a c"], smoothing="floor", smoothing_value="a")
    with pytest.raises(DTypeError, match=r"ReduceLROnPlateau\.step: the metric must be a number, not a Tensor of shape"):
        S.ReduceLROnPlateau(optim.SGD([nn.Parameter(td.ones(1))], lr=1.0)).step(X)


# --- PyTorch's names for arguments ----------------------------------------------------------------------------------

X = td.ones(2, 3)
MISNAMED: dict[str, Callable[[], Any]] = {
    "sum: dim= is called axis=": lambda: X.sum(dim=1), "mean: keepdim= is called keepdims=": lambda: X.mean(1, keepdim=True),
    "cat: dim= is called axis=": lambda: td.cat([X, X], dim=1), "softmax: dim= is called axis=": lambda: F.softmax(X, dim=1),
    "Softmax: dim= is called axis=": lambda: nn.Softmax(dim=1), "log_softmax: dim=": lambda: X.log_softmax(dim=-1),
    "transpose: dim0= is called axis0=": lambda: X.transpose(dim0=0, dim1=1), "topk: dim= is": lambda: td.topk(X, 2, dim=0),
    "flatten: start_dim= is called start_axis=": lambda: X.flatten(start_dim=1), "flip: dims= is called axis=":
    lambda: X.flip(dims=0),
    "glu: dim= is called axis=": lambda: F.glu(X, dim=0), "cosine_similarity: dim=": lambda: F.cosine_similarity(X, X, dim=1),
    "var: keepdim= is called keepdims=": lambda: td.var(X, 1, keepdim=True), "std: dim=": lambda: X.std(dim=0),
}


@pytest.mark.parametrize("what", MISNAMED)
def test_pytorchs_name_of_an_argument_is_led_to_ours(what: str) -> None:
    with pytest.raises(DTypeError) as caught:
        MISNAMED[what]()
    assert str(caught.value).startswith(what)
    assert "here, as in NumPy\n  at: " in str(caught.value)
    assert "test_checks.py" in str(caught.value)
    assert caught.value.__suppress_context__


def test_other_wrong_calls_get_pythons_own_message() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'axes'"):
        X.sum(axes=1)
    with pytest.raises(TypeError, match="missing 2 required positional arguments"):
        td.softmax()
    with pytest.raises(TypeError, match="unexpected keyword argument 'dim'"):
        F.linear(X, X, dim=1)
    with pytest.raises(TypeError, match="unexpected keyword argument 'dims'"):
        nn.Linear(2, 3, dims=3)


def test_an_error_from_inside_is_left_alone() -> None:
    """A function of the user's that is called by a wrong name inside of one of ours: not ours to explain."""
    def inner(axis: int) -> None: ...

    def outer(axis: int = 0, **rest: Any) -> None:
        inner(dim=axis)  # type: ignore[call-arg]

    checks.name_arguments(module := {"outer": outer, "__name__": outer.__module__})
    with pytest.raises(TypeError, match=r"inner\(\) got an unexpected keyword argument 'dim'"):
        module["outer"](1, dim=2)


def test_every_function_with_an_axis_says_so() -> None:
    for place in (functional, shaping, F):
        for name, function in vars(place).items():
            if inspect.isfunction(function) and function.__module__ == place.__name__ and not name.startswith("_"):
                named = set(checks.PYTORCHS.values()) & set(inspect.signature(function).parameters)
                assert bool(named) == hasattr(function, "plain"), name
                assert pickle.loads(pickle.dumps(function)) is function
