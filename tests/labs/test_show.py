"""labs.show: a saved picture below its cell in a notebook, its path elsewhere."""

from __future__ import annotations

import builtins
import sys
import types

from tinydawn import labs


def test_outside_of_a_notebook_the_path_is_printed(capsys):
    labs.show("map.svg")
    assert capsys.readouterr().out == "map.svg\n"


def test_in_a_notebook_the_picture_is_displayed(tmp_path, monkeypatch, capsys):
    shown = []
    display = types.ModuleType("IPython.display")
    display.display = shown.append
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setattr(builtins, "get_ipython", lambda: None, raising=False)
    (tmp_path / "map.svg").write_text("<svg/>")
    labs.show(tmp_path / "map.svg")
    assert shown[0]._repr_mimebundle_()["image/svg+xml"] == "<svg/>"
    assert capsys.readouterr().out == ""
