"""Real English that every Python carries: its own reference manual, `pydoc_data.topics` (about 465 kB).

The manual is prose among code, grammar rules and headings. What is kept is what reads as a sentence. The text
differs a little from one version of Python to the next.
"""

from __future__ import annotations

import re
from functools import cache

from tinydawn.errors import DataError, message

_CODE = re.compile(r"::=|>>>|[=<>{}\[\]\\|@#~^+*%&…`]|\"\"|__|//|\w\.\w+\(|\w\(|(?<!\w)-\w")
_SENTENCE_END = re.compile(r"(?<=[.!?])[)\"]?\s+(?=[A-Z\"(*])")
_NO_END = re.compile(r"\b(?:e\.g|i\.e|cf|vs|etc|[A-Z])\.$")
_ASCII = str.maketrans("“”‘’–—", "\"\"''--")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*|[0-9]+(?:\.[0-9]+)*")


def documents() -> tuple[tuple[str, ...], ...]:
    """The sentences of each topic, as they are printed, without code; topics with none are left out.

    Raises:
        DataError: a Python without `pydoc_data` (some systems package it apart).
    """
    return tuple(by_topic().values())


@cache
def by_topic() -> dict[str, tuple[str, ...]]:
    """The sentences of each topic by its name, such as "debugger". Raises DataError as `documents` does."""
    try:
        from pydoc_data.topics import topics
    except ImportError:
        what = "the embedded English is not there: this Python has no module pydoc_data.topics"
        raise DataError(message(what, fix="install the full standard library (in a browser: "
                                "await pyodide_js.loadPackage('pydoc_data')), or name a text file of your own")) from None
    seen: set[str] = set()  # topics share whole paragraphs; a sentence in training and test would be a leak
    kept = {}
    for name in sorted(topics):
        sentences = [s for paragraph in re.split(r"\n\s*\n", topics[name]) for s in _sentences(paragraph)]
        new = tuple(s for s in dict.fromkeys(sentences) if s not in seen)
        seen.update(new)
        if new:
            kept[name] = new
    return kept


def words(sentence: str) -> list[str]:
    """The lower-cased words and numbers of an English sentence, without punctuation."""
    return _WORD.findall(sentence.lower())


def _sentences(paragraph: str) -> list[str]:
    lines = paragraph.strip("\n").split("\n")
    if len(lines) > 1 and len(set(lines[1].strip())) == 1 and lines[1].strip()[0] in "*=-~^":
        lines = lines[2:]  # a heading and its underline
    text = " ".join(" ".join(lines).split()).translate(_ASCII)
    text = re.sub(r"^(?:[*•-]|\d+\.|\[\d+\])\s+", "", text)  # the mark of a list entry or a footnote
    text = re.sub(r"\s*\[\d+\]", "", text)  # a reference to a footnote
    text = re.sub(r"\*+([^*]+)\*+", r"\1", text)
    text = re.sub(r'"+_*(\w+?)_*(?:\(\))?"+', r"\1", text)  # the name of a function or class reads as a word
    parts: list[str] = []
    for part in _SENTENCE_END.split(text):
        if parts and _NO_END.search(parts[-1]):
            parts[-1] += " " + part
        else:
            parts.append(part)
    return [part for part in parts if _is_prose(part)]


def _is_prose(text: str) -> bool:
    """Does it begin like a sentence, end like one, and hold words rather than code?"""
    count = len(words(text))
    return (
        text[:1].isupper()
        and text[-1:] in ".!?"
        and 4 <= count <= 60
        and not _CODE.search(text)
        and sum(char.isalpha() or char == " " for char in text) >= 0.88 * len(text)
    )
