"""The notebooks of a built site, in a browser; and the first cell of every notebook, without one.

    TINYDAWN_SITE=SITE python -m pytest tests/online/test_lite.py -s
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from clock import PATIENCE

sys.path.insert(0, str(Path(__file__).parent))

from browser import browsing, built_site, serving

from tinydawn import demos, labs, viz
from tinydawn.demos import first_cell, ready
from tinydawn.labs.text import as_notebook

LAB = "lite/notebooks/index.html?path=labs/lab04_words.ipynb"
WAIT = 120_000  # ms: other programs may have the machine
DRAWN = ".jp-OutputArea-output svg, .jp-OutputArea-output img[src^='data:image/svg']"
WRONG = '''def bag_of_embeddings(W, ids):
    """The mean, and the sum is asked for."""
    return W[:, ids].mean(axis=1)
'''
RIGHT = WRONG.replace("mean(", "sum(").replace("The mean, and the sum is asked for.", "The sum.")


def books():
    """(what it is, its first cell of code) of every notebook, of a site whose address is known and of one without."""
    for wheel in ("", "https://course.example/wheels/tinydawn-0.1.0-py3-none-any.whl"):
        for table in labs.tables().values():
            for lang in ("en", "zh"):
                yield f"{table['file']} {lang} {wheel}", as_notebook(table["file"], lang, wheel)
        for name in demos.LESSONS:
            yield f"{name} {wheel}", demos.as_notebook(demos.lesson(name).read_text("utf-8"), name, wheel)


def opening(book):
    return "".join(next(cell for cell in book["cells"] if cell["cell_type"] == "code")["source"])


def test_first_cells_run_where_tinydawn_is(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for what, cell in {name: opening(book) for name, book in books()}.items():
        code = compile(cell, what, "exec", flags=0x2000)  # PyCF_ALLOW_TOP_LEVEL_AWAIT, as notebooks have it
        run = eval(code, {"__name__": "__main__"})
        if run is not None:
            asyncio.run(run)
        assert capsys.readouterr().out.startswith("tinydawn "), what


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_first_cell_says_what_is_missing(lang, tmp_path):
    cell = first_cell("", lang=lang)
    done = subprocess.run([sys.executable, "-I", "-S", "-c", cell], cwd=tmp_path, capture_output=True, encoding="utf-8",
                          env={**os.environ, "PYTHONIOENCODING": "utf-8"}, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert "pip install" in done.stderr.splitlines()[-1]
    assert "wheel" in done.stderr.splitlines()[-1]


def test_a_first_cell_installs_the_wheel_and_leaves_numpy_alone(tmp_path):
    """With a pip that only says what it was asked for."""
    (tmp_path / "pip").mkdir()
    (tmp_path / "pip" / "__main__.py").write_text("import sys\nprint('asked', sys.argv[1:], flush=True)\n", "utf-8")
    (tmp_path / "pip" / "__init__.py").touch()
    (tmp_path / "numpy.py").touch()
    about = tmp_path / "numpy-2.0.2.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: numpy\nVersion: 2.0.2\n", "utf-8")
    cell = first_cell("", "https://course.example/t.whl").partition("import tinydawn")[0]
    program = f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\nsys.modules.pop('tinydawn', None)\n{cell}"
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | {"PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-S", "-c", program], cwd=tmp_path, capture_output=True, encoding="utf-8", env=env,
                          timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    assert "asked ['install', '-q', 'tinydawn[draw] @ https://course.example/t.whl', 'numpy==2.0.2']" in done.stdout


def test_ready_says_what_is_here(capsys, monkeypatch):
    asyncio.run(ready("matplotlib"))
    assert re.match(r"tinydawn \S+, NumPy 2\S*, Python 3\.\S+\.$", capsys.readouterr().out.splitlines()[0])
    monkeypatch.setattr(viz, "find_renderer", lambda: None)
    asyncio.run(ready(lang="zh"))
    assert "没有 Graphviz" in capsys.readouterr().out


def test_a_hint_says_more_each_time(capsys):
    def count_vector(ids, V):
        """How often each word occurs."""
        return importlib.import_module("numpy").bincount(ids)

    lengths = [len(repr(labs.hint(count_vector)).splitlines()) for _ in range(3)]
    assert lengths[0] < lengths[1]
    assert "all there is to say" in capsys.readouterr().out

    def count_vector(ids, V):
        raise NotImplementedError

    assert "expected" in repr(labs.hint(count_vector))


def lite():
    spec = importlib.util.spec_from_file_location("lite", Path(demos.folder()) / "site" / "lite.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_addresses_and_badges(capsys):
    found = lite().addresses()
    assert found["labs/lab04_words.en"] == LAB
    assert found["labs/lab04_words.zh"].endswith("labs_zh/lab04_words.ipynb")
    assert len(found) == 24 + len(demos.LESSONS)
    badges = lite().colab("https://someone.github.io/course/")
    assert badges["lessons/bpe"] == ("https://colab.research.google.com/github/someone/course/blob/gh-pages/"
                                     "lite/files/lessons/bpe.ipynb")
    assert lite().colab("https://course.example") == lite().colab("") == {}
    assert "Colab opens what is on GitHub" in capsys.readouterr().out


class Notebook:
    """A notebook open in the browser."""

    def __init__(self, page, address):
        self.page, self.begun = page, time.perf_counter()
        page.goto(address)
        page.locator(".jp-CodeCell").first.wait_for(timeout=WAIT)

    def cell(self, text):
        """The cell of code that has this text; it is scrolled to, for Jupyter makes cells when they are seen."""
        cell = self.page.locator(".jp-CodeCell", has_text=text).first
        for _ in range(60):
            if cell.count():
                break
            self.page.locator(".jp-WindowedPanel-outer").first.evaluate("x => x.scrollBy(0, 500)")
            self.page.wait_for_timeout(100)
        cell.scroll_into_view_if_needed()
        return cell

    def run(self, cell, text=None):
        """Run a cell, with another text if one is given, and return its output when it has one."""
        cell.locator(".cm-content").click()
        if text is not None:
            self.page.keyboard.press("Control+A")
            self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Control+Enter")

    def output(self, cell, text):
        found = cell.locator(".jp-OutputArea-output", has_text=text).first
        found.wait_for(timeout=WAIT)
        return found

    def seconds(self):
        return time.perf_counter() - self.begun


@pytest.mark.slow
def test_lab_4_in_the_browser(tmp_path):
    """A wrong answer, its hint and its picture; the right one; the work is there after a reload. Nothing is asked of others."""
    site = built_site()
    if not (site / "lite").is_dir() or not (site / "pyodide").is_dir():
        pytest.skip("this site has no notebooks, or does not serve Pyodide itself (--pyodide FOLDER)")
    with serving(site) as base, browsing(viewport={"width": 1280, "height": 900}) as (context, seen):
        page = context.new_page()
        book = Notebook(page, base + LAB)
        first = book.cell("tinydawn.demos.ready")
        gradient = ("import tinydawn as td\nx = td.tensor([1.0, 2.0], requires_grad=True)\n(x * x).sum().backward()\n"
                    "print('gradient', x.grad.tolist())")
        text = first.locator(".cm-content").inner_text()
        book.run(first, f"{text}\n{gradient}")
        assert "in your browser" in book.output(first, "tinydawn 0").inner_text()
        book.output(first, "gradient [2.0, 4.0]")
        took = book.seconds()
        book.run(first, f"{text}\ntd.draw(lambda: (x * x).sum())")
        first.locator(DRAWN).first.wait_for(timeout=WAIT)
        print(f"\nfrom opening to a gradient {took:.1f} s (asked 15 on two cores), to a drawn graph {book.seconds():.1f} s (20)")

        book.run(book.cell("from tinydawn.labs.given import manual"))
        hole, check = book.cell("def bag_of_embeddings"), book.cell("labs.check(bag_of_embeddings)")
        book.run(hole, WRONG)
        book.run(check)
        assert "not yet" in book.output(check, "bag_of_embeddings").inner_text()
        check.locator(DRAWN).first.wait_for(timeout=WAIT)
        check.locator(DRAWN).first.scroll_into_view_if_needed()
        page.screenshot(path=str(tmp_path / "mistake.png"))
        book.run(hole, RIGHT)
        book.run(check)
        book.output(check, "bag_of_embeddings: right")
        page.screenshot(path=str(tmp_path / "right.png"))
        print(f"screenshots: {tmp_path}")

        page.keyboard.press("Control+S")
        page.wait_for_timeout(2000)
        page.reload()
        again = Notebook(page, base + LAB)
        assert "The sum." in again.cell("def bag_of_embeddings").locator(".cm-content").inner_text()
        assert page.locator("#tinydawn-back").get_attribute("href") == "../../index.html"
        assert not seen.outside, seen.outside
