"""Lines with round corners, as Bézier curves of 1 + 3 n points."""

from __future__ import annotations

TIP = 7.0  # the length of an arrow's head

Point = tuple[float, float]


def rounded(line: list[Point], radius: float = 7.0, headless: bool = False) -> tuple[list[Point], Point]:
    """A line of corners as a Bézier curve with round ones, and its tip."""
    points = [line[0]]
    for p in line[1:]:
        if abs(p[0] - points[-1][0]) + abs(p[1] - points[-1][1]) > 0.3:
            points.append(p)
    if len(points) == 1:
        points.append((points[0][0] + 0.5, points[0][1]))
    tip = points[-1]
    if not headless:
        points[-1] = towards(tip, points[-2], TIP)
    curve = [points[0]]
    for a, b, c in zip(points, points[1:], points[2:], strict=False):
        r = min(radius, far(a, b) / 2, far(b, c) / 2)
        p, q = towards(b, a, r), towards(b, c, r)
        curve += straight(curve[-1], p)
        curve += [towards(p, b, 0.55 * r), towards(q, b, 0.55 * r), q]
    curve += straight(curve[-1], points[-1])
    return curve, tip


def straight(a: Point, b: Point) -> list[Point]:
    return [(a[0] + (b[0] - a[0]) / 3, a[1] + (b[1] - a[1]) / 3), (a[0] + 2 * (b[0] - a[0]) / 3, a[1] + 2 * (b[1] - a[1]) / 3), b]


def sampled(curve: list[Point], n: int) -> list[Point]:
    """n points of each part of a Bézier curve of 1 + 3 m points."""
    found = []
    for i in range(0, len(curve) - 3, 3):
        a, b, c, d = curve[i:i + 4]
        for k in range(n):
            t = k / n
            u, v, w, x = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            found.append((u * a[0] + v * b[0] + w * c[0] + x * d[0], u * a[1] + v * b[1] + w * c[1] + x * d[1]))
    return [*found, curve[-1]]


def far(a: Point, b: Point) -> float:
    return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)


def towards(a: Point, b: Point, by: float) -> Point:
    """The point that far from a on the way to b."""
    share = min(1.0, by / (far(a, b) or 1.0))
    return a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])


def joined(a: list[Point], between: list[Point], b: tuple[list[Point], Point]) -> tuple[list[Point], Point]:
    points = list(a)
    for p in [*between, b[0][0]]:
        if far(points[-1], p) > 0.1:
            points += straight(points[-1], p)
    return [*points, *b[0][1:]], b[1]
