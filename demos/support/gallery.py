"""The gallery that draw_graphs.py fills: each picture once per theme, and a page with all of them.

The page needs no network.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import tinydawn as td
from tinydawn.storage.files import write_atomic

from .gallery_page import PAGE, TEXTS
from .run import Results

THEMES = ("light", "dark", "print")
QUICK = ("neuron", "cross_entropy", "mlp_1", "gru", "crash")


class Gallery:
    """Pictures in some themes, in the folder of `results`, and index.html.

    The pictures are light/neuron.svg, dark/neuron.svg, ...

    lang   "en", "zh" or "both": of the pictures and of the page
    quick  draw only the pictures named in QUICK
    """

    def __init__(self, results: Results, themes: Sequence[str], lang: str, quick: bool) -> None:
        self.results = results
        self.themes = themes
        self.lang = lang
        self.quick = quick
        self.parts: list[str] = []  # of the page
        self.sizes: list[tuple[int, int]] = []  # boxes and arrows of each picture
        # Where there is no Graphviz, this says so before any work is done.
        td.draw(td.ones(1, requires_grad=True)).svg()
        for theme in themes:
            (results.folder / theme).mkdir(exist_ok=True)

    def said(self, name: str) -> list[str]:
        """The heading, or the heading and the sentence, of that name."""
        english, chinese = TEXTS[name]
        if self.lang == "en":
            texts = english
        elif self.lang == "zh":
            texts = chinese
        else:
            texts = [f"{c} {e}" for c, e in zip(chinese, english, strict=True)]
        return [escape(text) for text in texts]

    def section(self, name: str) -> None:
        """Begin a section of the page."""
        if not self.quick:
            self.parts.append(f"<h2>{self.said(name)[0]}</h2>")

    def show(self, name: str, x: Any, *inputs: Any, film: bool = False, **options: Any) -> None:
        """Draw `x` as td.draw does, in every theme, and put it on the page.

        film  write also the page that goes through it step by step
        """
        if self.quick and name not in QUICK:
            return
        options |= {"lang": self.lang, "aspect": "slide"}
        diagrams = {theme: td.draw(x, *inputs, theme=theme, **options) for theme in self.themes}
        for theme, diagram in diagrams.items():
            self.results.figure(f"{theme}/{name}.svg", diagram.save)
        first = self.themes[0]
        if f"{first}/{name}.svg" not in self.results.record["figures"]:
            return  # it could not be laid out, and figure() has said why

        heading, see = self.said(name)
        if film:
            self.results.figure(f"{name}.html", diagrams[first].save)
            see += f' <a href="{name}.html">{self.said("film")[0]}</a>'
        place, picture = diagrams[first].place(), diagrams[first].picture
        print(f"{name:24}{len(picture.boxes):4} boxes{place.width:7.0f} x {place.height:.0f}")
        self.sizes.append((len(picture.boxes), len(picture.arrows)))
        file = f"{first}/{name}.svg"
        self.parts.append(
            f'<figure id="{name}"><figcaption><h3>{heading}</h3><p>{see}</p></figcaption>'
            f'<a href="{file}"><img src="{file}" alt="{heading}"></a></figure>')

    def write(self) -> None:
        """Write the page."""
        boxes, arrows = map(sum, zip(*self.sizes, strict=True))
        self.results.metric(pictures=len(self.sizes), boxes=boxes, arrows=arrows)
        title, hint = self.said("page")
        page = PAGE.format(lang="zh" if self.lang == "zh" else "en", theme=self.themes[0],
                           switch=self.switch(), title=title, hint=hint, body="\n".join(self.parts))
        self.results.figure("index.html", lambda path: write_atomic(path, page.encode()))

    def switch(self) -> str:
        """The buttons that choose a theme, if there is a choice."""
        if len(self.themes) == 1:
            return ""
        buttons = []
        for theme in self.themes:
            checked = " checked" if theme == self.themes[0] else ""
            buttons.append(f'<label><input type="radio" name="theme" value="{theme}"{checked}> '
                           f"{self.said(theme)[0]}</label>")
        return "".join(buttons)
