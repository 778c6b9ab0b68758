"""How long translating takes: 1,000 sentences through the public model and searches.

The weights are as they start, so no sentence ends before its limit: an upper bound of what a trained model takes.
"""

from __future__ import annotations

import time

import numpy as np

import tinydawn as td

BATCH, VOCABULARY, PAD, BOS, EOS = 100, 8000, 0, 1, 2


def seconds(sentences: int = 1000, beam_size: int = 5) -> dict[str, float]:
    """CPU seconds of greedy search and of beam search, for sources of 8 to 16 words and outputs of 12."""
    td.manual_seed(0)
    rng = np.random.default_rng(0)
    model = td.models.Seq2Seq(VOCABULARY, VOCABULARY, embedding_size=128, hidden_size=256).eval()
    found = {}
    for name, search, options in (("greedy", td.decode.greedy, {}),
                                  (f"beam {beam_size}", td.decode.beam_search, {"beam_size": beam_size})):
        start = time.process_time()
        for _ in range(0, sentences, BATCH):
            lengths = rng.integers(8, 17, BATCH)
            words = rng.integers(3, VOCABULARY, (BATCH, lengths.max()))
            source = np.where(np.arange(lengths.max()) < lengths[:, None], words, PAD)  # (B, S)
            with td.no_grad():
                search(model.step, model.encode(source, lengths), BATCH, bos=BOS, eos=EOS, max_length=12, forbid=[PAD, BOS],
                       **options)
        found[name] = time.process_time() - start
    return found
