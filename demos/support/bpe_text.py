"""The words that bpe.py learns its merges from, and pieces as they are printed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from tinydawn import text
from tinydawn.text.bpe import END_OF_WORD as END  # glued to the last character of a word

# Written without spaces: Chinese characters and kana. What is between two marks, or two letters of
# another script, stands where another language has a word, as in GPT-2's pre-tokenisation.
_SCRIPT = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(f"[{_SCRIPT}]+|[^\\w{_SCRIPT}]+|[^\\W{_SCRIPT}]+")
_HAS_SCRIPT = re.compile(f"[{_SCRIPT}]")


def pretokenized(line: str) -> list[str]:
    """What is between spaces; of Chinese and Japanese also what is between marks.

    >>> pretokenized("it's 我爱NLP，真的!")
    ["it's", '我爱', 'NLP', '，', '真的', '!']
    """
    return [word for part in line.split()
            for word in (_WORD.findall(part) if _HAS_SCRIPT.search(part) else [part])]


def words_of(data: str | None, split: str) -> list[str]:
    """The words of one part of the corpus, in order."""
    if data == "multi30k":
        sentences = [german for german, _ in text.load_parallel("multi30k", split)]
        return [word for sentence in sentences for word in sentence]
    sentences = text.load_sentences(data, split, pretokenized)
    if data == "tang":  # a line of five characters stands where another language has a word
        return ["".join(poem[i:i + 5]) for poem in sentences for i in range(0, len(poem), 5)]
    if data == "names":
        return ["".join(name) for name in sentences]
    return [word for sentence in sentences for word in sentence]


def letters_of(words: Mapping[str, int]) -> dict[tuple[str, ...], int]:
    """Word -> count, the words as characters, of which the last has the mark of the end."""
    return {(*word[:-1], word[-1] + END): count for word, count in words.items()}


def marked(pieces: Sequence[str], between: str = "|") -> str:
    """Pieces with a line between them, the end of a word shown as _."""
    return between.join(pieces).replace(END, "_")


def shown(pieces: Sequence[str]) -> str:
    """Pieces with a line between them, without the mark of the end."""
    return "|".join(pieces).replace(END, "")


def never_seen_words(held: Sequence[str], frequency: Counter[str]) -> list[str]:
    """Held-out words of letters that training has not, the longest first; if none, all."""
    unseen = {word for word in held if word not in frequency and word.isalpha()}
    return sorted(unseen, key=lambda word: (-len(word), word)) or sorted(set(held))
