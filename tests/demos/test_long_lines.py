"""One line of 20,000 words among many of twenty: no lesson makes fifty of it (issue 15, item 26: 7.5 GB)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from clock import PATIENCE
from quick import write_labelled
from test_demos import DEMOS, assert_refused, run

import tinydawn as td
from tinydawn import text
from tinydawn.models import Seq2Seq
from tinydawn.text.batching import MAX_TOKENS


@pytest.fixture(autouse=True)
def demo_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DEMOS))


def test_batches_of_labelled_texts():
    from support.labelled import batches, predict

    examples = [(["w"] * 20, i % 2) for i in range(400)] + [(["w"] * 20_000, 1)]
    vocab = text.Vocab.build([["w"]])
    for seed, size in ((None, 200), (3, 50)):
        shapes = [ids.shape for ids, _ in batches(examples, vocab, size, seed)]
        assert sum(B for B, _ in shapes) == 401
        assert max(B * T for B, T in shapes) <= MAX_TOKENS

    class Length(td.nn.Module):
        def forward(self, ids: np.ndarray) -> td.Tensor:
            return td.tensor((ids != 0).sum(axis=1, keepdims=True).astype(float))

    found = predict(Length(), examples[::-1], vocab)  # (N, 1), in the order of the examples
    assert found.ravel().tolist() == [20_000, *[20] * 400]


def translator() -> tuple[Seq2Seq, tuple[text.Vocab, text.Vocab]]:
    vocab = text.Vocab.build([list("abcdefgh")])
    td.manual_seed(0)
    return Seq2Seq(len(vocab), len(vocab), embedding_size=6, hidden_size=8, dropout=0.0).eval(), (vocab, vocab)


def test_batches_of_a_translator_are_bounded_and_change_no_number(monkeypatch):
    """Perplexity, entropy and translations, in batches of at most 60 places, are those of one batch."""
    from support import parallel
    from support import translator as demo

    model, vocabs = translator()
    rng = np.random.default_rng(0)
    pairs = [tuple(rng.choice(list("abcdefgh"), rng.integers(1, 12)).tolist() for _ in range(2)) for _ in range(30)]
    pairs[7] = (pairs[7][0], list("abcdefgh") * 5)
    sources = [source for source, _ in pairs]

    def numbers() -> tuple[float, float, list[list[str]]]:
        return (demo.pairs_perplexity(model, pairs, *vocabs),
                demo.attention_entropy(model, *parallel.batch(pairs, *vocabs)),
                demo.translate_greedily(model, sources, *vocabs))  # fmt: skip

    perplexity, entropy, found = numbers()
    places = []
    forward = Seq2Seq.forward

    def watched(self, source, lengths, target):
        places.append((len(target), target.shape[1] + 1))
        return forward(self, source, lengths, target)

    monkeypatch.setattr(Seq2Seq, "forward", watched)
    monkeypatch.setattr(demo, "TOKENS", 60)
    bounded = numbers()
    assert bounded[:2] == pytest.approx((perplexity, entropy), rel=1e-5)
    assert bounded[2] == found
    assert len(places) > 10
    assert all(B * T <= 60 + B or B == 1 for B, T in places), "the batches count words, and each has <s> beside them"


def test_a_line_of_20_000_words_in_a_parallel_corpus(tmp_path):
    lines = [f"ein satz {i}\ta sentence {i}" for i in range(200)]
    lines[41] = f"{'wort ' * 20_000}\ta word"
    (tmp_path / "own.tsv").write_text("\n".join(lines), encoding="utf-8")
    for demo in ("seq2seq", "beam_search", "back_translation"):
        done = run("--quick", "--data", "own.tsv", folder=tmp_path, demo=demo)
        assert_refused(done, "line 42 has 20,000 words", "fix: divide it into sentences")


@pytest.mark.skipif(sys.platform != "linux", reason="a limit of memory that the system keeps is Linux's")
@pytest.mark.parametrize("demo", ["birnn", "cnn_classifier"])
def test_a_text_of_20_000_words_fits_into_two_gigabytes(tmp_path, demo):
    """In the training part; the limit counts addresses, of which Python and NumPy alone take 300 MB."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    path = write_labelled(tmp_path / "own.tsv")
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[0] = "pos\t" + "a fine film " * 7000
    for name, part in (("train", lines[:60]), ("test", lines[60:])):
        (tmp_path / f"{name}.tsv").write_text("\n".join(part), encoding="utf-8")
    code = f"""
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_AS, (2 * 2**30, 2 * 2**30))
sys.path.insert(0, {str(DEMOS)!r})
sys.argv = ["{demo}.py", "--quick", "--epochs", "1", "--data", "train.tsv,test.tsv", "--out", "out"]
runpy.run_path({str(DEMOS / (demo + ".py"))!r}, run_name="__main__")
"""
    root = str(Path(td.__file__).parent.parent)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE,
                          env={**os.environ, "PYTHONPATH": root, "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "Agg"})
    assert done.returncode == 0, done.stderr[-2000:]
    assert "of line 1, which has 21,000 words, the first 4,000 are read" in done.stderr
