"""What a student may hand to labs.check in a notebook, beside an answer."""

from __future__ import annotations

from typing import Any

from tinydawn import labs


def test_a_function_that_leaves_python_is_told_as_one_that_raises() -> None:
    def sgd_step(w: Any, g: Any, lr: Any) -> Any:
        raise SystemExit(3)

    verdict = labs.check(sgd_step).verdict
    assert verdict.status == "wrong"
    assert "SystemExit" in verdict.messages[0]
