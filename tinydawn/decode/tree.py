"""The tree that a beam search looked at, kept so that it can be read and drawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

ROOT = 0
PRUNED_PER_NODE = 3


@dataclass
class Node:
    """One continuation that was considered.

    step      1 for a first token; 0 for the root
    parent    index of the parent in SearchTree.nodes; -1 for the root
    token     its id; bos for the root
    log_prob  of the edge that leads here: log p(token | path to the parent)
    total     sum of the log-probs from the root
    score     total / length penalty: what finished hypotheses are ranked by
    status    "kept" in the beam, "pruned", or "finished" with eos
    """

    step: int
    parent: int
    token: int
    log_prob: float
    total: float
    score: float
    status: str


@dataclass
class SearchTree:
    """The continuations a beam search considered for one sentence, in the order they were met.

    nodes   nodes[0] is the root (bos); a parent always comes before its children
    winner  index of the node where the best hypothesis ends

    Every kept and finished node is there. Of the pruned ones, which are beam_size * V per step, each
    node has its best `PRUNED_PER_NODE` at most.
    """

    nodes: list[Node]
    winner: int = ROOT
    _beam: list[int] = field(default_factory=lambda: [ROOT], repr=False)  # beam position -> node

    @classmethod
    def rooted(cls, bos: int) -> SearchTree:
        """A tree of the root alone."""
        return cls([Node(0, -1, bos, 0.0, 0.0, 0.0, "kept")])

    def path(self, node: int) -> list[int]:
        """The indices from the root to `node`, both included."""
        indices = [node]
        while indices[-1] != ROOT:
            indices.append(self.nodes[indices[-1]].parent)
        return indices[::-1]

    def children(self, node: int) -> list[int]:
        """The indices of the nodes whose parent is `node`, in order."""
        return [i for i, other in enumerate(self.nodes) if other.parent == node and i != ROOT]

    def add_step(self, step: int, candidates: Iterable[tuple[int, int, float, float, float, str]]) -> None:
        """Record one step: (beam, token, log_prob, total, score, status) per candidate, best first.

        `beam` counts the kept nodes of the step before, best first.
        """
        beam: list[int] = []
        seen: set[tuple[int, int]] = set()
        pruned = dict.fromkeys(self._beam, 0)
        for position, token, log_prob, total, score, status in candidates:
            if (position, token) in seen:
                continue
            seen.add((position, token))
            parent = self._beam[position]
            if status == "pruned":
                pruned[parent] += 1
                if pruned[parent] > PRUNED_PER_NODE:
                    continue
            if status == "kept":
                beam.append(len(self.nodes))
            self.nodes.append(Node(step, parent, token, log_prob, total, score, status))
        self._beam = beam

    def set_winner(self, tokens: list[int], eos: int | None, finished: bool) -> None:
        """Find the node where the hypothesis `tokens` ends, and store it in `winner`."""
        wanted = [*tokens, eos] if finished else tokens
        indices: dict[tuple[int, int], int] = {
            (node.parent, node.token): i for i, node in enumerate(self.nodes) if i != ROOT
        }
        at = ROOT
        for token in wanted:
            at = indices[at, token]  # type: ignore[index]
        self.winner = at
