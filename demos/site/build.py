"""Build the site: lecture, labs, engine, reference, playground, and notebooks that run in the browser.

    pip install -e '.[site]' && python demos/site/build.py SITE
    python -m http.server --directory SITE

Its pages can be opened as files too; what is live (playground, notebooks) needs a server, any. Nothing is asked of another host
when a page is looked at; only the live parts ask for Pyodide, unless the site serves it itself (--pyodide FOLDER).
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import re
import shutil
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

import api_pages  # noqa: E402
import assets  # noqa: E402
import checks  # noqa: E402
import lab_pages  # noqa: E402
import lessons  # noqa: E402
import lite  # noqa: E402
import repo_pages  # noqa: E402
import sources  # noqa: E402
from playground.place import place  # noqa: E402

from tinydawn import demos, labs  # noqa: E402
from tinydawn.errors import TinydawnError  # noqa: E402
from tinydawn.labs.text import as_notebook, student_text  # noqa: E402

DOWNLOADS = ("en", "zh")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="SITE", help="the folder that the site is written to")
    parser.add_argument("--whole", action="store_true", help="run every lesson as it is (some twelve minutes on two cores); "
                        "otherwise the eleven that take a minute are shortened, and say so on their pages")
    parser.add_argument("--quick", action="store_true", help="shorten every lesson: for tests of the site")
    parser.add_argument("--pyodide", default="cdn", metavar="cdn|FOLDER", help="Python for the browser: from its public network, "
                        "or a folder with a whole Pyodide, which the site then serves itself; default cdn")
    parser.add_argument("--url", default="", help="where the site will be: only then can notebooks elsewhere install from it")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "tinydawn-site",
                        help="what need not be made again: results of lessons, fetched files; default %(default)s")
    parser.add_argument("--only-pages", action="store_true", help="without playground and notebooks")
    options = parser.parse_args(arguments)
    out, cache = options.out.resolve(), options.cache.resolve()
    try:
        checks.ready(out, cache, options.pyodide, options.only_pages)
        with checks.alone(cache):
            return build(options, out, cache)
    except (TinydawnError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"interrupted: {out} is not whole; the same command goes on from what is in the cache", file=sys.stderr)
        return 130


def build(options: argparse.Namespace, out: Path, cache: Path) -> int:
    work = cache / "pages"
    told = Clock()
    assets.fetch(cache)  # before the minutes of the lessons: there may be no network
    told("lessons")
    results = lessons.run_all(cache, options.whole, options.quick)

    told("files")
    (out / ".site").touch()  # so that the next build knows this folder for its own
    copied(staged(cache / "staged" / "pages"), work)
    copied(HERE / "static", work / "_static")
    copied(ROOT / "tinydawn", work / "_source" / "tinydawn")  # of which pages show excerpts
    assets.static(work / "_static", cache)
    for name, folder in results.items():
        copied(folder, work / "_lessons" / name)
    notebooks: dict[str, str] = {}
    if not options.only_pages:
        assets.wheels(out / "wheels", cache)
        pyodide = assets.pyodide(options.pyodide, out)
        told("playground")
        place(out, pyodide if "://" in pyodide else f"../{pyodide}")
        told("notebooks")
        notebooks = lite.build(out, out / "wheels", pyodide, options.url)
    wheel = "" if options.only_pages else lite.wheel_at(options.url, out / "wheels")
    shutil.rmtree(out / "downloads", ignore_errors=True)  # of an earlier state
    downloads(out / "downloads", wheel)
    know(work, cache, list(results), notebooks, options.url)

    told("pages")
    wrong = sphinx(work, out, cache / "doctrees", state(work, results))
    checks.prune(out, work)
    shutil.rmtree(out / "_lessons", ignore_errors=True)
    for name in results:
        if any((work / "_lessons" / name).glob("*.html")):  # pages of their own, and the pictures that these show
            shutil.copytree(work / "_lessons" / name, out / "_lessons" / name, dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns("*.ipynb", "*.json", "slim"))
    sources.write(out)
    told("")
    if wrong:
        print(f"error: the site in {out} is not right: what each line above names is to be mended", file=sys.stderr)
    else:
        print(f"{size(out) / 1e6:.1f} MB, {size(out / 'pyodide') / 1e6:.1f} MB of it Pyodide: {out}")
    return wrong


class Clock:
    """Says what is done, and how long the last took."""

    def __init__(self) -> None:
        self.what, self.begun = "", time.perf_counter()

    def __call__(self, what: str) -> None:
        if self.what:
            print(f"{self.what}: {time.perf_counter() - self.begun:.0f} s", flush=True)
        self.what, self.begun = what, time.perf_counter()


def copied(source: Path, target: Path) -> None:
    """Copy what has changed of a folder, so that Sphinx reads no page twice; what is gone goes."""
    wanted = {path.relative_to(source) for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    for path in wanted:
        content = (source / path).read_bytes()
        if not (target / path).is_file() or (target / path).read_bytes() != content:
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(content)
    for path in [path for path in target.rglob("*") if path.is_file()]:
        relative = path.relative_to(target)
        if relative not in wanted and not relative.parts[0].startswith("_") and relative.name != "site.json":
            path.unlink()


def downloads(folder: Path, wheel: str) -> None:
    """Every lab as a script and as a notebook, in both languages; notebooks know the address of our wheel."""
    for table in labs.tables().values():
        for lang in DOWNLOADS:
            (folder / lang).mkdir(parents=True, exist_ok=True)
            text = student_text(table["file"], lang)
            (folder / lang / f"{table['file']}.py").write_text(text, "utf-8")
            book = json.dumps(as_notebook(table["file"], lang, wheel), indent=1, ensure_ascii=False) + "\n"
            (folder / lang / f"{table['file']}.ipynb").write_text(book, "utf-8")


def staged(folder: Path) -> Path:
    """All pages, those that are made from the package too: in a folder of their own, so that only what changed is read again."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(HERE / "pages", folder)
    for pages in (api_pages, lab_pages, repo_pages):
        pages.write(folder)
    return folder


def know(work: Path, cache: Path, names: list[str], notebooks: dict[str, str], url: str) -> None:
    """What the pages' directives have to know."""
    pages: dict[str, str] = {}
    for page in sorted((HERE / "pages").rglob("*.md")):
        for name in re.findall(r"^`{3,}\{lesson\} (\w+)", page.read_text("utf-8"), re.MULTILINE):
            pages[name] = page.relative_to(HERE / "pages").with_suffix("").as_posix()
    missing = set(demos.LESSONS) - set(pages) - {"draw_graphs"}
    if missing:
        print(f"lessons without a page: {', '.join(sorted(missing))}")
    known: dict[str, Any] = {"lessons": names, "pages": pages, "cache": str(cache), "notebooks": notebooks,
                             "colab": lite.colab(url), "url": url}
    (work / "site.json").write_text(json.dumps(known, indent=1) + "\n", "utf-8")


def state(work: Path, results: dict[str, Path]) -> str:
    """A sum over what any page may show beside its own text. When it changes, Sphinx reads all of them again."""
    total = hashlib.sha256(lessons.package_key().encode() + (work / "site.json").read_bytes())
    total.update(" ".join(str(folder.name) for folder in results.values()).encode())
    for path in [*sorted(HERE.glob("*.py")), HERE / "playground" / "playground.py"]:
        total.update(path.read_bytes())
    return total.hexdigest()


def sphinx(work: Path, out: Path, doctrees: Path, state: str = "") -> int:
    """Returns 1 if Sphinx warned of anything: a reference that leads nowhere, a program that fails.

    What it remembers of a build that warned, or that did not come to its end, is thrown away: it would not warn a second time.
    """
    from sphinx.cmd.build import build_main

    unsure = doctrees.with_name(f"{doctrees.name}-unsure")
    if unsure.exists():
        shutil.rmtree(doctrees, ignore_errors=True)
    unsure.touch()
    with contextlib.redirect_stderr(OwnPaths(sys.stderr, work)):  # type: ignore[type-var]
        wrong = build_main(["-q", "-b", "html", "-j", "auto", "-W", "--keep-going", "-c", str(HERE), "-d", str(doctrees),
                            "-D", f"html_static_path={work / '_static'}", "-D", f"site_state={state}", str(work), str(out)])
    if not wrong:
        unsure.unlink()
    return wrong


class OwnPaths:
    """Where Sphinx tells of its copy of a page, name the page of the checkout."""

    def __init__(self, stream: Any, work: Path) -> None:
        self.stream, self.work = stream, work

    def write(self, text: str) -> int:
        def own(match: re.Match[str]) -> str:
            path = HERE / "pages" / match[1]
            return str(path.relative_to(ROOT)) if path.is_file() else match[0]

        return int(self.stream.write(re.sub(re.escape(f"{self.work}/") + r"([\w./-]+)", own, text)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    sys.exit(main())
