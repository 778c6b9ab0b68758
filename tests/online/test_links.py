"""Of a built site (TINYDAWN_SITE): every link, picture and script of every page leads somewhere, and nothing to another host."""

from __future__ import annotations

import os
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

SITE = Path(os.environ.get("TINYDAWN_SITE", "no site"))
APART = ("lite", "pyodide", "_static")  # others' programs, which find their own files
LOADED = {"img": "src", "script": "src", "iframe": "src", "link": "href", "source": "src", "video": "src"}


class Links(HTMLParser):
    """What a page points at, what it loads, and the places in it that can be pointed at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.without_alt: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.places |= {values[name] for name in ("id", "name") if values.get(name)}
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if tag in LOADED and values.get(LOADED[tag]) and values.get("rel") != "canonical":
            self.loads.append(values[LOADED[tag]])
        if tag == "img" and not values.get("alt"):
            self.without_alt.append(values.get("src", ""))


@cache
def page(path: Path) -> Links:
    return Links(path.read_text("utf-8"))


def pages() -> list[Path]:
    return sorted(path for path in SITE.rglob("*.html") if path.relative_to(SITE).parts[0] not in APART)


def leads_nowhere(path: Path, link: str) -> bool:
    """Whether a link within the site has no file, or the file no such place."""
    parts = urlsplit(link)
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return True
    own = target.suffix == ".html" and target.is_relative_to(SITE.resolve())
    if not parts.fragment or not own or target.relative_to(SITE.resolve()).parts[0] in (*APART, "playground"):
        return False  # the playground keeps programs there
    return unquote(parts.fragment) not in page(target).places


def is_ours(link: str) -> bool:
    return not urlsplit(link).scheme and not link.startswith("//")


built = pytest.mark.skipif(not (SITE / "index.html").is_file(), reason="TINYDAWN_SITE names no built site")


@built
def test_every_link_of_every_page_leads_somewhere():
    assert len(pages()) > 200
    dead = {f"{path.relative_to(SITE)} -> {link}" for path in pages() for link in page(path).links + page(path).loads
            if is_ours(link) and leads_nowhere(path, link)}
    assert not dead


@built
def test_no_page_loads_anything_from_another_host():
    foreign = {f"{path.relative_to(SITE)} -> {link}" for path in pages() for link in page(path).loads
               if not is_ours(link) and urlsplit(link).scheme != "data"}
    assert not foreign


@built
def test_every_picture_has_a_text():
    assert not {f"{path.relative_to(SITE)}: {src}" for path in pages() for src in page(path).without_alt}


def test_what_leads_nowhere_is_found(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "SITE", tmp_path)
    (tmp_path / "a.html").write_text('<a id="here"></a><img src="x.png"><script src="//other.org/x.js"></script>')
    (tmp_path / "b.html").write_text("<p id=there>")
    links = ("b.html", "b.html#there", "#here", "c.html", "b.html#no", "#no")
    assert [leads_nowhere(tmp_path / "a.html", link) for link in links] == [False, False, False, True, True, True]
    assert page(tmp_path / "a.html").loads == ["x.png", "//other.org/x.js"]
    assert page(tmp_path / "a.html").without_alt == ["x.png"]
    assert not is_ours("//other.org/x.js")
    assert not is_ours("https://other.org")
    assert is_ours("b.html#there")
