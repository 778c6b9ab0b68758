"""no_grad, enable_grad, set_grad_enabled and inference_mode as PyTorch has them: as blocks, and as decorators with and without
brackets, of functions and of generators."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Iterator
from typing import Any

from ... import graph
from ...graph import is_grad_enabled


class _Held(threading.local):
    """Of this thread: how deep in inference_mode it is."""

    inference = 0


_held = _Held()


def _decorated(make: Callable[[], Any], function: Any) -> Any:
    """`function`, called inside a new block each time; a generator's body runs inside it, the loop over it does not."""
    if not inspect.isgeneratorfunction(function):
        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            with make():
                return function(*args, **kwargs)

        return called

    @functools.wraps(function)
    def generated(*args: Any, **kwargs: Any) -> Iterator[Any]:
        generator = function(*args, **kwargs)
        advance: Callable[[], Any] = functools.partial(next, generator)
        while True:
            with make():
                try:
                    out = advance()
                except StopIteration as stop:
                    return stop.value
            try:
                sent = yield out
            except GeneratorExit:
                with make():
                    generator.close()
                raise
            except BaseException as error:
                advance = functools.partial(generator.throw, error)
            else:
                advance = functools.partial(generator.send, sent)

    return generated


class no_grad(graph.no_grad):
    """Record nothing inside. `with torch.no_grad():`, `@torch.no_grad()` and `@torch.no_grad`."""

    def __new__(cls, function: Any = None) -> Any:
        block = super().__new__(cls)
        if function is None:
            return block
        block.__init__()  # type: ignore[misc]
        return block(function)

    def __init__(self, function: Any = None) -> None:
        super().__init__()

    def __call__(self, function: Any) -> Any:
        return _decorated(type(self), function)


class enable_grad(no_grad, graph.enable_grad):
    """Record again inside a block of no_grad."""


class set_grad_enabled:
    """Record from now on, or not: as a function for good, as a block until its end, as a decorator inside the function."""

    def __init__(self, mode: bool) -> None:
        self.mode, self._before = bool(mode), (is_grad_enabled(), graph._switches.off)
        _switch(self.mode)

    def __call__(self, function: Any) -> Any:
        self.__exit__()
        return _decorated(functools.partial(set_grad_enabled, self.mode), function)

    def __enter__(self) -> None:
        _switch(self.mode)

    def __exit__(self, *error: object) -> None:
        graph._switches.recording, off = self._before
        if graph._switches.off and not off:
            with graph._pausing:
                graph._paused, graph._switches.off = graph._paused - 1, False


def _switch(on: bool) -> None:
    """Recording in this thread. While it is off for good, the engine has to ask; it need not, once that is over and no block is
    open that would switch it back."""
    with graph._pausing:
        if not on and not graph._switches.off:
            graph._paused, graph._switches.off = graph._paused + 1, True
        elif on and graph._switches.off and graph._paused == 1:
            graph._paused, graph._switches.off = 0, False
    graph._switches.recording = on


class inference_mode:
    """Record nothing inside, as no_grad; with `inference_mode(False)` record."""

    def __new__(cls, mode: Any = True) -> Any:
        if isinstance(mode, bool):
            return super().__new__(cls)
        return cls(True)(mode)

    def __init__(self, mode: bool = True) -> None:
        self.mode = mode
        self._blocks: list[Any] = []

    def __call__(self, function: Any) -> Any:
        return _decorated(functools.partial(inference_mode, self.mode), function)

    def __enter__(self) -> None:
        block = no_grad() if self.mode else enable_grad()
        self._blocks.append((block, _held.inference))
        block.__enter__()
        _held.inference = _held.inference + 1 if self.mode else 0

    def __exit__(self, *error: object) -> None:
        block, _held.inference = self._blocks.pop()
        block.__exit__(*error)


def is_inference_mode_enabled() -> bool:
    """Whether this is inside inference_mode()."""
    return _held.inference > 0
