"""From raw text to arrays of ids, and back: corpora, tokens, vocabularies, batches."""

from tinydawn.text import corpora
from tinydawn.text.batching import bucket_batches, pad, padding_mask, padding_waste
from tinydawn.text.corpora import CORPORA, find, load_parallel
from tinydawn.text.grammar import (
    greedy_translation,
    toy_translation,
    toy_translation_splits,
    translation_entropy,
    translations,
)
from tinydawn.text.tokenize import char_tokenize, word_tokenize
from tinydawn.text.vocab import BOS, EOS, PAD, UNK, Vocab

__all__ = [
    "BOS",
    "CORPORA",
    "EOS",
    "PAD",
    "UNK",
    "Vocab",
    "bucket_batches",
    "char_tokenize",
    "corpora",
    "find",
    "greedy_translation",
    "load_parallel",
    "pad",
    "padding_mask",
    "padding_waste",
    "toy_translation",
    "toy_translation_splits",
    "translation_entropy",
    "translations",
    "word_tokenize",
]
