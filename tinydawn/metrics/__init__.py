"""How good is it: BLEU for translations, perplexity for language models."""

from tinydawn.metrics.bleu import BLEUScore, bleu, sentence_bleu
from tinydawn.metrics.perplexity import perplexity

__all__ = ["BLEUScore", "bleu", "perplexity", "sentence_bleu"]
