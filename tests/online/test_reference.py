"""The reference: every public name is on a page, and its docstring says what it takes and returns."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
import types
from pathlib import Path

import pytest

import tinydawn as td

SITE = Path(__file__).parents[2] / "demos" / "site"
if not SITE.is_dir():
    pytest.skip("the site's pages are not beside the tests", allow_module_level=True)
sys.path.insert(0, str(SITE))

import api_pages  # noqa: E402
from api_pages import COMMON, Name  # noqa: E402

PAGES = api_pages.all_names()
NAMES = [name for names in PAGES.values() for name in names]
# (B, T), (...), (n,): a shape; or the words by which a docstring says what comes out.
SHAPE = re.compile(r"(?<!\w)\((?:\.\.\.|\*?\w[\w' /+*-]*|-1)?(?:, ?(?:\.\.\.|\*?[\w' /+*-]+))*,?\)")
GIVEN = re.compile(r"->|\b(?:[Rr]eturns|[Gg]ives|[Aa]rguments|shape|Each entry|True)\b")


def told(name: Name) -> str:
    """All that a reader finds under a name: its docstring, its forward's, and the function that a "See F.x" leads to."""
    doc = api_pages.doc_of(name.what)
    if inspect.isclass(name.what):
        doc += "\n" + "\n".join(inspect.getdoc(getattr(name.what, short)) or "" for short in api_pages.methods(name.what))
    doc += "".join("\n" + (getattr(td.nn.functional, f).__doc__ or "") for f in re.findall(r"\bF\.(\w+)", doc))
    return doc


@pytest.mark.parametrize("name", NAMES, ids=lambda name: name.spelled)
def test_a_public_name_says_what_it_takes_and_returns(name: Name) -> None:
    if not api_pages.home_of(name.what):
        assert api_pages._value(name), f"{name.spelled}: a comment where it is defined says what it is"
        return
    doc = told(name)
    assert len(doc.split()) >= 2, f"{name.spelled} has no docstring"
    try:
        parameters = [p for p in inspect.signature(name.what).parameters if p not in ("self", "args", "kwargs")]
    except (TypeError, ValueError):
        return
    unsaid = [p for p in parameters if p not in COMMON and not re.search(rf"\b{re.escape(p)}\b", doc)]
    assert not unsaid or SHAPE.search(doc) or GIVEN.search(doc), f"{name.spelled} says nothing of {', '.join(unsaid)}"


def test_every_public_name_is_on_a_page() -> None:
    """Of td, and of every package below it that users import."""
    shown = {id(name.what) for name in NAMES if api_pages.home_of(name.what)} | {name.spelled for name in NAMES}
    missing = []
    for module, spelled in (("tinydawn", "td"), *((f"tinydawn.{part}", f"td.{part}") for part in (
            "nn", "nn.functional", "nn.init", "optim", "optim.lr_scheduler", "models", "text", "decode", "metrics", "viz", "func",
            "distributed")), ("tinydawn.labs", "tinydawn.labs"), ("tinydawn.demos", "tinydawn.demos")):
        for short, what in api_pages.public(importlib.import_module(module)).items():
            if id(what) not in shown and f"{spelled}.{short}" not in shown:
                missing.append(f"{spelled}.{short}")
    assert not missing


def test_no_package_is_forgotten() -> None:
    """A new package is on a page, or in this list of what users do not import."""
    inside = {"torch", "guards", "gpu", "kernels", "storage"}  # the first has a page of its own, the last is told by its files
    packages = {part.name for part in pkgutil.iter_modules(td.__path__) if part.ispkg}
    shown = {path.split()[0].removeprefix("tinydawn.").partition(".")[0] for *_, modules in api_pages.PAGES
             for path in modules.values()}
    assert packages - inside <= shown


def test_pages(tmp_path: Path) -> None:
    count = api_pages.write(tmp_path)
    texts = {path.stem: path.read_text("utf-8") for path in (tmp_path / "api").glob("*.md")}
    assert count == len(NAMES) > 450
    assert set(texts) == {"index", "torch", *(file for file, *_ in api_pages.PAGES)}
    assert "```{index} nn.GRU\n" in texts["nn"], "the index and the search know nn.GRU"
    for name in NAMES:
        file = next(file for file, names in PAGES.items() if name in names)
        page = texts["tensor" if name.spelled == "td.Tensor" else file]
        assert re.search(rf"\}} {re.escape(name.short)}\b[^\n]*\n:module: {re.escape(name.module)}\n", page), name.spelled
    for text in texts.values():
        assert "\0" not in text
        assert str(api_pages.ROOT) not in text, "a page names no folder of this machine"


def test_torch_is_not_in_use_afterwards() -> None:
    assert not hasattr(td.Tensor, "unfold"), "making the page of tinydawn.torch leaves Tensor as it was"


@pytest.mark.parametrize(("doc", "expected"), [
    ("Sum over `axis`: x_1 * 2.", "Sum over `axis`: x\\_1 \\* 2."),
    ("a  one\n   more\nb  two", "* `a`: one more\n* `b`: two"),
    (">>> f(1)\n2", "```python\n>>> f(1)\n2\n```"),
    ("    g = g + w", "```text\ng = g + w\n```"),
    ("Args:\n    n: how many,\n        at least 1", "* `n`: how many, at least 1"),
    ("Returns:\n    (B, T).", "Returns: (B, T)."),
])
def test_docstrings_become_markdown(doc: str, expected: str) -> None:
    assert api_pages.markdown(doc) == expected


def test_a_signature_shows_what_is_asked() -> None:
    assert api_pages.signature(td.nn.Linear) == "(in_features: Size, out_features: Size, bias: bool = True)"
    assert api_pages.signature(td.exp) == "(x)"
    assert api_pages.signature(td.Tensor.to, method=True) == "(device: str) -> td.Tensor"


def test_what_is_public() -> None:
    module = types.ModuleType("tinydawn.text")
    module.__all__ = ["pad"]
    module.pad, module.other = td.text.pad, td.text.pack
    assert list(api_pages.public(module)) == ["pad"]
