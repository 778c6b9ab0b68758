"""Mistakes that would otherwise pass in silence: each was made by someone who came from PyTorch."""

from __future__ import annotations

import numpy as np
import pytest

import tinydawn as td
from tinydawn import decode, nn
from tinydawn.errors import DeviceError, DTypeError, ShapeError, StateError


def test_grad_of_one_input_is_a_tuple_too() -> None:
    x = td.tensor([1.0, 2.0], requires_grad=True)
    assert td.grad((x * x).sum(), x)[0].tolist() == [2.0, 4.0]


@pytest.mark.parametrize("make", [
    lambda: nn.Sequential(nn.Linear(2, 3) for _ in range(2)),
    lambda: nn.Sequential(nn.Linear),
    lambda: nn.Sequential("tanh"),
    lambda: nn.ModuleList([1]),
], ids=["generator", "class", "name", "number"])
def test_containers_hold_modules_only(make: object) -> None:
    with pytest.raises(DTypeError, match="is no module"):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("value", [td.ones(2, 2, requires_grad=True), np.ones((2, 2)), 3.0], ids=["Tensor", "array", "number"])
def test_a_parameter_is_not_silently_replaced(value: object) -> None:
    layer = nn.Linear(2, 2)
    with pytest.raises(DTypeError, match=r"Linear\.weight is a Parameter"):
        layer.weight = value  # type: ignore[assignment]
    assert set(layer.state_dict()) == {"weight", "bias"}
    layer.weight = nn.Parameter(td.ones(2, 2))
    layer.bias = None
    assert [name for name, _ in layer.named_parameters()] == ["weight"]


def test_no_grad_does_not_decorate_generators() -> None:
    def evaluate():  # type: ignore[no-untyped-def]
        yield td.is_grad_enabled()

    with pytest.raises(DTypeError, match="evaluate is a generator"):
        td.no_grad()(evaluate)


def test_no_grad_can_be_used_again_and_nested() -> None:
    off = td.no_grad()
    with off:
        with off, td.enable_grad():
            assert td.is_grad_enabled()
        assert not td.is_grad_enabled()
    assert td.is_grad_enabled()


@pytest.mark.parametrize("grad", [td.ones(3, 2), td.ones(3), "a"], ids=["matrix", "longer", "text"])
def test_a_gradient_of_another_shape_is_refused(grad: object) -> None:
    p, q = td.ones(2, requires_grad=True), td.ones(2, requires_grad=True)
    q.grad = grad
    with pytest.raises(ShapeError, match=r"the .grad of a Tensor of shape \(2,\) was set to"):
        (p * q).sum().backward()
    assert p.grad is None, "a failed backward leaves everything as it was"


def test_a_number_in_float64_does_not_promote_a_float32_array() -> None:
    x = td.tensor([1.0, 2.0], requires_grad=True)
    scale = td.tensor(2.0, dtype=td.float64, requires_grad=True)
    y = x * scale
    y.sum().backward()
    assert (y.dtype, x.grad.dtype, scale.grad.dtype) == (np.float32, np.float32, np.float64)
    assert (scale * scale).dtype == np.float64


def test_without_an_end_the_start_symbol_may_be_said() -> None:
    log_p = np.log([[0.9, 0.05, 0.05]])

    def step(tokens: np.ndarray, state: None) -> tuple[np.ndarray, None]:
        return np.repeat(log_p, len(tokens), axis=0), state

    assert decode.greedy(step, None, 1, bos=0, eos=None, max_length=4)[0].tokens == [0, 0, 0, 0]
    assert decode.greedy(step, None, 1, bos=0, eos=2, max_length=4)[0].tokens == [1, 1, 1, 1]


@pytest.mark.parametrize("make", [lambda: td.zeros(-1), lambda: td.ones(2.5), lambda: td.full((2, -2), 1.0),
                                  lambda: td.randn(-3)])
def test_lengths_are_whole_numbers(make: object) -> None:
    with pytest.raises(ShapeError, match="integers, 0 or more"):
        make()  # type: ignore[operator]


@pytest.mark.parametrize("seed", ["x", -1, 1.5, True, None])
def test_seeds(seed: object) -> None:
    with pytest.raises(DTypeError, match="is no seed"):
        td.manual_seed(seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("state", [None, [1], "file.safetensors"])
def test_what_is_no_state_dict(state: object) -> None:
    with pytest.raises(StateError, match="is no state dict"):
        nn.Linear(2, 2).load_state_dict(state)


def test_a_model_on_a_device() -> None:
    with pytest.raises(DeviceError, match="needs CuPy"):
        nn.Linear(2, 2).cuda()
