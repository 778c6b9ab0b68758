"""PyTorch as the reference: tests that ask for the fixture `torch` are skipped where it is not installed."""

import pytest


@pytest.fixture(scope="session")
def torch():
    module = pytest.importorskip("torch")
    module.set_num_threads(1)
    return module


@pytest.fixture(autouse=True)
def _seed():
    import tinydawn as td

    td.manual_seed(0)
