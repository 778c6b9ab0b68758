"""tinydawn.torch changes Tensor when it is imported: it is on in the tests of this folder only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import tinydawn.torch as layer

layer.use(False)


@pytest.fixture(autouse=True)
def spelled() -> Iterator[None]:
    layer.use()
    yield
    layer.use(False)
