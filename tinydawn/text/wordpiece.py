"""WordPiece: BERT's tokens. A word is spelled with the longest pieces that the vocabulary has, from left to right.

Schuster and Nakajima, "Japanese and Korean Voice Search", ICASSP 2012; as used in Devlin et al., "BERT", NAACL 2019.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from tinydawn.checks import whole
from tinydawn.errors import DataError, DTypeError, message
from tinydawn.storage.files import utf8, write_atomic
from tinydawn.text.merges import learn_bpe
from tinydawn.text.pretraining import pack
from tinydawn.text.readers import plain, read_bytes
from tinydawn.text.vocab import check_different, check_text, checked_ids

PathLike = str | os.PathLike[str]
SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CONTINUED = "##"  # a piece that begins a word has no mark, one that goes on with it has this
LONGEST_WORD = 100  # characters; a longer word is one [UNK], as in BERT
_MARK = "\0"  # stands for ## while merges are learned: one character, which no text has
_IDEOGRAPHS = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002a6df\U0002a700-\U0002ceaf\U0002f800-\U0002fa1f"
_ASCII_PUNCTUATION = set("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_PIECES = re.compile(f"([{_IDEOGRAPHS}])")
_SPECIAL = re.compile("(" + "|".join(map(re.escape, SPECIALS)) + ")")


class WordPiece:
    """Text to ids of BERT's pieces.

    Text is split at white space, around punctuation and around each Chinese character; accents are taken off and letters
    made small if `lowercase`. A word then takes the longest piece that it begins with, then the longest `##` piece that goes
    on from there, and so on; if the vocabulary cannot spell it to its end, the whole word is one [UNK].

    tokens     all pieces by id, the five specials [PAD] [UNK] [CLS] [SEP] [MASK] among them, wherever they stand
    lowercase  default True, as in bert-base-uncased

    Attributes: `tokens`; `pad_id`, `unk_id`, `cls_id`, `sep_id`, `mask_id`; `special_ids`, those five.
    Raises DataError for a special that is missing, or a piece that occurs twice.

    >>> pieces = WordPiece([*SPECIALS, "un", "##happ", "##y", "!"])
    >>> pieces.tokenize("Unhappy!")
    ['un', '##happ', '##y', '!']
    """

    def __init__(self, tokens: Iterable[str], lowercase: bool = True) -> None:
        self.tokens, self.lowercase = list(tokens), lowercase
        self._ids = {token: i for i, token in enumerate(self.tokens)}
        check_different(self.tokens, "WordPiece: the piece {!r} occurs twice", "list each piece once")
        for special in SPECIALS:
            if special not in self._ids:
                raise DataError(message(f"WordPiece: the vocabulary has no {special}", fix=f"it needs {' '.join(SPECIALS)}"))
        self.pad_id, self.unk_id, self.cls_id, self.sep_id, self.mask_id = (self._ids[special] for special in SPECIALS)
        self.special_ids = [self._ids[special] for special in SPECIALS]
        self._known: dict[str, list[str]] = {}  # the pieces of a word that was tokenized before

    @classmethod
    def train(cls, texts: Iterable[str], size: int, lowercase: bool = True, min_frequency: int = 2) -> WordPiece:
        """A vocabulary of at most `size` pieces: the specials, the characters, and the most frequent merges of them.

        The pieces are learned as those of byte-pair encoding (see `learn_bpe`; Google never published its own trainer, and
        Hugging Face's does the same). Characters for which there is no room are left out, the rarest first.

        Raises:
            DataError: no words, or no room beside the specials.
            DTypeError: a str where texts are expected, or a text that is no str.
        """
        size = whole("WordPiece.train", "size", size)
        if isinstance(texts, str):
            raise DTypeError(message("WordPiece.train: a str was given where texts are expected", fix="pass [text]"))
        empty = cls(SPECIALS, lowercase)
        words = Counter(word for text in texts for word in empty.words(text) if word not in SPECIALS)
        if not words or size <= len(SPECIALS):
            raise DataError(message(f"WordPiece.train: {len(words)} different words, and size={size}",
                                    fix=f"some text, and a size above {len(SPECIALS)}"))
        spelled = {(word[0], *(_MARK + char for char in word[1:])): n for word, n in words.items()}
        letters: Counter[str] = Counter()
        for word, n in spelled.items():
            for symbol in word:
                letters[symbol] += n
        room = size - len(SPECIALS)
        alphabet = sorted(sorted(letters, key=lambda symbol: (-letters[symbol], symbol))[:room])
        pieces = dict.fromkeys(alphabet)
        for (a, b), _ in learn_bpe(spelled, room, min_frequency) if len(pieces) < room else ():
            pieces.setdefault(a + _MARK.join(b.split(_MARK)))
            if len(pieces) == room:
                break
        return cls([*SPECIALS, *((CONTINUED if p[0] == _MARK else "") + p.replace(_MARK, "") for p in pieces)], lowercase)

    @classmethod
    def load(cls, path: PathLike, lowercase: bool | None = None) -> WordPiece:
        """Read BERT's `vocab.txt`, one piece a line, or a folder with this file in it, as Hugging Face's models have it.

        lowercase  None: what the folder's tokenizer_config.json says, else True

        Raises DataError for a file that is not there or is no such vocabulary.
        """
        path = Path(path)
        folder, file = (path, path / "vocab.txt") if path.is_dir() else (path.parent, path)
        if lowercase is None:
            config = folder / "tokenizer_config.json"
            lowercase = not config.is_file() or _lowercase(config)
        tokens = plain(read_bytes(file, "WordPiece.load"), f"WordPiece.load: {file}").split("\n")
        return cls(tokens[:-1] if tokens[-1] == "" else tokens, lowercase)

    def save(self, path: PathLike) -> Path:
        """Write the pieces, one a line, as BERT's `vocab.txt`."""
        return write_atomic(path, utf8("WordPiece.save", "\n".join(self.tokens) + "\n"))

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, token: str) -> int:
        """The id of a piece, `unk_id` if the vocabulary has it not."""
        return self._ids.get(token, self.unk_id)

    def __contains__(self, token: object) -> bool:
        return token in self._ids

    def __repr__(self) -> str:
        return f"WordPiece({len(self)} pieces)"

    def words(self, text: str) -> list[str]:
        """The words of a text, as BERT splits it before it looks for pieces; a special such as [MASK] is a word."""
        check_text(text, "WordPiece", "pass text, not tokens")
        found: list[str] = []
        for part in _SPECIAL.split(text):
            if part in SPECIALS:
                found.append(part)
                continue
            for word in _PIECES.sub(r" \1 ", _clean(part)).split():
                found += _split_punctuation(_plain(word) if self.lowercase else word)
        return found

    def tokenize(self, text: str) -> list[str]:
        """The pieces of `text`; an empty text has none. Raises DTypeError if it is no str."""
        pieces: list[str] = []
        for word in self.words(text):
            if word not in self._known:
                self._known[word] = [word] if word in SPECIALS else self._spell(word)
            pieces += self._known[word]
        return pieces

    def encode(self, text: str, pair: str | None = None, max_length: int | None = None) -> tuple[list[int], list[int]]:
        """[CLS] text [SEP], or [CLS] text [SEP] pair [SEP]: ids, and the segment of each, 0 for the text and 1 for the pair.

        max_length  cut to so many ids, from the end of whichever is longer, of `pair` if they are equally long; None for no limit
        """
        a, b = [self._ids[p] for p in self.tokenize(text)], None if pair is None else [self._ids[p] for p in self.tokenize(pair)]
        return pack(a, b, self.cls_id, self.sep_id, max_length)

    def decode(self, ids: Iterable[int]) -> str:
        """The words of these ids with a space between two: not the text, since spaces and capitals are lost. No specials.

        Raises IdError for an id outside [0, len).
        """
        words: list[str] = []
        for i in checked_ids(ids, len(self), "WordPiece.decode"):
            token = self.tokens[i]
            if token.startswith(CONTINUED) and words and len(token) > len(CONTINUED):
                words[-1] += token.removeprefix(CONTINUED)
            elif token not in SPECIALS or token == "[UNK]":
                words.append(token)
        return " ".join(words)

    def starts(self, ids: Sequence[Sequence[int]]) -> list[list[bool]]:
        """For ids (B, T): True where a word begins. `mask_tokens` takes it to mask whole words."""
        return [[not self.tokens[int(i)].startswith(CONTINUED) or self.tokens[int(i)] == CONTINUED for i in row] for row in ids]

    def _spell(self, word: str) -> list[str]:
        """The longest piece first, from the left."""
        if len(word) > LONGEST_WORD:
            return ["[UNK]"]
        pieces: list[str] = []
        start = 0
        while start < len(word):
            mark = CONTINUED if start else ""
            end = next((end for end in range(len(word), start, -1) if mark + word[start:end] in self._ids), None)
            if end is None:
                return ["[UNK]"]
            pieces.append(mark + word[start:end])
            start = end
        return pieces


def _lowercase(config: Path) -> bool:
    """What a tokenizer_config.json says; a damaged one must not make a cased model lower-cased."""
    try:
        return bool(json.loads(plain(read_bytes(config), "")).get("do_lower_case", True))
    except (DataError, ValueError, AttributeError):
        raise DataError(message(f"WordPiece.load: {config} is damaged", fix="fetch it again, or pass lowercase=")) from None


def _clean(text: str) -> str:
    """Control characters away, every white space a space."""
    return "".join(" " if c in "\t\n\r" or unicodedata.category(c) == "Zs" else
                   "" if c == "\ufffd" or unicodedata.category(c)[0] == "C" else c for c in text)


def _plain(word: str) -> str:
    """Without accents, in small letters."""
    if word.isascii():
        return word.lower()
    return "".join(c for c in unicodedata.normalize("NFD", word) if unicodedata.category(c) != "Mn").lower()


def _split_punctuation(word: str) -> list[str]:
    """Each punctuation mark a word of its own."""
    if word.isalnum():
        return [word]
    parts = [""]
    for c in word:
        if c in _ASCII_PUNCTUATION or unicodedata.category(c)[0] == "P":
            parts += [c, ""]
        else:
            parts[-1] += c
    return [part for part in parts if part]
