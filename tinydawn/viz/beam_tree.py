"""The search tree of a beam search as a drawing: what was kept, what was pruned, what won."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, TypeAlias

from ..checks import declared
from ..decode.interface import positive
from ..decode.tree import ROOT, Node, SearchTree
from ..errors import IdError, message
from .diagram import Diagram
from .picture import SIZES, SLIDE_SIZES, Arrow, Box, Picture
from .search_steps import SearchStep, search_frames, search_parts
from .steps import drawn
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
    border; the path of the best hypothesis is bold and orange, greedy's, which takes the likeliest
    token at each step, has a green dashed border, as far as the beam goes along. On an edge stands
    log p(token | path), in a node the token and the sum of the log-probs so far.

    `.save("tree.html")` is a page on which arrow keys go through the search, step by step, and
    `.frames(folder)` writes its steps as numbered SVG files.

    tree           from beam_search(..., keep_tree=True)[i].tree
    vocab          the tokens by id: a list of str, or a tinydawn.text.Vocab; None: the ids are shown
    max_steps      columns; of a longer search a note tells how it went on
    max_pruned     pruned continuations drawn per node, the best ones; 0: none
    probabilities  show p instead of log p
    digits         after the point; of a probability, significant digits
    title          above the drawing
    theme          "light", "dark" or "print"
    lang           "en", "zh" or "both", of what is not a token
    aspect         "slide": 16 by 9, every text at least 20 of 1080 pixels high; of what does not fit pruned ones and late steps
                   are left out
    legend         what colours and borders mean; by default there
    transparent    no ground is drawn

    Raises IdError for an id that is not in `vocab`, ValueError for max_steps < 1.
    """
    slide = aspect == "slide"
    last = max(node.step for node in tree.nodes)

    def picture_with(steps: int, pruned: int) -> Picture:
        picture = _picture(tree, vocab, steps, pruned, probabilities, digits, lang)
        return replace(picture, title=title, slide=slide, legend=legend is not False, transparent=transparent,
                       sizes=SLIDE_SIZES if slide else SIZES)

    def fewer() -> Iterator[Picture]:
        """From the whole picture to ever less of it."""
        most = min(max_steps, last)
        for pruned in range(max_pruned, min(1, max_pruned), -1):
            yield picture_with(most, pruned)
        for steps in range(most, min(5, most - 1), -1):
            yield picture_with(steps, min(1, max_pruned))
        for steps in range(min(6, most), 1, -1):
            yield picture_with(steps, 0)

    said = _Told(tree, vocab, probabilities, digits, lang)
    return Diagram(timeout=timeout, picture=picture_with(max_steps, max_pruned), theme=theme_of(theme), direction="LR",
                   parts=lambda diagram: search_parts(diagram, said.steps(drawn(diagram)[0])),
                   frames=lambda diagram: search_frames(diagram, said.steps(drawn(diagram)[0])),
                   slides=(("LR",), fewer) if slide else None)


def _picture(tree: SearchTree, vocab: Vocabulary, max_steps: int, max_pruned: int, probabilities: bool, digits: int, lang: str,
             ) -> Picture:
    won, greedy = set(tree.path(tree.winner)), set(greedy_path(tree))
    shown = _shown(tree, max_steps, max_pruned, greedy)
    place = {i: k for k, i in enumerate(shown)}
    picture = Picture(tree=True, lang=lang)
    for i in shown:
        node = tree.nodes[i]
        kind = "won" if i in won else "pruned" if node.status == "pruned" else "kept"
        lines = [(_text(node.token, vocab), "title")]
        if i != ROOT:
            lines.append((_number(node.total, probabilities, digits), "value"))
        picture.boxes.append(Box(kind, lines, members=[i], strong=i in won,
                                 double=node.status == "finished", greedy=i in greedy))
    for i in shown:
        node = tree.nodes[i]
        if i != ROOT:
            label = _number(node.log_prob, probabilities, digits)
            picture.arrows.append(Arrow(place[node.parent], place[i], label, marked=i in won, cut=node.status == "pruned",
                                        greedy=i in greedy))
    last = max(node.step for node in tree.nodes)
    if last > max_steps:
        _elide(picture, place, tree, vocab, max_steps, last, _number(tree.nodes[tree.winner].total, probabilities, digits), lang)
    return picture


def greedy_path(tree: SearchTree) -> list[int]:
    """The nodes of a search that takes the likeliest token at each step, as far as this one went along with it."""
    path = [ROOT]
    while True:
        children = tree.children(path[-1])
        if not children:
            return path
        path.append(max(children, key=lambda i: (tree.nodes[i].log_prob, -i)))


class _Told:
    """What a search says at each step."""

    def __init__(self, tree: SearchTree, vocab: Vocabulary, probabilities: bool, digits: int, lang: str) -> None:
        self.tree, self.vocab, self.lang = tree, vocab, lang
        self.number = lambda x: _number(x, probabilities, digits)

    def say(self, english: str, chinese: str) -> str:
        return {"en": english, "zh": chinese, "both": f"{chinese}  {english}"}[self.lang]

    def words(self, i: int) -> str:
        return " ".join(_text(self.tree.nodes[k].token, self.vocab) for k in self.tree.path(i)[1:])

    def steps(self, picture: Picture) -> list[SearchStep]:
        """First what may follow, then which of it is kept, for each step that is drawn; at last what was best."""
        nodes = self.tree.nodes
        of = [nodes[box.members[0]].step if box.members else 10**9 for box in picture.boxes]
        say = self.say
        found = [SearchStep(say("the search begins", "搜索开始"), states=self.states(picture, of, 0, False, False))]
        for k in range(1, max((s for s in of if s < 10**9), default=0) + 1):
            here = [node for node in nodes if node.step == k]
            kept = sorted((i for i, node in enumerate(nodes) if node.step == k and node.status == "kept"),
                          key=lambda i: -nodes[i].total)
            finished = [i for i, node in enumerate(nodes) if node.step == k and node.status == "finished"]
            found.append(SearchStep(say(f"step {k}: what may follow each beginning", f"第 {k} 步：每个开头后面可能的词"),
                                    states=self.states(picture, of, k, True, False)))
            rule = say(f"step {k}: {len(kept)} kept, the others pruned", f"第 {k} 步：保留 {len(kept)} 个，其余剪掉")
            if finished:
                rule += say(f", {len(finished)} finished", f"，{len(finished)} 个已结束")
            best = kept[0] if kept else max(finished, key=lambda i: nodes[i].score, default=ROOT)
            total = self.number(nodes[best].total)
            likeliest = say(f"likeliest so far: {self.words(best)}  {total}", f"目前最可能：{self.words(best)}  {total}")
            found.append(SearchStep(rule, likeliest if here else "", self.states(picture, of, k, False, False)))
        won, greedy = self.tree.winner, greedy_path(self.tree)[-1]
        total = self.number(nodes[won].total)
        text = say(f"best: {self.words(won)}  {total}", f"最优：{self.words(won)}  {total}")
        if nodes[greedy].status == "pruned":
            other = say(f"greedy's path left the beam at step {nodes[greedy].step}: {self.words(greedy)}",
                        f"贪心路径在第 {nodes[greedy].step} 步被剪掉：{self.words(greedy)}")
        else:
            total = self.number(nodes[greedy].total)
            other = say(f"greedy: {self.words(greedy)}  {total}", f"贪心：{self.words(greedy)}  {total}")
        found.append(SearchStep(text, other, self.states(picture, of, 10**9, False, True)))
        return found

    @staticmethod
    def states(picture: Picture, of: list[int], step: int, undecided: bool, end: bool) -> list[str]:
        """Of each box: "hidden", "open" while it is not decided, "kept" for the winner before one knows, "" as it is drawn."""
        return ["hidden" if s > step else "open" if undecided and s == step else "kept" if box.kind == "won" and not end else ""
                for box, s in zip(picture.boxes, of, strict=True)]


def _shown(tree: SearchTree, max_steps: int, max_pruned: int, always: set[int]) -> list[int]:
    """The indices to draw, parents first, the best child of a node first; those of `always` in any case."""
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
                if pruned > max_pruned and i not in always:
                    continue
            shown.append(i)
    return shown


def _elide(picture: Picture, place: dict[int, int], tree: SearchTree, vocab: Vocabulary, max_steps: int, last: int,
           total: str, lang: str) -> None:
    """A note for the steps that are not drawn, where the best hypothesis leaves the drawing, and one below it."""
    path = tree.path(tree.winner)
    rest = [tree.nodes[i] for i in path[max_steps + 1 :]]
    more = last - max_steps
    said = {"en": f"… {more} more step{'s' if more > 1 else ''}", "zh": f"…… 还有 {more} 步"}
    said["both"] = f"{said['zh']}  {said['en']}"
    lines = [said[lang]]
    if rest:
        best = {"en": "the best path:", "zh": "最优路径：", "both": "最优路径 the best path:"}[lang]
        lines = [said[lang], best, *_wrap(rest, vocab), total]
    picture.boxes.append(Box("note", [(line, "detail") for line in lines]))
    picture.arrows.append(Arrow(place[path[: max_steps + 1][-1]], len(picture.boxes) - 1, marked=bool(rest), cut=True))
    drawn_of = {"en": f"the first {max_steps} of {last} steps are drawn", "zh": f"共 {last} 步，画出前 {max_steps} 步"}
    drawn_of["both"] = f"{drawn_of['zh']}  {drawn_of['en']}"
    picture.note = drawn_of[lang]


def _wrap(nodes: list[Node], vocab: Vocabulary, per_line: int = 4, limit: int = 16) -> list[str]:
    """The tokens of a path, four to a line, four lines at most."""
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
