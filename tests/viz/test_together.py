"""What is drawn in place of a product by 1 or another shape: it has the shape that comes out, and all of its own gradient."""

from __future__ import annotations

import numpy as np
from draw_tools import leaf, texts

import tinydawn as td
from tinydawn.viz import Diagram


def said_of(diagram: Diagram, symbol: str) -> list[str]:
    (lines,) = [lines for lines in texts(diagram) if lines[0].startswith(f"{symbol} =")]
    return lines


def test_a_product_with_a_vector_has_the_shape_that_comes_out() -> None:
    h, W, s = leaf(np.ones((5, 3)), "h"), leaf(np.ones((3, 4)), "W"), leaf(np.ones(4), "s")

    def scores() -> td.Tensor:
        a = h @ (W @ s)  # a matrix of one column on the way
        a.name = "a"
        return (a * a).sum()

    assert "(5)" in said_of(td.draw(scores, depth="formula"), "a")


def test_a_gradient_is_not_lost_where_a_product_by_one_is_left_out() -> None:
    x = leaf([1.0, 2.0], "x")

    def loss() -> td.Tensor:
        a = td.tanh(x)
        a.name = "a"
        return (a * 1.0).sum() + (a * 4.0).sum()  # 1 by the one way, 4 by the other

    assert "gradient: 5, 5" in said_of(td.draw(loss, depth="formula", backward=True), "a")
