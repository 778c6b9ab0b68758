"""How many kernels a training step launches, on the double of CuPy: no workload may come to need more than it does.

`python -m tests.bench --device double` prints the counts, with the lines that they come from and what one kernel per
formula would take. Who lowers a count lowers its budget here.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench import launches

# workload -> launches, copies to the device
BUDGETS = {
    "mlp": (31, 2), "bow": (29, 4), "nnlm": (26, 4), "rnn": (186, 4), "gru": (186, 4), "lstm": (190, 4), "seq2seq": (359, 5),
    "transformer": (174, 6), "vae": (277, 4),
    "transformer 512": (454, 6), "lstm 1024": (306, 4), "seq2seq 512": (599, 5), "seq2seq by steps": (1490, 10),
}
OF_IDEAL = 2.5  # how many times one kernel per formula a small workload may take


@pytest.mark.parametrize("name", BUDGETS)
def test_a_step_keeps_to_its_budget(name: str) -> None:
    seen, ideal = launches.count(name)
    found, (most, copies) = seen.totals(), BUDGETS[name]
    where = seen.places("launches").most_common(8)
    assert found["launches"] <= most, f"{name} launches {found['launches']} kernels, most of them in {where}"
    assert found["copies_in"] <= copies, seen.places("copies_in")
    assert found["waits"] == found["copies_out"] == 0, seen.places("waits")
    assert found["float64"] == 0, seen.places("float64")
    if name in launches.SMALL:
        assert found["launches"] <= OF_IDEAL * ideal
    assert found["launches"] >= 0.5 * ideal, "a count so low says that the counting, or `ideal`, is wrong"


def test_every_workload_has_a_budget() -> None:
    assert set(BUDGETS) == {*launches.SMALL, *launches.LARGE}
