"""Heat maps of attention: words are literal, files whole and always the same, and what is missing is said."""

from __future__ import annotations

import builtins
import os
import re
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import fonts
import numpy as np
import pytest
from clock import PATIENCE

import tinydawn as td
from tinydawn.errors import ShapeError, TinydawnError
from tinydawn.viz import attention_heatmap, figure, heatmap

try:
    import matplotlib
except ImportError:
    matplotlib = None  # type: ignore[assignment]
needs_matplotlib = pytest.mark.skipif(matplotlib is None, reason="matplotlib is not installed")

SOURCE, TARGET = ["der", "hund", "</s>"], ["the", "</s>"]
WEIGHTS = np.array([[0.7, 0.2, 0.1], [0.05, 0.05, 0.9]])
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def words_set(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that a figure draws, as matplotlib's Text objects hold it when it is saved, formulas excluded."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from matplotlib.text import Text

    found: list[str] = []
    draw = Text.draw

    def watched(self: Any, renderer: Any) -> None:
        found.append(self.get_text())
        assert not self.get_parse_math() or "$" not in self.get_text()
        draw(self, renderer)

    monkeypatch.setattr(Text, "draw", watched)
    return found


@needs_matplotlib
@pytest.mark.parametrize("shape", [(3, 2), (2, 4), (2,), (2, 3, 1), ()])
def test_shapes_have_to_fit(tmp_path, shape):
    expected = re.escape(f"weights of shape {shape} for 2 target and 3 source words")
    with pytest.raises(ShapeError, match=rf"(?s){expected}.*one row per target word"):
        attention_heatmap(np.ones(shape), SOURCE, TARGET, tmp_path / "a.svg")
    assert list(tmp_path.iterdir()) == []


@needs_matplotlib
def test_no_words(tmp_path):
    with pytest.raises(ShapeError, match="0 target and 3 source words"):
        attention_heatmap(np.ones((0, 3)), SOURCE, [], tmp_path / "a.svg")


@needs_matplotlib
@pytest.mark.parametrize("name", ["a.xyz", "a", "a.svg.old"])
def test_an_unknown_ending(tmp_path, name):
    with pytest.raises(TinydawnError, match=r"(?s)none of the endings .svg, .png, .pdf.*figure.svg"):
        attention_heatmap(WEIGHTS, SOURCE, TARGET, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@needs_matplotlib
@pytest.mark.parametrize("ending", ["svg", "png", "pdf", "PNG"])
def test_every_format_is_what_it_says_and_leaves_nothing_else(tmp_path, ending):
    path = attention_heatmap(WEIGHTS, SOURCE, TARGET, str(tmp_path / "new" / f"a.{ending}"))
    assert path == tmp_path / "new" / f"a.{ending}"
    data = path.read_bytes()
    if ending == "svg":
        assert ElementTree.fromstring(data).tag.endswith("svg")
    else:
        assert data.startswith(PNG if ending.lower() == "png" else b"%PDF")
    assert list(path.parent.iterdir()) == [path]


@needs_matplotlib
@pytest.mark.parametrize("ending", ["svg", "png", "pdf"])
def test_the_same_bytes_each_time(tmp_path, ending):
    first, again = (attention_heatmap(WEIGHTS, SOURCE, TARGET, tmp_path / f"{i}.{ending}", title="t") for i in range(2))
    assert first.read_bytes() == again.read_bytes()
    other = attention_heatmap(WEIGHTS, ["x", *SOURCE[1:]], TARGET, tmp_path / f"2.{ending}", title="t")
    assert first.read_bytes() != other.read_bytes()


@needs_matplotlib
def test_the_same_bytes_in_another_process(tmp_path):
    script = (
        "import sys, numpy as np; from tinydawn.viz import attention_heatmap as a; "
        "a(np.array([[.7, .2, .1], [.05, .05, .9]]), ['der', 'hund', '</s>'], ['the', '</s>'], sys.argv[1], title='t')"
    )
    env = {**os.environ, "PYTHONHASHSEED": "77"}
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "a.svg")], env=env, check=True, timeout=PATIENCE)
    here = attention_heatmap(WEIGHTS, SOURCE, TARGET, tmp_path / "b.svg", title="t")
    assert here.read_bytes() == (tmp_path / "a.svg").read_bytes()


@needs_matplotlib
def test_words_are_literal(tmp_path, words_set):
    source = ["$x$", "<unk>", "{a}", "$", "a\\b"]
    target = ["_b^", "&amp;", "$\\alpha$ {", "C:", "%d"]
    attention_heatmap(np.eye(5), source, target, tmp_path / "a.svg", title="$5 < $6")
    assert {*source, *target, "$5 < $6"} <= set(words_set)


@needs_matplotlib
def test_each_word_stands_at_its_own_row_and_column(tmp_path, monkeypatch):
    figures: list[Any] = []
    monkeypatch.setattr(heatmap, "save_figure", lambda figure, path: figures.append(figure))
    attention_heatmap(WEIGHTS, ["a", "a", "b"], ["c", "d"], tmp_path / "a.svg")
    axes = figures[0].axes[0]
    assert [(t.get_position()[0], t.get_text()) for t in axes.get_xticklabels()] == [(0, "a"), (1, "a"), (2, "b")]
    assert [(t.get_position()[1], t.get_text()) for t in axes.get_yticklabels()] == [(0, "c"), (1, "d")]
    assert np.array_equal(axes.images[0].get_array(), WEIGHTS)
    assert axes.yaxis_inverted(), "the first target word is at the top"
    numbers = {t.get_position(): t.get_text() for t in axes.texts}
    assert numbers == {(0, 0): ".7", (1, 0): ".2", (2, 0): ".1", (2, 1): ".9"}


@needs_matplotlib
def test_what_is_not_finite_or_no_weight_is_not_drawn_as_0(tmp_path, monkeypatch):
    figures: list[Any] = []
    monkeypatch.setattr(figure, "write_atomic", lambda path, data: None)
    save = heatmap.save_figure
    monkeypatch.setattr(heatmap, "save_figure", lambda figure, path: (figures.append(figure), save(figure, path)))
    weights = [[0.7, np.nan, 0.1], [np.inf, -np.inf, -2.0]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for given in (weights, td.tensor(weights), np.array(weights, np.float16)):
            attention_heatmap(given, SOURCE, TARGET, tmp_path / "a.png")
    for drawn in figures:
        axes = drawn.axes[0]
        crosses = {(float(x), float(y)) for line in axes.lines for x, y in line.get_xydata()}
        assert crosses == {(1, 0), (0, 1), (1, 1)}
        assert tuple(axes.images[0].get_cmap().get_bad()) == matplotlib.colors.to_rgba(figure.WRONG)
        assert {t.get_position(): t.get_text() for t in axes.texts} == {(0, 0): ".7", (2, 0): ".1", (2, 1): "−2.0"}
    with pytest.raises(ShapeError, match="'weights' is not made of numbers"):
        attention_heatmap([["a", "b", "c"]] * 2, SOURCE, TARGET, tmp_path / "a.svg")


@needs_matplotlib
def test_a_tensor_with_a_graph_will_do(tmp_path):
    w = td.tensor(WEIGHTS, requires_grad=True)
    path = attention_heatmap(td.sqrt(w * w), SOURCE, TARGET, tmp_path / "a.svg", title="t")
    assert w.grad is None
    plain = attention_heatmap(WEIGHTS, SOURCE, TARGET, tmp_path / "b.svg", title="t")
    assert path.read_bytes() == plain.read_bytes()


@needs_matplotlib
def test_chinese_words_where_no_font_has_them(tmp_path, monkeypatch):
    monkeypatch.setattr(figure, "CJK_FONTS", ())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        attention_heatmap(WEIGHTS, ["中", "国", "</s>"], TARGET, tmp_path / "a.png")
    assert len(caught) == 1, "one warning for all letters"
    assert "no installed font has Chinese letters" in str(caught[0].message)
    assert "fix: install one" in str(caught[0].message)
    assert caught[0].filename == __file__


@needs_matplotlib
@pytest.mark.parametrize("there_is_a_font", [False, True])
def test_chinese_words_in_a_program(tmp_path, there_is_a_font):
    """With matplotlib's own fonts, and with one that has the letters: a warning where it is true, and none of matplotlib's."""
    fonts.keep_list(tmp_path / "fonts", there_is_a_font)
    script = ("from tinydawn.viz import attention_heatmap as a\n"
              "for ending in ('svg', 'png', 'pdf'):\n"
              "    a([[.7, .2, .1], [.1, .1, .8]], ['中', '국', 'の'], ['the', '，'], f'a.{ending}', title='注意力')")
    done = subprocess.run([sys.executable, "-c", script], check=True, timeout=PATIENCE, cwd=tmp_path, capture_output=True,
                          encoding="utf-8", env={**os.environ, "PYTHONPATH": str(Path(td.__file__).parent.parent),
                                                 "MPLCONFIGDIR": str(tmp_path / "fonts"), "PYTHONIOENCODING": "utf-8"})
    if there_is_a_font:
        assert done.stderr == ""
    else:
        assert [fonts.MISSING in line for line in done.stderr.splitlines() if "Warning" in line] == [True] * 3


@needs_matplotlib
def test_chinese_words_where_a_font_has_them(tmp_path, monkeypatch):
    """DejaVu Sans stands in for the font that has the letters: it is chosen, and nothing warns of a missing one."""
    monkeypatch.setattr(figure, "CJK_FONTS", ("Nowhere Sans", "DejaVu Sans Mono"))
    assert figure._fonts("中") == (["DejaVu Sans Mono", "DejaVu Sans"], True)


@needs_matplotlib
def test_german_words_warn_of_nothing(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        attention_heatmap(np.ones((1, 3)) / 3, ["Straße", "schläft", "„…“"], ["naïve"], tmp_path / "a.png")


@needs_matplotlib
def test_a_font_installed_after_matplotlib_made_its_list(tmp_path, monkeypatch):
    from matplotlib import font_manager

    class Manager:
        """A list of fonts without the one that lies on the disk."""

        def __init__(self) -> None:
            self.ttflist: list[Any] = []
            self.added: list[str] = []

        def addfont(self, path: str) -> None:
            if path == "broken.ttf":
                raise RuntimeError("no font")
            self.added.append(path)
            self.ttflist.append(font_manager.FontEntry(fname=path, name="Noto Sans CJK JP"))

    manager = Manager()
    monkeypatch.setattr(font_manager, "fontManager", manager)
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: ["new.ttc", "broken.ttf"])
    assert figure._fonts("中") == (["Noto Sans CJK JP", "DejaVu Sans"], True)
    assert figure._fonts("中") == (["Noto Sans CJK JP", "DejaVu Sans"], True)
    assert manager.added == ["new.ttc"], "looked for once"


@needs_matplotlib
def test_long_words_and_titles_find_room(tmp_path, monkeypatch):
    figures: list[Any] = []
    monkeypatch.setattr(heatmap, "save_figure", lambda figure, path: figures.append(figure))
    long = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        attention_heatmap([[1.0]], [long], ["internationalisation"], tmp_path / "a.svg", title="a title longer than the picture")
        figures[0].draw_without_rendering()
    axes = figures[0].axes[0]
    for text in (*axes.get_xticklabels(), *axes.get_yticklabels(), axes.title):
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= figures[0].bbox.x1
        assert box.y1 <= figures[0].bbox.y1


@needs_matplotlib
def test_spaces_and_line_breaks_are_seen(tmp_path, words_set):
    attention_heatmap(np.eye(3), ["  ", "\n", "a b"], ["\t", "\u200d", "x"], tmp_path / "a.svg")
    assert {"␣␣", "\\n", "a b", "\\t", "\\u200d", "x"} <= set(words_set)


@needs_matplotlib
def test_a_style_set_outside_changes_nothing(tmp_path):
    import matplotlib as mpl

    plain = attention_heatmap(WEIGHTS, SOURCE, TARGET, tmp_path / "a.svg", title="t")
    with mpl.rc_context({"figure.facecolor": "black", "text.color": "white", "font.size": 20, "savefig.transparent": True}):
        styled = attention_heatmap(WEIGHTS, SOURCE, TARGET, tmp_path / "b.svg", title="t")
    assert plain.read_bytes() == styled.read_bytes()


@needs_matplotlib
def test_writing_is_atomic(tmp_path, monkeypatch):
    path = tmp_path / "a.svg"
    path.write_text("old")

    def crash(*args: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(OSError, match="the disk is full"):
        attention_heatmap(WEIGHTS, SOURCE, TARGET, path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@needs_matplotlib
def test_no_window_system_and_no_global_figure(tmp_path):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    attention_heatmap(WEIGHTS, SOURCE, TARGET, tmp_path / "a.svg")
    assert dict(mpl.rcParams) == before
    if "matplotlib.pyplot" in sys.modules:
        assert sys.modules["matplotlib.pyplot"].get_fignums() == []


@pytest.mark.parametrize("how", ["sys.modules", "import"])
def test_without_matplotlib(tmp_path, monkeypatch, how):
    if how == "sys.modules":
        for name in ("matplotlib", "matplotlib.figure", "matplotlib.font_manager"):
            monkeypatch.setitem(sys.modules, name, None)
    else:
        real = builtins.__import__

        def without(name: str, *args: Any, **kwargs: Any) -> Any:
            if name.startswith("matplotlib"):
                raise ImportError(f"No module named {name!r}")
            return real(name, *args, **kwargs)

        monkeypatch.setattr(builtins, "__import__", without)
    path = Path(tmp_path / "a.svg")
    with pytest.raises(TinydawnError, match=r"(?s)attention_heatmap needs matplotlib.*pip install 'tinydawn\[draw\]'"):
        attention_heatmap(WEIGHTS, SOURCE, TARGET, path)
    assert not path.exists()
