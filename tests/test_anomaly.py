"""detect_anomaly: the op that first made a NaN, forward or backward, and arrays changed between the two."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn import autograd, graph
from tinydawn.errors import AnomalyError


def leaf(*values: float) -> td.Tensor:
    return td.tensor(list(values), dtype=np.float64, requires_grad=True)


def test_forward_nan_names_the_op_that_made_it() -> None:
    x = leaf(1.0, -1.0)
    with pytest.raises(AnomalyError) as caught, td.detect_anomaly():
        ((x * 2.0).log() + 1.0).exp().sum()
    text = str(caught.value)
    assert text.startswith("detect_anomaly: log made a NaN from (2,) float64, which hold none")
    assert "test_anomaly.py:" in text
    assert "fix: look for log or sqrt of what is not positive" in text


def test_forward_nan_without_gradients() -> None:
    with pytest.raises(AnomalyError, match="sqrt made a NaN"), td.no_grad(), td.detect_anomaly():
        td.tensor([-1.0]).sqrt()


@pytest.mark.parametrize("call", [lambda x: x * float("nan"), lambda x: x + np.array([np.nan, 1.0]),
                                  lambda x: td.where(x > 0, float("nan"), x)])
def test_a_nan_that_was_put_in_is_not_blamed_on_the_op(call: Any) -> None:
    with td.detect_anomaly():
        assert np.isnan(call(leaf(1.0, 2.0)).array).any()


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_backward_nan_names_the_op_and_its_forward_line() -> None:
    x = leaf(0.0, 1.0)
    with pytest.raises(AnomalyError) as caught, td.detect_anomaly():  # noqa: PT012
        y = x.sqrt()  # at 0 its derivative is infinite, and 0 * inf is NaN
        y = (y * 0.0).sum()
        y.backward()
    text = str(caught.value)
    assert "the gradient of sqrt is NaN where its output's is not" in text
    assert "in test_backward_nan_names_the_op_and_its_forward_line" in text
    assert f"test_anomaly.py:{test_backward_nan_names_the_op_and_its_forward_line.__code__.co_firstlineno + 4}" in text
    assert x.grad is None


@pytest.mark.parametrize(("forward", "name"), [
    (lambda x, h: (h * x).sum(), "mul"), (lambda x, h: h.sin().sum(), "sin"), (lambda x, h: (h ** 3).sum(), "pow"),
    (lambda x, h: (h @ x), "matmul")])
def test_array_changed_between_forward_and_backward(forward: Any, name: str) -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(AnomalyError) as caught, td.detect_anomaly():  # noqa: PT012
        h = x * 2.0
        y = forward(x, h)
        h.array[0] = 100.0
        y.backward()
    text = str(caught.value)
    assert f"that {name} saved was changed between forward and backward" in text
    assert "test_anomaly.py:" in text
    assert "100" not in text
    assert x.grad is None


def test_changed_line_is_the_forward_call() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(AnomalyError) as caught, td.detect_anomaly():  # noqa: PT012
        y = (x * x).sum()
        x.array *= 3.0
        y.backward()
    line = test_changed_line_is_the_forward_call.__code__.co_firstlineno + 3
    assert f"test_anomaly.py:{line} in test_changed" in str(caught.value)


def test_changed_output_and_changed_index() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(AnomalyError, match="that exp saved was changed"), td.detect_anomaly():  # noqa: PT012
        y = x.exp()
        y.array[...] = 0.0
        y.sum().backward()
    ids = np.array([0, 1])
    with pytest.raises(AnomalyError, match="that getitem saved was changed"), td.detect_anomaly():  # noqa: PT012
        y = x[ids]
        ids[0] = 1
        y.sum().backward()


def test_without_it_a_changed_array_goes_unnoticed() -> None:
    """Why it exists: the gradient of 3x is asked for, and that of x * changed comes back."""
    x = leaf(3.0)
    h = td.tensor([3.0], dtype=np.float64)
    y = (x * h).sum()
    h.array[0] = 4.0
    y.backward()
    assert x.grad.item() == 4.0


def test_nothing_wrong_nothing_raised() -> None:
    x = leaf(1.0, 2.0)
    with td.detect_anomaly():
        y = (x.log().exp() * x).sum() + x[np.array([0, 0])].sum()
        y.backward()
        (g,) = td.grad((x ** 3).sum(), [x], create_graph=True)
        g.sum().backward()
    np.testing.assert_allclose(x.grad.array, [2 + 2 + 6, 4 + 12])


def test_nothing_is_left_installed() -> None:
    for error in (ZeroDivisionError, KeyboardInterrupt):
        with pytest.raises(error), td.detect_anomaly(), td.detect_anomaly():
            raise error
        assert graph.observers == []
        assert autograd.observers == []
    with np.errstate(invalid="ignore"):
        assert np.isnan(leaf(-1.0).log().array).all()
