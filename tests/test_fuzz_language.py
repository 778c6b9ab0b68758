"""Text, metrics, searches and files under hostile arguments. See fuzz_tools.py."""

from __future__ import annotations

import itertools
import math
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fuzz_tools import (
    ALIEN,
    FLOATS,
    INTEGERS,
    NUMBERS,
    ODD_NUMBERS,
    TEXTS,
    arrays,
    both,
    fuzz,
    judge,
    judge_empty,
    number,
)
from hypothesis import strategies as st

import tinydawn as td
from tinydawn import decode, metrics, nn, text
from tinydawn.errors import TinydawnError

F = nn.functional
IDS = (*INTEGERS, "int64", "int64", "int64")


def T(x: Any) -> Any:
    return td.Tensor(x)


# --- text -----------------------------------------------------------------------------------------------------------

CORPUS = "the dog ran . the cat sat . a dog saw the cat . 床前明月光 ! under the mat , the small dogs ran and ran"
PIECES = text.WordPiece.train([CORPUS], 60)
BYTES = text.BPE.train(CORPUS, 20, byte_level=True)
LETTERS = text.BPE.train(CORPUS, 20)
VOCAB = text.Vocab.build([CORPUS.split()])
ID_LISTS = st.one_of(
    st.lists(st.integers(-2, 70), max_size=8),
    arrays(),
    st.lists(st.sampled_from((0, 5, 2**70, -1, True, 1.0, "a", None, np.int8(3), [1], np.array(4), float("nan"))), max_size=3),
    st.sampled_from((None, 3, "ab", b"ab")),
)


def tokenizers(draw: Any) -> None:
    name = draw(st.sampled_from(("word_tokenize", "char_tokenize", "WordPiece", "BPE", "bytes", "gpt2_split", "Vocab")))
    given = draw(st.one_of(TEXTS, TEXTS, TEXTS, st.sampled_from((None, 1, b"bytes", ["a"], 1.5))))
    if name == "word_tokenize":
        language = draw(st.sampled_from(("en", "de", "en", "de", "fr", None)))
        letters = judge_empty(lambda: text.word_tokenize(given, language), name)
        if isinstance(letters, list):
            assert all(token and not any(c.isspace() for c in token) for token in letters)
    elif name == "char_tokenize":
        judge(lambda: text.char_tokenize(given), lambda: [c for c in given + "" if not c.isspace()], name)
    elif name == "WordPiece":
        pieces = judge_empty(lambda: PIECES.tokenize(given), name)
        if isinstance(pieces, list):
            assert all(piece in PIECES for piece in pieces)
            words = [[*group] for group in PIECES.words(given)]
            assert "[UNK]" in pieces or "".join(p.removeprefix("##") for p in pieces) == "".join(map("".join, words))
            ids, segments = PIECES.encode(given)
            assert len(ids) == len(segments) == len(pieces) + 2
    elif name == "Vocab":
        judge(
            lambda: VOCAB.encode(given),
            lambda: [VOCAB.tokens.index(t) if t in VOCAB.tokens else 1 for t in as_tokens(given)],
            name,
            "Vocab.encode",
        )
    elif name == "gpt2_split":
        judge(lambda: "".join(text.gpt2_split(given)), lambda: given + "", name)
    elif name == "BPE" and isinstance(given, str) and not set(given) <= set(CORPUS):
        judge_empty(lambda: LETTERS.decode(LETTERS.encode(given)), name)
    else:
        model = BYTES if name == "bytes" else LETTERS

        def back() -> Any:
            if name == "bytes":
                given.encode()
            assert "</w>" not in given or name == "bytes"
            return given + ""

        judge(lambda: model.decode(model.encode(given)), back, "BPE", "gpt2_split")


def as_tokens(given: Any) -> list[str]:
    assert isinstance(given, list)
    assert all(isinstance(t, str) for t in given)
    return given


def decoding_ids(draw: Any) -> None:
    name = draw(st.sampled_from(("Vocab", "BPE", "WordPiece")))
    ids = draw(ID_LISTS)
    model: Any = {"Vocab": VOCAB, "BPE": BYTES, "WordPiece": PIECES}[name]

    def reference() -> Any:
        assert not isinstance(ids, (str, bytes))
        values = [
            i.item() if isinstance(i, np.generic) else i
            for i in (list(ids) if not isinstance(ids, np.ndarray) or ids.ndim else ids)
        ]
        values = [int(i) if isinstance(i, np.ndarray) and i.ndim == 0 else i for i in values]
        assert all(isinstance(i, int) and 0 <= i < len(model) for i in values) or name == "Vocab"
        if name == "Vocab":
            out = []
            for i in values:
                assert isinstance(i, int)
                assert 0 <= i < len(model)
                if i == model.eos_id:
                    break
                out += [model.tokens[i]] if i not in (0, 2) else []
            return out
        return BYTES.detokenize([BYTES.tokens[i] for i in values]) if name == "BPE" else None

    if name == "WordPiece":
        judge_empty(lambda: model.decode(ids), name)
    else:
        judge(lambda: model.decode(ids), reference, name, f"{name}.decode")


def training_text(draw: Any) -> None:
    """Vocabularies and merges learned from any text."""
    name = draw(st.sampled_from(("Vocab.build", "WordPiece.train", "BPE.train", "KneserNey", "AddK")))
    texts = draw(st.lists(st.one_of(TEXTS, st.just(CORPUS)), min_size=1, max_size=4))
    size = draw(st.sampled_from((30, 20, 20, 5, 9, 50, 6, 0, -1, 2**70, 1.5, None, "9", True)))
    if name == "Vocab.build":
        sentences = [t.split() for t in texts]

        def built() -> Any:
            counts = Counter(itertools.chain(*sentences))
            assert counts
            assert size is None or type(size) is int
            assert size is None or size >= 4
            ranked = sorted(counts, key=lambda t: (-counts[t], t))
            return [*VOCAB.specials, *[t for t in ranked if t not in VOCAB.specials][: None if size is None else size - 4]]

        judge(lambda: text.Vocab.build(sentences, max_size=size).tokens, built, name)
    elif name == "WordPiece.train":
        pieces = judge_empty(lambda: text.WordPiece.train(texts, size), name)
        assert isinstance(pieces, TinydawnError) or len(pieces) <= size
    elif name == "BPE.train":
        model = judge_empty(lambda: text.BPE.train(texts, size, byte_level=draw(st.booleans())), name.removesuffix(".train"))
        assert isinstance(model, TinydawnError) or len(model.merges) <= size
    else:
        sentences = draw(st.lists(st.one_of(st.lists(st.integers(3, 8), max_size=6), ID_LISTS), max_size=4))
        order = draw(st.sampled_from((1, 2, 3, 0, 1.5, None, True)))
        model = judge_empty(lambda: getattr(text, name)(sentences, order, 2, draw(st.sampled_from((9, 9, 9, 0, -1)))), name)
        if not isinstance(model, TinydawnError):
            unseen = judge_empty(lambda: model.next_probs(draw(st.lists(st.integers(3, 8), max_size=3)), [3, 4, 5]), name)
            assert isinstance(unseen, TinydawnError) or ((unseen >= 0) & (unseen <= 1 + 1e-9)).all()


def batching(draw: Any) -> None:
    name = draw(st.sampled_from(("pad", "padding_mask", "bucket_batches", "mask_tokens", "contiguous", "windows", "pack")))
    if name == "pad":
        rows = draw(st.lists(st.one_of(st.lists(st.integers(0, 9), max_size=5), ID_LISTS), max_size=4))
        length = draw(st.sampled_from((None, None, 5, 3, 0, -1, 1.5, "9", True)))

        def padded() -> Any:
            clean = [np.asarray(r if len(r) else np.zeros(0, int)) for r in rows]
            assert all(
                r.ndim == 1 and r.dtype.kind in "iu" and not isinstance(s, (str, bytes)) for r, s in zip(clean, rows, strict=True)
            )
            assert rows
            assert length is None or type(length) is int
            width = max(map(len, clean)) if length is None else length
            assert (width or length is not None) and all(len(r) <= width for r in clean)  # noqa: PT018
            return [[*r, *[0] * (width - len(r))] for r in clean] if width else np.zeros((len(rows), 0), int)

        judge(lambda: text.pad(rows, length=length)[0], padded, name)
    elif name in ("padding_mask", "bucket_batches"):
        lengths = draw(st.one_of(st.lists(st.integers(0, 9), max_size=9), ID_LISTS))
        n = draw(st.sampled_from((None, 9, 2, 0, -1, 1.5, "9", True)))
        if name == "padding_mask":

            def mask() -> Any:
                sizes = np.asarray(lengths)
                assert sizes.ndim == 1 and sizes.dtype.kind in "iu" and sizes.size and sizes.min() >= 0  # noqa: PT018
                assert n is None or type(n) is int
                width = sizes.max() if n is None else n
                assert sizes.max() <= width
                return np.arange(width) < sizes[:, None]

            if isinstance(lengths, (list, np.ndarray)) and not hostile_large(lengths):
                judge(lambda: text.padding_mask(lengths, n), mask, name)
        else:
            batches = judge_empty(lambda: text.bucket_batches(lengths, n), name)
            assert isinstance(batches, TinydawnError) or sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    elif name == "mask_tokens":
        ids = draw(st.one_of(arrays(shape=(2, 5), dtypes=IDS, special=False), arrays(), ID_LISTS))
        share = draw(st.sampled_from((0.15, 1.0, *ODD_NUMBERS)))
        size = draw(st.sampled_from((10, 10, 5, 0, -1, 1.5, None)))
        special = draw(st.sampled_from(([0, 1, 2, 3, 4], [0], [], None, "a", [2**70])))
        result = judge_empty(lambda: text.mask_tokens(ids, 4, size, special, share), name)
        if not isinstance(result, TinydawnError):
            inputs, targets = result
            assert ((targets == -100) | (targets == np.asarray(ids))).all()
            assert (inputs == np.asarray(ids))[targets == -100].all()
    elif name == "contiguous":
        ids, n = draw(ID_LISTS), draw(st.sampled_from((1, 2, 3, 0, -1, 1.5, None, 2**70, True)))

        def pieces() -> Any:
            row = np.asarray(ids)
            assert row.dtype.kind in "iu" and type(n) is int and 1 <= n <= row.size  # noqa: PT018
            return row.reshape(-1)[: row.size // n * n].reshape(n, -1).T

        judge(lambda: text.contiguous(ids, n, 3)[1], pieces, name)
    elif name == "windows":
        x, n = np.arange(12).reshape(6, 2), draw(st.sampled_from((1, 4, 9, 0, -1, 1.5, None, 2**70, True)))
        judge(
            lambda: [a for a, _ in text.windows(x, x, n)],
            lambda: [x[i : i + whole(n)] for i in range(0, 6, min(9, whole(n)))],
            name,
        )
    else:
        a, b = draw(st.lists(st.integers(5, 9), max_size=6)), draw(st.one_of(st.none(), st.lists(st.integers(5, 9), max_size=6)))
        most = draw(st.sampled_from((None, 8, 3, 2, 0, -1, 4.5, "9")))
        result = judge_empty(lambda: text.pack(a, b, 2, 3, most), name)
        assert isinstance(result, TinydawnError) or len(result[0]) == len(result[1]) <= (most or 99)


def whole(n: Any) -> int:
    assert type(n) is int
    assert n >= 1
    return n


def hostile_large(lengths: Any) -> bool:
    """Lengths whose mask would fill the memory of the test."""
    return any(isinstance(n, (int, np.integer)) and n > 1000 for n in (lengths if isinstance(lengths, list) else lengths.ravel()))


# --- metrics and searches -------------------------------------------------------------------------------------------


def measuring(draw: Any) -> None:
    name = draw(st.sampled_from(("accuracy", "f1_score", "matthews_corrcoef", "pearson", "spearman", "perplexity", "bleu")))
    if name == "perplexity":
        total, tokens = draw(st.sampled_from(ODD_NUMBERS)), draw(st.sampled_from(ODD_NUMBERS))

        def value() -> float:
            assert number(total) >= 0
            assert number(tokens) >= 1
            mean = number(total) / number(tokens)
            assert not math.isnan(mean)
            return math.exp(mean) if mean < 709 else math.inf

        judge(lambda: metrics.perplexity(total, tokens), value, name)
        return
    if name == "bleu":
        given = [
            draw(
                st.one_of(
                    st.lists(st.one_of(TEXTS, TEXTS.map(str.split)), max_size=3), st.sampled_from((None, "a", 1, [None], [1]))
                )
            )
            for _ in range(2)
        ]
        score = judge_empty(lambda: metrics.bleu(*given), name)
        assert isinstance(score, TinydawnError) or 0 <= score.score <= 100 + 1e-9
        return
    values = st.one_of(
        st.lists(st.integers(0, 2), min_size=1, max_size=6),
        arrays(),
        st.sampled_from(
            (
                [],
                ["a", "b"],
                [0, "a"],
                None,
                1,
                "ab",
                [[1], [2, 3]],
                [0.5],
                [None, 1],
                [float("nan")],
                [2**70, 1],
                [True, False],
                [1j, 2j],
            )
        ),
    )
    x = draw(values)
    y = draw(st.one_of(st.permutations(x), values)) if isinstance(x, list) else draw(values)

    def reference() -> Any:
        a, b = np.asarray(x), np.asarray(y)
        assert a.ndim == 1 and a.shape == b.shape and a.size  # noqa: PT018
        assert {a.dtype.kind, b.dtype.kind} <= set("fiub") or (
            a.dtype.kind == b.dtype.kind == "U" and name not in ("pearson", "spearman")
        )
        if name in ("pearson", "spearman"):
            a, b = a.astype(float), b.astype(float)
            assert np.isfinite(a).all() and np.isfinite(b).all() and len(a) > 1  # noqa: PT018
            assert len(set(a)) > 1
            assert len(set(b)) > 1
            if name == "spearman":
                a, b = (np.array([(v > u).sum() + (v == u).sum() / 2 for v in u]) for u in (a, b))
            a, b = a / np.abs(a).max(), b / np.abs(b).max()
            return float(np.corrcoef(a, b)[0, 1])
        assert all(u.dtype.kind != "f" or (u == np.rint(u)).all() for u in (a, b))
        if name == "accuracy":
            return float((a == b).mean())
        if name == "f1_score":
            hits, mentioned = ((a == 1) & (b == 1)).sum(), (a == 1).sum() + (b == 1).sum()
            assert mentioned or len({*a.tolist(), *b.tolist()}) == 1
            return 2 * hits / mentioned if mentioned else 0.0
        names = sorted({*a.tolist(), *b.tolist()})
        p, t = (np.array([[v == n for n in names] for v in u.tolist()], float) for u in (a, b))
        cov: Callable[[Any, Any], float] = lambda u, v: ((u - u.mean(0)) * (v - v.mean(0))).sum()
        spread = cov(p, p) * cov(t, t)
        return cov(p, t) / math.sqrt(spread) if spread > 1e-12 else 0.0

    judge(lambda: getattr(metrics, name)(x, y), reference, name, rtol=1e-4)


def searching(draw: Any) -> None:
    """greedy against a loop written out; the others against what any search must obey."""
    name = draw(st.sampled_from(("greedy", "sample", "beam_search")))
    n = draw(st.sampled_from((2, 3, 5)))
    scores = draw(arrays(shape=(n, n), dtypes=FLOATS, special=False)).astype(np.float64)
    log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    log_p = draw(
        st.one_of(st.just(log_p), st.just(log_p), st.just(log_p), arrays(), st.just(np.full((n, n), np.nan)), st.just(scores))
    )
    usual: dict[str, Any] = {"batch": 2, "bos": 0, "eos": draw(st.sampled_from((1, 1, None))), "longest": 4}
    usual |= {
        "greedy": {},
        "sample": {"temperature": 0.5, "top_k": draw(st.sampled_from((None, 1, 2))), "top_p": 0.5, "rng": 1},
        "beam_search": {"beam_size": draw(st.sampled_from((1, 2, 99))), "n_best": 1, "length_normalization": "gnmt", "alpha": 1},
    }[name]
    if draw(st.booleans()):  # one of them is hostile
        usual[draw(st.sampled_from(list(usual)))] = draw(
            st.sampled_from((*ODD_NUMBERS, 2, 9, -9, [2, 3], "none", "length", "max"))
        )
    batch, bos, eos, longest = (usual.pop(key) for key in ("batch", "bos", "eos", "longest"))
    if isinstance(longest, list) or any(n == 2**70 for n in (batch, longest, usual.get("beam_size"))):
        return  # a search without end is what was asked for

    def step(tokens: Any, state: Any) -> Any:
        return (log_p[tokens % n] if log_p.shape == (n, n) else log_p), state

    def expected() -> Any:
        assert all(type(v) in (int, np.int64) for v in (batch, longest, bos))
        assert eos is None or type(eos) in (int, np.int64)
        assert min(batch, longest) >= 1
        assert 0 <= bos < n
        assert eos is None or 0 <= eos < n
        assert log_p.shape == (n, n)
        assert log_p.dtype.kind == "f"
        assert abs(np.exp(log_p.astype(float)[bos]).sum() - 1) < 1e-2
        tokens, out = bos, []
        for _ in range(longest):
            row = log_p[tokens].astype(float).copy()
            assert (row <= 1e-4).all()
            if eos is not None and bos != eos:
                row[bos] = -np.inf
            tokens = int(row.argmax())
            assert row[tokens] > -np.inf
            if tokens == eos:
                break
            out.append(tokens)
        return [out] * int(batch)

    if name == "greedy":
        judge(lambda: [h.tokens for h in decode.greedy(step, None, batch, bos, eos, longest)], expected, name)
        return
    found = judge_empty(lambda: getattr(decode, name)(step, None, batch, bos, eos, longest, **usual), name)
    if not isinstance(found, TinydawnError):
        assert len(found) == batch
        for h in found if name == "sample" else [h for result in found for h in result.hypotheses]:
            walked = [bos, *h.tokens, *([eos] if h.finished else [])]
            assert math.isclose(
                h.log_prob, sum(float(log_p[a, b]) for a, b in itertools.pairwise(walked)), rel_tol=1e-3, abs_tol=1e-3
            )


# --- files ----------------------------------------------------------------------------------------------------------


def files(draw: Any) -> None:
    """What is saved is what is loaded; a file with a few bytes changed is refused or gives tensors, and no more."""
    names = draw(st.lists(st.one_of(TEXTS, st.sampled_from(("w", "../x", "a/b", "", "__metadata__", None, 1))), max_size=3))
    values = [draw(st.one_of(arrays(dtypes=(*NUMBERS, *ALIEN)), st.sampled_from((None, 1.0, [1], "a")))) for _ in names]
    given = dict(zip(names, values, strict=True))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.safetensors"

        def reference() -> Any:
            assert all(isinstance(k, str) and k != "__metadata__" and k.encode() is not None for k in given)
            assert all(isinstance(v, np.ndarray) and v.dtype.kind in "fiub" for v in given.values())
            return [given[k] for k in sorted(given)]

        def there_and_back() -> Any:
            td.save(given, path)
            loaded = td.load(path)
            return [loaded[k] for k in sorted(loaded)]

        answer = judge(there_and_back, reference, "save")
        if isinstance(answer, TinydawnError):
            assert not path.exists()
            return
        data = bytearray(path.read_bytes())
        for _ in range(draw(st.integers(1, 3))):
            data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
        path.write_bytes(bytes(data[: draw(st.sampled_from((None, None, 7, 20)))]))
        judge_empty(lambda: td.load(path), "load")


TESTS = {f.__name__: f for f in (tokenizers, decoding_ids, training_text, batching, measuring, searching, files)}


@both(60, 700)
@pytest.mark.parametrize("name", TESTS)
def test_fuzz(name: str, cases: int) -> None:
    fuzz(TESTS[name], cases)
