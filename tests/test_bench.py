"""The benchmark compares like with like: each workload, written with public layers, trains as the hand-written one does,
and each program trains as it does in PyTorch."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.bench import impl_limit, impl_tinydawn, workloads
from tests.bench.programs import in_tinydawn, kinds

# Smaller than what is timed: the same arithmetic.
SMALL = {"V": 200, "d": 16, "h": 24, "hid": 16, "T": 7, "S": 6, "B": 8, "ff": 32, "n": 40, "nmask": 2}


@pytest.mark.parametrize("workload", list(workloads.CONFIGS))
def test_same_losses_and_the_same_updates(workload):
    config = workloads.config(workload)
    config.update({k: v for k, v in SMALL.items() if k in config})
    start, batches = workloads.params(workload, config), workloads.batches(workload, config)
    limit, ours = (m.WORKLOADS[workload](start, config) for m in (impl_limit, impl_tinydawn))
    for k in range(4):
        batch = batches[k % len(batches)]
        assert ours(batch) == pytest.approx(limit(batch), rel=2e-5)
    expected, found = limit.params(), ours.params()
    assert set(expected) == set(found) == set(start)
    for name, value in expected.items():
        if name.endswith("bqkv"):  # the keys' part has no gradient: Adam makes steps of its rounding errors
            value, found[name] = (np.delete(x, slice(config["d"], 2 * config["d"])) for x in (value, found[name]))
            start[name] = np.delete(start[name], slice(config["d"], 2 * config["d"]))
        moved = np.linalg.norm(value - start[name])
        assert np.linalg.norm(found[name] - value) <= 1e-3 * moved + 1e-7, name


def small_program(kind):
    small = {"V": 50, "d": 16, "h": 12, "T": 8, "S": 6, "B": 4, "ff": 32, "layers": 2}
    config = kinds.config(kind, dtype="float64")
    config.update({k: v for k, v in small.items() if k in config})
    return config, kinds.params(kind, config), kinds.batches(kind, config)


@pytest.mark.parametrize("kind", list(kinds.CONFIGS))
def test_a_program_learns(kind):
    config, start, batches = small_program(kind)
    step = in_tinydawn.WORKLOADS[kind](start, config)
    losses = [step(batches[0]) for _ in range(20)]
    assert np.isfinite(losses).all()
    assert losses[-1] < losses[0] or kind == "greedy"
    assert {value.dtype for value in step.params().values()} == {np.dtype("float64")}


@pytest.mark.torch
@pytest.mark.parametrize("kind", list(kinds.CONFIGS))
def test_a_program_has_the_losses_and_the_updates_that_it_has_in_pytorch(kind, torch):
    from tests.bench.programs import in_torch

    config, start, batches = small_program(kind)
    ours, theirs = (module.WORKLOADS[kind](start, config) for module in (in_tinydawn, in_torch))
    for batch in batches[:2]:
        assert ours(batch) == pytest.approx(theirs(batch), rel=1e-9)
    found = ours.params()
    for name, value in theirs.params().items():
        np.testing.assert_allclose(found[name], value, rtol=1e-6, atol=1e-9, err_msg=name)
