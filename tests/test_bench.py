"""The benchmark compares like with like: each workload, written with public layers, trains as the hand-written one does."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.bench import impl_limit, impl_tinydawn, workloads

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
