"""How large the letters of a figure are on a slide: `python tests/slides.py FIGURE.svg ...`

A figure fills a slide of 1920 x 1080; its smallest text should be 20 pixels high or more, to be read at the back of a hall.
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

WIDTH, HEIGHT, LEAST = 1920.0, 1080.0, 20.0


def text_sizes(path: Path) -> list[float]:
    """The size of every text of an SVG, in pixels of a slide that the figure fills; matplotlib's glyphs too."""
    root = ElementTree.parse(path).getroot()
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    scale = min(WIDTH / width, HEIGHT / height)
    sizes = []
    for element in root.iter():
        if element.tag.endswith("}text"):
            style = re.search(r"font(?:-size)?:\s*(?:\w+\s+)*([\d.]+)px", element.get("style", ""))
            size = element.get("font-size") or (style and style[1])
            if size and "".join(element.itertext()).strip():
                sizes.append(float(size) * scale)
        # matplotlib draws letters as paths of 100 units, in a group that is scaled to their size, and above it a text's own size
        elif scaled := re.search(r"scale\(([\d.]+) -[\d.]+\)", element.get("transform", "")):
            sizes.append(100 * float(scaled[1]) * scale)
    return sizes


def smallest(path: Path) -> float:
    return min(text_sizes(path), default=float("inf"))


def aspect(path: Path) -> float:
    _, _, width, height = map(float, ElementTree.parse(path).getroot().attrib["viewBox"].split())
    return width / height


if __name__ == "__main__":
    for name in sys.argv[1:]:
        size = smallest(Path(name))
        print(f"{size:6.1f} px  {aspect(Path(name)):5.2f}:1  {'' if size >= LEAST else 'TOO SMALL  '}{name}")
