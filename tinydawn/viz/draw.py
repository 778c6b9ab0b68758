"""td.draw: a computation as a diagram."""

from __future__ import annotations

import contextlib
import difflib
import gc
import inspect
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from ..checks import declared, is_whole
from ..decode.tree import SearchTree
from ..errors import GraphError, message
from ..kernels.fuse import unfused as twins
from ..nn.module import Module
from ..tensor import Tensor
from . import figure
from .beam_tree import beam_tree
from .compose import Look, names_of, picture_of
from .diagram import Diagram
from .expected import mark_expected
from .formulas import language
from .in_time import in_time
from .merge import elide_steps, fold_layers, roll_steps
from .picture import SIZES, SLIDE_SIZES, Arrow, Box, Picture
from .scalars import scalars
from .slide import leaner
from .snapshot import Snapshot, _Builder, subscripted
from .steps import frames, parts
from .themes import theme_of
from .together import together, without_ones
from .trace import Trace, watched

MOST = 400  # boxes in a picture: more take minutes to lay out, and nobody reads them
ENDS = 30  # of a computation that has no modules to collapse into: ops drawn from its beginning and its end


@contextlib.contextmanager
def _collector_at_rest() -> Iterator[None]:
    """A drawing makes small objects by the million, and none of them is garbage: looking for some took most of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _one_of(name: str, what: str, x: Any, words: tuple[str | None, ...]) -> Any:
    """A rule for `declared`: one of these words."""
    if x not in words:
        raise GraphError(message(f"{name}: {what}={x!r}", fix=f"one of {', '.join(repr(word) for word in words if word)}"))
    return x


def _a_depth(name: str, what: str, x: Any) -> int | str | None:
    """A rule for `declared`: how deep to look, or None."""
    if not (x is None or (is_whole(x) and x >= 0) or x in ("ops", "formula", "scalar")):
        raise GraphError(message(f"{name}: {what}={x!r}", fix='a number from 0, "ops", "formula" or "scalar"'))
    return x


Depth = Annotated[int | str | None, _a_depth]
Parameters = Annotated[str | None, partial(_one_of, words=(None, "drawn", "inside", "hidden"))]
Direction = Annotated[str | None, partial(_one_of, words=(None, "TB", "LR", "BT", "RL"))]
Language = Annotated[str | None, partial(_one_of, words=(None, "en", "zh", "both"))]
Aspect = Annotated[str | None, partial(_one_of, words=(None, "slide"))]


@declared
@_collector_at_rest()
def draw(x: Tensor | Sequence[Tensor] | Trace | Module | Callable[[], Any] | SearchTree, *inputs: Any,
         depth: Depth = None, expand: Collection[str] | str = (), unfused: bool = False, backward: bool = False,
         model: Module | None = None, values: bool = True, parameters: Parameters = None, highlight: Any = None,
         fold: bool = True, max_steps: int = 8, rolled: bool = False, direction: Direction = None, theme: str = "light",
         lang: Language = None, title: str = "", aspect: Aspect = None, legend: bool | None = None, transparent: bool = False,
         expected: Sequence[tuple[str, Any]] = (), timeout: float = 60.0, **more: Any) -> Diagram:
    """Draw a computation: `x` is

    a Tensor, or a list of them   the graph below it: every op, with shapes, values and gradients
    a model, then its inputs      what its forward does with them, by modules and by time
    a function of no arguments    all that happens in it: `td.draw(lambda: F.cross_entropy(model(x), y))`
    a Trace                       what happened inside `with td.viz.trace() as trace:`, backward() included; of Tensors that are
                                  given after it, only what they depend on
    a beam search's tree          see viz.beam_tree, which takes the other arguments

    depth       how deep to look into modules and steps: 0 one box per model, 1 its children, ...; "ops" every op;
                "formula" every op as its formula, without those that only move entries or multiply by 1; what leads to one
                with a name, a Tensor's .name or a gate of a recurrent cell, is written into its formula; "scalar" every
                number by itself. By default 1 where there are modules, else "ops"
    expand      modules (or steps) to open further, by name or path: "encoder", ["decoder", "t=0"]
    unfused     of a model or function: run the plain twin of every fast kernel, so that its primitives and steps show
    backward    of a model or function: run a backward pass too, for the drawing alone; no `.grad` is touched
    model       whose parameters are named by their path: encoder.weight_hh_l0
    values      show numbers: up to six as they are, of more their mean and std, of a gradient its norm, and a small heat map
    parameters  "drawn" as boxes of their own, "inside" the box of the op that uses them, "hidden". By default drawn, or inside
                where there are many
    highlight   a parameter, or (output, parameter): every path from it, and how much of its gradient each use gives
    fold        draw equal layers in a row once, "× 6"
    max_steps   of a longer loop the middle is drawn as one step, "t = 3 … 18"
    rolled      draw all steps of a loop as one, with an arrow back that is a step late
    direction   "TB" from top to bottom, "LR" from left to right; by default what suits
    theme       "light", "dark" or "print", which needs no colour
    lang        "en", "zh", or "both"; by default what the variable TINYDAWN_LANG says, else "en"
    title       a line above the drawing
    aspect      "slide": 16 by 9, every text at least 20 of 1080 pixels high when it fills the slide. Long rows and columns are
                folded, with a line from the end of one to the beginning of the next; of what still does not fit the middle is
                left out, and counted. Without `direction` what fits best is taken. .dot() stays as it is
    legend      what colours, widths and dashes mean, of what is in the drawing; by default on a slide
    transparent no ground, so that the drawing takes the slide's; in SVG, PNG and HTML
    expected    pairs of a name and a value that the computation should come by, in order: an op that has such a value gets the
                name and a tick, and where the first is missing the op that should have it is red
    timeout     seconds that the layout may take

    An arrow is as wide as the logarithm of the gradient's norm along it, where a backward pass is known; red is NaN or Inf,
    wherever it is, also in what stands for several; the -inf of a mask is meant. Data without a name of its own is called by the
    argument that it was given as, or by the step that reads it: x₃.
    backward=True needs an output of one number, so draw the loss: `lambda: loss(model(x), y)`. Steps are seen where a loop is
    written as `for t in td.steps(n)`, and inside recurrent layers with unfused=True. At a depth that is a number what only joins
    the states of steps, for each to be taken out again, is not drawn: arrows go from step to step. Boxes that stand
    for several layers or steps show no numbers. Shares of highlight= are <share, gradient> / <gradient, gradient>: they add up
    to 100 %, and one that points
    the other way is negative; without a backward pass there are paths, and no shares.

    Returns a Diagram, which shows itself in a notebook: .save("x.svg" or .png, .pdf, .html, .dot), .svg(), .html(), .dot(),
    .frames(folder). Full PNG and PDF come from cairosvg where it is installed; else PNG is Graphviz's, without heat maps
    or folds.

    A graph that backward() freed is gone: draw before, with retain_graph=True, or from a trace. A forward that fails is drawn
    up to the op that failed. With more than 400 boxes the picture collapses, and says so.

    Raises GraphError for what has no graph, RenderError (when it is rendered) where no Graphviz is installed.

    >>> import tinydawn as td
    >>> a = td.tensor(3.0, requires_grad=True, name="a")
    >>> td.draw(a * a)
    <Diagram of 2 boxes and 2 arrows; .save('graph.svg') draws it>
    """
    lang = lang or language()
    title = figure.relabel(title) if figure.relabel and title else title
    if isinstance(x, SearchTree):
        return beam_tree(x, *inputs, title=title, theme=theme, lang=lang, aspect=aspect, legend=legend, transparent=transparent,
                         timeout=timeout, **more)
    if more:
        raise GraphError(message(f"draw: no option {next(iter(more))!r}", fix="help(td.draw) lists them"))
    colours = theme_of(theme)
    opened = (expand,) if isinstance(expand, str) else tuple(expand)
    builder, shot, outputs = _seen(x, inputs, unfused, backward, model)
    owner = _mark(builder, shot, outputs, highlight)
    mark_expected(shot, expected, lang)
    if depth == "scalar":
        shot = scalars(shot)
    level = _depth(depth, shot)
    look = Look(level, opened, values, parameters or "drawn", None, lang, code=level == "ops" and depth != "scalar")
    _check_names(shot, opened)
    if rolled and not any(g.kind == "step" for g in shot.groups):
        raise GraphError(message("draw: rolled=True, and there are no steps in this computation",
                                 fix="write the loop as `for t in td.steps(n)`; of a recurrent layer pass unfused=True"))

    if not isinstance(look.depth, str):
        shot = in_time(shot)

    def picture_with(most: int) -> Picture:
        """The picture in which of longer loops so many steps are drawn."""
        seen = roll_steps(shot) if rolled else elide_steps(shot, max(4, most))
        if fold and owner is None:  # what is highlighted may be in one of the layers alone
            seen = fold_layers(seen, opened)
        if depth == "formula" and owner is None:
            seen = together(without_ones(seen))
        own = look
        crowded = any(v.whole for v in seen.vertices) or sum(v.kind == "parameter" for v in seen.vertices) > 8
        if parameters is None and isinstance(look.depth, str) and crowded:
            own = replace(own, parameters="inside")
        if owner is not None:
            own = replace(own, highlight=(next(i for i, v in enumerate(seen.vertices) if v.marked), owner))
        picture = _within(seen, own)
        slide = aspect == "slide"
        picture = replace(picture, title=title, shot=seen, lang=lang, transparent=transparent, slide=slide,
                          legend=slide if legend is None else legend, sizes=SLIDE_SIZES if slide else SIZES)
        picture.columns = len(_times(picture)) > 1
        return picture

    def fewer() -> Iterator[Picture]:
        """From the whole picture to ever less of it: less in each box, then fewer steps, then its two ends alone."""
        yield picture
        for level in (1, 2, 3, 4) if len(picture.boxes) <= 60 else (4,):
            yield leaner(picture, level)
        barest = leaner(picture, 4)
        steps = {g.time for g in shot.groups if g.time is not None}
        for most in range(min(max_steps, len(steps)) - 1, 3, -1) if picture.columns else ():
            barest = leaner(picture_with(most), 4)
            yield barest
        for ends in (20, 14, 10, 7, 5, 3, 2):
            n = len(barest.boxes)
            if n > 2 * ends + 1:
                left = _said(lang, f"{n - 2 * ends} of {n} boxes are left out", f"省略了 {n} 个方框中的 {n - 2 * ends} 个")
                bare = _ends(barest, lang, "\n".join(part for part in (barest.note, left) if part), ends)
                yield replace(barest, boxes=bare.boxes, arrows=bare.arrows, frames=[], note=bare.note, columns=False)

    picture = picture_with(max_steps)
    suits = "LR" if picture.columns and max(_times(picture).values()) <= 4 else "TB"
    either = ("LR",) if suits == "LR" else ("TB", "LR")
    stepped = isinstance(look.depth, str)
    return Diagram(timeout=timeout, picture=picture, theme=colours, direction=direction or suits,
                   parts=(lambda diagram: parts(diagram, lang)) if stepped else None,
                   frames=(lambda diagram: frames(diagram, lang)) if stepped else None,
                   slides=((direction,) if direction else either, fewer) if aspect == "slide" else None)


def _times(picture: Picture) -> Counter[int]:
    """How many boxes there are of each step."""
    return Counter(box.time for box in picture.boxes if box.time is not None and box.kind in ("op", "module", "step"))


def _check_names(shot: Snapshot, expand: tuple[str, ...]) -> None:
    known = list(dict.fromkeys(name for g in shot.groups for name in names_of(g)))
    for name in expand:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            there = f"it has {', '.join(known[:12])}" if known else "it has no modules and no steps"
            raise GraphError(message(f"draw: expand={name!r} is no part of this computation",
                                     fix=f"did you mean {close[0]!r}?" if close else there))


def _seen(x: Any, inputs: tuple[Any, ...], unfused: bool, backward: bool, model: Module | None,
          ) -> tuple[_Builder, Snapshot, list[Tensor]]:
    """The snapshot of whatever was given."""
    if isinstance(x, type):
        raise GraphError(message(f"draw: {x.__name__} is a class", fix=f"make one first: {x.__name__}(...)"))
    if isinstance(x, Trace):
        if unfused or backward:
            raise GraphError(message("draw: a trace is of what has happened, and takes no unfused= or backward=",
                                     fix="run it inside the trace: with td.unfused(), or loss.backward()"))
        if not x.records:
            raise GraphError(message("draw: nothing to draw", fix="compute something inside `with td.viz.trace() as trace:`"))
        for each in inputs:
            if not isinstance(each, Tensor) or x.made(each) is None:
                raise GraphError(message(f"draw: this {type(each).__name__} was not computed inside the trace",
                                         fix="give Tensors that ops made inside it, or the trace alone"))
        builder = _Builder(model or [module for module, _ in _modules(x)], ())
        return builder, builder.build(x, inputs), list(inputs)
    if isinstance(x, Module) or (callable(x) and not isinstance(x, Tensor)):
        if isinstance(x, Module):
            model = model or x
        names = _names_of_inputs(x.forward if isinstance(x, Module) else x, inputs)
        with twins() if unfused else contextlib.nullcontext():
            seen, outputs, error = watched(lambda: x(*inputs), backward)
        if not outputs and error is None:
            raise GraphError(message("draw: the function returned no Tensor", fix="return the loss, or the output"))
        if error is None and all(seen.made(o) is None for o in outputs):
            raise GraphError(message("draw: no op took part in what the function returned",
                                     fix="compute something from Tensors in it"))
        given = [(name, v) for name, value in zip(names, inputs, strict=True) for name, v in _each(name, value)]
        builder = _Builder(model or [module for module, _ in _modules(seen)], given)
        return builder, builder.build(seen, outputs), outputs
    if inputs:
        raise GraphError(message("draw: inputs were given, but no model", fix="draw(model, *inputs); names come with model="))
    if unfused or backward:
        raise GraphError(message("draw: a graph that is already there cannot be computed anew",
                                 fix="pass a function: td.draw(lambda: loss(x), unfused=True, backward=True)"))
    builder = _Builder(model, ())
    return builder, builder.build(x, ()), list(x) if isinstance(x, (list, tuple)) else [x]


def _names_of_inputs(function: Callable[..., Any], inputs: tuple[Any, ...]) -> list[str]:
    """What a function calls what it is given; of *words each by its place. "" where that cannot be known."""
    try:
        bound = inspect.signature(function).bind(*inputs)
    except (TypeError, ValueError):  # a built-in, or not what it takes, which its call will say
        return [""] * len(inputs)
    names: list[str] = []
    for name, value in bound.arguments.items():
        many = bound.signature.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
        name = "x" if name == "args" else name
        names += [subscripted(name, k) for k in range(len(value))] if many and len(value) > 1 else [name]
    return names


def _each(name: str, value: Any) -> list[tuple[str, Any]]:
    """An array and its name; of a list of arrays every one, x₀, x₁, ..., unless it has a name of its own."""
    if isinstance(value, (list, tuple)):
        return [(subscripted("x", k), v) for k, v in enumerate(value) if hasattr(v, "shape") and not getattr(v, "name", "")]
    return [(name, value)] if name and hasattr(value, "shape") else []


def _modules(seen: Trace) -> list[tuple[Module, int]]:
    """The outermost modules that were called."""
    return [record.path[0] for record in seen.records if record.path and isinstance(record.path[0][0], Module)]  # type: ignore[misc]


def _depth(depth: int | str | None, shot: Snapshot) -> int | str:
    if depth is None:
        return 1 if any(g.kind == "module" for g in shot.groups) else "ops"
    return "ops" if depth == "scalar" else depth


def _mark(builder: _Builder, shot: Snapshot, outputs: list[Tensor], highlight: Any) -> int | None:
    """Mark the vertex of the output in which paths are to end; returns the number of the parameter they start from."""
    if highlight is None:
        return None
    end, parameter = highlight if isinstance(highlight, (tuple, list)) else (outputs[0] if outputs else None, highlight)
    if isinstance(parameter, str):
        owners = [v.owner for v in shot.vertices if v.owner >= 0 and parameter in (v.label, v.label.rpartition(".")[2])]
    else:
        owners = [builder.owners[id(parameter)]] if id(parameter) in builder.owners else []
    if not owners:
        raise GraphError(message("draw: the parameter to highlight is not part of this computation",
                                 fix="pass a parameter that was used, or its name"))
    at = builder.place.get(end._node) if isinstance(end, Tensor) and end._node is not None else None
    if at is None:
        at = shot.outputs[0]
    shot.vertices[at].marked = True
    return owners[0]


def _within(shot: Snapshot, look: Look) -> Picture:
    """The picture at this level, or if that has more than MOST boxes, at the deepest that has not."""
    if len(shot.vertices) > 20 * MOST:
        look = replace(look, values=False)
    picture = picture_of(shot, look)
    asked, ops = len(picture.boxes), sum(v.kind == "op" for v in shot.vertices)
    if asked <= MOST:
        return picture
    deepest = max((_level(shot, g) for g in range(len(shot.groups))), default=-1)
    start = deepest if isinstance(look.depth, str) else min(look.depth - 1, deepest)
    for depth in range(start, -1, -1):
        candidate = picture_of(shot, replace(look, depth=depth, expand=()))
        if len(candidate.boxes) <= MOST:
            said = _said(look.lang, f"collapsed to depth {depth}: {ops:,} ops would make {asked:,} boxes",
                         f"已收起到第 {depth} 层：{ops:,} 个运算要画 {asked:,} 个方框")
            candidate.note = "\n".join(part for part in (candidate.note, said) if part)
            return candidate
        picture = candidate
    return _ends(picture, look.lang, _said(
        look.lang, f"{ops:,} ops would make {asked:,} boxes: the first and the last {ENDS} are drawn",
        f"{ops:,} 个运算要画 {asked:,} 个方框：只画最前和最后各 {ENDS} 个"))


def _said(lang: str, english: str, chinese: str) -> str:
    return {"en": english, "zh": chinese, "both": f"{chinese}  {english}"}[lang]


def _level(shot: Snapshot, g: int) -> int:
    level = 0
    while shot.groups[g].parent >= 0:
        g, level = shot.groups[g].parent, level + 1
    return level


def _ends(picture: Picture, lang: str, note: str, ends: int = ENDS) -> Picture:
    """A picture of the first and the last boxes, and one for all between them."""
    n = len(picture.boxes)
    kept = [*range(ends), *range(n - ends, n)]
    counts = Counter(box.lines[0][0].split("  ")[0] for box in picture.boxes[ends:n - ends])
    what = ", ".join(f"{name[:24]} × {count:,}" for name, count in counts.most_common(3))
    boxes = [replace(picture.boxes[i], frame=-1) for i in kept]
    more = _said(lang, f"… {n - 2 * ends:,} more …", f"…… 另有 {n - 2 * ends:,} 个 ……")
    boxes.append(Box("note", [(more, "title"), (what, "detail")], bad=any(box.bad for box in picture.boxes[ends:n - ends])))
    at = {i: k for k, i in enumerate(kept)}
    arrows: list[Arrow] = []
    seen = set()
    for a in picture.arrows:
        source, target = at.get(a.source, len(kept)), at.get(a.target, len(kept))
        outside = a.source not in at or a.target not in at
        if source != target and not (outside and (source, target) in seen):
            seen.add((source, target))
            arrows.append(Arrow(source, target, "" if outside else a.label, a.strength, a.bad, a.marked))
    return Picture(boxes, arrows, [], note=note)
