"""Names at the ends of lines in a matplotlib plot, which the eye finds sooner than those of a legend."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .figure import INK

End = tuple[Any, str, float, float]  # a line, its name, and the point where that belongs: x = inf beside, y = nan below


def name_lines(figure: Any, axes: Any, ends: list[End], text: dict[str, Any]) -> bool:
    """Write the names of lines at their ends: beside the axes, or inside where a line ends before; False: no room, none.

    text  options of every name, such as its font
    """
    left, right = axes.get_xlim()
    beside: list[Any] = []
    inside: list[Any] = []
    for line, label, x, y in ends:
        out = x > right - 0.03 * (right - left)
        known = math.isfinite(y)
        leader = {"arrowstyle": "-", "color": line.get_color(), "relpos": (0, 0.5), "shrinkA": 2, "shrinkB": 0}
        (beside if out else inside).append(axes.annotate(
            label, (1 if out else x, y if known else axes.get_ylim()[0]), (20, 0), textcoords="offset points",
            xycoords=axes.get_yaxis_transform() if out else "data", va="center", fontsize=9, color=INK, annotation_clip=False,
            arrowprops=leader if out and known else None, **text))
    figure.draw_without_rendering()  # from here on it is known where everything stands, in pixels
    if _spread(axes, beside) and all(_place(axes, name, inside[:k], ends) for k, name in enumerate(inside)):
        return True
    for name in beside + inside:
        name.remove()
    return False


def _spread(axes: Any, names: list[Any]) -> bool:
    """Move names up and down until none covers another, each as near to its line as that allows; False: too many."""
    frame, pixels = axes.get_window_extent(), axes.figure.dpi / 72
    line = 12.5 * pixels
    room = frame.height - line * (len(names) - 1)
    at = {name: axes.transData.transform((1, name.xy[1]))[1] for name in names}
    groups: list[list[float]] = []  # names that touch, from the bottom: where the lowest would stand, for each of them
    for k, name in enumerate(sorted(names, key=lambda name: at[name])):
        groups.append([at[name] - k * line])
        while len(groups) > 1 and np.mean(groups[-2]) > np.mean(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    lowest = [np.mean(group) for group in groups for _ in group]
    for k, name in enumerate(sorted(names, key=lambda name: at[name])):
        name.xyann = (20, (min(max(lowest[k], frame.y0), frame.y0 + room) + k * line - at[name]) / pixels)
    return room >= 0


def _place(axes: Any, name: Any, others: list[Any], ends: list[End]) -> bool:
    """Move a name to a place beside its point where it covers no line and no other name; False: there is none."""
    frame = axes.get_window_extent()
    for dx, dy, align in ((9, 0, "left"), (7, 10, "left"), (7, -10, "left"), (0, 13, "center"), (0, -13, "center"),
                          (-7, 10, "right"), (-7, -10, "right")):
        name.xyann = (dx, dy)
        name.set_horizontalalignment(align)
        box = name.get_window_extent()
        within = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
        alone = not any(box.overlaps(other.get_window_extent()) for other in others)
        if within and alone and not any(_covers(box, line) for line, *_ in ends):
            return True
    return False


def _covers(box: Any, line: Any) -> bool:
    """Whether any piece of the line between its gaps touches the box."""
    path = line.get_path()
    points = line.get_transform().transform(path.vertices)
    gone = np.isnan(points).any(axis=1)
    pieces = [points[part[~gone[part]]] for part in np.split(np.arange(len(points)), np.flatnonzero(gone))]
    return any(type(path)(piece).intersects_bbox(box, False) for piece in pieces if len(piece))
