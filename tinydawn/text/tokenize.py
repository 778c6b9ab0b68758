"""Raw text to tokens: words and punctuation for English and German, characters for Chinese.

The word rules are those of the Multi30k files `*.lc.norm.tok.*`: lower case, then punctuation normalised,
then split as the Moses scripts do (Koehn et al., "Moses: Open Source Toolkit for Statistical Machine
Translation", ACL 2007), quotes and ampersands written as entities (`&quot;`, `&apos;`, `&amp;`).
"""

from __future__ import annotations

import re

from tinydawn.checks import known
from tinydawn.text.vocab import check_text

LANGUAGES = ("en", "de")
# German words that a full stop belongs to. In lower-cased English it belongs to none, as in the data.
_ABBREVIATIONS = {"bzw", "ca", "etc", "evtl", "usw", "vgl"}
_ENTITIES = {"|": "&#124;", "<": "&lt;", ">": "&gt;", "'": "&apos;", '"': "&quot;", "[": "&#91;", "]": "&#93;"}
_QUOTES = str.maketrans({"„": '"', "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "\u00a0": " ", "\u00ad": None})


def word_tokenize(text: str, language: str = "en") -> list[str]:
    """Lower-cased words and punctuation marks of a sentence.

    Args:
        text: one sentence, raw.
        language: "en" ("kid's" is kid &apos;s) or "de" ("Disney's" is disney &apos; s).

    Raises:
        DTypeError: not a str.
        DataError: another language.

    >>> word_tokenize("Ein Mann in einer schwarz-gelben Jacke.", "de")
    ['ein', 'mann', 'in', 'einer', 'schwarz-gelben', 'jacke', '.']
    """
    check_text(text, "word_tokenize")
    known("word_tokenize", "language", language, LANGUAGES, "use one of en, de; char_tokenize for Chinese")
    text = _normalize(text.lower(), language)
    text = re.sub(r"([^\w\s.'`,\-]|_)", r" \1 ", text)
    text = re.sub(r"(\.{2,})", r" \1 ", text)  # an ellipsis is one token
    text = re.sub(r",(?!\d)|(?<!\d),", " , ", text)  # a comma, unless between digits
    if language == "en":  # between letters the apostrophe goes with what follows: kid 's, don 't
        text = re.sub(r"((?<=[^\W\d_])'(?=[^\W\d_])|(?<=\d)'(?=s))|'", lambda m: " '" if m[1] else " ' ", text)
    else:
        text = text.replace("'", " ' ")
    words = text.split()
    tokens: list[str] = []
    for i, word in enumerate(words):
        following = words[i + 1] if i + 1 < len(words) else ""
        stem = word[:-1]
        if word.endswith(".") and stem.strip(".") and not _keeps_stop(stem, following, language):
            tokens += [stem, "."]
        else:
            tokens.append(word)
    return ["".join(_ENTITIES.get(char, char) for char in token.replace("&", "&amp;")) for token in tokens]


def char_tokenize(text: str) -> list[str]:
    """The characters of `text` without white space: the usual tokens for Chinese.

    Raises:
        DTypeError: not a str.

    >>> char_tokenize("床前 明月光")
    ['床', '前', '明', '月', '光']
    """
    check_text(text, "char_tokenize")
    return [char for char in text if not char.isspace()]


def _normalize(text: str, language: str) -> str:
    """Typographic quotes and dashes to ASCII; the full stop on one side of a closing quote."""
    text = text.translate(_QUOTES).replace("—", " - ").replace("…", "...")
    text = re.sub(r"[`´]", "'", text)
    text = re.sub(r"(?<=[a-z])[‘’](?=[a-z])", "'", text)
    text = re.sub(r"[‘’‚]|''", '"', text)
    if language == "en":
        return re.sub(r'"([,.]+)', r'\1"', text)
    return re.sub(r'(\.+)"(?!\s*<)', r'"\1', text.replace(',"', '",'))


def _keeps_stop(stem: str, following: str, language: str) -> bool:
    """Does the full stop after `stem` belong to it? "u.s.", "usw.", "am 3." or the next word is lower case."""
    if ("." in stem and any(char.isalpha() for char in stem)) or following[:1].islower():
        return True
    ordinal = stem.isdecimal() and len(stem) <= 2
    return language == "de" and (ordinal or stem in _ABBREVIATIONS or (len(stem) == 1 and stem.isalpha()))
