"""Pages of the site that are made by code: the labs' texts, the picture of a mistake, and what is taken from the repository."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from tinydawn import labs
from tinydawn.viz import find_renderer

SITE = Path(__file__).parents[2] / "demos" / "site"
if not SITE.is_dir():
    pytest.skip("the site's pages are not beside the tests", allow_module_level=True)
sys.path.insert(0, str(SITE))

import lab_pages  # noqa: E402
import repo_pages  # noqa: E402

TABLES = labs.tables().values()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table["lab"]))
def test_a_lab_is_shown_with_its_holes_and_without_an_answer(table: dict, lang: str) -> None:
    text = lab_pages.page(table, lang)
    assert f"```{{lab}} {table['lab']}\n" in text
    codes = re.findall(r"^```python\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL)
    for hole in table["holes"]:
        (code,) = [code for code in codes if re.search(rf"^(?:def|class) {hole}\b", code, re.MULTILINE)]
        assert "raise NotImplementedError" in code
    assert text.count("# Lab" if lang == "en" else "# 实验") >= 1
    assert "$" not in text.replace("\\$", ""), "a dollar would begin a formula"


def test_the_checker_names_the_mistake_in_both_languages() -> None:
    for lang, said in (("en", "Try large logits, such as 1000."), ("zh", "试试很大的 logit，比如 1000。")):
        shown = lab_pages.mistake(lang)
        assert said in repr(shown)
        assert shown.picture is not None


@pytest.mark.skipif(find_renderer() is None, reason="no Graphviz renderer is installed")
def test_the_pages_of_the_labs(tmp_path: Path) -> None:
    assert lab_pages.write(tmp_path) == 12
    index = (SITE / "pages" / "labs" / "index.md").read_text("utf-8")
    contents = index.rpartition(":hidden:")[2].split()[:-1]
    assert contents == [table["file"] for table in TABLES], "the contents name every lab, in order"
    assert [int(n) for n in re.findall(r"^```\{lab\} (\d+)$", index, re.MULTILINE)] == [table["lab"] for table in TABLES]
    for name in ("mistake.en.svg", "mistake.zh.svg", "mistake.en.txt", "mistake.zh.txt"):
        assert name in index
        assert (tmp_path / "labs" / name).stat().st_size > 50
    assert "∞" in (tmp_path / "labs" / "mistake.en.svg").read_text("utf-8")


def test_what_is_taken_from_the_repository(tmp_path: Path) -> None:
    shutil.copytree(SITE / "pages", tmp_path, dirs_exist_ok=True)
    repo_pages.write(tmp_path)
    for name in repo_pages.TAKES:
        asked = repo_pages.ASKED.findall((SITE / "pages" / name).read_text("utf-8"))
        assert asked, f"{name} takes nothing any more"
        assert not repo_pages.ASKED.search((tmp_path / name).read_text("utf-8"))
    measured = (tmp_path / "measured.md").read_text("utf-8")
    assert "| mlp, 784-256-128-10 |" in measured
    assert "{image} /figures/bench.svg" in measured
    assert (tmp_path / "figures" / "bench.svg").is_file()
    lecture = (tmp_path / "lecture" / "index.md").read_text("utf-8")
    pages = sorted((SITE / "pages" / "lecture").glob("[0-9]*.md"))
    assert [f"({path.name})" in lecture for path in pages] == [True] * len(pages)
    with pytest.raises(ValueError, match="has no section 'Nothing'"):
        repo_pages.section("README.md", "Nothing")


def test_numbers_that_stand_on_two_pages_agree() -> None:
    """What measured.md says of public programs is what their page says."""
    said = (SITE / "pages" / "measured.md").read_text("utf-8").partition("## Public programs")[2].partition("\n## ")[0]
    there = repo_pages.section(repo_pages.PROGRAMS, "Public programs")
    for number in re.findall(r"\d[\d.,]*\d", said):
        assert number in there, number
