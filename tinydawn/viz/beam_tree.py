"""The search tree of a beam search as a drawing: what was kept, what was pruned, what won."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import graphviz

from ..decode.tree import ROOT, Node, SearchTree
from ..errors import IdError, message

Vocabulary: TypeAlias = Sequence[str] | Any | None

# Blue and orange are told apart by every kind of colour vision; in grey print the two differ in
# width, pruned is dashed and pale, finished has a double border.
KEPT = {"color": "#0072B2", "fillcolor": "#E3F0F8", "style": "rounded,filled"}
WON = {"color": "#B34700", "fillcolor": "#FDE5D2", "style": "rounded,filled", "penwidth": "2.5"}
PRUNED = {"color": "#999999", "fontcolor": "#6B6B6B", "style": "rounded,dashed"}
KEPT_EDGE = {"color": "#0072B2", "penwidth": "1.3"}
WON_EDGE = {"color": "#B34700", "penwidth": "3"}
PRUNED_EDGE = {"color": "#999999", "fontcolor": "#6B6B6B", "style": "dashed"}
# One font, because Graphviz knows the widths of its letters; a browser finds Chinese ones by itself.
FONT = "Helvetica"


def beam_tree(
    tree: SearchTree,
    vocab: Vocabulary = None,
    *,
    max_steps: int = 8,
    max_pruned: int = 2,
    probabilities: bool = False,
    digits: int = 2,
    title: str = "",
) -> graphviz.Digraph:
    """Draw a SearchTree left to right, one column per step.

    Kept hypotheses are solid and blue, pruned ones grey and dashed, finished ones have a double
    border; the path of the best hypothesis is bold and orange. On an edge stands log p(token | path),
    in a node the token and the sum of the log-probs so far.

    tree           from beam_search(..., keep_tree=True)[i].tree
    vocab          the tokens by id: a list of str, or a tinydawn.text.Vocab; None: the ids are shown
    max_steps      columns; of a longer search a note tells how it went on
    max_pruned     pruned continuations drawn per node, the best ones; 0: none
    probabilities  show p instead of log p
    digits         after the point; of a probability, significant digits
    title          above the drawing

    Returns a graphviz.Digraph: `.source` is its DOT text, the same for the same tree. Nothing is
    rendered here. Raises IdError for an id that is not in `vocab`, ValueError for max_steps < 1.
    """
    if max_steps < 1:
        raise ValueError(message(f"beam_tree: max_steps must be at least 1, got {max_steps}", fix="8 fits a page"))
    won = set(tree.path(tree.winner))
    shown = _shown(tree, max_steps, max_pruned)
    graph = graphviz.Digraph(
        "beam_tree",
        graph_attr={"rankdir": "LR", "ranksep": "0.75", "nodesep": "0.12", "ordering": "out", "fontname": FONT},
        node_attr={"shape": "box", "fontname": FONT, "fontsize": "13", "margin": "0.1,0.04", "height": "0.3"},
        edge_attr={"fontname": FONT, "fontsize": "11", "arrowsize": "0.6"},
    )
    if title:
        graph.attr(label=graphviz.escape(title.replace("&", "&amp;")), labelloc="t")

    for i in shown:
        node = tree.nodes[i]
        style = dict(WON if i in won else PRUNED if node.status == "pruned" else KEPT)
        if node.status == "finished":
            style["peripheries"] = "2"
        token = _text(node.token, vocab)
        label = token if i == ROOT else f"{token}\\n{_number(node.total, probabilities, digits)}"
        graph.node(f"n{i}", graphviz.nohtml(label), **style)
    for i in shown:
        node = tree.nodes[i]
        if i != ROOT:
            style = WON_EDGE if i in won else PRUNED_EDGE if node.status == "pruned" else KEPT_EDGE
            label = _number(node.log_prob, probabilities, digits)
            graph.edge(f"n{node.parent}", f"n{i}", f" {label} ", **style)

    last = max(node.step for node in tree.nodes)
    if last > max_steps:
        total = _number(tree.nodes[tree.winner].total, probabilities, digits)
        _elide(graph, tree, vocab, max_steps, last, total)
    return graph


def _shown(tree: SearchTree, max_steps: int, max_pruned: int) -> list[int]:
    """The indices to draw, parents first, the best child of a node first."""
    children: dict[int, list[int]] = {}
    for i, node in enumerate(tree.nodes):
        if i != ROOT and node.step <= max_steps:
            children.setdefault(node.parent, []).append(i)
    shown = [ROOT]
    for parent in shown:  # grows while we walk: breadth first
        pruned = 0
        for i in sorted(children.get(parent, ()), key=lambda i: -tree.nodes[i].log_prob):
            if tree.nodes[i].status == "pruned":
                pruned += 1
                if pruned > max_pruned:
                    continue
            shown.append(i)
    return shown


def _elide(graph: graphviz.Digraph, tree: SearchTree, vocab: Vocabulary, max_steps: int, last: int, total: str) -> None:
    """A note for the steps that are not drawn, where the best hypothesis leaves the drawing."""
    path = tree.path(tree.winner)
    rest = [tree.nodes[i] for i in path[max_steps + 1 :]]
    lines = [f"… {last - max_steps} more step{'s' if last - max_steps > 1 else ''}"]
    if rest:
        lines = [f"{lines[0]}; the best path:", *_wrap(rest, vocab), total]
    graph.node("more", graphviz.nohtml("\\n".join(lines)), shape="plaintext")
    style = {**WON_EDGE, "style": "dotted"} if rest else {"style": "invis"}
    graph.edge(f"n{path[: max_steps + 1][-1]}", "more", **style)


def _wrap(nodes: list[Node], vocab: Vocabulary, per_line: int = 6, limit: int = 24) -> list[str]:
    """The tokens of a path, six to a line, four lines at most."""
    words = [_text(node.token, vocab) for node in nodes]
    if len(words) > limit:
        words = [*words[: limit - 2], "…", words[-1]]
    return [" ".join(words[i : i + per_line]) for i in range(0, len(words), per_line)]


def _text(token: int, vocab: Vocabulary) -> str:
    """A token as label text, escaped; what cannot be seen, like a newline, as Python writes it."""
    if vocab is None:
        return str(token)
    words = getattr(vocab, "tokens", vocab)
    if not 0 <= token < len(words):
        raise IdError(
            message(
                f"beam_tree: token id {token} is not in the vocabulary of {len(words)}",
                fix="pass the vocabulary of the side that was decoded",
            )
        )
    word = words[token]
    seen = word if word.strip() and word.isprintable() else repr(word)
    return str(graphviz.escape(seen.replace("&", "&amp;")))  # Graphviz would read &lt; as <


def _number(log_prob: float, probabilities: bool, digits: int) -> str:
    if probabilities:
        return f"{math.exp(log_prob):.{digits}g}"
    return f"{log_prob:.{digits}f}".replace("-", "−")
