"""From raw text to arrays of ids, and back: corpora, tokens, vocabularies, batches."""

from tinydawn.text import corpora
from tinydawn.text.batching import bucket_batches, cut_batches, pad, padding_mask, padding_waste
from tinydawn.text.bpe import BPE, bytes_to_unicode, gpt2_split
from tinydawn.text.corpora import CORPORA, find, load_parallel
from tinydawn.text.datasets import (
    Labelled,
    load_characters,
    load_document_labels,
    load_documents,
    load_labelled,
    load_sentences,
)
from tinydawn.text.generated import SENTIMENT_CEILING, SENTIMENT_LINEAR_CEILING, MarkovLanguage, markov_language, toy_sentiment
from tinydawn.text.grammar import (
    greedy_translation,
    toy_translation,
    toy_translation_splits,
    translation_entropy,
    translations,
)
from tinydawn.text.merges import learn_bpe
from tinydawn.text.naive_bayes import NaiveBayes
from tinydawn.text.ngram import AddK, KneserNey
from tinydawn.text.pretraining import SentencePair, mask_tokens, next_sentence_pairs, pack, pad_segments
from tinydawn.text.stream import contiguous, windows
from tinydawn.text.tasks import Task, load_analogies, load_similarity, load_task
from tinydawn.text.tokenize import char_tokenize, word_tokenize
from tinydawn.text.vectors import WordVectors, cooccurrence, ppmi, truncated_svd
from tinydawn.text.vocab import BOS, EOS, PAD, UNK, Vocab
from tinydawn.text.wordpiece import WordPiece

__all__ = [
    "BOS",
    "BPE",
    "CORPORA",
    "EOS",
    "PAD",
    "SENTIMENT_CEILING",
    "SENTIMENT_LINEAR_CEILING",
    "UNK",
    "AddK",
    "KneserNey",
    "Labelled",
    "MarkovLanguage",
    "NaiveBayes",
    "SentencePair",
    "Task",
    "Vocab",
    "WordPiece",
    "WordVectors",
    "bucket_batches",
    "bytes_to_unicode",
    "char_tokenize",
    "contiguous",
    "cooccurrence",
    "corpora",
    "cut_batches",
    "find",
    "gpt2_split",
    "greedy_translation",
    "learn_bpe",
    "load_analogies",
    "load_characters",
    "load_document_labels",
    "load_documents",
    "load_labelled",
    "load_parallel",
    "load_sentences",
    "load_similarity",
    "load_task",
    "markov_language",
    "mask_tokens",
    "next_sentence_pairs",
    "pack",
    "pad",
    "pad_segments",
    "padding_mask",
    "padding_waste",
    "ppmi",
    "toy_sentiment",
    "toy_translation",
    "toy_translation_splits",
    "translation_entropy",
    "translations",
    "truncated_svd",
    "windows",
    "word_tokenize",
]
