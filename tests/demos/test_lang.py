"""--lang zh: lessons are written in English, and speak Chinese by tables of their sentences."""

from __future__ import annotations

import io
import re
import sys

import pytest
from test_demos import DEMOS

import tinydawn as td
from tinydawn.viz import figure

sys.path.insert(0, str(DEMOS))
from support import lang

ROWS = "written to {}: {}\t结果写入 {}：{}\ntraining\t训练\n{} of {}\t{1} 个中的 {0} 个\n# a remark\nthe cat sat\t=\nloss\t损失\n"


@pytest.fixture
def table(tmp_path):
    (tmp_path / "a.tsv").write_text(ROWS, encoding="utf-8")
    return lang.Table(tmp_path / "a.tsv", tmp_path / "not there.tsv")


def test_sentences_with_places(table):
    assert table("  written to out/x: a.svg, metrics.json") == "  结果写入 out/x：a.svg, metrics.json"
    assert table("3 of 5") == "5 个中的 3 个"
    assert table("the cat sat") == "the cat sat"
    assert table("12.5") == "12.5"
    assert not table.unknown


def test_cells_keep_their_columns(table):
    assert lang.columns("训练 a") == 6
    shown = table("training      loss     3.5")
    assert shown == "训练          损失     3.5"
    assert lang.columns(shown) == len("training      loss     3.5")
    assert table("training  something new") == "训练      something new"
    assert table("    training  something new  ") == "    训练      something new  "
    assert list(table.unknown) == ["something new"]


def test_a_wide_cell_takes_its_columns_from_the_next_gaps(tmp_path):
    (tmp_path / "a.tsv").write_text("k\t词\nup\t更新次数\n", encoding="utf-8")
    assert lang.Table(tmp_path / "a.tsv")("up  12     34") == "更新次数 12 34"


def test_headings_of_numbers_keep_their_right_end(tmp_path):
    rows = "updates\t>更新次数\nk\t>个数\nname\t>名称\nname {}\t名称 {}\n{} ok\t{} 对\n"
    (tmp_path / "a.tsv").write_text(rows, encoding="utf-8")
    table = lang.Table(tmp_path / "a.tsv")
    assert table("name          updates   k") == "名称         更新次数  个数"
    assert table("    updates") == "    更新次数"
    assert table("name it") == "名称 it"
    assert table("name  0.5 ok   0.7 ok") == "名称  0.5 对   0.7 对"  # and not one sentence of the template


def test_the_first_heading_of_numbers_does_too_without_one_before_it(tmp_path):
    (tmp_path / "a.tsv").write_text("training\t>训练\n", encoding="utf-8")
    table = lang.Table(tmp_path / "a.tsv")
    assert table("            training  12") == "                训练  12"
    assert table("  training  12") == "  训练      12"


def test_an_argument_in_that_language(table):
    said = lang._passing("title", lambda x, title="": (x, title), table)
    assert said(1, title="training") == (1, "训练")
    assert said(1) == (1, "")


def test_the_row_of_a_lesson_is_before_the_shared_one(table, tmp_path):
    (tmp_path / "b.tsv").write_text("loss\t下降\n", encoding="utf-8")
    assert lang.Table(tmp_path / "b.tsv", tmp_path / "a.tsv")("loss") == "下降"


def test_a_stream_is_translated_by_whole_lines(table):
    out = io.StringIO()
    lines = lang._Lines(out, table)
    print("trai", end="", file=lines)
    print("ning", file=lines)
    print("loss", end="", file=lines)
    assert out.getvalue() == "训练\n"
    lines.close()
    assert out.getvalue() == "训练\n损失"


def test_figures_and_drawings_are_in_that_language_too(table, monkeypatch, tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    monkeypatch.setattr(figure, "relabel", table)
    monkeypatch.setattr(figure, "_fonts", lambda text: (["DejaVu Sans"], True))
    made = []
    monkeypatch.setattr(figure, "mark_missing", made.append)
    monkeypatch.setattr(figure, "write_atomic", lambda path, data: None)
    from matplotlib.figure import Figure

    drawn = Figure()
    axes = drawn.subplots()
    axes.bar(["training", "12"], [1, 2])
    axes.set(ylabel="loss")
    axes.set_title("the cat sat")
    word = axes.text(0, 0, "training")
    word.verbatim = True
    with pytest.warns(UserWarning, match="missing from font"):
        figure.save_figure(drawn, tmp_path / "a.png")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["训练", "12"]
    assert (axes.get_ylabel(), axes.get_title()) == ("损失", "the cat sat")
    assert word.get_text() == "training"
    monkeypatch.setenv("TINYDAWN_LANG", "zh")
    x = td.tensor(3.0, requires_grad=True, name="a")
    assert "梯度" in td.draw(lambda: x * x, backward=True).dot()
    assert "训练" in td.draw(lambda: x * x, title="training").dot()


@pytest.mark.parametrize("path", sorted((DEMOS / "support" / "zh").glob("*.tsv")), ids=lambda path: path.stem)
def test_a_table_has_rows_of_sentences_that_are_said(path):
    """English that no lesson says any more would stay in Chinese alone; a row of another shape would be lost."""
    files = [DEMOS / f"{path.stem}.py", *(DEMOS / "support").glob("*.py")] if path.stem != "shared" else DEMOS.rglob("*.py")
    code = re.sub(r'"\s*\n\s*f?"', "", " ".join(file.read_text("utf-8") for file in files))  # strings over several lines
    said = re.sub(r"\s+", " ", code)
    seen = set()
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        parts = line.split("\t")
        assert len(parts) == 2, f"line {number}: {line!r}"
        english, chinese = parts
        assert english not in seen, f"line {number}: {english!r} again"
        seen.add(english)
        if chinese != "=" and "{0}" not in chinese and "{1}" not in chinese:
            assert english.count("{}") == chinese.count("{}"), f"line {number}"
        if path.stem != "shared":
            words = [word for part in english.split("{}") for word in re.findall(r"[A-Za-z]{3,}", part)]
            assert all(word in said for word in words), f"line {number}: {english!r} is said nowhere"
