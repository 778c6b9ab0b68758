"""What is looked at before a site is built, so that nothing fails after minutes, or writes where it must not."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from assets import FROM_NPM, kept_file, pyodide_folder

from tinydawn.errors import DataError, message

ROOT = Path(__file__).parents[2]
FOR_PAGES = ("sphinx", "myst_parser", "furo", "nbclient", "ipykernel", "scour", "matplotlib")
FOR_NOTEBOOKS = ("jupyterlite_core", "jupyterlite_pyodide_kernel", "pip")
SOURCES = ("tinydawn", "demos", "tests", ".git", ".ci")


def ready(out: Path, cache: Path, pyodide: str, only_pages: bool) -> None:
    """Raises DataError for what would stop the build later on, or for a folder that a site must not be written to."""
    needed = FOR_PAGES if only_pages else (*FOR_PAGES, *FOR_NOTEBOOKS)
    missing = [name for name in needed if importlib.util.find_spec(name) is None]
    if missing:
        raise DataError(message(f"the site needs {', '.join(missing)}, not installed here", fix="pip install -e '.[site]'"))
    place_of_site(out, cache)
    for folder, what, option in ((out, "the site", "SITE"), (cache, "the cache", "--cache")):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / ".written").touch()
            (folder / ".written").unlink()
        except OSError as error:
            raise DataError(message(f"{option}: {what} cannot be written to {folder} ({error.strerror})",
                                    fix="name another folder")) from None
    if not only_pages:
        pyodide_folder(pyodide)
    if shutil.which("npm") is None and not all(kept_file(package, cache).is_file() for package in FROM_NPM):
        raise DataError(message("the site takes Graphviz and MathJax from npm, and there is no npm",
                                fix="install Node.js, which brings npm"))


def place_of_site(out: Path, cache: Path) -> None:
    """Raises DataError for a folder with something else in it: what is there of an earlier site is taken away."""
    if out.is_file():
        raise DataError(message(f"SITE: {out} is a file", fix="name a folder"))
    if ROOT.is_relative_to(out) or any(out.is_relative_to(ROOT / name) for name in SOURCES):
        raise DataError(message(f"SITE: {out} is where the sources are", fix="name a folder outside of the checkout"))
    if out.is_relative_to(cache) or cache.is_relative_to(out):
        raise DataError(message(f"SITE {out} and the cache {cache} are one inside the other", fix="name two folders apart"))
    if out.is_dir() and any(out.iterdir()) and not any((out / name).exists() for name in (".buildinfo", ".site")):
        raise DataError(message(f"SITE: {out} is not empty, and no earlier build of the site", fix="name a new folder"))


@contextlib.contextmanager
def alone(cache: Path) -> Iterator[None]:
    """One build at a time works in a cache. A build that is killed leaves nothing that would stop the next."""
    lock = sqlite3.connect(cache / "lock", timeout=0)  # the one lock of Python's own library that every platform has
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        raise DataError(message(f"another build is using {cache}", fix="wait for its end, or name another --cache")) from None
    try:
        yield
    finally:
        lock.close()


def prune(out: Path, pages: Path) -> list[str]:
    """Take away pages that an earlier build wrote and this one has not; returns their names."""
    kept = {path.relative_to(pages).with_suffix("").as_posix() for path in pages.rglob("*.md")} | {"genindex", "search"}
    gone = []
    for path in sorted(out.rglob("*.html")):
        name = path.relative_to(out)
        if name.parts[0] not in OTHERS and name.with_suffix("").as_posix() not in kept:
            path.unlink()
            gone.append(name.as_posix())
    return gone


OTHERS = ("_lessons", "_static", "_images", "source", "playground", "lite", "pyodide")  # who writes these sees to them
