"""Vocabulary: the two-way table between tokens and integer ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tinydawn.checks import limited, listed, whole
from tinydawn.errors import DataError, DTypeError, IdError, message

PAD, UNK, BOS, EOS = "<pad>", "<unk>", "<s>", "</s>"  # padding, an unknown word, where a sentence begins, where it ends


def check_tokens(tokens: Iterable[str], name: str) -> list[str]:
    """`tokens` as a list; a plain str, which would silently become its characters, is refused.

    Raises DTypeError for a str or for items that are not strings.
    """
    if isinstance(tokens, str):
        raise DTypeError(
            message(f"{name}: a str was given where a list of tokens is expected", fix="split it first: text.split()")
        )
    tokens = listed(name, "the tokens", tokens)
    for token in tokens:
        if not isinstance(token, str):
            what = f"{name}: every token must be a str, got {type(token).__name__}"
            raise DTypeError(message(what, fix="pass one sentence as a flat list of strings"))
    return tokens


def check_text(text: str, name: str, fix: str = "pass one sentence as text") -> None:
    """DTypeError for what is no text."""
    if not isinstance(text, str):
        raise DTypeError(message(f"{name}: expected a str, got {type(text).__name__}", fix=fix))


def check_different(tokens: Sequence[str], what: str, fix: str) -> None:
    """DataError for a token that occurs twice, which would have two ids. It is named at the {!r} in `what`."""
    if len(set(tokens)) < len(tokens):
        twice = next(token for token, n in Counter(tokens).items() if n > 1)
        raise DataError(message(what.format(twice), fix=fix))


def checked_ids(ids: Iterable[int], size: int, name: str, of: str = "text", made_with: str = "vocabulary") -> Iterator[int]:
    """The ids one by one, as they are asked for: integers (else DTypeError) from 0 to size - 1 (else IdError).

    of, made_with  what the ids are of and came from, for the messages
    """
    for i in listed(name, "ids", ids):
        if not hasattr(i, "__index__") or getattr(i, "ndim", 0) > 0:
            what = f"{name}: an id must be an integer, got {type(i).__name__}"
            raise DTypeError(message(what, fix=f"pass the ids of one {of}, as integers"))
        if not 0 <= int(i) < size:
            what = f"{name}: id {i} is outside [0, {size})"
            raise IdError(message(what, fix=f"decode with the {made_with} the ids were made with"))
        yield int(i)


class Vocab:
    """Tokens and their ids: the specials first (`<pad>` 0, `<unk>` 1, `<s>` 2, `</s>` 3), then the words.

    Args:
        tokens: the words in the order of their ids, without the specials.
        pad, unk, bos, eos: the four special tokens, which take ids 0 to 3.

    Attributes: `tokens` (list, position = id), `pad_id`, `unk_id`, `bos_id`, `eos_id`, `specials`.

    Raises:
        DataError: a token, or a special, that occurs twice.

    >>> vocab = Vocab.build([["a", "dog"], ["a", "cat"]])
    >>> vocab.encode(["a", "bird"], bos=True, eos=True)
    [2, 4, 1, 3]
    >>> vocab.decode([2, 4, 6, 3, 0])
    ['a', 'dog']
    """

    def __init__(
        self, tokens: Iterable[str] = (), pad: str = PAD, unk: str = UNK, bos: str = BOS, eos: str = EOS
    ) -> None:
        self.specials = [pad, unk, bos, eos]
        self.tokens = check_tokens(self.specials, "Vocab") + check_tokens(tokens, "Vocab")
        self._ids = {token: i for i, token in enumerate(self.tokens)}
        if len(set(self.specials)) < len(self.specials):
            raise DataError(
                message(f"Vocab: the special tokens {self.specials} are not all different", fix="rename one of them")
            )
        check_different(self.tokens, "Vocab: the token {!r} occurs twice", "list each token once, and no special token")
        self.pad_id, self.unk_id, self.bos_id, self.eos_id = range(4)

    @classmethod
    def build(
        cls,
        sentences: Iterable[Sequence[str]],
        min_freq: int = 1,
        max_size: int | None = None,
        pad: str = PAD,
        unk: str = UNK,
        bos: str = BOS,
        eos: str = EOS,
    ) -> Vocab:
        """The vocabulary of a corpus, most frequent token first, ties in alphabetical order.

        Args:
            sentences: token lists.
            min_freq: rarer tokens are left out (they encode to `<unk>`); default 1 keeps all.
            max_size: largest number of ids, the four specials included; None for no limit.
            pad, unk, bos, eos: the special tokens. One that also occurs in the text is not counted again.

        Raises:
            DataError: no token at all, min_freq below 1, or max_size below 4.
            DTypeError: a str where a token list is expected.
        """
        if isinstance(sentences, str):
            check_tokens(sentences, "Vocab.build")
        counts: Counter[str] = Counter()
        for sentence in listed("Vocab.build", "sentences", sentences):
            counts.update(check_tokens(sentence, "Vocab.build"))
        if not counts:
            raise DataError(message("Vocab.build: the corpus has no tokens", fix="pass some token lists"))
        limited("Vocab.build", "min_freq", min_freq, "use 1 or more", 1)
        specials = [pad, unk, bos, eos]
        if max_size is not None and whole("Vocab.build", "max_size", max_size) < len(specials):
            what = f"Vocab.build: max_size {max_size} has no room for the {len(specials)} special tokens"
            raise DataError(message(what, fix="use max_size=None or a larger number"))
        # The order must not depend on the order of the corpus: ids are stored in checkpoints.
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        kept = [token for token, n in ranked if n >= min_freq and token not in specials]
        return cls(kept if max_size is None else kept[: max_size - len(specials)], pad, unk, bos, eos)

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._ids

    def __getitem__(self, token: str) -> int:
        """The id of `token`, `unk_id` if it is not in the vocabulary."""
        if not isinstance(token, str):
            what = f"Vocab: looked up by token, got {type(token).__name__}"
            raise DTypeError(message(what, fix="vocab.tokens[i] is the token of id i"))
        return self._ids.get(token, self.unk_id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocab) and self.tokens == other.tokens

    __hash__ = None  # type: ignore[assignment]  # two equal vocabularies are not the same key

    def __repr__(self) -> str:
        return f"Vocab({len(self)} tokens)"

    def encode(self, tokens: Sequence[str], bos: bool = False, eos: bool = False) -> list[int]:
        """The ids of `tokens`, unknown ones as `unk_id`; `bos`/`eos` add the sentence marks.

        Raises:
            DTypeError: a str where a token list is expected.
        """
        ids = [self._ids.get(token, self.unk_id) for token in check_tokens(tokens, "Vocab.encode")]
        return [self.bos_id] * bos + ids + [self.eos_id] * eos

    def decode(self, ids: Iterable[int], stop_at_eos: bool = True, skip_special: bool = True) -> list[str]:
        """The tokens of `ids` (a list or a 1-D integer array).

        Args:
            ids: the ids of one sentence.
            stop_at_eos: end before the first `</s>`.
            skip_special: leave out `<pad>`, `<s>` and `</s>`. `<unk>` stays: it stands for a word.

        Raises:
            IdError: an id outside [0, len(vocab)).
            DTypeError: an id that is not an integer.
        """
        out: list[str] = []
        for i in checked_ids(ids, len(self), "Vocab.decode", of="sentence"):
            if stop_at_eos and i == self.eos_id:
                break
            if not (skip_special and i in (self.pad_id, self.bos_id, self.eos_id)):
                out.append(self.tokens[i])
        return out

    def unknown(self, tokens: Sequence[str]) -> list[str]:
        """Those of `tokens` that are not in the vocabulary, each once, in order."""
        return [token for token in dict.fromkeys(check_tokens(tokens, "Vocab.unknown")) if token not in self._ids]

    def to_list(self) -> list[str]:
        """All tokens by id, the four specials first: what a checkpoint stores."""
        return list(self.tokens)

    @classmethod
    def from_list(cls, tokens: Sequence[str]) -> Vocab:
        """The vocabulary that `to_list` was called on.

        Raises:
            DataError: fewer than four tokens, or one that occurs twice.
        """
        tokens = check_tokens(tokens, "Vocab.from_list")
        if len(tokens) < 4:
            what = f"Vocab.from_list: {len(tokens)} tokens, but the first four are the special ones"
            raise DataError(message(what, fix="pass what to_list() returned"))
        return cls(tokens[4:], *tokens[:4])
