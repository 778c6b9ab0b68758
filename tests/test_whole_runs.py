"""The runs of the benchmark: one step of each model is the same in tinydawn and PyTorch, and a run leaves its record."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.bench.runs import compare, corpora, in_tinydawn

SMALL = {"H": 8, "B": 4, "warmup": 2, "steps": 10}


def small(kind):
    """Settings, start weights and two batches of made-up ids."""
    c = corpora.config(kind, E=8 if kind == "ptb" else 6, **SMALL) | {"V": 30, "sources": 20}
    rng = np.random.default_rng(0)
    batches = []
    for k in range(2):
        text = rng.integers(4, 30, (8, 4))
        batch = {"x": text[:-1].copy(), "y": text[1:].copy(), "goes_on": k > 0}
        if kind == "multi30k":
            batch["source"] = rng.integers(4, 20, (5, 4))
            batch["y"][5:, 1:] = corpora.PAD
        batches.append(batch)
    return c, corpora.start(c), batches


@pytest.mark.torch
@pytest.mark.parametrize("kind", list(corpora.CONFIGS))
def test_the_losses_the_updates_and_the_guesses_are_pytorch_s(kind, torch):
    from tests.bench.runs import in_torch

    c, weights, batches = small(kind)
    ours, theirs = (module.Run(weights, c) for module in (in_tinydawn, in_torch))
    for batch in [*batches, *batches]:
        assert ours.step(batch) == pytest.approx(theirs.step(batch), rel=1e-5)
    found = dict(ours.model.named_parameters())
    for name, weight in theirs.model.named_parameters():
        np.testing.assert_allclose(found[name].numpy(), weight.detach().numpy(), rtol=1e-3, atol=1e-4, err_msg=name)
    for run in (ours, theirs):
        run.measuring(True)
    if kind == "multi30k":
        translated = theirs.translate(batches[0]["source"], 6)
        ended = [ids[:ids.index(corpora.END)] if corpora.END in ids else ids for ids in translated]
        assert ours.translate(batches[0]["source"], 6) == ended
    else:
        for batch in batches:
            np.testing.assert_allclose(ours.nats(batch), theirs.nats(batch), rtol=1e-4)


def test_sources_of_a_batch_have_one_length_and_none_is_left_out():
    corpus = object.__new__(corpora.Translation)
    rng = np.random.default_rng(0)
    corpus.train = [([i] * rng.integers(1, 5), [2, *range(4, rng.integers(5, 9)), 3]) for i in range(50)]
    batches = corpus.batches({"B": 8})
    seen: list[int] = []
    while len(seen) < 50:
        batch = next(batches)
        assert batch["x"].shape == batch["y"].shape
        assert (batch["x"][0] == corpora.BEGIN).all()
        seen += batch["source"][0].tolist()
    assert sorted(seen) == list(range(50))


def test_a_record_says_when_the_target_was_reached_and_a_run_that_is_repeated_replaces_its_own(tmp_path):
    kept = compare.Kept(tmp_path / "runs.json")
    curve = [{"step": k, "cpu": 10.0 * k, "wall": 11.0 * k, "value": 150.0 - 20 * k, "first": [1.0]} for k in (1, 2, 3)]
    record = {"kind": "ptb", "implementation": "torch", "threads": 1, "settings": corpora.config("ptb"),
              "curve": curve}
    assert (compare.reached(record, "cpu"), compare.reached(record, "wall")) == (20, 22)
    record["settings"]["target"] = 10
    assert compare.reached(record, "cpu") is None
    for name in ("torch", "tinydawn", "torch"):
        kept.put(compare.named("ptb", name, 1), {**record, "implementation": name})
    assert [*compare.Kept(tmp_path / "runs.json").runs] == ["ptb, torch, 1", "ptb, tinydawn, 1"]
    assert [path.name for path in tmp_path.iterdir()] == ["runs.json"]
    assert json.loads((tmp_path / "runs.json").read_text())["runs"]["ptb, torch, 1"]["curve"] == record["curve"]


def test_the_rate_rises_and_falls_to_nothing():
    c = {"warmup": 4, "steps": 10}
    assert [corpora.rate(k, c) for k in (0, 3, 4, 7, 10)] == [0.25, 1, 1, 0.5, 0]
