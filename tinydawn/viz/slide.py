"""A drawing that fills a slide: long rows and columns folded, what does not fit left out and counted."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, product

from .curves import Point, rounded
from .grid import HEADING, PAD, grid
from .layout import Place, place, size_of
from .measure import text_width
from .picture import Frame, Picture
from .svg import canvas_of
from .themes import Theme
from .tree_layout import tree_place

WIDE = 1152.0  # points, by 648: text of 12 points has 20 of the slide's 1080 pixels
LANE = 9.0  # between lines that lead from one row to the next
ROOM = 14.0  # for arrows, between the name of a frame that goes on and its boxes
MOST_ROWS = 6


def laid_out(picture: Picture, direction: str, theme: Theme, timeout: float) -> Place:
    """Where everything stands: steps from left to right in columns of their own, all else as Graphviz has it."""
    return next(_layouts(picture, direction, theme, timeout))


def _layouts(picture: Picture, direction: str, theme: Theme, timeout: float) -> Iterator[Place]:
    """The ways to lay it out, the one for a page of any shape first."""
    if picture.tree:
        yield shifted(tree_place(picture))
        return
    some = False
    if picture.columns and direction in ("LR", "RL"):
        for beside in (("LR", "LR"), ("LR", "TB"), ("TB", "TB")):
            found = grid(picture, theme, timeout, direction == "RL", beside)
            if found is not None:
                some = True
                yield found
    if not some:
        yield place(picture, direction, theme, timeout)


def on_slide(pictures: Iterable[Picture], directions: tuple[str, ...], theme: Theme, timeout: float,
             ) -> tuple[Picture, Place, str]:
    """The first of these pictures, from the fullest to the barest, that fits a slide with text that can be read, folded as
    suits it best; else the one that comes nearest.

    A fold more has to make everything larger by a tenth, since the eye has to jump."""
    best: tuple[tuple[bool, float], Picture, Place, str] | None = None
    for picture in pictures:
        area = sum(w * h for w, h in (size_of(box, picture.sizes) for box in picture.boxes))
        if picture.boxes and area > 0.7 * WIDE * WIDE * 9 / 16 and len(picture.boxes) > 7:
            continue  # the boxes alone would fill it; the last one is of seven at most
        for direction in directions:
            across = picture.columns and direction in ("LR", "RL")
            for whole in _layouts(picture, direction, theme, timeout):
                for way, rows in product((direction, "BT") if across else (direction,), range(1, MOST_ROWS + 1)):
                    folded = fold(picture, whole, way, rows)
                    if folded is not None:
                        scale = WIDE / canvas_of(*folded)[0]
                        rank = (scale >= 1.0, min(scale, 1.7) / (1 + 0.1 * (rows - 1)))
                        if best is None or rank > best[0]:
                            best = (rank, *folded, direction)
        if best is not None and best[0][0]:
            break
    assert best is not None
    return best[1:]


def leaner(picture: Picture, level: int) -> Picture:
    """The picture with less in its boxes: 1 without heat maps, 2 one line of details at most, 3 no numbers of data that has more
    than two, 4 modules by their name alone."""
    boxes = []
    for box in picture.boxes:
        lines = box.lines
        if level >= 2 and box.kind != "failed":
            details = [line for line in lines if line[1] == "detail"]
            keep = next((line for line in details if line[0].startswith("→")), details[0] if details else None)
            lines = [line for line in lines if line[1] != "detail" or line is keep]
        if level >= 3 and box.kind in ("input", "constant", "chance"):
            lines = [line for line in lines if line[1] != "value" or line[0].count(",") < 2]
        if level >= 4 and box.kind == "module":
            lines = [(text.partition(": ")[0] if role == "title" else text, role) for text, role in lines]
        boxes.append(replace(box, lines=lines, heat=None))
    return replace(picture, boxes=boxes)


@dataclass
class _Row:
    """One row of a folded drawing: what is between two cuts, and how far it is moved."""

    start: float
    end: float
    boxes: list[int]
    left: float = 0.0
    right: float = 0.0
    top: float = 0.0
    bottom: float = 0.0
    dx: float = 0.0
    dy: float = 0.0


def fold(picture: Picture, place: Place, way: str, count: int) -> tuple[Picture, Place] | None:
    """The drawing in so many rows (or, of one that goes down or up, columns); None where it cannot be cut that often."""
    if count == 1:
        return picture, shifted(place)
    flat = _turned(place, way)
    cuts = _cuts(flat, count)
    if cuts is None:
        return None
    ends = [-1e9, *cuts, 1e9]
    rows = [_Row(a, b, [i for i, (x, _, _, _) in flat.boxes.items() if a < x <= b]) for a, b in pairwise(ends)]
    new, frames = _framed(picture, flat, rows, _pads(way))
    runs = {k: _runs(_to_the_tip(points, tip, cuts), cuts) for k, (points, tip) in flat.curves.items()}
    tips = {k: tip for k, (_, tip) in flat.curves.items()}
    for k, arrow in enumerate(picture.arrows):
        if k in runs and len(runs[k]) > 1:
            tips[k] = _straightened(runs[k], tips[k], flat.boxes[arrow.source], flat.boxes[arrow.target], rows, flat)
    crossing: list[dict[int, float]] = [{} for _ in cuts]  # at each cut: where lines cross it, which is one lane each
    for parts in runs.values():
        for (a, points), (b, _) in pairwise(parts):
            for cut in range(min(a, b), max(a, b)):
                crossing[cut][round(points[-1][1])] = points[-1][1]
    said = {k: text_width(picture.arrows[k].label, picture.sizes["label"]) for k in flat.labels}
    lanes = [{y: n for n, y in enumerate(sorted(ys, reverse=True))} for ys in crossing]
    before = max(14.0 + LANE * len(at) for at in lanes)
    top = 0.0
    for n, row in enumerate(rows):
        _measure(row, flat, frames[n], [points for parts in runs.values() for r, points in parts if r == n])
        if n:
            top += 26.0 + LANE * len(lanes[n - 1])
        row.right += max((said[k] + 12.0 for k in said if len(runs[k]) > 1 and runs[k][0][0] == n), default=0.0)
        row.dx, row.dy = before - row.left, top - row.top
        top += row.bottom - row.top
    found = Place()
    for n, row in enumerate(rows):
        for i in row.boxes:
            x, y, w, h = flat.boxes[i]
            found.boxes[i] = (x + row.dx, y + row.dy, w, h)
        for f, (x, y, w, h) in frames[n].items():
            found.frames[f] = (x + row.dx, y + row.dy, w, h)
    for k, tip in tips.items():
        last = rows[runs[k][-1][0]]
        found.curves[k] = _led(runs[k], rows, lanes, before), (tip[0] + last.dx, tip[1] + last.dy)
    for k, (x, y) in flat.labels.items():
        if len(runs[k]) > 1:  # where it leaves its row
            x, y, w, _ = flat.boxes[picture.arrows[k].source]
            x, y = x + w / 2 + said[k] / 2 + 6.0, runs[k][0][1][-1][1] - 8.0
        row = next(r for r in rows if r.start < x <= r.end)
        found.labels[k] = (x + row.dx, y + row.dy)
    return new, _turned_back(shifted(found), way)


def _turned(place: Place, way: str) -> Place:
    """As if it went from left to right."""
    return _mapped(place, {"LR": lambda x, y: (x, y), "RL": lambda x, y: (-x, y), "TB": lambda x, y: (y, x),
                           "BT": lambda x, y: (-y, x)}[way], way in ("TB", "BT"))


def _turned_back(place: Place, way: str) -> Place:
    return shifted(_mapped(place, {"LR": lambda x, y: (x, y), "RL": lambda x, y: (-x, y), "TB": lambda x, y: (y, x),
                                    "BT": lambda x, y: (y, -x)}[way], way in ("TB", "BT")))


def _mapped(place: Place, to: Callable[[float, float], Point], swapped: bool) -> Place:
    found = Place()
    for i, (x, y, w, h) in place.boxes.items():
        found.boxes[i] = (*to(x, y), *((h, w) if swapped else (w, h)))
    for f, (x, y, w, h) in place.frames.items():
        (x0, y0), (x1, y1) = to(x, y), to(x + w, y + h)
        found.frames[f] = (min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0))
    for k, (points, tip) in place.curves.items():
        found.curves[k] = [to(*p) for p in points], to(*tip)
    for k, at in place.labels.items():
        found.labels[k] = to(*at)
    return found


def shifted(place: Place) -> Place:
    """Moved to begin at 0, and measured."""
    xs, ys = [], []
    for x, y, w, h in place.boxes.values():
        xs += [x - w / 2 - 8, x + w / 2 + 8]
        ys += [y - h / 2 - 8, y + h / 2 + 8]
    for x, y, w, h in place.frames.values():
        xs += [x, x + w]
        ys += [y, y + h]
    for points, _ in place.curves.values():
        xs += [x for x, _ in points]
        ys += [y for _, y in points]
    dx, dy = -min(xs), -min(ys)
    found = _mapped(place, lambda x, y: (x + dx, y + dy), False)
    found.width, found.height = max(xs) + dx, max(ys) + dy
    return found


def _cuts(flat: Place, count: int) -> list[float] | None:
    """Where to cut into `count` rows, of which the longest is short, and few lines and frames are cut."""
    spans = sorted((x - w / 2, x + w / 2) for x, _, w, _ in flat.boxes.values())
    gaps, right = [], spans[0][1]
    for a, b in spans[1:]:
        if a - right >= 4.0:
            gaps.append((right, a))
        right = max(right, b)
    if len(gaps) < count - 1:
        return None
    lines = [(min(points[0][0], tip[0]), max(points[0][0], tip[0])) for points, tip in flat.curves.values()]
    price = []
    for a, b in gaps:
        middle = (a + b) / 2
        price.append(14.0 * sum(low < middle < high for low, high in lines)
                     + 16.0 * sum(x < middle < x + w for x, _, w, _ in flat.frames.values()))
    starts, ends = [spans[0][0], *(b for _, b in gaps)], [*(a for a, _ in gaps), right]
    n = len(starts)
    prices = [0.0, *price]  # of a row that begins there
    best = [[1e18] * n for _ in range(count + 1)]  # the longest row, of the pieces up to here in so many rows
    back = [[0] * n for _ in range(count + 1)]
    for j in range(n):
        best[1][j] = ends[j] - starts[0]
    for rows in range(2, count + 1):
        for j in range(rows - 1, n):
            for i in range(rows - 1, j + 1):
                worst = max(best[rows - 1][i - 1], ends[j] - starts[i] + prices[i])
                if worst < best[rows][j] - 1e-9:
                    best[rows][j], back[rows][j] = worst, i
    at, found = n - 1, []
    for rows in range(count, 1, -1):
        i = back[rows][at]
        if not i:
            return None
        found.append(sum(gaps[i - 1]) / 2)
        at = i - 1
    return sorted(found)


def _pads(way: str) -> tuple[float, float, float, float]:
    """Room inside a frame before, above, after and below, where that is once turned."""
    return {"LR": (PAD, HEADING, PAD, PAD), "RL": (PAD, HEADING, PAD, PAD), "TB": (HEADING, PAD, PAD, PAD),
            "BT": (PAD, PAD, HEADING, PAD)}[way]


def _framed(picture: Picture, flat: Place, rows: list[_Row], pads: tuple[float, float, float, float],
            ) -> tuple[Picture, list[dict[int, tuple[float, float, float, float]]]]:
    """A frame that is cut goes on in the next row, where its name says so; and where the frames are, by row."""
    frames = list(picture.frames)
    boxes = list(picture.boxes)
    found: list[dict[int, tuple[float, float, float, float]]] = []
    begun: set[int] = set()
    for row in rows:
        inside: dict[int, list[tuple[float, float, float, float]]] = {}
        for i in row.boxes:
            x, y, w, h = flat.boxes[i]
            inside.setdefault(picture.boxes[i].frame, []).append((x - w / 2, y - h / 2, x + w / 2, y + h / 2))
        here: dict[int, tuple[float, float, float, float]] = {}
        for f in reversed(range(len(picture.frames))):
            if f not in inside or f not in flat.frames:
                continue
            x, y, w, h = flat.frames[f]
            rects = inside[f]
            if row.start < x and x + w <= row.end:
                rect = (x, y, x + w, y + h)
            else:
                rect = (min(r[0] for r in rects) - pads[0], min(r[1] for r in rects) - pads[1],
                        max(r[2] for r in rects) + pads[2], max(r[3] for r in rects) + pads[3])
            if f in begun and pads[1] == HEADING:  # an arrow from the row before comes in over the boxes: its name stands above
                rect = (rect[0], rect[1] - ROOM, rect[2], rect[3])
            name = text_width(picture.frames[f].title + " …", 12, True) * 1.15 + 22  # room for its name
            if pads[1] == HEADING:
                rect = (rect[0], rect[1], max(rect[2], rect[0] + name), rect[3])
            else:
                rect = (rect[0], rect[1], rect[2], max(rect[3], rect[1] + name))
            here[f] = rect
            inside.setdefault(picture.frames[f].parent, []).append(rect)
        piece = {f: f for f in here}
        for f in sorted(here):
            frame = picture.frames[f]
            parent = piece.get(frame.parent, frame.parent)
            if f in begun:
                piece[f] = len(frames)
                frames.append(Frame(f"{frame.title} …", parent, frame.kind, frame.time))
            elif parent != frame.parent:
                frames[f] = replace(frame, parent=parent)
        for i in row.boxes:
            f = picture.boxes[i].frame
            if piece.get(f, f) != f:
                boxes[i] = replace(picture.boxes[i], frame=piece[f])
        begun |= set(here)
        found.append({piece[f]: (a, b, c - a, d - b) for f, (a, b, c, d) in here.items()})
    return replace(picture, boxes=boxes, frames=frames), found


def _measure(row: _Row, flat: Place, frames: dict[int, tuple[float, float, float, float]], curves: list[list[Point]]) -> None:
    xs, ys = [], []
    for i in row.boxes:
        x, y, w, h = flat.boxes[i]
        xs += [x - w / 2, x + w / 2 + 3]
        ys += [y - h / 2, y + h / 2 + 3]
    for x, y, w, h in frames.values():
        xs += [x, x + w]
        ys += [y, y + h]
    xs += [x for points in curves for x, _ in points]
    ys += [y for points in curves for _, y in points]
    row.left, row.right, row.top, row.bottom = min(xs), max(xs), min(ys), max(ys)


def _to_the_tip(points: list[Point], tip: Point, cuts: list[float]) -> list[Point]:
    """A curve that ends before a cut, and its head behind it, led over the cut."""
    (x, y), (x1, y1) = points[-1], tip
    if not any(x <= cut < x1 for cut in cuts):
        return points
    end = (x1 - 0.1, y1)
    return [*points, (x + (end[0] - x) / 3, y + (y1 - y) / 3), (x + 2 * (end[0] - x) / 3, y + 2 * (y1 - y) / 3), end]


def _runs(points: list[Point], cuts: list[float]) -> list[tuple[int, list[Point]]]:
    """A curve in pieces, each with the row it is in."""
    def row_of(x: float) -> int:
        return bisect_left(cuts, x)

    found: list[tuple[int, list[Point]]] = [(row_of(points[0][0]), [points[0]])]
    for n in range(0, len(points) - 1, 3):
        rest: list[Point] = points[n:n + 4]
        for _ in range(8):  # a piece meets few cuts
            here = found[-1][0]
            if all(row_of(x) == here for x, _ in rest):  # it stays between its control points
                break
            low, high = 0.0, None
            for step in range(1, 13):
                if row_of(_across(rest, step / 12)) != here:
                    high = step / 12
                    break
                low = step / 12
            if high is None:
                break
            for _ in range(18):
                middle = (low + high) / 2
                if row_of(_across(rest, middle)) == here:
                    low = middle
                else:
                    high = middle
            first, rest = _split(rest, high)
            found[-1][1].extend(first[1:])
            found.append((row_of(_across(rest, 1e-6)) if row_of(rest[0][0]) == here else row_of(rest[0][0]), [first[3]]))
        found[-1][1].extend(rest[1:])
    return found


Rect = tuple[float, float, float, float]


def _straightened(parts: list[tuple[int, list[Point]]], tip: Point, source: Rect, target: Rect, rows: list[_Row], flat: Place,
                  ) -> Point:
    """Where nothing stands between a box and the end of its row, the line leaves it straight on, and arrives so; the new tip."""
    a, points = parts[0]
    x, y, w, h = source
    if parts[1][0] > a and not any(_after(flat.boxes[i], x + w / 2) and _level(flat.boxes[i], y, h) for i in rows[a].boxes):
        at = min(max(points[0][1], y - 0.3 * h), y + 0.3 * h)
        parts[0] = a, _line((x + w / 2, at), (x + w / 2 + 1, at))
    b = parts[-1][0]
    x, y, w, h = target
    if parts[-2][0] < b and not any(_before(flat.boxes[i], x - w / 2) and _level(flat.boxes[i], y, h) for i in rows[b].boxes):
        at = min(max(tip[1], y - 0.3 * h), y + 0.3 * h)
        tip = (x - w / 2, at)
        parts[-1] = b, _line((tip[0] - 9, at), (tip[0] - 7, at))
    return tip


def _after(box: Rect, x: float) -> bool:
    return box[0] - box[2] / 2 > x - 1


def _before(box: Rect, x: float) -> bool:
    return box[0] + box[2] / 2 < x + 1


def _level(box: Rect, y: float, h: float) -> bool:
    return abs(box[1] - y) < (box[3] + h) / 2 + 2


def _line(a: Point, b: Point) -> list[Point]:
    return [a, (a[0] + (b[0] - a[0]) / 3, a[1]), (a[0] + 2 * (b[0] - a[0]) / 3, b[1]), b]


def _across(p: list[Point], t: float) -> float:
    """How far across a Bézier piece is at t."""
    u = 1 - t
    return u * u * u * p[0][0] + 3 * u * u * t * p[1][0] + 3 * u * t * t * p[2][0] + t * t * t * p[3][0]


def _split(p: list[Point], t: float) -> tuple[list[Point], list[Point]]:
    """One Bézier piece as two, by de Casteljau."""
    def between(a: Point, b: Point) -> Point:
        return a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])

    ab, bc, cd = between(p[0], p[1]), between(p[1], p[2]), between(p[2], p[3])
    abc, bcd = between(ab, bc), between(bc, cd)
    middle = between(abc, bcd)
    return [p[0], ab, abc, middle], [middle, bcd, cd, p[3]]


def _led(parts: list[tuple[int, list[Point]]], rows: list[_Row], lanes: list[dict[int, int]], before: float) -> list[Point]:
    """The pieces of a curve in their rows, and between two rows a line around the end of one to the beginning of the next."""
    first = rows[parts[0][0]]
    out = [(x + first.dx, y + first.dy) for x, y in parts[0][1]]
    for (a, points), (b, more) in pairwise(parts):
        step = 1 if b > a else -1
        line = [out[-1]]
        for r in range(a, b, step):
            upper, lower = (rows[r], rows[r + 1]) if step > 0 else (rows[r - 1], rows[r])
            at = lanes[min(r, r + step)]
            y = points[-1][1]
            lane = at[round(y)] if step > 0 else at[min(at, key=lambda key: abs(key - y))]
            then = more[0][1] if r == b - step else y
            out_x = upper.right + upper.dx + 8.0 + LANE * lane
            in_x = before - 10.0 - LANE * (len(at) - 1 - lane) - 4.0
            gutter = upper.bottom + upper.dy + 12.0 + LANE * lane
            if step > 0:
                line += [(out_x, y + upper.dy), (out_x, gutter), (in_x, gutter), (in_x, then + lower.dy)]
            else:
                line += [(in_x, y + lower.dy), (in_x, gutter), (out_x, gutter), (out_x, then + upper.dy)]
        end = (more[0][0] + rows[b].dx, more[0][1] + rows[b].dy)
        curve, _ = rounded([*line, end], headless=True)
        out += curve[1:]
        if curve[-1] != end:
            out[-1] = end
        out += [(x + rows[b].dx, y + rows[b].dy) for x, y in more[1:]]
    return out
