"""Vocab: ids, order, round trips, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydawn.errors import DataError, DTypeError, IdError
from tinydawn.text import Vocab

SENTENCES = [["b", "a", "b"], ["c", "a", "b"], ["d", "c"]]
words = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=5).filter(
    lambda word: word not in ("<pad>", "<unk>", "<s>", "</s>")
)


def test_specials_come_first_then_frequency_then_alphabet():
    vocab = Vocab.build(SENTENCES)
    assert vocab.tokens == ["<pad>", "<unk>", "<s>", "</s>", "b", "a", "c", "d"]
    assert (vocab.pad_id, vocab.unk_id, vocab.bos_id, vocab.eos_id) == (0, 1, 2, 3)
    assert len(vocab) == 8
    assert "c" in vocab
    assert "<s>" in vocab
    assert "x" not in vocab
    assert vocab["b"] == 4
    assert vocab["x"] == vocab.unk_id


@given(st.permutations(SENTENCES))
def test_order_of_the_corpus_does_not_matter(sentences):
    assert Vocab.build(sentences) == Vocab.build(SENTENCES)


def test_min_freq_and_max_size():
    assert Vocab.build(SENTENCES, min_freq=2).tokens[4:] == ["b", "a", "c"]
    assert Vocab.build(SENTENCES, max_size=6).tokens[4:] == ["b", "a"]
    assert Vocab.build(SENTENCES, max_size=4).tokens[4:] == []


def test_encode_adds_marks_and_maps_unknown_words():
    vocab = Vocab.build(SENTENCES)
    assert vocab.encode(["a", "zebra", "b"]) == [5, 1, 4]
    assert vocab.encode(["a"], bos=True, eos=True) == [2, 5, 3]
    assert vocab.encode([], eos=True) == [3]
    assert vocab.unknown(["a", "zebra", "b", "yak", "zebra"]) == ["zebra", "yak"]


def test_decode_stops_at_eos_and_skips_specials_but_not_unknown():
    vocab = Vocab.build(SENTENCES)
    ids = [2, 5, 1, 3, 4, 0]
    assert vocab.decode(ids) == ["a", "<unk>"]
    assert vocab.decode(ids, stop_at_eos=False) == ["a", "<unk>", "b"]
    assert vocab.decode(ids, stop_at_eos=False, skip_special=False) == ["<s>", "a", "<unk>", "</s>", "b", "<pad>"]
    assert vocab.decode(np.array(ids)) == ["a", "<unk>"]


@given(st.lists(st.lists(words, min_size=1, max_size=6), min_size=1, max_size=6))
def test_round_trips(sentences):
    vocab = Vocab.build(sentences)
    for sentence in sentences:
        assert vocab.decode(vocab.encode(sentence, bos=True, eos=True)) == sentence
    assert Vocab.from_list(vocab.to_list()) == vocab


def test_own_specials_survive_a_checkpoint_and_are_not_counted_as_words():
    vocab = Vocab.build([["PAD", "a", "END"]], pad="PAD", unk="?", bos="START", eos="END")
    assert vocab.tokens == ["PAD", "?", "START", "END", "a"]
    copy = Vocab.from_list(vocab.to_list())
    assert copy.specials == vocab.specials
    assert copy.decode([2, 4, 3]) == ["a"]


def test_to_list_is_a_copy():
    vocab = Vocab(["a"])
    vocab.to_list().append("b")
    assert len(vocab) == 5
    assert repr(vocab) == "Vocab(5 tokens)"


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda v: v.encode("a b"), DTypeError, r"Vocab.encode: a str was given where a list of tokens is expected"),
        (lambda v: v.unknown("a b"), DTypeError, r"Vocab.unknown: a str was given"),
        (lambda v: v.encode([["a"]]), DTypeError, r"every token must be a str, got list"),
        (lambda v: Vocab.build("a b"), DTypeError, r"Vocab.build: a str was given"),
        (lambda v: Vocab.build(["a b"]), DTypeError, r"Vocab.build: a str was given"),
        (lambda v: Vocab.build([]), DataError, r"the corpus has no tokens"),
        (lambda v: Vocab.build([[], []]), DataError, r"the corpus has no tokens"),
        (lambda v: Vocab.build(SENTENCES, min_freq=0), DataError, r"min_freq is 0"),
        (lambda v: Vocab.build(SENTENCES, max_size=3), DataError, r"max_size 3 has no room for the 4 special"),
        (lambda v: Vocab(["a", "b", "a"]), DataError, r"the token 'a' occurs twice"),
        (lambda v: Vocab(["<pad>"]), DataError, r"the token '<pad>' occurs twice"),
        (lambda v: Vocab(pad="<s>"), DataError, r"special tokens .* are not all different"),
        (lambda v: Vocab.from_list(["<pad>", "<unk>"]), DataError, r"from_list: 2 tokens, but the first four"),
        (lambda v: v.decode([4, 99]), IdError, r"id 99 is outside \[0, 8\)"),
        (lambda v: v.decode([-1]), IdError, r"id -1 is outside \[0, 8\)"),
        (lambda v: v.decode([1.0]), DTypeError, r"an id must be an integer, got float"),
        (lambda v: v.decode(np.zeros((2, 3), int)), DTypeError, r"an id must be an integer, got ndarray"),
        (lambda v: v[4], DTypeError, r"looked up by token, got int"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text) as caught:
        call(Vocab.build(SENTENCES))
    assert "fix:" in str(caught.value)
    assert "test_vocab.py" in str(caught.value)
