"""torch.optim: what PyTorch takes and tinydawn refuses, one's own optimizers and schedules, several schedules at a time."""

from __future__ import annotations

import copy
import math
import warnings
from typing import Any

import numpy as np
import pytest

import tinydawn as td
from tinydawn.errors import DTypeError, OptionError
from tinydawn.torch import autograd, func, optim
from tinydawn.torch.optim import lr_scheduler

START = [np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([0.3, -0.7])]
EVERY = {"SGD": {"lr": 0.1, "momentum": 0.9}, "Adam": {"lr": 0.1}, "AdamW": {"lr": 0.1}, "NAdam": {}, "RAdam": {"lr": 0.1},
         "Adamax": {}, "Adagrad": {"lr": 0.2}, "Adadelta": {}, "RMSprop": {"lr": 0.05}, "ASGD": {}, "Rprop": {},
         "LBFGS": {"lr": 0.3, "max_iter": 3}}


def leaves(make: Any = td.tensor) -> list[Any]:
    return [make(a.copy()).requires_grad_() for a in START]


def loss_of(params: list[Any]) -> Any:
    a, b = params
    return (a * a).sum() + ((a @ b) ** 2).sum() + (b**4).sum()


def train(optimizer: Any, params: list[Any], steps: int) -> list[float]:
    def closure() -> Any:
        optimizer.zero_grad()
        loss = loss_of(params)
        loss.backward()
        return loss

    return [optimizer.step(closure).item() for _ in range(steps)]


def made(name: str = "SGD", **options: Any) -> tuple[list[Any], Any]:
    params = leaves()
    return params, getattr(optim, name)(params, **{**EVERY[name], **options})


@pytest.mark.parametrize("name", EVERY)
def test_each_is_tinydawns_and_pytorchs_and_moves_alike(name: str) -> None:
    params, optimizer = made(name)
    assert isinstance(optimizer, optim.Optimizer)
    assert isinstance(optimizer, getattr(td.optim, name))
    same = leaves()
    assert train(optimizer, params, 5) == train(getattr(td.optim, name)(same, **EVERY[name]), same, 5)


@pytest.mark.torch
@pytest.mark.parametrize("name", EVERY)
def test_trajectories_states_and_groups_are_pytorchs(name: str) -> None:
    torch = pytest.importorskip("torch")
    torch.set_default_dtype(torch.float64)
    try:
        theirs = leaves(torch.from_numpy)
        reference = getattr(torch.optim, name)(theirs, **EVERY[name])
        params, optimizer = made(name)
        np.testing.assert_allclose(train(optimizer, params, 20), train(reference, theirs, 20), rtol=1e-10, atol=1e-12)
        for p, q in zip(params, theirs, strict=True):
            np.testing.assert_allclose(p.array, q.detach().numpy(), rtol=0, atol=1e-12)
        if name == "LBFGS":
            return
        ours, right = optimizer.state_dict(), reference.state_dict()
        assert ours["param_groups"][0].keys() == right["param_groups"][0].keys()
        assert str(optimizer).splitlines()[:2] == str(reference).splitlines()[:2]
        for i, kept in right["state"].items():
            assert {k for k, v in kept.items() if v is not None} == ours["state"][i].keys()
        params, fresh = [td.tensor(q.detach().numpy().copy(), requires_grad=True) for q in theirs], None
        fresh = getattr(optim, name)(params, **EVERY[name])
        fresh.load_state_dict({**right, "state": {i: {k: v if v is None else v.numpy().copy() for k, v in kept.items()}
                                                  for i, kept in right["state"].items()}})
        np.testing.assert_allclose(train(fresh, params, 3), train(reference, theirs, 3), rtol=1e-10, atol=1e-14)
    finally:
        torch.set_default_dtype(torch.float32)


def test_a_step_without_gradients_does_nothing() -> None:
    params, optimizer = made("Adam", weight_decay=0.5)
    assert optimizer.step() is None
    np.testing.assert_array_equal(params[0].array, START[0])
    assert not optimizer.state


def test_frozen_parameters_may_stand_in_the_list_and_thaw() -> None:
    a, b = td.tensor([1.0]), td.tensor([2.0], requires_grad=True)
    optimizer = optim.SGD([a, b], lr=0.1)
    (a * b).sum().backward()
    optimizer.step()
    assert (a.item(), round(b.item(), 6)) == (1.0, 1.9)
    a.requires_grad = True
    (a * b).sum().backward()
    optimizer.step()
    assert a.item() == pytest.approx(0.81)


def test_zero_grad_to_zeros_writes_into_the_gradient_that_is_there() -> None:
    params, optimizer = made()
    loss_of(params).backward()
    held = params[0].grad
    optimizer.zero_grad(set_to_none=False)
    assert params[0].grad is held
    assert not held.array.any()
    optimizer.zero_grad()
    assert params[0].grad is None
    table = td.tensor(np.ones((3, 2)), requires_grad=True)
    other = optim.SGD([table], lr=0.1)
    td.nn.functional.embedding(td.tensor([1]), table).sum().backward()
    other.zero_grad(set_to_none=False)
    assert not table.grad.array.any()


def test_what_is_refused_as_pytorch_does() -> None:
    a, b = leaves()
    with pytest.raises(ValueError, match="can't optimize a non-leaf"):
        optim.SGD([a * 2], lr=0.1)
    with pytest.raises(ValueError, match="more than one group"):
        optim.SGD([{"params": [a]}, {"params": [b, a]}], lr=0.1)
    with pytest.raises(ValueError, match="is empty"):
        optim.SGD([], lr=0.1)
    with pytest.raises(TypeError, match="one Tensor"):
        optim.SGD(a, lr=0.1)
    with pytest.raises(DTypeError, match="a group is a dict"):
        optim.SGD([a], lr=0.1).add_param_group([b])
    with pytest.raises(ValueError, match="lr must be finite and not negative"):
        optim.Adam([a], lr=-1.0)
    with pytest.raises(OptionError, match="differentiable=True"):
        optim.Adam([a], differentiable=True)
    with pytest.raises(ValueError, match="other numbers of parameters"):
        optim.SGD([a, b], lr=0.1).load_state_dict(optim.SGD([a], lr=0.1).state_dict())
    with pytest.raises(ValueError, match="an option that has no default is missing"):
        Descent([a])


def test_a_parameter_given_twice_warns_and_moves_twice() -> None:
    x = td.tensor([1.0], requires_grad=True)
    with pytest.warns(UserWarning, match="a parameter twice"):
        optimizer = optim.SGD([x, x], lr=0.1)
    x.sum().backward()
    optimizer.step()
    assert x.item() == pytest.approx(0.8)


def test_a_rate_that_is_a_tensor_is_read_at_every_step() -> None:
    rate, x = td.tensor(0.1), td.tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([x], lr=rate)
    x.sum().backward()
    optimizer.step()
    rate.array[...] = 0.5
    optimizer.step()
    assert x.item() == pytest.approx(0.4)
    optimizer.param_groups[0]["lr"] = td.tensor([0.25])
    optimizer.step()
    assert x.item() == pytest.approx(0.15)
    optim.Adam([x], lr=1e-3, betas=(td.tensor(0.5), 0.9)).step()


def test_what_is_set_later_is_taken_as_it_is() -> None:
    x = td.tensor([1.0], requires_grad=True)
    optimizer = optim.SGD([x], lr=0.1)
    optimizer.param_groups[0]["lr"] = -0.5
    x.sum().backward()
    optimizer.step()
    assert x.item() == 1.5
    optimizer.param_groups[0]["lr"] = np.float64(0.5)
    optimizer.step()
    assert (x.item(), x.dtype) == (1.0, np.float32)


def test_groups_with_entries_of_ones_own_and_how_they_are_run() -> None:
    a, b = leaves()
    optimizer = optim.AdamW([{"params": [a], "name": "first", "lr": 0.5}, {"params": b}], lr=0.1, foreach=False, fused=False)
    assert [(g["lr"], g.get("name")) for g in optimizer.param_groups] == [(0.5, "first"), (0.1, None)]
    assert optimizer.state_dict()["param_groups"][0]["name"] == "first"
    assert "Parameter Group 1\n    amsgrad: False\n    betas: (0.9, 0.999)" in repr(optimizer)
    named = optim.SGD([("weight", a)], lr=0.1)
    assert named.param_groups[0]["param_names"] == ["weight"]


def test_state_is_shared_with_the_state_dict_as_in_pytorch() -> None:
    params, optimizer = made("Adam")
    train(optimizer, params, 2)
    state, kept = optimizer.state_dict(), copy.deepcopy(optimizer.state_dict())
    before = kept["state"][0]["exp_avg"].array.copy()
    train(optimizer, params, 1)
    assert isinstance(state["state"][0]["exp_avg"], td.Tensor)
    assert not np.array_equal(state["state"][0]["exp_avg"].array, before)
    np.testing.assert_array_equal(kept["state"][0]["exp_avg"].array, before)


class Descent(optim.Optimizer):
    """As a course has it write: momentum and weight decay by hand."""

    def __init__(self, params: Any, lr: Any = optim.required, momentum: float = 0.9, rule: Any = None) -> None:
        super().__init__(params, dict(lr=lr, momentum=momentum, rule=rule))

    @td.no_grad()
    def step(self, closure: Any = None) -> Any:
        loss = None
        if closure is not None:
            with td.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if len(state) == 0:
                    state["step"], state["velocity"] = 0, td.zeros_like(p)
                state["step"] += 1
                state["velocity"] = group["momentum"] * state["velocity"] + p.grad
                p.data -= group["lr"] * state["velocity"]
        return loss


def test_an_optimizer_of_ones_own() -> None:
    assert repr(optim.required) == "<required parameter>"
    params = leaves()
    optimizer = Descent(params, lr=0.01)
    scheduler = lr_scheduler.StepLR(optimizer, 2, gamma=0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scheduler.step()
    losses = train(optimizer, params, 4)
    same = leaves()
    np.testing.assert_allclose(train(optim.SGD(same, lr=0.01, momentum=0.9), same, 4), losses, rtol=1e-12)
    state = copy.deepcopy(optimizer.state_dict())
    assert state["state"][1]["step"] == 4
    other = leaves()
    again = Descent(other, lr=1.0)
    again.load_state_dict(state)
    assert again.param_groups[0]["lr"] == 0.01
    np.testing.assert_array_equal(again.state[other[1]]["velocity"].array, optimizer.state[params[1]]["velocity"].array)


@pytest.mark.parametrize(("module", "name", "fix"), [
    (optim, "SparseAdam", "Adam, which updates an embedding"), (optim, "AdamV", "did you mean torch.optim.Adam"),
    (lr_scheduler, "NoamLR", "LambdaLR, with the formula"), (autograd, "profiler", "cProfile"),
    (func, "vmap", "one more dimension in front")])
def test_a_name_that_is_not_there_says_so(module: Any, name: str, fix: str) -> None:
    with pytest.raises(AttributeError, match=f"(?s)has no attribute '{name}'.*{fix}"):
        getattr(module, name)


def test_an_optimizer_is_copied_whole() -> None:
    class Old(Descent):
        def __setstate__(self, state: Any) -> None:
            super().__setstate__(state)
            for group in self.param_groups:
                group.setdefault("nesterov", False)

    optimizer = copy.deepcopy(Old(leaves(), lr=0.1))
    assert optimizer.param_groups[0]["nesterov"] is False


# --- schedules -----------------------------------------------------------------------------------------------------


def pair(m: Any, p: Any, lr: float = 0.4) -> Any:
    return m.SGD([p], lr=lr, momentum=0.5)


TOGETHER = {
    "two factors": lambda m, o: [m.ExponentialLR(o, 0.9), m.MultiStepLR(o, [3, 7], 0.5)],
    "warm-up and cosine": lambda m, o: [m.LinearLR(o, 0.25, total_iters=4), m.CosineAnnealingLR(o, 6, eta_min=0.01)],
    "constant, polynomial": lambda m, o: [m.ConstantLR(o, 0.5, 3), m.PolynomialLR(o, 20, 2.0)],
    "step and multiplied": lambda m, o: [m.StepLR(o, 4, 0.3), m.MultiplicativeLR(o, lambda t: 0.97)],
    "step and lambda": lambda m, o: [m.StepLR(o, 4, 0.3), m.LambdaLR(o, lambda t: 1 / (1 + t))],
    "chained": lambda m, o: [m.ChainedScheduler([m.ConstantLR(o, 0.1, 4), m.CosineAnnealingLR(o, 5, 0.02)])],
    "in turn": lambda m, o: [m.SequentialLR(o, [m.LinearLR(o, 0.1, total_iters=3), m.ExponentialLR(o, 0.8)], [3])],
    "restarts by parts": lambda m, o: [m.CosineAnnealingWarmRestarts(o, 3, 2)],
    "changed by hand": lambda m, o: [m.StepLR(o, 3, 0.5)],
    "changed by hand under a cosine": lambda m, o: [m.CosineAnnealingLR(o, 5, eta_min=0.05)],
}


@pytest.mark.torch
@pytest.mark.parametrize("name", TOGETHER)
def test_several_schedules_and_changes_by_hand_are_as_in_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    found = []
    for m, p in ((optim, td.tensor([1.0], requires_grad=True)), (torch.optim, torch.nn.Parameter(torch.ones(1)))):
        optimizer = pair(m, p)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            schedulers, rates = TOGETHER[name](m.lr_scheduler, optimizer), []
            for t in range(12):
                rates.append(optimizer.param_groups[0]["lr"])
                optimizer.step()
                if "hand" in name and t in (1, 4):
                    optimizer.param_groups[0]["lr"] = 0.11 * t
                for scheduler in schedulers:
                    scheduler.step(*([t + 0.5] if "parts" in name else []))
                    rates.append(scheduler.get_last_lr()[0])
        found.append(rates)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-9, atol=1e-15)


def test_by_closed_forms_too() -> None:
    optimizer = pair(optim, td.tensor([1.0], requires_grad=True), 1.0)
    first, second = lr_scheduler.ExponentialLR(optimizer, 0.5), lr_scheduler.StepLR(optimizer, 2, 0.1)
    rates = []
    for _ in range(5):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        first.step()
        second.step()
    np.testing.assert_allclose(rates, [1.0, 0.5, 0.025, 0.0125, 0.000625])
    chained = lr_scheduler.ChainedScheduler([first, second])
    kept = copy.deepcopy(chained.state_dict())
    chained.step()
    chained.load_state_dict(kept)
    assert chained.last_epoch == 0
    assert first.last_epoch == 5


class Inverse(lr_scheduler._LRScheduler):
    """As courses have it written: get_lr from last_epoch and base_lrs."""

    def __init__(self, optimizer: Any, warmup: int, last_epoch: int = -1, verbose: bool = False) -> None:
        self.warmup = warmup
        super().__init__(optimizer, last_epoch, verbose)

    def get_lr(self) -> list[float]:
        return [base * min((self.last_epoch + 1) / self.warmup, math.sqrt(self.warmup / (self.last_epoch + 1)))
                for base in self.base_lrs]


class Half(lr_scheduler.StepLR):
    def get_lr(self) -> list[float]:
        return [lr / 2 for lr in super().get_lr()]


def test_a_schedule_of_ones_own() -> None:
    optimizer = pair(optim, td.tensor([1.0], requires_grad=True), 1.0)
    scheduler = Inverse(optimizer, 2)
    rates = []
    for _ in range(4):
        rates.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    np.testing.assert_allclose(rates, [0.5, 1.0, math.sqrt(2 / 3), math.sqrt(2 / 4)])
    again = Inverse(pair(optim, td.tensor([1.0], requires_grad=True), 1.0), 7)
    again.load_state_dict(scheduler.state_dict())
    assert (again.last_epoch, again.warmup, again.get_last_lr()) == (4, 2, scheduler.get_last_lr())
    scheduler.step(0)
    assert scheduler.get_last_lr() == [0.5]
    optimizer = pair(optim, td.tensor([1.0], requires_grad=True), 1.0)
    joined = lr_scheduler.SequentialLR(optimizer, [lr_scheduler.ConstantLR(optimizer, 0.1, 9), Inverse(optimizer, 1)], [2])
    assert joined.lrs(1) == [0.1]
    assert joined.lrs(2) == [1.0]
    assert Half(pair(optim, td.tensor([1.0], requires_grad=True), 1.0), 3).get_last_lr() == [0.5]


def test_epochs_verbose_groups_that_come_later_and_base_lrs() -> None:
    x, y = leaves()
    optimizer = optim.SGD([x], lr=1.0)
    scheduler = lr_scheduler.ExponentialLR(optimizer, gamma=0.5, verbose=True)
    with pytest.warns(UserWarning, match="before optimizer.step"):
        scheduler.step()
    scheduler.step(3)
    assert (scheduler.get_last_lr(), scheduler.last_epoch) == ([0.125], 3)
    optimizer.add_param_group({"params": [y], "lr": 0.8})
    scheduler.step()
    np.testing.assert_allclose([g["lr"] for g in optimizer.param_groups], [0.0625, 0.4])  # a factor on what it was
    scheduler.base_lrs = [2.0, 1.0]
    assert optimizer.param_groups[0]["initial_lr"] == 2.0


def test_plateau_takes_tensors_and_nans_and_is_resumed() -> None:
    optimizer = pair(optim, td.tensor([1.0], requires_grad=True), 1.0)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, "min", factor=0.5, patience=1, verbose=True)
    for metric in (td.tensor([1.0]), 0.5, math.nan, math.nan):
        scheduler.step(metric)
    assert optimizer.param_groups[0]["lr"] == 0.5
    again = lr_scheduler.ReduceLROnPlateau(optimizer, "min", factor=0.1, patience=9)
    again.load_state_dict(scheduler.state_dict())
    assert (again.best, again.factor, again.last_epoch) == (0.5, 0.5, 4)
    again.step(0.1, epoch=9)
    assert again.last_epoch == 9
