"""The exceptions, and how a message is built: what happened, where, and how to fix it.

Every exception is also the built-in one a reader would expect (`ShapeError` is a `ValueError`),
so `except ValueError` keeps working; and a `RuntimeError`, which is what PyTorch raises for nearly everything.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable

from . import scope

words: Callable[[str], str] | None = None  # what changes the words of messages: tinydawn.torch, while it is in use
_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_STANDARD_LIBRARY = (os.path.dirname(os.path.abspath(os.__file__)) + os.sep,
                     os.path.dirname(os.path.abspath(contextlib.__file__)) + os.sep)  # in a browser it is in a zip file


class TinydawnError(RuntimeError):
    """Base of every error this package raises on purpose."""


class ShapeError(TinydawnError, ValueError):
    """Shapes that do not fit together, or an axis that is not there."""


class DTypeError(TinydawnError, TypeError):
    """A dtype, or a Python type, that an operation cannot work with."""


class DeviceError(TinydawnError, TypeError):
    """Arrays of two devices in one operation, or a device that is not there."""


class IdError(TinydawnError, IndexError):
    """A token id, class index or position out of its range."""


class GraphError(TinydawnError, RuntimeError):
    """A backward pass that cannot be done: no graph, a released graph, a non-scalar start."""


class AnomalyError(TinydawnError, ArithmeticError):
    """A NaN, or an array changed between forward and backward, found by detect_anomaly."""


class StateError(TinydawnError, RuntimeError):
    """A state dict or checkpoint that does not fit the model it is loaded into."""


class OptionError(TinydawnError, ValueError):
    """An argument out of its range, or one that does not go with another."""


class DataError(TinydawnError, ValueError):
    """Text, a corpus or a file that is missing, empty or not in the expected form."""


class RenderError(TinydawnError, RuntimeError):
    """A drawing that could not be rendered: no renderer, too slow, or refused."""


def user_line() -> str:
    """File, line and function of the innermost caller outside this package and Python's own library, or an empty string."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        library = name.startswith(_STANDARD_LIBRARY) and "-packages" not in name  # as copy.deepcopy, contextlib
        if not name.startswith((_PACKAGE, "<frozen")) and not library:
            return f"{name}:{frame.f_lineno} in {frame.f_code.co_name}"
        frame = frame.f_back  # type: ignore[assignment]
    return ""


def said(text: str) -> str:
    """A text in the words of whoever is in use: with axis= and td., or, while tinydawn.torch is, with dim= and torch."""
    return text if words is None else words(text)


def message(what: str, fix: str = "", at: str | None = None) -> str:
    """The text of an error: `what` happened, the user's line and module path, and one `fix`.

    >>> print(message("matmul: 3 and 4 differ", fix="transpose one of them", at="train.py:7 in step"))
    matmul: 3 and 4 differ
      at: train.py:7 in step
      fix: transpose one of them
    """
    what, fix = said(what), said(fix)
    lines = [what]
    where = user_line() if at is None else at
    if where:
        lines.append(f"  at: {where}")
    if scope.here.path:
        lines.append(f"  in: {scope.where()}")
    if fix:
        lines.append(f"  fix: {fix}")
    return "\n".join(lines)
