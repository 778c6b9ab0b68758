"""How wide text is, without a font: the widths of Helvetica, which Arial and Liberation Sans share; Chinese is square."""

from __future__ import annotations

import unicodedata

# Thousandths of the font size, of the characters from the space on.
_WIDTHS = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556,
    556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778,
    722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222,
    500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584)


def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width of `text` at that font size, in the same unit; generous for what Helvetica does not have."""
    total = 0.0
    for c in text:
        code = ord(c) - 32
        if 0 <= code < len(_WIDTHS):
            total += _WIDTHS[code]
        elif unicodedata.combining(c) or unicodedata.category(c) in ("Cf", "Mn"):
            continue
        elif unicodedata.east_asian_width(c) in "WF":
            total += 1000
        else:
            total += 650
    return total * size / 1000 * (1.07 if bold else 1.0)
