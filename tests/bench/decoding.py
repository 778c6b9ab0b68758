"""How long translating takes: 1,000 sentences through the public model and searches.

The weights are as they start, so no sentence ends before its limit: an upper bound of what a trained model takes.
"""

from __future__ import annotations

import time

import numpy as np

import tinydawn as td

from . import impl_tinydawn

BATCH, VOCABULARY, PAD, BOS, EOS = 100, 8000, 0, 1, 2


def seconds(sentences: int = 1000, beam_size: int = 5, device: str = "cpu") -> dict[str, float]:
    """Seconds of greedy search and of beam search, for sources of 8 to 16 words and outputs of 12: of the CPU's time, or
    on "cuda" of wall time, when the device is done. What is searched for the first time there, and compiled, is not timed.
    """
    wait, _ = impl_tinydawn.use(device)
    clock = time.process_time if device == "cpu" else time.perf_counter
    td.manual_seed(0)
    rng = np.random.default_rng(0)
    model = td.models.Seq2Seq(VOCABULARY, VOCABULARY, embedding_size=128, hidden_size=256).eval()
    found = {}
    for name, search, options in (("greedy", td.decode.greedy, {}),
                                  (f"beam {beam_size}", td.decode.beam_search, {"beam_size": beam_size})):
        for batch in range(0, sentences + BATCH, BATCH):
            if batch == BATCH:  # the first was for warming up
                wait()
                start = clock()
            lengths = rng.integers(8, 17, BATCH)
            words = rng.integers(3, VOCABULARY, (BATCH, lengths.max()))
            source = np.where(np.arange(lengths.max()) < lengths[:, None], words, PAD)  # (B, S)
            with td.no_grad():
                search(model.step, model.encode(source, lengths), BATCH, bos=BOS, eos=EOS, max_length=12, forbid=[PAD, BOS],
                       **options)
        wait()
        found[name] = clock() - start
    return found
