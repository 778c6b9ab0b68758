"""From raw text to arrays of ids, and back: corpora, tokens, vocabularies, batches."""

from tinydawn.text.batching import bucket_batches, pad, padding_mask, padding_waste
from tinydawn.text.grammar import (
    greedy_translation,
    toy_translation,
    toy_translation_splits,
    translation_entropy,
    translations,
)
from tinydawn.text.vocab import BOS, EOS, PAD, UNK, Vocab

__all__ = [
    "BOS",
    "EOS",
    "PAD",
    "UNK",
    "Vocab",
    "bucket_batches",
    "greedy_translation",
    "pad",
    "padding_mask",
    "padding_waste",
    "toy_translation",
    "toy_translation_splits",
    "translation_entropy",
    "translations",
]
