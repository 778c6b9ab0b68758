"""The tokenizer splits raw text as the Multi30k files are split."""

import gzip
import os
from pathlib import Path

import pytest

from tinydawn.errors import DataError, DTypeError
from tinydawn.text import char_tokenize, word_tokenize

MULTI30K = Path(os.environ.get("TINYDAWN_DATA", "")) / "multi30k"
RAW = MULTI30K / "val.raw.de.gz"


@pytest.mark.parametrize(
    ("language", "text", "tokens"),
    [
        ("de", "Ein Mann.", "ein mann ."),
        ("de", "ein mann .", "ein mann ."),
        ("de", "Eine schwarz-gelbe Jacke, groß und schwer!", "eine schwarz-gelbe jacke , groß und schwer !"),
        ("de", "Auf dem Schild steht „Hallo Welt“.", "auf dem schild steht &quot; hallo welt &quot; ."),
        ("de", 'Er sagt: "Ja."', "er sagt : &quot; ja &quot; ."),
        ("de", "Disney's Film", "disney &apos; s film"),
        ("de", "Joe‘s Laden", "joe &apos; s laden"),
        ("de", "Vier Menschen – drei Mädchen", "vier menschen - drei mädchen"),
        ("de", "Er trägt die Nummer 28.", "er trägt die nummer 28."),
        ("de", "2.000 Leute, 3,5 Meter (ca. 50 %)", "2.000 leute , 3,5 meter ( ca. 50 % )"),
        ("de", "Q&A", "q &amp; a"),
        ("en", "A kid's table.", "a kid &apos;s table ."),
        ("en", "They aren't in the 1980's", "they aren &apos;t in the 1980 &apos;s"),
        ("en", "a 'Grand Opening' sign", "a &apos; grand opening &apos; sign"),
        ("en", 'It says "Welcome Bikers."', "it says &quot; welcome bikers . &quot;"),
        ("en", 'called "Home".', "called &quot; home . &quot;"),
        ("en", "the #19 jersey costs $2.00...", "the # 19 jersey costs $ 2.00 ..."),
        ("en", "Wait… what?", "wait ... what ?"),
        ("en", "He ran. She sat.", "he ran. she sat ."),  # as in the data: lower case follows, so no sentence end
        ("en", "in the U.S. at 11:27", "in the u.s. at 11 : 27"),
        ("en", "snake_case  and\ttabs\n", "snake _ case and tabs"),
        ("en", "...", "..."),
        ("en", "", ""),
    ],
)
def test_words(language, text, tokens):
    assert word_tokenize(text, language) == tokens.split()


def test_english_is_the_default():
    assert word_tokenize("A dog's tail") == ["a", "dog", "&apos;s", "tail"]


def test_characters():
    assert char_tokenize(" 床前 明月光,\n") == ["床", "前", "明", "月", "光", ","]
    assert char_tokenize("") == []


@pytest.mark.skipif(not RAW.is_file(), reason="TINYDAWN_DATA has no multi30k/*.raw.*.gz")
@pytest.mark.parametrize("language", ["de", "en"])
@pytest.mark.parametrize("split", ["val", "test_2016_flickr"])
def test_agrees_with_multi30k(split, language):
    with gzip.open(MULTI30K / f"{split}.raw.{language}.gz", "rt", encoding="utf-8") as file:
        raw = file.read().rstrip("\n").split("\n")
    tokenized = (MULTI30K / f"{split}.lc.norm.tok.{language}").read_text("utf-8").rstrip("\n").split("\n")
    assert len(raw) == len(tokenized) >= 1000
    for line, expected in zip(raw, tokenized, strict=True):
        assert word_tokenize(line, language) == expected.split()


def test_errors():
    with pytest.raises(DTypeError, match=r"word_tokenize: expected a str, got list(?s:.*)fix:"):
        word_tokenize(["a"])
    with pytest.raises(DTypeError, match=r"char_tokenize: expected a str, got NoneType"):
        char_tokenize(None)
    with pytest.raises(DataError, match=r"unknown language 'zh'(?s:.*)char_tokenize for Chinese"):
        word_tokenize("a", "zh")
