"""BLEU: how many n-grams of a translation are also in a reference translation.

Papineni, Roukos, Ward and Zhu, "BLEU: a Method for Automatic Evaluation of Machine Translation", ACL 2002.
Smoothing: Chen and Cherry, "A Systematic Comparison of Smoothing Techniques for Sentence-Level BLEU", WMT 2014.
Equal to sacrebleu (Post, "A Call for Clarity in Reporting BLEU Scores", WMT 2018) on the same tokens.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, TypeAlias

from tinydawn.checks import declared, known, limited, listed, number, some
from tinydawn.errors import DataError, DTypeError, message

Sentence: TypeAlias = str | Sequence[str]  # "a dog ." or ["a", "dog", "."]
References: TypeAlias = Sentence | Sequence[Sentence]  # one reference, or several of them

# What sacrebleu's "zh" takes for Chinese characters: ideographs and their parts, kana and hangul of half width, the
# punctuation of Chinese text. Its first range, written for ideographs beyond U+FFFF, came out as U+2001 to U+2A6D.
_CHINESE = re.compile("[\u2001-\u2a6d\u2e80-\u2fdf\u2ff0-\u303f\u3100-\u312f\u31a0-\u31bf\u31c0-\u31ef\u3200-\u4db5\u4e00-\u9fbb"
                      "\uf900-\ufa2d\ufa30-\ufa6a\ufa70-\ufad9\ufe10-\ufe1f\ufe30-\ufe4f\uff00-\uffef]")

SMOOTHING: dict[str, float | None] = {"none": None, "floor": 0.1, "add-k": 1.0, "exp": None}
_known_tokenize = partial(known, words=(None, "char", "zh", "13a"), fix="use None, 'char', 'zh' or '13a'")


@dataclass(frozen=True)
class BLEUScore:
    """A BLEU score and everything it was computed from.

    Attributes:
        score: 0 to 100.
        precisions: (max_order,) smoothed n-gram precisions, 0 to 100.
        counts, totals: (max_order,) matching (clipped) and all n-grams of the hypotheses, before smoothing.
        brevity_penalty: 1 if the hypotheses are at least as long as the references, else exp(1 - r / c).
        hypothesis_length, reference_length: c and r, in tokens; r sums the closest reference lengths.
        signature: the settings that change the number; quote it with the score.
    """

    score: float
    precisions: tuple[float, ...]
    counts: tuple[int, ...]
    totals: tuple[int, ...]
    brevity_penalty: float
    hypothesis_length: int
    reference_length: int
    signature: str

    def __str__(self) -> str:
        precisions = "/".join(f"{p:.1f}" for p in self.precisions)
        ratio = self.hypothesis_length / self.reference_length if self.reference_length else 0.0
        return (
            f"BLEU = {self.score:.2f} {precisions} (BP = {self.brevity_penalty:.3f} ratio = {ratio:.3f} "
            f"hyp_len = {self.hypothesis_length} ref_len = {self.reference_length}) {self.signature}"
        )

    def __float__(self) -> float:
        return self.score


@declared
def bleu(
    hypotheses: Sequence[Sentence],
    references: Sequence[References],
    max_order: Annotated[int, partial(limited, least=1, fix="use 1 or more; 4 is the usual")] = 4,
    smoothing: Annotated[str, partial(known, words=SMOOTHING)] = "none",
    smoothing_value: float | None = None,
    effective_order: bool = False,
    tokenize: Annotated[str | None, _known_tokenize] = None,
) -> BLEUScore:
    """Corpus BLEU: 100 * BP * exp(mean over n of log p_n), n-gram counts summed over the corpus first.

    It is not the average of sentence scores.

    Args:
        hypotheses: N translations, each a token list, or a str that is split at white space.
        references: N entries, each one reference or a list of references, of the same kind as the
            hypotheses: token lists if those are token lists, str if those are str.
        max_order: longest n-gram; default 4.
        smoothing: what an order with no match counts as. "none": 0, and so the whole score; "floor":
            `smoothing_value` matches (0.1); "add-k": k (1) is added to matches and totals of every order
            above 1; "exp": 1/2, 1/4, ... of a match for each such order in turn (sacrebleu's default).
        smoothing_value: of "floor" and "add-k"; None for the value above.
        effective_order: average only over the orders for which the hypotheses have n-grams.
        tokenize: of str input: None (white space), "char" (each character), "zh" (each Chinese character, the rest by
            punctuation, as WMT scores Chinese) or "13a" (mteval, WMT).

    Raises:
        DataError: no sentences, different numbers of hypotheses and references, an entry with no
            reference, sentences where tokens were expected, an unknown option.
        DTypeError: a str for a whole corpus, or token lists mixed with str.

    >>> bleu([["a", "dog", "runs", "home"]], [["a", "dog", "runs", "home"]]).score
    100.0
    """
    value = _smoothing_value(smoothing, smoothing_value)
    pairs = _read_corpus(hypotheses, references, tokenize)
    counts, totals, c, r = [0] * max_order, [0] * max_order, 0, 0
    for hypothesis, several in pairs:
        c += len(hypothesis)
        # The reference length closest to the hypothesis, the shorter of two that are equally close.
        r += min((len(ref) for ref in several), key=lambda n: (abs(n - len(hypothesis)), n))
        for n in range(1, max_order + 1):
            own = _ngrams(hypothesis, n)
            best: Counter[tuple[str, ...]] = Counter()
            for reference in several:
                best |= _ngrams(reference, n)  # the maximum of each count
            counts[n - 1] += (own & best).total()  # clipped: the minimum of each count
            totals[n - 1] += own.total()
    penalty = 1.0 if c >= r else math.exp(1 - r / c) if c > 0 else 0.0
    precisions, score = _combine(counts, totals, penalty, smoothing, value, effective_order)
    nrefs = "/".join(str(n) for n in sorted({len(several) for _, several in pairs}))
    signature = (
        f"nrefs:{nrefs}|case:mixed|eff:{'yes' if effective_order else 'no'}|tok:{tokenize or 'none'}"
        f"|smooth:{smoothing}{'' if value is None else f'[{value:.2f}]'}|order:{max_order}"
    )
    return BLEUScore(score, tuple(precisions), tuple(counts), tuple(totals), penalty, c, r, signature)


def sentence_bleu(
    hypothesis: Sentence,
    references: References,
    max_order: int = 4,
    smoothing: str = "exp",
    smoothing_value: float | None = None,
    effective_order: bool = True,
    tokenize: str | None = None,
) -> BLEUScore:
    """BLEU of one sentence, smoothed by default: most single sentences have an order with no match.

    Arguments and errors as in `bleu`, for one hypothesis and its one or several references. The
    average of sentence scores is not corpus BLEU.
    """
    return bleu([hypothesis], [references], max_order, smoothing, smoothing_value, effective_order, tokenize)


def _combine(
    counts: list[int], totals: list[int], penalty: float, smoothing: str, value: float | None, effective_order: bool
) -> tuple[list[float], float]:
    """Smoothed precisions (0 to 100) and the score, from the sums over the corpus."""
    precisions = [0.0] * len(counts)
    if not any(counts):
        return precisions, 0.0  # no smoothing makes something out of no match at all
    order, halvings = len(counts), 0
    for n, (matches, total) in enumerate(zip(counts, totals, strict=True), start=1):
        if smoothing == "add-k" and n > 1:
            assert value is not None
            numerator, denominator = matches + value, total + value
        else:
            numerator, denominator = float(matches), float(total)
        if denominator == 0:
            break  # all hypotheses are shorter than n tokens
        if effective_order:
            order = n
        if numerator == 0 and smoothing == "exp":
            halvings += 1
            numerator = 0.5**halvings
        elif numerator == 0 and smoothing == "floor":
            assert value is not None
            numerator = value
        precisions[n - 1] = 100.0 * numerator / denominator
    if min(precisions[:order]) == 0:
        return precisions, 0.0
    return precisions, 100.0 * penalty * math.exp(sum(math.log(p / 100) for p in precisions[:order]) / order)


def _ngrams(tokens: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(tokens[i:] for i in range(n)), strict=False))


def _smoothing_value(smoothing: str, value: float | None) -> float | None:
    if value is None:
        return SMOOTHING[smoothing]
    if SMOOTHING[smoothing] is None:
        what = f"bleu: smoothing {smoothing!r} takes no smoothing_value, got {value}"
        raise DataError(message(what, fix="leave it out, or use 'floor' or 'add-k'"))
    given = number("bleu", "smoothing_value", value)
    if not given > 0:
        raise DataError(message(f"bleu: smoothing_value is {given}", fix="use a number above 0"))
    return given


def _read_corpus(
    hypotheses: Sequence[Sentence], references: Sequence[References], tokenize: str | None
) -> list[tuple[list[str], list[list[str]]]]:
    """(hypothesis tokens, references' tokens) of each sentence, or an error that says what is wrong."""
    for name, corpus in (("hypotheses", hypotheses), ("references", references)):
        if isinstance(corpus, str):
            fix = "pass a list with one entry a sentence, or use sentence_bleu"
            raise DTypeError(message(f"bleu: {name} is one str", fix=fix))
    hypotheses, references = listed("bleu", "hypotheses", hypotheses), listed("bleu", "references", references)
    if len(hypotheses) != len(references):
        what = f"bleu: {len(hypotheses)} hypotheses but {len(references)} entries of references"
        fix = "references[i] is the reference, or list of references, of hypotheses[i] (the transpose of sacrebleu's)"
        raise DataError(message(what, fix=fix))
    some("bleu", "sentences", len(hypotheses), "pass at least one hypothesis and its reference")
    pairs = []
    long_hypothesis, long_reference, words = False, False, False  # any str of more than one word? any list of single words?
    for i, (hypothesis, entry) in enumerate(zip(hypotheses, references, strict=True)):
        as_text = isinstance(hypothesis, str)
        several: list[Sentence] = [entry] if isinstance(entry, str) else listed("bleu", f"references[{i}]", entry)
        if not several:
            fix = "give each sentence at least one; an empty reference is '' or [[]]"
            raise DataError(message(f"bleu: sentence {i} has no reference", fix=fix))
        if not as_text and not isinstance(entry, str) and all(isinstance(item, str) for item in several):
            several = [[str(token) for token in entry]]  # one token list, not a list of sentences
        if any(isinstance(reference, str) != as_text for reference in several):
            what = f"bleu: sentence {i} mixes str and token lists"
            raise DTypeError(message(what, fix="split both, or pass both as str"))
        if as_text and tokenize not in ("char", "zh"):
            long_hypothesis |= len(str(hypothesis).split()) > 1
            long_reference |= isinstance(entry, str) or any(len(str(item).split()) > 1 for item in several)
            words |= len(several) > 1  # of one word alone, sentence and tokens are the same
        pairs.append((bleu_tokens(hypothesis, tokenize), [bleu_tokens(item, tokenize) for item in several]))
    if long_hypothesis and words and not long_reference:
        what = "bleu: hypotheses are str, but every reference is a list of single words"
        fix = "pass a reference as one str too; if each word is a reference, token lists: ['a', 'dog'] and [['dog'], ['cat']]"
        raise DTypeError(message(what, fix=fix))
    return pairs


def bleu_tokens(sentence: Sentence, tokenize: str | None = None) -> list[str]:
    """The tokens of one sentence, as `bleu` sees them; arguments and errors as there.

    >>> bleu_tokens("我有2.5元，ok?", "zh")
    ['我', '有', '2.5', '元', '，', 'ok', '?']
    """
    _known_tokenize("bleu", "tokenize", tokenize)
    if isinstance(sentence, str):
        if tokenize == "char":
            return [char for char in sentence if not char.isspace()]
        if tokenize == "zh":  # the Chinese characters stand alone
            return _punctuation(_CHINESE.sub(r" \g<0> ", sentence.strip())).split()
        return (_tokenize_13a(sentence) if tokenize == "13a" else sentence).split()
    if tokenize is not None:
        what = f"bleu: tokenize={tokenize!r} was given for sentences that are already token lists"
        raise DataError(message(what, fix="pass str sentences, or tokenize=None"))
    for token in listed("bleu", "a sentence", sentence):
        if not isinstance(token, str):
            raise DTypeError(message(f"bleu: a token is {type(token).__name__}, not str", fix="decode ids first"))
        if len(token.split()) > 1:
            what = f"bleu: the token {token!r} has a space inside: a sentence where a token is expected"
            raise DataError(message(what, fix="pass sentences as str in both arguments, or split both"))
    return [str(token) for token in sentence]


def _tokenize_13a(line: str) -> str:
    """NIST mteval-v13a's tokenisation, as sacrebleu's default does it."""
    line = line.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, char in (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")):
        line = line.replace(entity, char)
    return _punctuation(f" {line} ")


def _punctuation(line: str) -> str:
    """mteval's rules for punctuation marks, which 13a and zh share."""
    line = re.sub(r"([{-~\[-` -&(-+:-@/])", r" \1 ", line)  # ASCII punctuation but . , - '
    line = re.sub(r"([^0-9])([.,])", r"\1 \2 ", line)  # . and , unless between digits
    line = re.sub(r"([.,])([^0-9])", r" \1 \2", line)
    return re.sub(r"([0-9])(-)", r"\1 \2 ", line)
