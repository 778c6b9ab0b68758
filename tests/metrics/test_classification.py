"""Accuracy, F1, Matthews and the majority baseline, against values worked out by hand."""

import math

import numpy as np
import pytest

import tinydawn as td
from tinydawn.errors import DataError, DTypeError, ShapeError
from tinydawn.metrics import accuracy, confusion_matrix, f1_score, majority_baseline, matthews_corrcoef, roc_auc

# TP 3, FP 1, FN 2, TN 4
PREDICTED = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]
TRUE = [1, 1, 1, 0, 1, 1, 0, 0, 0, 0]


def test_by_hand():
    assert accuracy(PREDICTED, TRUE) == 0.7
    assert confusion_matrix(PREDICTED, TRUE).tolist() == [[4, 1], [2, 3]]
    assert f1_score(PREDICTED, TRUE) == pytest.approx(2 * (3 / 4) * (3 / 5) / (3 / 4 + 3 / 5))
    assert f1_score(PREDICTED, TRUE, positive=0) == pytest.approx(2 * (4 / 6) * (4 / 5) / (4 / 6 + 4 / 5))
    assert matthews_corrcoef(PREDICTED, TRUE) == pytest.approx((3 * 4 - 1 * 2) / math.sqrt(4 * 5 * 5 * 6))
    assert majority_baseline([0, 1, 1], TRUE) == 0.5
    assert majority_baseline([2, 2, 0]) == pytest.approx(2 / 3)


def test_matthews_of_three_classes_is_gorodkin_s():
    # rows, columns: [[2, 0, 0], [1, 1, 0], [0, 0, 1]]; right 4 of 5; predicted 3, 1, 1; true 2, 2, 1
    predicted, true = [0, 0, 0, 1, 2], [0, 0, 1, 1, 2]
    by_hand = (4 * 5 - (3 * 2 + 1 * 2 + 1 * 1)) / math.sqrt((25 - (9 + 1 + 1)) * (25 - (4 + 4 + 1)))
    assert matthews_corrcoef(predicted, true) == pytest.approx(by_hand)
    assert matthews_corrcoef([0, 1, 2], [0, 1, 2]) == 1


def test_always_the_same_answer_is_accurate_and_worth_nothing():
    true = [1] * 9 + [0]
    assert accuracy([1] * 10, true) == majority_baseline(true) == 0.9
    assert matthews_corrcoef([1] * 10, true) == 0
    assert matthews_corrcoef([1 - t for t in true], true) == -1


def test_a_positive_class_that_does_not_occur():
    """scikit-learn 1.5's f1_score: "pos_label=1 is not a valid label: It should be one of ['no' 'yes']"; where there is one
    class only, 0 and UndefinedMetricWarning. Of names, F1 of the default class 1 was a silent 0."""
    with pytest.raises(DTypeError, match="f1_score: a positive class such as 1, but targets such as 'yes'"):
        f1_score(["yes", "yes", "no"], ["yes", "yes", "no"])
    assert f1_score(["yes", "yes", "no"], ["yes", "yes", "no"], positive="yes") == 1
    with pytest.raises(DataError, match=r"f1_score: the positive class 'yep' is neither(?s:.*)fix: .*positive='yes'"):
        f1_score(["yes", "no"], ["yes", "no"], positive="yep")
    with pytest.raises(DataError, match="the positive class 1 is neither predicted nor a target; there is 2 and others"):
        f1_score([2, 3], [2, 2])
    with pytest.raises(DTypeError, match="positive holds fractions"):
        f1_score([1, 0], [1, 0], positive=0.5)
    with pytest.raises(ShapeError, match="positive has shape"):
        f1_score([1, 0], [1, 0], positive=[1])
    with pytest.warns(RuntimeWarning, match="there is 0 only: F1 is 0"):
        assert f1_score([0, 0], [0, 0]) == 0
    assert f1_score([0, 0], [1, 0]) == f1_score([0, 1], [0, 0]) == 0, "it occurs on one side: that is a score"
    for positive in (True, 1.0, np.int64(1), np.array(1), td.tensor(1), td.tensor(1.0)):
        assert f1_score([1, 1, 0, 0], [1, 0, 1, 0], positive=positive) == 0.5


def test_classes_of_another_kind_match_nothing():
    """As f1_score's: every other argument that names classes."""
    with pytest.raises(DTypeError, match="majority_baseline: train such as 'a', but test such as 0"):
        majority_baseline(["a", "b"], [0, 1])
    assert majority_baseline(["a", "a", "b"], ["b", "c"]) == 0, "a class that does not come again is right of none"
    for classes in ([0, 1, 0], [0, 1, False]):
        with pytest.raises(DataError, match="class 0 is twice among the classes"):
            confusion_matrix([0, 1], [0, 1], classes=classes)
    assert confusion_matrix([0, 1], [1, 1], classes=td.tensor([1, 0])).tolist() == [[1, 1], [0, 0]]
    with pytest.raises(ShapeError, match="classes has shape"):
        confusion_matrix(["a"], ["b"], classes="ab")


def test_matthews_of_many_examples_does_not_overflow():
    predicted = np.array([1] * 300_000 + [0] * 300_000, dtype=np.int32)
    assert matthews_corrcoef(predicted, predicted) == 1


def test_what_may_be_passed():
    for kind in (list, tuple, np.array, td.tensor):
        assert accuracy(kind([1, 0, 1]), kind([1, 1, 1])) == pytest.approx(2 / 3)
    assert accuracy(np.array([1.0, 0.0]), [1, 0]) == 1  # whole floats are ids
    assert accuracy(["a", "b"], ["a", "a"]) == 0.5
    assert f1_score(["yes", "no"], ["yes", "yes"], positive="yes") == pytest.approx(2 / 3)
    assert confusion_matrix(["b"], ["a"], classes=["b", "a", "c"]).tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 0]]
    with pytest.raises(DTypeError, match="requires a gradient"):
        accuracy(td.tensor([1.0, 0.0], requires_grad=True), [1, 0])


@pytest.mark.parametrize("metric", [accuracy, f1_score, matthews_corrcoef, confusion_matrix])
@pytest.mark.parametrize(
    ("predictions", "targets", "kind", "text"),
    [
        ([], [], DataError, "no examples"),
        ([1, 0], [1], ShapeError, "2 predictions, but 1 targets"),
        ([[0.1, 0.9]], [1], ShapeError, r"predictions has shape \(1, 2\)(?s:.*)argmax"),
        ([0.2, 0.9], [0, 1], DTypeError, r"predictions holds fractions(?s:.*)argmax"),
        ([0, 1], [0, math.nan], DTypeError, "targets holds fractions"),
        ([0, 1], ["0", "1"], DTypeError, "predictions such as 0, but targets such as '0'"),
        (1, 1, ShapeError, r"predictions has shape \(\)"),
    ],
)
def test_what_may_not(metric, predictions, targets, kind, text):
    with pytest.raises(kind, match=text) as caught:
        metric(predictions, targets)
    assert metric.__name__ in str(caught.value)
    assert "fix:" in str(caught.value)


def test_other_errors():
    with pytest.raises(DataError, match="class 2 is not among the 2 classes"):
        confusion_matrix([0, 2], [0, 1], classes=[0, 1])
    with pytest.raises(DataError, match="majority_baseline: no examples"):
        majority_baseline([])
    with pytest.raises(DataError, match="majority_baseline: no examples"):
        majority_baseline([1], [])
    with pytest.raises(ShapeError, match="train has shape"):
        majority_baseline([[1]])


def pairs_won(scores, targets):
    """AUC by its definition: each positive against each negative example."""
    scores, targets = np.asarray(scores, float), np.asarray(targets, bool)
    difference = scores[targets][:, None] - scores[~targets]
    return ((difference > 0) + 0.5 * (difference == 0)).mean()


def test_auc_is_the_share_of_pairs_in_the_right_order():
    assert roc_auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) == 0.75
    assert roc_auc([1, 2, 3, 4], [0, 0, 1, 1]) == 1
    assert roc_auc([4, 3, 2, 1], [0, 0, 1, 1]) == 0
    rng = np.random.default_rng(0)
    for values in (5, 1000):  # many ties, and few
        scores, targets = rng.integers(values, size=300), rng.random(300) < 0.13
        assert roc_auc(scores, targets) == pytest.approx(pairs_won(scores, targets), abs=1e-12)
        assert roc_auc(-scores, targets) == pytest.approx(1 - roc_auc(scores, targets), abs=1e-12)
        assert roc_auc(np.exp(scores / values), targets) == pytest.approx(roc_auc(scores, targets), abs=1e-12), "only the order"


def test_auc_sees_what_accuracy_does_not():
    """"Always original" is right for nine of ten tokens; ties count half, so that no order of equal scores can win or lose."""
    targets = np.arange(1000) % 10 == 0
    assert accuracy(np.zeros(1000, int), targets.astype(int)) == 0.9
    assert roc_auc(np.zeros(1000), targets) == 0.5
    assert roc_auc(np.zeros(1000), np.sort(targets)) == 0.5
    assert roc_auc([math.inf, 0.0, -math.inf], [1, 0, 0]) == 1


def test_auc_of_many_examples_is_exact():
    n = 200_000
    assert roc_auc(np.arange(2 * n), np.arange(2 * n) >= n) == 1
    assert roc_auc(td.tensor([1.0, 0.0]), [True, False]) == 1


@pytest.mark.parametrize(("scores", "targets", "kind", "text"), [
    ([0.1, 0.2], [1], ShapeError, r"scores of shape \(2,\), targets of shape \(1,\)"),
    ([[0.1, 0.9]], [[0, 1]], ShapeError, "scores of shape"),
    (["a", "b"], [0, 1], DTypeError, "scores are"),
    ([0.1, math.nan], [0, 1], DataError, "NaN among the scores"),
    ([0.1, 0.2], [1, 2], DataError, "targets other than 0 and 1"),
    ([0.1, 0.2], [1, 1], DataError, "2 positive and 0 negative"),
    ([], [], DataError, "0 positive and 0 negative"),
])
def test_wrong_calls_of_auc(scores, targets, kind, text):
    with pytest.raises(kind, match=text) as caught:
        roc_auc(scores, targets)
    assert "fix:" in str(caught.value)


def test_against_scikit_learn():
    sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    rng = np.random.default_rng(0)
    for classes in (2, 5):
        predicted, true = rng.integers(classes, size=(2, 200))
        assert accuracy(predicted, true) == pytest.approx(sklearn.accuracy_score(true, predicted))
        assert matthews_corrcoef(predicted, true) == pytest.approx(sklearn.matthews_corrcoef(true, predicted))
        assert confusion_matrix(predicted, true).tolist() == sklearn.confusion_matrix(true, predicted).tolist()
    with pytest.raises(ValueError, match="pos_label=7 is not a valid label"):
        sklearn.f1_score(true == 3, predicted == 3, pos_label=7)
    assert f1_score(predicted == 3, true == 3, positive=True) == pytest.approx(sklearn.f1_score(true == 3, predicted == 3))
    assert roc_auc(predicted, true == 3) == pytest.approx(sklearn.roc_auc_score(true == 3, predicted))
