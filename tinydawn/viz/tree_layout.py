"""A search tree laid out: a column per step, its nodes in the order of their parents and as near to them as there is room."""

from __future__ import annotations

from .curves import TIP, straight, towards
from .layout import Place, size_of
from .measure import text_width
from .picture import Picture

APART = 11.0


def tree_place(picture: Picture) -> Place:
    """Where nodes, edges and their labels stand."""
    sizes = [size_of(box, picture.sizes) for box in picture.boxes]
    children: dict[int, list[int]] = {}
    edge: dict[int, int] = {}
    for k, arrow in enumerate(picture.arrows):
        children.setdefault(arrow.source, []).append(arrow.target)
        edge[arrow.target] = k
    found = Place()
    column, x, ys = [0], 0.0, {0: 0.0}
    while column:
        wide = max(sizes[i][0] for i in column)
        for i in column:
            found.boxes[i] = (x + wide / 2, ys[i], *sizes[i])
        following = [(parent, i) for parent in column for i in children.get(parent, ())]
        if not following:
            break
        labels = [text_width(picture.arrows[edge[i]].label, picture.sizes["label"]) for _, i in following]
        x += wide + max(labels) + 34.0
        wanted = []
        for parent, i in following:
            among = children[parent]
            high = sizes[i][1] + APART
            wanted.append(ys[parent] + high * (among.index(i) - (len(among) - 1) / 2))
        column = [i for _, i in following]
        places = spread(wanted, [sizes[i][1] + APART for i in column])
        # Every column is about the same height: else the best path, the first child each time, climbs and climbs.
        middle = (places[0] + places[-1]) / 2 if len(places) > 1 else 0.0
        ys.update(zip(column, (y - middle for y in places), strict=True))
    for k, arrow in enumerate(picture.arrows):
        a, b = found.boxes[arrow.source], found.boxes[arrow.target]
        start, tip = (a[0] + a[2] / 2, a[1]), (b[0] - b[2] / 2 - (7.0 if picture.boxes[arrow.target].greedy else 0.0), b[1])
        end = towards(tip, start, TIP)
        found.curves[k] = [start, *straight(start, end)], tip
        if arrow.label:
            found.labels[k] = start[0] + 0.52 * (tip[0] - start[0]), start[1] + 0.52 * (tip[1] - start[1])
    return found


def spread(wanted: list[float], high: list[float]) -> list[float]:
    """Places in that order, of things so high, none on top of another, as near as can be to where they want to be."""
    below, at = [], 0.0
    for k, h in enumerate(high):
        at += (high[k - 1] + h) / 2 if k else 0.0
        below.append(at)
    blocks: list[list[float]] = []  # of things that touch: the sum of their wishes, and how many
    for w, b in zip(wanted, below, strict=True):
        blocks.append([w - b, 1.0])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1] = [blocks[-1][0] + total, blocks[-1][1] + count]
    means = [total / count for total, count in blocks for _ in range(int(count))]
    return [m + b for m, b in zip(means, below, strict=True)]
