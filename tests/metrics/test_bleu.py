"""BLEU equals sacrebleu's to 1e-9, by hand on small cases, and refuses what would give a wrong number."""

import math
import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinydawn.errors import DataError, DTypeError
from tinydawn.metrics import bleu, bleu_tokens, sentence_bleu

MULTI30K_TEST = Path(os.environ.get("TINYDAWN_DATA", "")) / "multi30k" / "test_2016_flickr.lc.norm.tok.en"

TATOEBA = Path(os.environ.get("TINYDAWN_DATA", "")) / "tatoeba" / "cmn.txt"

sentences = st.lists(st.sampled_from("abcd"), max_size=9)
corpora = st.lists(st.tuples(sentences, st.lists(sentences, min_size=1, max_size=3)), min_size=1, max_size=6)
options = st.fixed_dictionaries(
    {
        "max_order": st.integers(1, 5),
        "smoothing": st.sampled_from(["none", "floor", "add-k", "exp"]),
        "effective_order": st.booleans(),
    }
)


def sacre(hypotheses, references, tokenize="none", value=None, **options):
    metrics = pytest.importorskip("sacrebleu").metrics
    metric = metrics.BLEU(
        tokenize=tokenize,
        force=True,
        smooth_method=options.get("smoothing", "none"),
        smooth_value=value,
        max_ngram_order=options.get("max_order", 4),
        effective_order=options.get("effective_order", False),
    )
    width = max(map(len, references))
    streams = [[several[k] if k < len(several) else None for several in references] for k in range(width)]
    return metric.corpus_score(hypotheses, streams)


def assert_equal(ours, theirs):
    assert ours.score == pytest.approx(theirs.score, rel=0, abs=1e-9)
    assert list(ours.precisions) == pytest.approx(theirs.precisions, rel=0, abs=1e-9)
    assert ours.brevity_penalty == pytest.approx(theirs.bp, rel=0, abs=1e-12)
    assert (ours.hypothesis_length, ours.reference_length) == (theirs.sys_len, theirs.ref_len)


@settings(max_examples=300, deadline=None)
@given(corpora, options, st.sampled_from([None, 0.5]))
def test_equals_sacrebleu(corpus, options, value):
    if options["smoothing"] in ("none", "exp"):
        value = None
    hypotheses = [h for h, _ in corpus]
    references = [several for _, several in corpus]
    ours = bleu(hypotheses, references, smoothing_value=value, **options)
    joined = [[" ".join(reference) for reference in several] for several in references]
    theirs = sacre([" ".join(h) for h in hypotheses], joined, value=value, **options)
    assert_equal(ours, theirs)
    if options["smoothing"] != "add-k":  # sacrebleu reports these after adding k
        assert (list(ours.counts), list(ours.totals)) == (theirs.counts, theirs.totals)


text = st.text(st.sampled_from("ab 1,.-'\"&<(@月光，。“《～"), max_size=15)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(text, text), min_size=1, max_size=4), st.sampled_from(["char", "13a", "zh"]))
def test_tokenizers_equal_sacrebleu(pairs, tokenize):
    hypotheses, references = [h for h, _ in pairs], [r for _, r in pairs]
    ours = bleu(hypotheses, references, smoothing="exp", tokenize=tokenize)
    assert_equal(ours, sacre(hypotheses, [[r] for r in references], tokenize, smoothing="exp"))


@pytest.mark.skipif(not TATOEBA.is_file(), reason="TINYDAWN_DATA has no tatoeba")
@pytest.mark.parametrize("tokenize", ["zh", "char", "13a"])
def test_equals_sacrebleu_on_chinese(tokenize):
    """Each sentence is scored against the one before it: of similar length, with some words in common."""
    lines = [line.split("\t")[1] for line in TATOEBA.read_text("utf-8").splitlines()[:3000]]
    ours = bleu(lines[1:], lines[:-1], tokenize=tokenize, smoothing="exp")
    assert_equal(ours, sacre(lines[1:], [[line] for line in lines[:-1]], tokenize, smoothing="exp"))
    if tokenize == "zh":
        assert ours.score > 0.5


def test_every_chinese_character_of_sacrebleu():
    zh = pytest.importorskip("sacrebleu.tokenizers.tokenizer_zh", reason="sacrebleu is not installed")
    for start in range(0, 0x30000, 0x100):
        text = "".join(f"a{chr(c)}" for c in range(start, start + 0x100) if chr(c).isprintable())
        assert bleu_tokens(text, "zh") == zh.TokenizerZh()(text).split(), hex(start)


@pytest.mark.skipif(not MULTI30K_TEST.is_file(), reason="TINYDAWN_DATA has no multi30k")
@pytest.mark.parametrize("share", [0.05, 0.3, 0.8])
def test_equals_sacrebleu_on_a_corrupted_test_set(share):
    rng = random.Random(0)
    references = [line.split() for line in MULTI30K_TEST.read_text("utf-8").splitlines()]
    words = [word for reference in references for word in reference]
    hypotheses = []
    for reference in references:
        changed = [rng.choice(words) if rng.random() < share else word for word in reference]
        hypotheses.append([word for word in changed if rng.random() > share / 4])
    ours = bleu(hypotheses, references)
    theirs = sacre([" ".join(h) for h in hypotheses], [[" ".join(r)] for r in references])
    assert_equal(ours, theirs)
    assert 0 < ours.score < 100


def test_the_paper_s_clipping_example():
    ours = bleu(["the the the the the the the"], [["the cat is on the mat", "there is a cat on the mat"]], max_order=1)
    assert ours.precisions[0] == pytest.approx(100 * 2 / 7)
    assert (ours.counts, ours.totals) == ((2,), (7,))


def test_closest_reference_length_the_shorter_on_a_tie():
    assert bleu([list("abc")], [[list("abcde"), list("a")]]).reference_length == 1
    assert bleu([list("abc")], [[list("abcde"), list("ab")]]).reference_length == 2


def test_brevity_penalty():
    ours = bleu([list("abcde")], [list("abcdefgh")])
    assert ours.brevity_penalty == pytest.approx(math.exp(1 - 8 / 5))
    assert ours.score == pytest.approx(100 * math.exp(1 - 8 / 5))
    assert bleu([list("abcde")], [list("abcde")]).brevity_penalty == 1
    assert bleu([[]], [list("ab")]).brevity_penalty == 0
    assert bleu([[]], [list("ab")]).score == 0


def test_it_is_not_the_mean_of_sentence_scores():
    hypotheses = [list("abcdef"), list("abxyzw")]
    references = [list("abcdef"), list("abcdef")]
    mean = sum(bleu([h], [r]).score for h, r in zip(hypotheses, references, strict=True)) / 2
    assert bleu(hypotheses, references).score == pytest.approx(100 * (8 / 12 * 6 / 10 * 4 / 8 * 3 / 6) ** 0.25)
    assert mean == pytest.approx(50)


@pytest.mark.parametrize(
    ("smoothing", "value", "precisions"),
    [
        ("none", None, (50.0, 100 / 3, 0.0, 0.0)),
        ("floor", None, (50.0, 100 / 3, 5.0, 10.0)),
        ("floor", 0.5, (50.0, 100 / 3, 25.0, 50.0)),
        ("add-k", None, (50.0, 50.0, 100 / 3, 50.0)),
        ("exp", None, (50.0, 100 / 3, 25.0, 25.0)),
    ],
)
def test_smoothing_by_hand(smoothing, value, precisions):
    ours = bleu([list("abxy")], [list("abcd")], smoothing=smoothing, smoothing_value=value)
    assert ours.precisions == pytest.approx(precisions)
    expected = 0 if 0 in precisions else math.prod(precisions) ** 0.25
    assert ours.score == pytest.approx(expected)


def test_sentence_bleu_is_smoothed_over_the_orders_there_are():
    ours = sentence_bleu("a dog", "a dog")
    assert ours.score == pytest.approx(100)
    assert bleu(["a dog"], ["a dog"]).score == 0
    assert sentence_bleu(["a", "dog"], [["a", "cat"], ["the", "dog"]]).score == pytest.approx(100 * (1 * 0.5) ** 0.5)


@pytest.mark.parametrize(("hypothesis", "references", "score"), [
    ("a dog", ["dog"], 50.0), ("a dog", "dog", 50.0), ("dog", ["a dog"], 36.7879), ("a dog", ["cat"], 0.0),
    ("a dog", [""], 0.0), ("", ["dog"], 0.0), ("", [""], 0.0), ("dog", ["dog"], 100.0), ("a a a", ["a"], 27.5161),
    ("a b", ["b a"], 70.7107), ("a b c", ["a b"], 55.0321), ("a b c", ["c", "a b"], 62.9961), ("a b", ["a", "a b c"], 100.0)])
def test_short_sentences(hypothesis, references, score):
    """What sacrebleu 2.6.0's sentence_bleu gives with tokenize="none": smoothing exp, effective order."""
    assert sentence_bleu(hypothesis, references).score == pytest.approx(score, abs=5e-5)
    assert bleu([hypothesis], [references], smoothing="exp", effective_order=True).score == pytest.approx(score, abs=5e-5)


def test_all_short_sentences_equal_sacrebleu():
    """Of at most two words: nothing is refused but several references of one word each, which may be one in pieces."""
    pytest.importorskip("sacrebleu", reason="sacrebleu is not installed")
    texts = ["", "a", "b", "a a", "a b", "b a"]
    for hypothesis in texts:
        for references in [[text] for text in texts] + [[one, other] for one in texts[:2] for other in texts[3:]]:
            ours = sentence_bleu(hypothesis, references)
            assert_equal(ours, sacre([hypothesis], [references], smoothing="exp", effective_order=True))
    with pytest.raises(DTypeError, match=r"single words(?s:.*)\[\['dog'\], \['cat'\]\]"):
        sentence_bleu("a dog", ["dog", "cat"])
    ours = sentence_bleu(["a", "dog"], [["dog"], ["cat"]])
    assert_equal(ours, sacre(["a dog"], [["dog", "cat"]], smoothing="exp", effective_order=True))


def test_text_and_token_lists_give_the_same():
    a = bleu(["a dog runs home"], ["a dog ran home"], smoothing="exp")
    b = bleu([["a", "dog", "runs", "home"]], [["a", "dog", "ran", "home"]], smoothing="exp")
    assert a == b
    assert a == bleu(("a  dog runs home\n",), (["a dog ran home"],), smoothing="exp")


def test_signature_and_str():
    ours = bleu([list("abcd"), list("ab")], [[list("abcd"), list("abc")], list("ab")], smoothing="floor")
    assert ours.signature == "nrefs:1/2|case:mixed|eff:no|tok:none|smooth:floor[0.10]|order:4"
    assert str(ours) == (
        "BLEU = 100.00 100.0/100.0/100.0/100.0 (BP = 1.000 ratio = 1.000 hyp_len = 6 ref_len = 6) " + ours.signature
    )
    assert float(ours) == ours.score
    assert "eff:yes|tok:char|smooth:exp" in sentence_bleu("明月", "明月", tokenize="char").signature


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: bleu(["a b"], ["a b", "c"]), DataError, "1 hypotheses but 2 entries of references"),
        (lambda: bleu(["a b", "c d"], [["a b", "c d"]]), DataError, "transpose of sacrebleu's"),
        (lambda: bleu([], []), DataError, "bleu: no sentences"),
        (lambda: bleu("a b", ["a b"]), DTypeError, "hypotheses is one str"),
        (lambda: bleu(["a b"], "a b"), DTypeError, "references is one str"),
        (lambda: bleu(["a b"], [[]]), DataError, "sentence 0 has no reference"),
        (lambda: bleu([["a"]], [[]]), DataError, "sentence 0 has no reference"),
        (lambda: bleu([["a", "b"]], ["a b"]), DTypeError, "sentence 0 mixes str and token lists"),
        (lambda: bleu(["a b"], [[["a", "b"]]]), DTypeError, "sentence 0 mixes str and token lists"),
        (lambda: bleu(["a b"], [["a", "b"]]), DTypeError, "every reference is a list of single words"),
        (lambda: bleu([["a b"]], [["a b"]]), DataError, "the token 'a b' has a space inside"),
        (lambda: bleu([[1, 2]], [[[1, 2]]]), DTypeError, "a token is int, not str"),
        (lambda: bleu(["a"], ["a"], smoothing="exponential"), DataError, "unknown smoothing 'exponential'"),
        (lambda: bleu(["a"], ["a"], smoothing_value=1), DataError, "'none' takes no smoothing_value"),
        (lambda: bleu(["a"], ["a"], smoothing="floor", smoothing_value=0), DataError, "smoothing_value is 0"),
        (lambda: bleu(["a"], ["a"], max_order=0), DataError, "max_order is 0"),
        (lambda: bleu(["a"], ["a"], tokenize="intl"), DataError, "unknown tokenize 'intl'"),
        (lambda: bleu([["a"]], [["a"]], tokenize="char"), DataError, "already token lists"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text) as caught:
        call()
    assert "fix:" in str(caught.value)
