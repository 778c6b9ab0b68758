"""What all tests share: a fixed seed, fonts, an optional PyTorch, and a guard that no test leaves a global switch set."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fonts
import pytest

import tinydawn as td
from tinydawn import autograd, backend, graph, scope

if importlib.util.find_spec("hypothesis") is not None:  # not in a browser's Python: part of it is compiled
    import hypothesis

    hypothesis.settings.register_profile("tinydawn", deadline=None, derandomize=True, max_examples=40, database=None,
                                         suppress_health_check=[hypothesis.HealthCheck.too_slow])
    hypothesis.settings.load_profile("tinydawn")


def pytest_configure(config: pytest.Config) -> None:
    """One thread of BLAS, unless the user has chosen: more wait for each other where other programs run.

    A folder of our own for matplotlib, here and in all that is started here, with a list of fonts that we make.

    So it does not matter which fonts are installed, whether the user's own folders can be written to, which style is set there.
    """
    if not backend.threads_are_chosen() and importlib.util.find_spec("threadpoolctl") is not None:
        td.set_num_threads(1)
    folder = tempfile.TemporaryDirectory(prefix="tinydawn-fonts-")
    config.add_cleanup(folder.cleanup)
    os.environ["MPLCONFIGDIR"] = folder.name
    os.environ.pop("MATPLOTLIBRC", None)
    if importlib.util.find_spec("matplotlib") is not None:
        from matplotlib import font_manager

        font_manager.fontManager.ttflist = fonts.keep_list(Path(folder.name), fonts.CHINESE)


@pytest.fixture(scope="session")
def torch() -> Any:
    """PyTorch on one thread; tests that ask for it are skipped, by name, where it is not installed."""
    module = pytest.importorskip("torch", reason="PyTorch is not installed: the comparison with it is skipped")
    module.set_num_threads(1)
    return module


@pytest.fixture(autouse=True)
def clean_switches() -> Iterator[None]:
    """Every test starts from one seed, and ends with recording on and nobody watching."""
    td.manual_seed(0)
    yield
    left = (graph._switches.recording, graph._paused, graph._switches.off, list(graph.observers), list(autograd.observers),
            list(scope.here.path), td.get_default_dtype().name)
    td.set_default_dtype(td.float32)
    graph._switches.recording, graph._paused, graph._switches.off = True, 0, False
    graph.observers.clear()
    autograd.observers.clear()
    scope.here.path.clear()
    assert left == (True, 0, False, [], [], [], "float32"), \
        "the test left set one of: recording, graph and autograd observers, module path, default dtype"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With -n, a file's tests stay in one process: they share what took long, such as a lesson's run."""
    from xdist.scheduler import LoadFileScheduling

    return LoadFileScheduling(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes many minutes runs only where it is asked for: -m nightly."""
    if "nightly" not in config.option.markexpr:
        for item in items:
            if item.get_closest_marker("nightly"):
                item.add_marker(pytest.mark.skip(reason="takes many minutes: -m nightly"))
