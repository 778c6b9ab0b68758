"""demos/finetune.py: three seeds for every number, the same labels for all, and a vocabulary that goes with its model."""

from __future__ import annotations

import json

import pytest
from quick import write_labelled
from quick_run import assert_bad_data_is_refused, assert_well_formed, quick_run
from test_demos import assert_refused, run

import tinydawn as td
from tinydawn.errors import StateError
from tinydawn.models.bert import Bert, BertForPreTraining, BertForSequenceClassification


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    return quick_run("finetune", tmp_path_factory.mktemp("finetune"))


def test_record(quick):
    assert_well_formed(quick, "finetune", ["top.svg", "labels.svg"])


def test_pretraining_learns(quick):
    assert quick.metrics["pretraining_loss_end"] < quick.metrics["pretraining_loss_begin"] - 1


def test_three_seeds_for_every_number(quick):
    """At one seed either could win. After 20 steps neither knows much yet."""
    for name in ("from_scratch_50", "pretrained_50", "from_scratch_100", "pretrained_100"):
        assert 0 <= quick.metrics[f"standard_deviation_{name}"] < 0.3
        assert 0.3 < quick.metrics[f"accuracy_{name}"] < 1
    assert quick.baselines["standard_deviation_naive_bayes_50"] > 0


def test_chinese_kept_loaded_and_frozen(tmp_path):
    write_labelled(tmp_path / "own.tsv", chinese=True)
    shared = ["--quick", "--data", "own.tsv", "--labels", "8"]
    done = run(*shared, "--save", "m", "--out", "a", folder=tmp_path, demo="finetune")
    assert done.returncode == 0, done.stderr
    done = run(*shared, "--load", "m", "--frozen", "--out", "b", folder=tmp_path, demo="finetune")
    assert done.returncode == 0, done.stderr
    assert "pretraining" not in done.stderr
    first, second = (json.loads((tmp_path / out / "metrics.json").read_text(encoding="utf-8"))["metrics"] for out in "ab")
    assert first["accuracy_pretrained_8"] == pytest.approx(second["accuracy_pretrained_8"])
    assert "accuracy_frozen_8" in second
    write_labelled(tmp_path / "english.tsv")
    done = run("--quick", "--data", "english.tsv", "--load", "m", folder=tmp_path, demo="finetune")
    assert_refused(done, "are not in the model's vocabulary", "fix: ")


def test_weights_of_another_vocabulary_are_refused():
    with pytest.raises(StateError, match="word_embeddings"):
        Bert(30, hidden_size=16).load_state_dict(BertForPreTraining(40, hidden_size=16).bert.state_dict())


def test_a_new_top_on_a_copy():
    """All weights are trained, and what was pretrained is not changed by it: the next seed begins where this one did."""
    td.manual_seed(0)
    pretrained = Bert(20, hidden_size=16)
    before = {name: w.numpy().copy() for name, w in pretrained.state_dict().items()}
    bert = Bert(20, hidden_size=16)
    bert.load_state_dict(pretrained.state_dict())
    model = BertForSequenceClassification(bert, 3)
    td.nn.functional.cross_entropy(model([[2, 7, 3]]), [1]).backward()
    assert all(p.grad is not None for p in model.parameters())
    td.optim.SGD(model.parameters(), lr=1.0).step()
    for name, w in pretrained.state_dict().items():
        assert (w.numpy() == before[name]).all(), name
    assert (bert.pooler.dense.weight.numpy() != before["pooler.dense.weight"]).any()


def test_wrong_calls(tmp_path):
    assert_bad_data_is_refused("finetune", tmp_path)
    for wrong in (["--labels", "many"], ["--labels", "1"]):
        done = run(*wrong, folder=tmp_path, demo="finetune")
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
