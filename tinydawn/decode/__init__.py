"""Turning a model's next-token distributions into sequences: greedy, beam search, sampling.

All of them drive a model through one function, `log_probs, state = step(tokens, state)`; see
`tinydawn.decode.interface` for what it takes and returns. Plain NumPy: the engine is not needed.

    interface.py  the step function, the state and its reordering, Hypothesis, the checks
    single.py     one path per sentence: greedy, sample
    beam.py       beam_search, and beam_search_notes as the lecture writes it
    topk.py       the k best continuations, fast and with ties decided
    tree.py       the search tree
"""

from .beam import BeamResult, beam_search, beam_search_notes, length_penalty
from .interface import Constant, Hypothesis, State, Step, reorder
from .single import greedy, sample
from .tree import Node, SearchTree

__all__ = [
    "BeamResult",
    "Constant",
    "Hypothesis",
    "Node",
    "SearchTree",
    "State",
    "Step",
    "beam_search",
    "beam_search_notes",
    "greedy",
    "length_penalty",
    "reorder",
    "sample",
]
