"""The packages of this environment that are Python alone, for a Python that has another processor."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

PACKAGES = ("pytest", "_pytest", "pluggy", "py", "iniconfig", "packaging", "pygments", "graphviz", "tqdm")
ROOT = Path(__file__).resolve().parents[2]


def copy_packages(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        if spec.submodule_search_locations is None:  # a file by itself
            shutil.copy(spec.origin, folder)
        else:
            shutil.copytree(Path(spec.origin).parent, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
