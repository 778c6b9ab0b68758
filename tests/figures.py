"""The pictures of the README are what its own commands draw: `python -m tests.figures RUN` writes them anew.

RUN is a folder of a run of demos/beam_search.py without flags. unrolled.svg is drawn by the README's own lines. Layouts differ
from one Graphviz to the next, so tests compare what stands in the boxes.
"""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from tinydawn.storage.files import write_atomic

ROOT = Path(__file__).parents[1]
FIGURES = ROOT / "demos" / "figures"


def lines_of_the_readme(name: str) -> str:
    """The README's Python that saves the picture of that name."""
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    return next(block for block in blocks if name in block)


def texts_of(path: Path) -> list[str]:
    """What stands in a picture, in the order in which it is drawn."""
    return ["".join(t.itertext()) for t in ElementTree.parse(path).getroot().iter() if t.tag.endswith("}text")]


def words_of(path: Path) -> list[str]:
    """The same without numbers, the last digits of which differ from machine to machine."""
    return [text for text in texts_of(path) if not re.fullmatch(r"[−\d.]+", text)]


def main(run: Path) -> None:
    write_atomic(FIGURES / "beam_tree.svg", (run / "beam_tree.svg").read_bytes())
    names: dict[str, object] = {}
    exec("import tinydawn as td\n" + lines_of_the_readme("unrolled.svg").replace('"unrolled.svg"', "target"),
         names | {"target": FIGURES / "unrolled.svg"})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
