"""The toy grammar: known distribution, reordering, and a trap for greedy decoding that is really there."""

import hashlib
import itertools
import math
import random

import pytest

from tinydawn.errors import DataError, DTypeError
from tinydawn.metrics import bleu
from tinydawn.text import (
    greedy_translation,
    lexicon,
    toy_translation,
    toy_translation_splits,
    translation_entropy,
    translations,
)


@pytest.fixture(scope="module")
def splits():
    return toy_translation_splits(train=3000, validation=300, test=300, seed=0)


def test_every_choice_is_a_distribution():
    verbs = {verb[0]: verb[-1] for verb in lexicon.VERBS}
    adjectives = {stem: choices for group in lexicon.ADJECTIVES.values() for stem, choices in group}
    tables = [lexicon.OPENERS, lexicon.MODALS, lexicon.CONJUNCTIONS, *lexicon.WEATHER.values(), verbs, adjectives]
    for word, choices in itertools.chain.from_iterable(table.items() for table in tables):
        assert sum(p for _, p in choices) == pytest.approx(1), word
        assert len({phrase for phrase, _ in choices}) == len(choices), word


def test_size_lengths_and_word_types(splits):
    train = splits[0]
    assert len(train) == 3000
    assert all(4 <= len(source) <= 14 and 3 <= len(target) <= 20 for source, target in train)
    assert len({tuple(source) for source, _ in train}) > 2500
    assert len({word for source, _ in train for word in source}) < 300
    assert len({word for _, target in train for word in target}) < 350
    assert all(source[-1] == "." == target[-1] for source, target in train)


def test_no_source_sentence_is_in_two_splits(splits):
    train, validation, test = ({tuple(source) for source, _ in split} for split in splits)
    assert not train & validation
    assert not train & test
    assert not validation & test
    assert len(validation) == len(test) == 300


def test_held_out_words_occur_in_training(splits):
    seen = {word for source, _ in splits[0] for word in source}
    assert {word for source, _ in splits[2] for word in source} <= seen


def test_deterministic_in_the_seed():
    assert toy_translation(20, seed=5) == toy_translation(20, seed=5) != toy_translation(20, seed=6)
    # A stored hash, because the same lecture must give the same sentences on every machine and version.
    text = "\n".join(" ".join(source) + "\t" + " ".join(target) for source, target in toy_translation(50, seed=0))
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "af1cc96d4650012c"


def test_targets_come_from_the_true_distribution(splits):
    for source, target in splits[2]:
        options = dict(translations(source))
        assert options[tuple(target)] > 0
        assert math.fsum(options.values()) == pytest.approx(1)
        assert list(options.values()) == sorted(options.values(), reverse=True)


def test_draws_have_the_stated_frequencies():
    rng = random.Random(0)
    source = ["zum", "glück", "lacht", "der", "mann", "."]
    options = translations(source)
    assert [round(p, 2) for _, p in options] == [0.40, 0.17, 0.16, 0.15, 0.12]
    # chi-squared over the draws that toy_translation itself makes, restricted to one opener
    draws = [" ".join(target) for s, target in toy_translation(8000, seed=rng.randrange(99)) if s[:2] == source[:2]]
    phrases = dict(lexicon.OPENERS["zum glück"])
    counts = {phrase: sum(draw.startswith(phrase) for draw in draws) for phrase in phrases}
    assert sum(counts.values()) == len(draws) > 250
    chi_squared = sum((counts[f] - p * len(draws)) ** 2 / (p * len(draws)) for f, p in phrases.items())
    assert chi_squared < 18.5  # 4 degrees of freedom, p = .001


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("oft lacht der junge .", "often the boy laughs ."),  # the subject goes behind the verb
        ("der mann macht die tür auf .", "the man opens the door ."),  # a separable verb
        ("der alte mann hat einen neuen brief gelesen .", "the old man read a new letter ."),  # participle last
        ("die frau will ein ei essen .", "the woman wants to eat an egg ."),  # infinitive last; a/an
        ("das kind lacht , während der hund den vogel sieht .", "the child laughs while the dog sees the bird ."),
        ("das kind lacht , während die frau die tür aufmacht .", "the child laughs while the woman opens the door ."),
        ("die frau lacht , während der könig singen will .", "the woman laughs while the king wants to sing ."),
        ("der arzt hat gelacht , nachdem er es gesehen hat .", None),  # not of this grammar
    ],
)
def test_reordering(source, target):
    if target is None:
        with pytest.raises(DataError, match="not a sentence of the toy grammar"):
            translations(source.split())
    else:
        assert translations(source.split()) == [(tuple(target.split()), pytest.approx(1))]


def test_the_prefix_at_the_end_decides_the_verb():
    for prefix, word in [("auf", "opens"), ("zu", "closes")]:
        mode, _ = translations(f"die frau macht das fenster {prefix} .".split())[0]
        assert mode[2] == word


def brute_force_greedy(options):
    """Greedy decoding written another way: the next word of largest total mass, by prefix sums."""
    prefix = ()
    while True:
        mass = {}
        for target, p in options.items():
            padded = (*target, "</s>")
            if padded[: len(prefix)] == prefix:
                mass[padded[len(prefix)]] = mass.get(padded[len(prefix)], 0) + p
        word = max(mass, key=mass.get)
        if word == "</s>":
            return prefix
        prefix += (word,)


def test_greedy_translation_is_greedy(splits):
    for source, _ in splits[2][:100]:
        options = dict(translations(source))
        target, p = greedy_translation(source)
        assert p == options[target]
        assert target == brute_force_greedy(options)


def test_greedy_is_trapped_under_the_true_distribution(splits):
    sources = [source for source, _ in splits[1] + splits[2]]
    best = [translations(source)[0] for source in sources]
    greedy = [greedy_translation(source) for source in sources]
    assert all(g[1] <= b[1] for g, b in zip(greedy, best, strict=True))
    trapped = sum(g[1] < b[1] for g, b in zip(greedy, best, strict=True)) / len(sources)
    first_word = sum(g[0][0] != b[0][0] for g, b in zip(greedy, best, strict=True)) / len(sources)
    assert trapped >= 0.5
    assert first_word >= 0.2
    # the mode is right more often, loses less log-probability, and scores a higher BLEU on sampled references
    assert sum(p for _, p in best) > 1.2 * sum(p for _, p in greedy)
    assert sum(math.log(p) for _, p in best) > sum(math.log(p) for _, p in greedy) + 0.5 * len(sources)
    rng = random.Random(0)
    pairs = [(b[0], g[0], r) for s, b, g in zip(sources, best, greedy, strict=True) for r in draws(s, 5, rng)]
    modes, greedies, references = zip(*pairs, strict=True)
    assert bleu(modes, references).score > bleu(greedies, references).score + 3


def draws(source, n, rng):
    targets, weights = zip(*translations(source), strict=True)
    return rng.choices(targets, weights, k=n)


def test_entropy_is_the_mean_surprise():
    source = ["der", "hund", "weint", "."]
    assert translation_entropy(source) == pytest.approx(-(0.62 * math.log(0.62) + 0.38 * math.log(0.38)))
    assert translation_entropy(["das", "kind", "lacht", "."]) == 0


def test_the_result_is_a_copy():
    source = ["das", "kind", "lacht", "."]
    translations(source).clear()
    assert len(translations(source)) == 1


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: toy_translation(0), DataError, "toy_translation: size is 0"),
        (lambda: toy_translation_splits(test=0), DataError, "sizes are 10000, 500 and 0"),
        (lambda: translations("der hund lacht ."), DTypeError, "translations: a str was given"),
        (lambda: translations([]), DataError, "not a sentence of the toy grammar: ''"),
        (lambda: translations(["."]), DataError, "not a sentence"),
        (lambda: translations(["der", "hund", "lacht"]), DataError, "not a sentence"),
        (lambda: translations(["der", "hund", "lacht", "das", "ei", "."]), DataError, "not a sentence"),
        (lambda: translations(["der", "hund", "sieht", "."]), DataError, "not a sentence"),
        (lambda: translations(["oft", "lacht", ",", "."]), DataError, "not a sentence"),
        (lambda: greedy_translation(["der", "wolf", "lacht", "."]), DataError, "der wolf lacht"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text) as caught:
        call()
    assert "fix:" in str(caught.value)
