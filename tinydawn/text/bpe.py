"""Byte-pair encoding: words are spelled with the pieces that are frequent in a text.

Sennrich, Haddow and Birch, "Neural Machine Translation of Rare Words with Subword Units", ACL 2016. Bytes in place of
characters: Radford et al., "Language Models are Unsupervised Multitask Learners", 2019 (GPT-2). Dropout: Provilkov,
Emelianenko and Voita, "BPE-Dropout: Simple and Effective Subword Regularization", ACL 2020.
"""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from heapq import heapify, heappop, heappush
from itertools import pairwise
from pathlib import Path

import numpy as np

from tinydawn import random
from tinydawn.checks import listed
from tinydawn.errors import DataError, message
from tinydawn.storage.files import utf8, write_atomic
from tinydawn.text.merges import Chain, Pair, check_training, learn_bpe
from tinydawn.text.readers import plain, read_bytes
from tinydawn.text.vocab import UNK, check_different, check_text, checked_ids

PathLike = str | os.PathLike[str]
END_OF_WORD = "</w>"
# The first line of a merges file may say "#version: 0.2": the mark is glued to the last character of a word. Of 0.1, or where
# no line says it, the mark is a symbol of its own (subword-nmt).
_VERSION = re.compile(r"#version:\s*(\d+(?:\.\d+)*)")
# White space as Unicode defines it. Python's own \s has four control characters more, and GPT-2's pattern has not.
_SPACE = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"

# --- words --------------------------------------------------------------------------------------------------------


@cache
def bytes_to_unicode() -> dict[int, str]:
    """One visible character for each of the 256 bytes, as GPT-2 chose them, in the order of its ids.

    The printable bytes of Latin-1 stand for themselves; the others, the space among them, get the characters from U+0100
    on: the space is "Ġ", a newline "Ċ". So a file of merges can have its pieces separated by spaces.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {**{byte: chr(byte) for byte in printable}, **{byte: chr(256 + i) for i, byte in enumerate(others)}}


def _visible(word: str) -> str:
    """The UTF-8 bytes of a word, each as its visible character."""
    table = bytes_to_unicode()
    try:
        return "".join(table[byte] for byte in word.encode())
    except UnicodeEncodeError:
        what = f"BPE: {word[:20]!r} has half a surrogate pair in it, which is no text"
        raise DataError(message(what, fix='read the file with encoding="utf-8"')) from None


@cache
def _gpt2_pattern() -> re.Pattern[str]:
    """GPT-2's rule of what a word is, with the letters and numbers of this Python's Unicode tables.

    `re` has no \\p{L} and \\p{N}: its \\w is letters, numbers and _, its \\d the decimal digits, so what is missing is the
    list of the other numbers, as in Roman numerals and fractions.
    """
    numbers = "".join(c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) in ("Nl", "No"))
    letter, number, other = rf"[^\W\d_{numbers}]", rf"[\d{numbers}]", rf"(?:[^\w{_SPACE}]|_)"
    return re.compile(rf"'(?:s|t|re|ve|m|ll|d)| ?{letter}+| ?{number}+| ?{other}+|[{_SPACE}]+(?![^{_SPACE}])|[{_SPACE}]+")


def gpt2_split(text: str) -> list[str]:
    """The words of GPT-2's pre-tokenisation, which joined are `text` again: a space belongs to the word after it.

    Equal to GPT-2's pattern (which needs the `regex` package) for every character that this Python's Unicode tables
    know, `unicodedata.unidata_version`. A letter that came into Unicode later counts as punctuation here.

    >>> gpt2_split("I'll see 2 dogs.")
    ['I', "'ll", ' see', ' 2', ' dogs', '.']
    """
    check_text(text, "gpt2_split", "pass text, not tokens or bytes")
    return _gpt2_pattern().findall(text)


# --- the tokenizer ------------------------------------------------------------------------------------------------


class BPE:
    """Text to ids of subword pieces, and back without loss.

    A word is spelled with the alphabet, and then merged by rank: of all pairs of neighbours the one that was learned first
    is merged, until none is left. (Taking the longest piece that fits, from the left, is not the same.) A merge never
    crosses a word. Two kinds:

    * with `end_of_word`: the alphabet is characters, a word is a run without white space, and its last piece ends in
      `</w>`. One space between two words is not a token, it follows from the mark; any other white space is a token for
      each character. Characters outside the alphabet have the id of `<unk>`, or at the end of a word of `<unk></w>`.
    * byte_level: the alphabet is the 256 bytes of UTF-8, each written as a visible character; a word begins with its space.
      Nothing is ever unknown.

    Args:
        merges: pairs of symbols, by rank.
        alphabet: characters, for the kind with `end_of_word`; None for those of the merges.
        byte_level: which kind.
        end_of_word: the mark, which may not occur in the text.
        mark_apart: is the mark a symbol of its own until a merge takes it, as in version 0.1 of subword-nmt? Then "w" at the
            end of a word is merged as "w" elsewhere. The pieces that come out have it at their end all the same.
        tokens: all tokens by id; None for the alphabet, then what the merges make (so GPT-2's ids follow from its merges).

    Attributes: `merges`; `tokens`, position = id; `byte_level`; `end_of_word`; `mark_apart`. There are no ids for padding or
    the ends of a sentence: for a model that needs them, `Vocab.build(map(bpe.tokenize, lines))` numbers the pieces.

    Raises:
        DataError: merges of the other kind, or of a piece that no merge before it makes; a token with two ids, or tokens that
            lack what a merge makes.

    >>> bpe = BPE.train("low lower lowest slower", 4)
    >>> bpe.tokenize("slow lower")
    ['s', 'lo', 'w</w>', 'lower</w>']
    >>> bpe.decode(bpe.encode("slow  lower\\n"))
    'slow  lower\\n'
    """

    def __init__(self, merges: Iterable[Pair], alphabet: Iterable[str] | None = None, byte_level: bool = False,
                 end_of_word: str = END_OF_WORD, tokens: Sequence[str] | None = None, mark_apart: bool = False) -> None:
        self.merges = [(a, b) for a, b in merges]
        self.byte_level, self.end_of_word, self.mark_apart = byte_level, end_of_word, mark_apart and not byte_level
        # A pair can be learned twice, when one of its symbols is made in a second way: the first rank counts.
        self._ranks = {pair: rank for rank, pair in reversed(list(enumerate(self.merges)))}
        self._known: dict[str, list[str]] = {}  # the pieces of a word that was tokenized before
        self._bytes = {char: byte for byte, char in bytes_to_unicode().items()}
        self._check_merges()
        made = [a + b for a, b in self.merges]
        if self.mark_apart:  # any of them can be the last piece of a word, whose mark it then takes
            made = [form for piece in made for form in dict.fromkeys((piece, piece.removesuffix(end_of_word) + end_of_word))]
        if byte_level:
            base = list(bytes_to_unicode().values())
        else:
            spelled = (symbol.removesuffix(end_of_word) for pair in self.merges for symbol in pair)
            letters = set("".join(spelled) if alphabet is None else "".join(alphabet)) | set("\t\n\r ")
            base = [UNK, UNK + end_of_word]
            base += [form for c in sorted(letters) for form in ((c,) if c.isspace() else (c, c + end_of_word))]
        self.tokens = list(dict.fromkeys([*base, *made]) if tokens is None else tokens)
        self._ids = {token: i for i, token in enumerate(self.tokens)}
        check_different(self.tokens, "BPE: the token {!r} has two ids", "list each token once")
        for token in (*made, *(base if byte_level else base[:2])):
            if token not in self._ids:
                raise DataError(message(f"BPE: {token!r} has no id", fix="the tokens and the merges of one and the same model"))

    @classmethod
    def train(cls, text: str | Iterable[str] | Mapping[str, int], num_merges: int, byte_level: bool = False,
              ties: str = "smallest", min_frequency: int = 2, end_of_word: str = END_OF_WORD) -> BPE:
        """Learn at most `num_merges` merges (see `learn_bpe`) from the words of a text.

        Args:
            text: a text, an iterable of texts such as lines, or a table word -> count whose words are taken as they are
                (of a byte-level model a word includes its space).
            num_merges, ties, min_frequency: as in `learn_bpe`. Fewer merges are found if the pairs get too rare.
            byte_level, end_of_word: as in `BPE`.

        Raises:
            DataError: no words, a word with white space in the table, a count below 1, the mark in the text, an unknown `ties`.
            DTypeError: texts that are no str.
        """
        check_training(num_merges, min_frequency, ties)
        empty = cls((), (), byte_level, end_of_word)
        letters: set[str] = set()
        words: Counter[tuple[str, ...]] = Counter()
        if isinstance(text, Mapping):
            for word, count in text.items():
                if count < 1 or not word or (not byte_level and len(empty._split(word)) != 1):
                    what = f"BPE.train: the word {word!r} with count {count}"
                    raise DataError(message(what, fix="words without white space, and counts of 1 or more"))
                words[tuple(empty._spelled(_visible(word) if byte_level else word))] += count
                letters.update(word)
        else:
            pieces: Counter[str] = Counter()
            for part in [text] if isinstance(text, str) else listed("BPE.train", "text", text):
                pieces.update(empty._split(part))
                letters.update(part)
            for word, count in pieces.items():
                words[tuple(empty._spelled(word))] += count
        if not words:
            raise DataError(message("BPE.train: the text has no words", fix="pass some text"))
        return cls([pair for pair, _ in learn_bpe(words, num_merges, min_frequency, ties)], letters, byte_level, end_of_word)

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        kind = "byte-level" if self.byte_level else repr(self.end_of_word)
        return f"BPE({len(self.merges)} merges, {len(self)} tokens, {kind})"

    def first(self, num_merges: int) -> BPE:
        """The tokenizer with only the first so many merges, and the same alphabet."""
        letters = {token for token in self.tokens if len(token) == 1}
        return BPE(self.merges[:num_merges], letters, self.byte_level, self.end_of_word, mark_apart=self.mark_apart)

    def tokenize(self, text: str, dropout: float = 0.0, rng: np.random.Generator | None = None) -> list[str]:
        """The pieces of `text`.

        Args:
            text: any text; the empty one has no pieces.
            dropout: the probability with which a merge is passed over, drawn anew at every place and step: a word gets many
                spellings, which makes a model robust. For training only. 1 gives the alphabet.
            rng: draws it; None for tinydawn's generator (`td.manual_seed`).

        Raises:
            DTypeError: not a str. DataError: dropout outside [0, 1], the mark in the text, half a surrogate pair.
        """
        if not 0.0 <= dropout <= 1.0:
            raise DataError(message(f"BPE: dropout is {dropout}", fix="a probability; 0.1 is usual in training, 0 else"))
        pieces: list[str] = []
        for word in self._split(text):
            if dropout > 0:
                pieces += self._merge(word, dropout, random.generator if rng is None else rng)
            else:
                if word not in self._known:
                    self._known[word] = self._merge(word)
                pieces += self._known[word]
        return pieces

    def encode(self, text: str, dropout: float = 0.0, rng: np.random.Generator | None = None) -> list[int]:
        """The ids of the pieces of `text`; arguments and errors as in `tokenize`."""
        unknown = {} if self.byte_level else {False: self._ids[UNK], True: self._ids[UNK + self.end_of_word]}
        return [self._ids[piece] if piece in self._ids else unknown[piece.endswith(self.end_of_word)]
                for piece in self.tokenize(text, dropout, rng)]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of these ids, every space where it was. Bytes that are no UTF-8, as of half a character, become U+FFFD.

        Raises IdError for an id outside [0, len(bpe)), DTypeError for one that is not an integer.
        """
        return self.detokenize(self.tokens[i] for i in checked_ids(ids, len(self), "BPE.decode", made_with="merges"))

    def detokenize(self, tokens: Iterable[str]) -> str:
        """The text of these pieces, as `decode`."""
        joined = "".join(tokens)
        if not self.byte_level:  # the mark is a space before another word, and nothing before white space or at the end
            return re.sub(re.escape(self.end_of_word) + r"(?=\S)", " ", joined).replace(self.end_of_word, "")
        try:
            return bytes(self._bytes[char] for char in joined).decode("utf-8", errors="replace")
        except KeyError as error:
            what = f"BPE: {error.args[0]!r} stands for no byte"
            raise DataError(message(what, fix="the pieces of a byte-level model")) from None

    def save(self, folder: PathLike) -> None:
        """Write `merges.txt` and `vocab.json` into a folder, in the form that GPT-2 and Hugging Face use."""
        lines = [f"#version: {'0.1' if self.mark_apart else '0.2'}", *(" ".join(pair) for pair in self.merges)]
        write_atomic(Path(folder) / "merges.txt", utf8("BPE.save", "\n".join(lines) + "\n"))
        write_atomic(Path(folder) / "vocab.json", utf8("BPE.save", json.dumps(self._ids, ensure_ascii=False)))

    @classmethod
    def load(cls, path: PathLike, byte_level: bool = False, vocab: PathLike | None = None, end_of_word: str = END_OF_WORD) -> BPE:
        """Read a folder that `save` wrote, or a merges file such as GPT-2's (`vocab.bpe`) or subword-nmt's.

        Args:
            path: the folder or the file. Without a first line "#version: 0.2" its merges are taken to be of version 0.1,
                as subword-nmt does: see `mark_apart`.
            byte_level, end_of_word: the kind of model, which the file does not say.
            vocab: a JSON file token -> id; None for the alphabet of the merges, then the merges.

        Raises:
            DataError: a file that is not there, or not of this form or of another version, or of another kind, such as a
                list of words with their counts.
        """
        path = Path(path)
        if path.is_dir():
            path, vocab = path / "merges.txt", path / "vocab.json"
        merges: list[Pair] = []
        version = "0.1"
        # Only \n ends a line, and only the first can be a comment: "# #" is a merge of GPT-2's.
        for number, line in enumerate(_read(path).split("\n"), start=1):
            if number == 1 and (header := _VERSION.match(line)):
                version = re.sub(r"(?:\.0+)+$", "", header[1])
                if version not in ("0.1", "0.2"):
                    what = f"BPE.load: {path} is of version {header[1]}"
                    raise DataError(message(what, fix="merges of version 0.1 or 0.2"))
                continue
            if not line:
                continue
            pair = line.split(" ")
            if len(pair) != 2 or not all(pair):
                what = f"BPE.load: {path}: line {number} is {line[:40]!r}"
                raise DataError(message(what, fix="two pieces and one space between them on each line"))
            merges.append((pair[0], pair[1]))
        apart = version == "0.1"
        bytes_of_gpt2 = any(a.startswith("Ġ") for a, _ in merges)  # of which the constructor says what it is
        marked = apart or bytes_of_gpt2 or any(end_of_word in b for _, b in merges)
        if vocab is None and not byte_level and not marked and len(merges) >= 100:
            # Ends of words are among the most frequent pairs of any text, so this model does not mark them.
            what = f"BPE.load: {path}: none of {len(merges)} merges has the mark {end_of_word!r}"
            raise DataError(message(what, fix="end_of_word=, the mark that it has; models without a mark are not known here"))
        if vocab is None:
            return cls(merges, None, byte_level, end_of_word, mark_apart=apart)
        try:
            ids = json.loads(_read(Path(vocab)))
            by_id = {i: token for token, i in ids.items()}
            tokens = [by_id[i] for i in range(len(ids))]
        except (ValueError, AttributeError, KeyError, TypeError):
            what = f"BPE.load: {vocab} is no table of tokens with the ids 0, 1, 2, ..."
            raise DataError(message(what, fix="a JSON object, token -> id")) from None
        return cls(merges, None, byte_level, end_of_word, tokens, apart)

    def _split(self, text: str) -> list[str]:
        """The words of a text: with the mark at their ends, or as visible bytes. Other white space is words of its own."""
        check_text(text, "BPE", "pass text, not tokens or bytes")
        if self.byte_level:
            return [_visible(word) for word in gpt2_split(text)]
        if self.end_of_word in text:
            what = f"BPE: the text has the mark {self.end_of_word!r} in it"
            raise DataError(message(what, fix="train with another end_of_word, or take it out of the text"))
        # Words, and white space but for one space between two words: white space after or before white space, or no space.
        return re.findall(r"\S+|(?<!\S)\s|\s(?!\S)|[^\S ]", text)

    def _spelled(self, word: str) -> list[str]:
        """A word as symbols of the alphabet."""
        if self.byte_level or word.isspace():
            return list(word)
        return [*word, self.end_of_word] if self.mark_apart else [*word[:-1], word[-1] + self.end_of_word]

    def _merge(self, word: str, dropout: float = 0.0, rng: np.random.Generator | None = None) -> list[str]:
        """The pieces of one word."""
        chain = Chain([self._spelled(word)])
        if rng is None:
            self._by_rank(chain)
        else:
            self._with_dropout(chain, dropout, rng)
        symbols = [symbol for symbol in chain.symbols if symbol]
        if self.mark_apart and symbols[-1] == self.end_of_word:  # no merge took the mark
            symbols[-2:] = [symbols[-2] + self.end_of_word]
        return symbols

    def _by_rank(self, word: Chain) -> None:
        """Of all pairs the one that was learned first is merged wherever it is, until none is left."""
        places: dict[int, list[int]] = {}  # rank -> where there is, or was, this pair
        for place, pair in enumerate(pairwise(word.symbols)):
            if pair in self._ranks:
                places.setdefault(self._ranks[pair], []).append(place)
        waiting = list(places)
        heapify(waiting)
        while waiting:
            best = heappop(waiting)
            for place, before, after in word.join(self.merges[best], places.pop(best)):
                for first, second in ((before, place), (place, after)):
                    rank = self._ranks.get((word.symbols[first], word.symbols[second]))
                    if rank is not None:
                        if rank not in places:
                            heappush(waiting, rank)
                        places.setdefault(rank, []).append(first)

    def _with_dropout(self, word: Chain, dropout: float, rng: np.random.Generator) -> None:
        """One merge in a step: of all that are not passed over in it the one that was learned first, at its leftmost place.

        Draws are made in this order and end with the first that is not passed over: what comes after it is not needed.
        """
        waiting = [(self._ranks[pair], place) for place, pair in enumerate(pairwise(word.symbols)) if pair in self._ranks]
        heapify(waiting)
        passed: list[tuple[int, int]] = []
        while waiting:
            rank, place = heappop(waiting)
            pair = self.merges[rank]
            if (word.symbols[place], word.symbols[word.right[place]]) != pair:  # another merge was there meanwhile
                continue
            if rng.random() < dropout:
                passed.append((rank, place))
                continue
            for _, before, after in word.join(pair, [place]):
                for first, second in ((before, place), (place, after)):
                    new = self._ranks.get((word.symbols[first], word.symbols[second]))
                    if new is not None:
                        heappush(waiting, (new, first))
            for chance in passed:  # the next step draws for them anew
                heappush(waiting, chance)
            passed.clear()

    def _check_merges(self) -> None:
        if not self.end_of_word or any(char.isspace() for char in self.end_of_word):
            raise DataError(message(f"BPE: end_of_word is {self.end_of_word!r}", fix="a string without white space, as '</w>'"))
        ends = any(b.endswith(self.end_of_word) for _, b in self.merges)
        if self.byte_level and (ends or not all(char in self._bytes for pair in self.merges for char in "".join(pair))):
            raise DataError(message("BPE: these merges are not of a byte-level model", fix="byte_level=False"))
        if not self.byte_level and not ends and any(a.startswith("Ġ") for a, _ in self.merges):
            raise DataError(message("BPE: these merges are of a byte-level model", fix="byte_level=True"))
        if not self.byte_level and any(self._spells_bytes(a + b) for a, b in self.merges):
            raise DataError(message("BPE: these merges are of bytes, each written as a visible character",
                                    fix="a model of characters: bytes with a mark, as CLIP has them, are not known here"
                                    if ends else "byte_level=True"))
        made: set[str] = {self.end_of_word} if self.mark_apart else set()
        for number, pair in enumerate(self.merges, start=1):
            for symbol in pair:
                letter = symbol if self.byte_level or self.mark_apart else symbol.removesuffix(self.end_of_word)
                if len(letter) != 1 and symbol not in made:
                    what = f"BPE: merge {number} is of {symbol[:20]!r}, which no merge before it makes"
                    raise DataError(message(what, fix=self._other_kind(symbol)))
            made.add("".join(pair))

    def _spells_bytes(self, symbol: str) -> bool:
        """Are its characters the bytes of a character from U+0800 on? No word of any language has the "âĢĻ" of an apostrophe."""
        try:
            return max(bytes(self._bytes[char] for char in symbol).decode()) >= "\u0800"
        except (KeyError, UnicodeDecodeError):
            return False

    def _other_kind(self, symbol: str) -> str:
        """The fix for merges that cannot be, of which `symbol` is the first that shows it."""
        if self.mark_apart and len(symbol.removesuffix(self.end_of_word)) == 1:
            return "if the mark is glued to the last character of a word, the first line has to be: #version: 0.2"
        if symbol == self.end_of_word:
            return "if the mark is a symbol of its own, the first line has to be: #version: 0.1"
        return "a file of merges, in the order in which they were learned: not of words and counts, nor tiktoken's of ranks"


def _read(path: Path) -> str:
    return plain(read_bytes(path, "BPE.load"), f"BPE.load: {path}")
