"""The search tree of a beam search as a drawing: what was kept, what was pruned, what won."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, TypeAlias

from ..checks import declared
from ..decode.interface import positive
from ..decode.tree import ROOT, Node, SearchTree
from ..errors import IdError, message
from .diagram import Diagram
from .picture import Arrow, Box, Picture
from .themes import theme_of

Vocabulary: TypeAlias = Sequence[str] | Any | None


@declared
def beam_tree(
    tree: SearchTree,
    vocab: Vocabulary = None,
    *,
    max_steps: Annotated[int, partial(positive, fix="8 fits a page")] = 8,
    max_pruned: int = 2,
    probabilities: bool = False,
    digits: int = 2,
    title: str = "",
    theme: str = "light",
    lang: str = "en",
    aspect: str | None = None,
    legend: bool | None = None,
    transparent: bool = False,
    timeout: float = 60.0,
) -> Diagram:
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
    theme          "light", "dark" or "print"

    Raises IdError for an id that is not in `vocab`, ValueError for max_steps < 1.
    """
    won = set(tree.path(tree.winner))
    shown = _shown(tree, max_steps, max_pruned)
    place = {i: k for k, i in enumerate(shown)}
    picture = Picture(title=title, tree=True)
    for i in shown:
        node = tree.nodes[i]
        kind = "won" if i in won else "pruned" if node.status == "pruned" else "kept"
        lines = [(_text(node.token, vocab), "title")]
        if i != ROOT:
            lines.append((_number(node.total, probabilities, digits), "value"))
        picture.boxes.append(Box(kind, lines, members=[i], strong=i in won,
                                 double=node.status == "finished"))
    for i in shown:
        node = tree.nodes[i]
        if i != ROOT:
            label = _number(node.log_prob, probabilities, digits)
            picture.arrows.append(Arrow(place[node.parent], place[i], label, marked=i in won, cut=node.status == "pruned"))
    last = max(node.step for node in tree.nodes)
    if last > max_steps:
        _elide(picture, place, tree, vocab, max_steps, last, _number(tree.nodes[tree.winner].total, probabilities, digits))
    return Diagram(timeout=timeout, picture=picture, theme=theme_of(theme), direction="LR")


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


def _elide(picture: Picture, place: dict[int, int], tree: SearchTree, vocab: Vocabulary, max_steps: int, last: int,
           total: str) -> None:
    """A note for the steps that are not drawn, where the best hypothesis leaves the drawing."""
    path = tree.path(tree.winner)
    rest = [tree.nodes[i] for i in path[max_steps + 1 :]]
    lines = [f"… {last - max_steps} more step{'s' if last - max_steps > 1 else ''}"]
    if rest:
        lines = [f"{lines[0]}; the best path:", *_wrap(rest, vocab), total]
    picture.boxes.append(Box("note", [(line, "detail") for line in lines]))
    picture.arrows.append(Arrow(place[path[: max_steps + 1][-1]], len(picture.boxes) - 1, marked=bool(rest), cut=True))


def _wrap(nodes: list[Node], vocab: Vocabulary, per_line: int = 6, limit: int = 24) -> list[str]:
    """The tokens of a path, six to a line, four lines at most."""
    words = [_text(node.token, vocab) for node in nodes]
    if len(words) > limit:
        words = [*words[: limit - 2], "…", words[-1]]
    return [" ".join(words[i : i + per_line]) for i in range(0, len(words), per_line)]


def _text(token: int, vocab: Vocabulary) -> str:
    """A token as label text; what cannot be seen, like a newline, as Python writes it."""
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
    return word if word.strip() and word.isprintable() else repr(word)


def _number(log_prob: float, probabilities: bool, digits: int) -> str:
    if probabilities:
        return f"{math.exp(log_prob):.{digits}g}"
    return f"{log_prob:.{digits}f}".replace("-", "−")
