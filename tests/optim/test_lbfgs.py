"""L-BFGS against PyTorch, step by step, against a quadratic's minimum, resumed, and closures of the others."""

import numpy as np
import pytest

import tinydawn as td
from tinydawn import optim
from tinydawn.errors import StateError

# Of PyTorch's own runs, begun 2e-16 apart, two differ by 1e-9 after some steps where lr is small or the history short.
OPTIONS = [{"lr": 0.2, "max_iter": 4}, {"lr": 0.8, "max_iter": 7}, {"lr": 0.9, "history_size": 3, "max_iter": 30, "max_eval": 12},
           {"line_search_fn": "strong_wolfe"}, {"lr": 5.0, "line_search_fn": "strong_wolfe", "max_iter": 4},
           {"lr": 0.01, "line_search_fn": "strong_wolfe", "max_iter": 3, "max_eval": 9}]
START = [np.array([[-1.2, 1.0], [0.7, -0.4]]), np.array(0.3)]


def valley(a, b):
    """Curved and not convex; of two parameters. In a narrower one the last digit grows to the sixth in a few steps."""
    x, y = a[:, 0], a[:, 1]
    return (2 * (y - x * x) ** 2 + (1 - x) ** 2).sum() + (b * b - x.sum()) ** 2


def train(optimizer, params, steps):
    calls = []

    def closure():
        optimizer.zero_grad()
        loss = valley(*params)
        loss.backward()
        calls.append(loss.item())
        return loss

    return [optimizer.step(closure).item() for _ in range(steps)], calls


def made(options):
    params = [td.tensor(a, requires_grad=True) for a in START]
    return params, optim.LBFGS(params, **options)


@pytest.mark.torch
@pytest.mark.parametrize("options", OPTIONS)
def test_trajectory_is_pytorchs(options):
    torch = pytest.importorskip("torch")
    theirs = [torch.from_numpy(a.copy()).requires_grad_() for a in START]
    reference = torch.optim.LBFGS(theirs, **options)
    params, optimizer = made(options)
    for _ in range(20):
        (loss, calls), (right, evaluated) = train(optimizer, params, 1), train(reference, theirs, 1)
        assert len(calls) == len(evaluated)
        np.testing.assert_allclose([*loss, *calls], [*right, *evaluated], rtol=1e-6, atol=1e-9)
        for p, q in zip(params, theirs, strict=True):
            np.testing.assert_allclose(p.array, q.detach().numpy(), rtol=1e-6, atol=1e-9)
    state, reference_state = optimizer.state_dict(), reference.state_dict()
    assert state["param_groups"][0].keys() - {"maximize"} == reference_state["param_groups"][0].keys()
    assert state["state"][0].keys() >= reference_state["state"][0].keys() - {"al"}


@pytest.mark.torch
@pytest.mark.parametrize("options", OPTIONS[:4])
def test_states_go_from_here_to_pytorch_and_back(options):
    torch = pytest.importorskip("torch")
    theirs = [torch.from_numpy(a.copy()).requires_grad_() for a in START]
    reference = torch.optim.LBFGS(theirs, **{**options, "max_iter": 3})
    train(reference, theirs, 2)
    params, optimizer = made({**options, "max_iter": 3})
    for p, q in zip(params, theirs, strict=True):
        p.data = q.detach().numpy().copy()
    optimizer.load_state_dict(reference.state_dict())
    np.testing.assert_allclose(train(optimizer, params, 3)[1], train(reference, theirs, 3)[1], rtol=1e-9)


def test_resumed_run_is_the_uninterrupted_one():
    params, optimizer = made({"lr": 0.5, "max_iter": 3})
    train(optimizer, params, 3)
    copies = [td.tensor(p.array.copy(), requires_grad=True) for p in params]
    other = optim.LBFGS(copies, lr=0.9, max_iter=3)
    other.load_state_dict(optimizer.state_dict())
    assert train(optimizer, params, 4) == train(other, copies, 4)
    with pytest.raises(StateError, match=r"a direction of shape \(5,\) for 1 parameters"):
        optim.LBFGS([td.tensor([1.0], requires_grad=True)]).load_state_dict(
            {**optimizer.state_dict(), "param_groups": [{"params": [0], "lr": 1.0}]})


def test_a_checkpoint_that_would_lose_the_history_is_refused(tmp_path):
    model = td.nn.Linear(2, 1)
    with pytest.raises(StateError, match="LBFGS remembers more than a state per parameter"):
        td.Checkpoint(tmp_path / "run.safetensors", model, optim.LBFGS(model.parameters()))


def test_a_quadratic_is_solved_in_one_step():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(6, 6))
    a = a @ a.T + 6 * np.eye(6)
    x, b = td.tensor(np.zeros(6), requires_grad=True), rng.normal(size=6)
    optimizer = optim.LBFGS([x], max_iter=60, line_search_fn="strong_wolfe", tolerance_change=1e-14)

    def closure():
        optimizer.zero_grad()
        loss = 0.5 * x @ td.tensor(a) @ x - x @ td.tensor(b)
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 0.0
    np.testing.assert_allclose(x.array, np.linalg.solve(a, b), atol=1e-6)
    before = optimizer.past["n_iter"]
    with td.no_grad():  # the closure records all the same
        optimizer.step(closure)
    assert optimizer.past["n_iter"] - before <= 2


def test_a_line_search_narrows_its_bracket_where_the_loss_is_no_number():
    """Beyond 1 the logarithm has no value: the rates that are tried come back to where it has."""
    x = td.tensor([0.5], requires_grad=True)
    optimizer = optim.LBFGS([x], lr=10.0, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = ((x - 0.9) ** 2 * 50 + (x - 0.9) ** 4).sum()
        loss.backward()
        return loss

    for _ in range(3):
        optimizer.step(closure)
    assert x.item() == pytest.approx(0.9, abs=1e-4)


@pytest.mark.parametrize("name", ["SGD", "Adam", "Adagrad"])
def test_step_calls_a_closure_and_returns_its_loss(name):
    x = td.tensor([2.0], requires_grad=True)
    optimizer = getattr(optim, name)([x], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (x * x).sum()
        loss.backward()
        return loss

    with td.no_grad():
        assert optimizer.step(closure).item() == 4.0
    assert x.item() < 2.0
    assert optimizer.step() is None
