"""How good is it: BLEU for translations, perplexity for language models, scores for classifiers and similarities."""

from tinydawn.metrics.bleu import BLEUScore, bleu, bleu_tokens, sentence_bleu
from tinydawn.metrics.classification import (
    accuracy,
    confusion_matrix,
    f1_score,
    majority_baseline,
    matthews_corrcoef,
    roc_auc,
)
from tinydawn.metrics.correlation import pearson, spearman
from tinydawn.metrics.perplexity import perplexity

__all__ = [
    "BLEUScore",
    "accuracy",
    "bleu",
    "bleu_tokens",
    "confusion_matrix",
    "f1_score",
    "majority_baseline",
    "matthews_corrcoef",
    "pearson",
    "perplexity",
    "roc_auc",
    "sentence_bleu",
    "spearman",
]
