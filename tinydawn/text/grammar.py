"""A small German-English language with known probabilities: translation data that needs no download.

A source sentence is drawn from a grammar of German, its translation from a known distribution
p(target | source), so that a model can be compared with the best possible one. Two properties matter:

* Reordering. "oft ruft der junge die frau an" is "often the boy phones the woman": the
  subject moves, and the verb can only be chosen once its prefix, the last word, has been read.
  In "weil der junge die frau angerufen hat" the whole verb comes last.
* Ambiguity that traps greedy decoding. "zum glück" is "as luck would have it" with .40, and one of three phrases
  beginning "it is" with .48 together: the most likely first word does not begin the most likely translation.

The words and their probabilities are in lexicon.py.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from functools import cache, lru_cache, partial
from typing import Annotated

from tinydawn.checks import declared, limited
from tinydawn.errors import DataError, message
from tinydawn.text import lexicon
from tinydawn.text.lexicon import ADJECTIVES, CONJUNCTIONS, MODALS, NOUNS, OPENERS, VERBS, Choices
from tinydawn.text.vocab import check_tokens

Tokens = tuple[str, ...]
Pair = tuple[list[str], list[str]]

MAX_SOURCE_LENGTH = 14

# (definite, indefinite) article and the adjective ending after each, by gender and case.
_ARTICLES = {"m": ("der", "ein"), "f": ("die", "eine"), "n": ("das", "ein")}
_ENDINGS = {"m": ("e", "er"), "f": ("e", "e"), "n": ("e", "es")}
_ACCUSATIVE_ARTICLES = _ARTICLES | {"m": ("den", "einen")}
_ACCUSATIVE_ENDINGS = _ENDINGS | {"m": ("en", "en")}


@declared
def toy_translation(size: Annotated[int, partial(limited, least=1, fix="ask for at least 1 pair")], seed: int = 0) -> list[Pair]:
    """`size` sentence pairs (source tokens, target tokens), lower case, each ending in ".".

    Sources are 4 to 14 tokens long and may repeat; the target is one draw from `translations(source)`.

    Args:
        size: how many pairs.
        seed: the same seed gives the same pairs on every machine.

    Raises:
        DataError: a size below 1.

    >>> source, target = toy_translation(1, seed=3)[0]
    >>> tuple(target) in dict(translations(source))
    True
    """
    rng = random.Random(seed)
    return [_pair(_sample_source(rng), rng) for _ in range(size)]


def toy_translation_splits(
    train: int = 10_000, validation: int = 500, test: int = 500, seed: int = 0
) -> tuple[list[Pair], list[Pair], list[Pair]]:
    """(train, validation, test) pairs; no source sentence is in two of them.

    Validation and test sources are all different; training sources may repeat, with other translations.

    Args:
        train, validation, test: how many pairs of each.
        seed: the same seed gives the same pairs on every machine.

    Raises:
        DataError: a size below 1.
    """
    if min(train, validation, test) < 1:
        what = f"toy_translation_splits: sizes are {train}, {validation} and {test}"
        raise DataError(message(what, fix="ask for at least 1 pair of each"))
    rng = random.Random(seed)
    held_out: dict[Tokens, None] = {}
    while len(held_out) < validation + test:
        held_out[_sample_source(rng)] = None
    training: list[Tokens] = []
    while len(training) < train:
        source = _sample_source(rng)
        if source not in held_out:
            training.append(source)
    held = list(held_out)
    splits = training, held[:validation], held[validation:]
    first, second, third = ([_pair(source, rng) for source in split] for split in splits)
    return first, second, third


def translations(source: Sequence[str]) -> list[tuple[Tokens, float]]:
    """The true conditional distribution: every translation of `source` with its probability, most likely first.

    The probabilities sum to 1; the first entry is the mode, what an ideal search would return.

    Args:
        source: tokens of a sentence of this grammar, as `toy_translation` makes them.

    Raises:
        DataError: a sentence that the grammar does not make.
        DTypeError: a str where a token list is expected.

    >>> [(" ".join(target), round(p, 2)) for target, p in translations("der hund weint .".split())]
    [('the dog cries .', 0.62), ('the dog weeps .', 0.38)]
    """
    return list(_translations(tuple(check_tokens(source, "translations"))))


def greedy_translation(source: Sequence[str]) -> tuple[Tokens, float]:
    """What greedy decoding finds under the true distribution: the most likely next word, again and again.

    Returns:
        the target tokens and their probability, at most that of `translations(source)[0]`.

    Raises: as `translations`.
    """
    left = translations(source)
    for position in itertools.count():
        mass: dict[str, float] = {}  # "" is the end of the sentence
        for target, p in left:
            word = target[position] if position < len(target) else ""
            mass[word] = mass.get(word, 0.0) + p
        best = max(mass, key=lambda word: mass[word])
        if best == "":
            break
        left = [(target, p) for target, p in left if position < len(target) and target[position] == best]
    return next((target, p) for target, p in left if len(target) == position)


def translation_entropy(source: Sequence[str]) -> float:
    """-sum p log p over the translations of `source`, in nats: no model's mean loss per sentence can be lower.

    Raises: as `translations`.
    """
    return -sum(p * math.log(p) for _, p in translations(source))


# Drawing a source sentence ---------------------------------------------------------------------------


def _sample_source(rng: random.Random) -> Tokens:
    while True:
        words = _sample_words(rng)
        if len(words) <= MAX_SOURCE_LENGTH:
            return tuple(words)


def _sample_words(rng: random.Random) -> list[str]:
    form = rng.random()
    tense = "past" if rng.random() < 0.3 else "present"
    subject, (finite, *last), objects = _sample_clause(rng, tense)
    if form < 0.55:
        fitting = [opener for opener in OPENERS if tense == "present" or opener not in lexicon.PRESENT_OPENERS]
        return [*rng.choice(fitting).split(), finite, *subject, *objects, *last, "."]
    words = [*subject, finite, *objects, *last]
    if form < 0.85:
        words += [",", rng.choice(lexicon.CONJUNCTIONS_BY_TENSE[tense])]
        if rng.random() < 0.3:
            words += rng.choice(list(lexicon.WEATHER[tense])).split()
        else:
            subject, verb, objects = _sample_clause(rng, tense)
            words += [*subject, *objects, *_verb_final(verb)]
    return [*words, "."]


def _sample_clause(rng: random.Random, tense: str) -> tuple[Tokens, Tokens, Tokens]:
    """(subject, (finite verb, what stands at the end of the clause), object)."""
    third, infinitive, participle, auxiliary, kind, _ = rng.choice(VERBS)
    if tense == "past":
        verb: Tokens = (auxiliary, participle)
    elif rng.random() < 0.25:
        verb = (rng.choice(list(MODALS)), infinitive)
    else:
        verb = tuple(third.split("|"))
    animal = third in lexicon.ANIMAL_VERBS and rng.random() < 0.3
    subject = _sample_phrase("animal" if animal else "person", rng, accusative=False)
    objects: Tokens = ()
    while kind and (not objects or objects[-1] == subject[-1]):  # nobody calls himself
        objects = _sample_phrase(rng.choice(lexicon.KINDS.get(kind, [kind])), rng, accusative=True)
    return subject, verb, objects


def _sample_phrase(kind: str, rng: random.Random, accusative: bool) -> Tokens:
    noun, gender, _ = rng.choice(NOUNS[kind])
    stem = rng.choice(ADJECTIVES[kind])[0] if rng.random() < 0.4 else ""
    return _noun_phrase(noun, gender, stem, rng.random() < 0.35, accusative)


def _noun_phrase(noun: str, gender: str, stem: str, indefinite: bool, accusative: bool) -> Tokens:
    """Article, adjective and noun, inflected: "den kleinen jungen"."""
    article = (_ACCUSATIVE_ARTICLES if accusative else _ARTICLES)[gender][indefinite]
    ending = (_ACCUSATIVE_ENDINGS if accusative else _ENDINGS)[gender][indefinite]
    inflected = noun.split("/")[-1 if accusative else 0]
    return (article, stem + ending, inflected) if stem else (article, inflected)


def _verb_final(verb: Tokens) -> Tokens:
    """The order at the end of a subordinate clause: "ruft ... an" -> "anruft", "hat ... gelesen" -> "gelesen hat"."""
    prefixes = {third.partition("|")[2] for third, *_ in VERBS} - {""}
    if len(verb) == 2 and verb[1] in prefixes:
        return (verb[1] + verb[0],)
    return verb[::-1]


# Translating it --------------------------------------------------------------------------------------


def _pair(source: Tokens, rng: random.Random) -> Pair:
    targets, weights = zip(*_translations(source), strict=True)
    return list(source), list(rng.choices(targets, weights)[0])


@lru_cache(maxsize=4096)
def _translations(source: Tokens) -> tuple[tuple[Tokens, float], ...]:
    try:
        sentences = _sentence(source)
    except (KeyError, ValueError):
        what = f"translations: not a sentence of the toy grammar: {' '.join(source)!r}"
        raise DataError(message(what, fix="pass source tokens made by toy_translation")) from None
    merged: dict[Tokens, float] = {}
    for sentence, p in sentences:
        words = sentence.split()
        for i, word in enumerate(words[:-1]):
            if word == "a" and words[i + 1][0] in "aeiou":
                words[i] = "an"
        merged[tuple(words)] = merged.get(tuple(words), 0.0) + p
    return tuple(sorted(merged.items(), key=lambda item: (-item[1], item[0])))


def _join(pattern: str, *parts: Choices) -> Choices:
    """Every way to fill the {} of `pattern`, one phrase from each part, the probabilities multiplied."""
    ways = itertools.product(*parts)
    return [(pattern.format(*(phrase for phrase, _ in way)), math.prod(p for _, p in way)) for way in ways]


def _sentence(source: Tokens) -> Choices:
    """The translations of a whole sentence. KeyError or ValueError if it is not one."""
    *body, stop = source
    if stop != ".":
        raise ValueError
    if "," in body:
        comma = body.index(",")
        conjunction, *clause = body[comma + 1 :]
        weather = {**lexicon.WEATHER["present"], **lexicon.WEATHER["past"]}.get(" ".join(clause))
        subordinate = weather or _clause(tuple(clause), verb_final=True)
        return _join("{} {} {} .", _clause(tuple(body[:comma])), CONJUNCTIONS[conjunction], subordinate)
    for length in (1, 2):
        opener = OPENERS.get(" ".join(body[:length]))
        if opener:
            finite, *after = body[length:]
            subject, rest = _split_phrase(tuple(after), accusative=False)
            return _join("{} {} .", opener, _clause((*subject, finite, *rest)))
    return _join("{} .", _clause(tuple(body)))


def _clause(words: Tokens, verb_final: bool = False) -> Choices:
    """The translations of "subject verb object rest", or of "subject object verb" if verb_final."""
    subject, rest = _split_phrase(words, accusative=False)
    finite, rest = ((), rest) if verb_final else (rest[:1], rest[1:])
    objects, rest = _split_phrase(rest, accusative=True)
    transitive, verb = _verb_table(verb_final)[(*finite, *rest)]
    if transitive != bool(objects):
        raise ValueError
    nouns = _phrase_table(False)[subject]
    if not objects:
        return _join("{} {}", nouns, verb)
    clauses = itertools.product(_join("{} {}", nouns, verb), _phrase_table(True)[objects])
    return [(clause.replace("{o}", noun), p * q) for (clause, p), (noun, q) in clauses]


def _split_phrase(words: Tokens, accusative: bool) -> tuple[Tokens, Tokens]:
    """(the noun phrase that `words` begins with, the rest); an empty phrase if there is none."""
    length = next((n for n in (3, 2) if words[:n] in _phrase_table(accusative)), 0)
    return words[:length], words[length:]


@cache
def _phrase_table(accusative: bool) -> dict[Tokens, Choices]:
    """German noun phrase -> English ones, for every noun and adjective that go together."""
    table = {}
    for kind, nouns in NOUNS.items():
        for (noun, gender, english), indefinite in itertools.product(nouns, (False, True)):
            article = "a" if indefinite else "the"
            table[_noun_phrase(noun, gender, "", indefinite, accusative)] = [(f"{article} {english}", 1.0)]
            for stem, adjectives in ADJECTIVES[kind]:
                phrase = _noun_phrase(noun, gender, stem, indefinite, accusative)
                table[phrase] = _join(f"{article} {{}} {english}", adjectives)
    return table


@cache
def _verb_table(verb_final: bool) -> dict[Tokens, tuple[bool, Choices]]:
    """German verb form -> (does it take an object, English phrases with "{o}" for it)."""
    table = {}
    for third, infinitive, participle, auxiliary, kind, english in VERBS:
        forms: dict[Tokens, tuple[int, Choices]] = {
            tuple(third.split("|")): (0, [("", 1.0)]),
            (auxiliary, participle): (2, [("", 1.0)]),
        } | {(modal, infinitive): (1, phrases) for modal, phrases in MODALS.items()}
        for verb, (form, before) in forms.items():
            phrases: Choices = []
            for phrase, p in english:
                heads, _, tail = phrase.partition(" ")
                phrases.append((f"{heads.split('/')[form]} {tail}", p))
            key = _verb_final(verb) if verb_final else verb
            table[key] = bool(kind), _join("{} {}", before, phrases)
    return table
