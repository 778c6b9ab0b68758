"""Copies, pickles, NumPy's arrays, sets and dicts of Tensors: what is shared and what is not."""

import copy
import pickle

from . import outcome


def models_copied(torch):
    """deepcopy shares nothing, copy all, pickle makes another."""
    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh())
    deep, shallow, pickled = copy.deepcopy(model), copy.copy(model), pickle.loads(pickle.dumps(model))
    with torch.no_grad():
        deep[0].weight.add_(1)
    return {"model": model[0].weight, "deep": deep[0].weight, "shared": shallow[0] is model[0],
            "pickled": pickled(torch.ones(1, 2)) - model(torch.ones(1, 2))}


def tied_weights_stay_tied(torch):
    """A copy of a model with shared weights shares them too, but not with the first."""
    class Tied(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.seen = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2), []
            self.b.weight = self.a.weight

    model = Tied()
    other = copy.deepcopy(model)
    return {"tied": other.a.weight is other.b.weight, "count": len(list(other.parameters())),
            "keys": list(other.state_dict()),
            "apart": other.a.weight is not model.a.weight, "list": other.seen is model.seen}


def tensors_copied(torch):
    """deepcopy and pickle of Tensors keep requires_grad; of computed ones deepcopy is refused; copy shares memory."""
    x, leaf = torch.ones(2), torch.tensor([1.0, 2.0], requires_grad=True)
    deep, shallow, pickled = copy.deepcopy(x), copy.copy(x), pickle.loads(pickle.dumps(leaf))
    shallow[0] = 5
    return {"x": x, "deep": deep, "pickled": pickled, "computed": outcome(lambda: copy.deepcopy(leaf * 2)),
            "gradient": copy.deepcopy(leaf).grad, "list": copy.deepcopy([x, x])[0]}


def gradients_and_optimizers_copied(torch):
    """A copied model has the gradients too; a copied optimizer its state."""
    torch.manual_seed(2)
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    other, state = copy.deepcopy(model), copy.deepcopy(optimizer.state_dict())
    optimizer.step()
    return {"grad": other.weight.grad, "apart": other.weight.grad is not model.weight.grad, "weight": other.weight,
            "moments": state["state"][0]["exp_avg"], "rate": state["param_groups"][0]["lr"]}


def arrays_shared(torch):
    """from_numpy, as_tensor and numpy() share; tensor() and other dtypes copy."""
    import numpy as np

    a = np.ones(3, dtype=np.float32)
    shared, copied = torch.from_numpy(a), torch.tensor(a)
    viewed, converted = torch.as_tensor(a), torch.as_tensor(a, dtype=torch.float64)
    shared += 1
    copied += 5
    viewed[1], converted[2] = 7, 99
    shared.numpy()[2] = -1
    return {"array": a.tolist(), "copied": copied, "shared": shared, "converted": converted,
            "list": outcome(lambda: torch.from_numpy([1]))}


def arrays_and_tensors_together(torch):
    """NumPy's numbers and arrays as operands and indices."""
    import numpy as np

    t = torch.ones(3)
    return {"r": [t + np.float64(2), t * np.float32(2.0), t + np.int64(1), t[np.int64(1)], t[np.array([0, 1])],
                  torch.zeros(np.int64(2))],
            "dtypes": [torch.from_numpy(np.arange(3)), torch.from_numpy(np.array([True])), torch.tensor(np.int32(2)),
                       torch.tensor(np.ones(2))],
            "back": [np.asarray(t).sum().item(), np.array(t).tolist(), type(np.mean(t.numpy())).__name__],
            "refused": outcome(lambda: np.array(torch.ones(2, requires_grad=True)))}


def keys_of_dicts(torch):
    """Tensors in sets and dicts are told apart by identity, `in` a Tensor asks for the value, in a list for equality."""
    x = torch.tensor([1.0, 2.0, 3.0])
    y = x
    return {"size": len({x, y, x.clone()}), "found": {x: 1}[y], "same": hash(x) == hash(y), "inside": [2.0 in x, 5 in x],
            "list": [x in [x], outcome(lambda: x.clone() in [x])]}


def python_goes_over_tensors(torch):
    """sum, max, sorted, zip, reversed, enumerate and all of Python over a Tensor."""
    x = torch.tensor([3.0, 1.0, 2.0])
    return {"r": [sum(x), max(x), min(x), sorted(x), next(zip(x, x, strict=True)), list(reversed(x)), tuple(x),
                  list(map(float, x))],
            "truths": [any(x > 2), all(x > 0), bool(x[0]), not x[0] > 5, len(x), [v.item() for v in x]],
            "refused": [outcome(lambda: bool(x)), outcome(lambda: int(x)), outcome(lambda: len(x[0])),
                        outcome(lambda: list(x[0])),
                        outcome(lambda: torch.ones(2).item()), outcome(lambda: float(x))]}


def types_asked(torch):
    """type(x) == torch.Tensor, isinstance, and of parameters."""
    x, p = torch.ones(1), torch.nn.Parameter(torch.ones(1))
    one = [type(x) == torch.Tensor, type(p) == torch.Tensor, type(x) == torch.LongTensor]  # noqa: E721
    more = [type(x.data) == torch.Tensor, type([]) == torch.Tensor, type(x) != torch.Tensor]  # noqa: E721
    return {"r": [*one, *more, type(x) in (list, torch.Tensor), type(p).__name__],
            "isinstance": [isinstance(x, torch.FloatTensor), isinstance(x.long(), torch.LongTensor),
                           isinstance(p * 2, torch.nn.Parameter),
                           isinstance(p, torch.Tensor), issubclass(torch.nn.Parameter, torch.Tensor)]}


def states_saved_and_loaded(torch):
    """save and load of states, of dicts with numbers, words, lists and None; by name and into memory."""
    import io
    import tempfile
    from pathlib import Path

    torch.manual_seed(4)
    model, memory = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)), io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.pt"
        torch.save({"model": model.state_dict(), "epoch": 3, "losses": [1.0, 2.0], "name": "x", "none": None,
                    "pair": (1, True)}, path)
        loaded = torch.load(path)
    torch.save(torch.arange(3), memory)
    memory.seek(0)
    return {"keys": list(loaded["model"]), "rest": [loaded[k] for k in ("epoch", "losses", "name", "none", "pair")],
            "fits": str(model.load_state_dict(loaded["model"])), "memory": torch.load(memory)}


def states_that_do_not_fit(torch):
    """Missing keys, wrong shapes, other dtypes; a state is a view of the weights."""
    model = torch.nn.Linear(2, 2)
    state = model.state_dict()
    state["weight"].zero_()
    zeroed, ones = model.weight.detach().clone(), torch.ones(2)
    missing = outcome(lambda: model.load_state_dict({"weight": torch.ones(2, 2)}))
    shape = outcome(lambda: model.load_state_dict({"weight": torch.ones(3, 2), "bias": ones}))
    model.load_state_dict({"weight": torch.ones(2, 2).double() * 3, "bias": ones})
    return {"zeroed": zeroed, "missing": missing, "shape": shape, "weight": model.weight,
            "prefix": list(model.state_dict(prefix="a."))}
