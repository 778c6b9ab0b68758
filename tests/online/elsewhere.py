"""The packages of this environment that are Python alone, for a Python that has another processor."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

PACKAGES = ("pytest", "_pytest", "pluggy", "py", "iniconfig", "packaging", "pygments", "graphviz", "tqdm")
# Hypothesis has parts for this processor alone: of a file that uses it, the other tests are run.
NO_HYPOTHESIS = '''
import pytest

class Nothing:
    def __getattr__(self, name):
        return self

    def __call__(self, *arguments, **options):
        return self

    __or__ = __call__

def given(*arguments, **options):
    @pytest.mark.skip(reason="Hypothesis is not here")
    def skipped():
        pass

    return lambda function: skipped

class settings:
    register_profile = load_profile = staticmethod(lambda *arguments, **options: None)

    def __init__(self, *arguments, **options):
        pass

    def __call__(self, function):
        return function

def example(*arguments, **options):
    return lambda function: function

HealthCheck = strategies = note = assume = event = target = Nothing()
'''
ROOT = Path(__file__).resolve().parents[2]


def copy_packages(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "hypothesis.py").write_text(NO_HYPOTHESIS, "utf-8")
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        if spec.submodule_search_locations is None:  # a file by itself
            shutil.copy(spec.origin, folder)
        else:
            shutil.copytree(Path(spec.origin).parent, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
