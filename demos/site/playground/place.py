"""Puts the playground into a built site, and tells it where Pyodide and the wheels are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

HERE = Path(__file__).parent
FILES = ("index.html", "playground.css", "playground.js", "worker.js", "playground.py")
NEEDED = ("tinydawn-", "graphviz-", "tqdm-")


def place(out: Path, pyodide: str = "../pyodide/", wheels: list[str] | None = None,
          viz: str = "../_static/viz-global.js") -> Path:
    """Write OUT/playground/.

    pyodide  the address of its folder, with a slash at the end: on its public CDN, or ../pyodide/
    wheels   the file names of those in OUT/wheels/ that the playground needs: tinydawn, graphviz, tqdm; by default all
    viz      Graphviz in one file, from the playground's folder
    """
    target = out / "playground"
    target.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(HERE / name, target / name)
    page = (HERE / "index.html").read_text("utf-8").replace(" PYODIDE", f" {pyodide}" if "://" in pyodide else "")
    (target / "index.html").write_text(page, "utf-8")  # with the one host that it may ask, if any
    examples = [example(path) for path in sorted((HERE / "examples").glob("*.py"))]
    (target / "examples.json").write_text(json.dumps(examples, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    names = wheels or sorted(p.name for p in (out / "wheels").glob("*.whl") if p.name.startswith(NEEDED))
    config = {"pyodide": pyodide, "wheels": [f"../wheels/{name}" for name in names], "viz": viz}
    (target / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    return target


def example(path: Path) -> dict[str, str]:
    """A program of examples/: its first line is a comment with its title in English and in Chinese."""
    title, _, program = path.read_text(encoding="utf-8").partition("\n")
    english, _, chinese = title.removeprefix("#").partition("|")
    return {"name": path.stem[3:], "en": english.strip(), "zh": chinese.strip(), "program": f"# {english.strip()}\n{program}"}
