"""What the browser tests share: a folder served on loopback, a Chromium, and a count of the requests that leave this machine."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

# What keeps Chromium from asking its maker for anything, so that each request that leaves is one of the page.
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", "--disable-domain-reliability"]
TYPES = {".wasm": "application/wasm", ".mjs": "text/javascript", ".js": "text/javascript", ".json": "application/json",
         ".whl": "application/zip", ".ipynb": "application/json"}
LOCAL = ("127.0.0.1", "localhost")


def built_site() -> Path:
    """The folder of a built site, which TINYDAWN_SITE names; the test is skipped where there is none."""
    named = os.environ.get("TINYDAWN_SITE", "")
    if not named or not Path(named).is_dir():
        pytest.skip("TINYDAWN_SITE names no built site: python demos/site/build.py OUT makes one")
    return Path(named).resolve()


def chromium() -> str:
    """The program; the test is skipped where there is none."""
    found = next((p for p in (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")) if p), None)
    if found is None:
        pytest.skip("no Chromium is installed: the tests in a browser are skipped")
    return found


class _Files(http.server.SimpleHTTPRequestHandler):
    """Files with the types that a browser insists on, and nothing written to the terminal."""

    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | TYPES
    protocol_version = "HTTP/1.1"  # one connection for many files, as of any real server

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that is closed in the middle of a file is no error."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder on loopback; gives its address, which ends with a slash."""
    server = _Server(("127.0.0.1", 0), functools.partial(_Files, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Seen:
    """What a page asked for, and what went wrong on it.

    outside  addresses on other hosts, each of which was refused, so that a test cannot pass by way of the network
    errors   exceptions that no script caught, and what was logged as an error
    missing  addresses of this server that it does not have
    """

    requests: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@contextmanager
def browsing(**settings: Any) -> Iterator[tuple[Any, Seen]]:
    """A Playwright context of a headless Chromium, and what its pages will have asked for: `context.new_page()`.

    settings  of the context, such as viewport={"width": 390, "height": 844}, color_scheme="dark", accept_downloads=True
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: these tests are skipped")
    program = chromium()
    seen = Seen()

    def asked(route: Any) -> None:
        url = route.request.url
        seen.requests.append(url)
        if urlsplit(url).scheme in ("http", "https", "ws", "wss") and urlsplit(url).hostname not in LOCAL:
            seen.outside.append(url)
            route.abort()
        else:
            route.continue_()

    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=FLAGS)
        try:
            context = browser.new_context(**settings)
            context.route("**/*", asked)  # also of workers
            context.on("response", lambda r: seen.missing.append(r.url) if r.status >= 400 else None)
            context.on("weberror", lambda e: seen.errors.append(str(e.error)))
            context.on("console", lambda m: seen.errors.append(m.text) if m.type == "error" else None)
            yield context, seen
        finally:
            browser.close()
