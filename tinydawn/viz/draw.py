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
from .beam_tree import beam_tree
from .compose import Look, names_of, picture_of
from .diagram import Diagram
from .formulas import language
from .merge import elide_steps, fold_layers, roll_steps
from .picture import Arrow, Box, Picture
from .scalars import scalars
from .snapshot import Snapshot, _Builder
from .steps import frames, page
from .themes import theme_of
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


@declared
@_collector_at_rest()
def draw(x: Tensor | Sequence[Tensor] | Trace | Module | Callable[[], Any] | SearchTree, *inputs: Any,
         depth: Depth = None, expand: Collection[str] | str = (), unfused: bool = False, backward: bool = False,
         model: Module | None = None, values: bool = True, parameters: Parameters = None, highlight: Any = None,
         fold: bool = True, max_steps: int = 8, rolled: bool = False, direction: Direction = None, theme: str = "light",
         lang: Language = None, title: str = "", timeout: float = 60.0, **more: Any) -> Diagram:
    """Draw a computation: `x` is

    a Tensor, or a list of them   the graph below it: every op, with shapes, values and gradients
    a model, then its inputs      what its forward does with them, by modules and by time
    a function of no arguments    all that happens in it: `td.draw(lambda: F.cross_entropy(model(x), y))`
    a Trace                       what happened inside `with td.viz.trace() as trace:`, backward() included
    a beam search's tree          see viz.beam_tree, which takes the other arguments

    depth       how deep to look into modules and steps: 0 one box per model, 1 its children, ...; "ops" every op;
                "formula" every op as its formula, without those that only move entries; "scalar" every number by itself.
                By default 1 where there are modules, else "ops"
    expand      modules (or steps) to open further, by name or path: "encoder", ["decoder", "t=0"]
    unfused     of a model or function: run the plain twin of every fast kernel, so that its primitives and steps show
    backward    of a model or function: run a backward pass too, for the drawing alone; no `.grad` is touched
    model       whose parameters are named by their path: encoder.weight_hh_l0
    values      show numbers: up to six as they are, of more mean, std and norm, and a small heat map
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
    timeout     seconds that the layout may take

    An arrow is as wide as the logarithm of the gradient's norm along it, where a backward pass is known; red is NaN or Inf.
    backward=True needs an output of one number, so draw the loss: `lambda: loss(model(x), y)`. Steps are seen where a loop is
    written as `for t in td.steps(n)`, and inside recurrent layers with unfused=True. Boxes that stand for several layers or steps
    show no numbers. Shares of highlight= are <share, gradient> / <gradient, gradient>: they add up to 100 %, and one that points
    the other way is negative; without a backward pass there are paths, and no shares.

    Returns a Diagram, which shows itself in a notebook: .save("x.svg" or .png, .pdf, .html, .dot), .svg(), .html(), .dot(),
    .frames(folder). Full PNG and PDF come from cairosvg where it is installed; else PNG is Graphviz's, without heat maps.

    A graph that backward() freed is gone: draw before, with retain_graph=True, or from a trace. A forward that fails is drawn
    up to the op that failed. With more than 400 boxes the picture collapses, and says so.

    Raises GraphError for what has no graph, RenderError (when it is rendered) where no Graphviz is installed.

    >>> import tinydawn as td
    >>> a = td.tensor(3.0, requires_grad=True, name="a")
    >>> td.draw(a * a)
    <Diagram of 2 boxes and 2 arrows; .save('graph.svg') draws it>
    """
    if isinstance(x, SearchTree):
        return beam_tree(x, *inputs, title=title, theme=theme, timeout=timeout, **more)
    if more:
        raise GraphError(message(f"draw: no option {next(iter(more))!r}", fix="help(td.draw) lists them"))
    colours = theme_of(theme)
    lang = lang or language()
    opened = (expand,) if isinstance(expand, str) else tuple(expand)
    builder, shot, outputs = _seen(x, inputs, unfused, backward, model)
    owner = _mark(builder, shot, outputs, highlight)
    if depth == "scalar":
        shot = scalars(shot)
    look = Look(_depth(depth, shot), opened, values, parameters or "drawn", None, lang)
    _check_names(shot, opened)
    if rolled and not any(g.kind == "step" for g in shot.groups):
        raise GraphError(message("draw: rolled=True, and there are no steps in this computation",
                                 fix="write the loop as `for t in td.steps(n)`; of a recurrent layer pass unfused=True"))
    shot = roll_steps(shot) if rolled else elide_steps(shot, max(4, max_steps))
    if fold and owner is None:  # what is highlighted may be in one of the layers alone
        shot = fold_layers(shot, opened)
    if parameters is None and isinstance(look.depth, str) and sum(v.kind == "parameter" for v in shot.vertices) > 8:
        look = replace(look, parameters="inside")
    if owner is not None:
        look = replace(look, highlight=(next(i for i, v in enumerate(shot.vertices) if v.marked), owner))
    picture = _within(shot, look)
    picture.title = title
    times = Counter(box.time for box in picture.boxes if box.time is not None and box.kind in ("op", "module", "step"))
    picture.columns = len(times) > 1
    if direction is None:
        direction = "LR" if picture.columns and max(times.values()) <= 4 else "TB"
    stepped = isinstance(look.depth, str)
    return Diagram(timeout=timeout, picture=picture, theme=colours, direction=direction,
                   page=(lambda diagram: page(diagram, shot, lang)) if stepped else None,
                   frames=(lambda diagram: frames(diagram, shot, lang)) if stepped else None)


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
        if inputs or unfused or backward:
            raise GraphError(message("draw: a trace is of what has happened, and takes no inputs, unfused= or backward=",
                                     fix="run it inside the trace: with td.unfused(), or loss.backward()"))
        if not x.records:
            raise GraphError(message("draw: nothing to draw", fix="compute something inside `with td.viz.trace() as trace:`"))
        builder = _Builder(model, ())
        return builder, builder.build(x, ()), []
    if isinstance(x, Module) or (callable(x) and not isinstance(x, Tensor)):
        names: Sequence[str] = ()
        if isinstance(x, Module):
            model = model or x
            names = [p for p in inspect.signature(x.forward).parameters if p not in ("args", "kwargs")]
        with twins() if unfused else contextlib.nullcontext():
            seen, outputs, error = watched(lambda: x(*inputs), backward)
        if not outputs and error is None:
            raise GraphError(message("draw: the function returned no Tensor", fix="return the loss, or the output"))
        if error is None and all(seen.made(o) is None for o in outputs):
            raise GraphError(message("draw: no op took part in what the function returned",
                                     fix="compute something from Tensors in it"))
        given = [(names[i] if i < len(names) else f"input {i + 1}", v) for i, v in enumerate(inputs) if hasattr(v, "shape")]
        builder = _Builder(model or next((m for m, _ in _modules(seen)), None), given)
        return builder, builder.build(seen, outputs), outputs
    if inputs:
        raise GraphError(message("draw: inputs were given, but no model", fix="draw(model, *inputs); names come with model="))
    if unfused or backward:
        raise GraphError(message("draw: a graph that is already there cannot be computed anew",
                                 fix="pass a function: td.draw(lambda: loss(x), unfused=True, backward=True)"))
    builder = _Builder(model, ())
    return builder, builder.build(x, ()), list(x) if isinstance(x, (list, tuple)) else [x]


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
            candidate.note = f"collapsed to depth {depth}: {ops:,} ops would make {asked:,} boxes"
            return candidate
        picture = candidate
    return _ends(picture, f"{ops:,} ops would make {asked:,} boxes: the first and the last {ENDS} are drawn")


def _level(shot: Snapshot, g: int) -> int:
    level = 0
    while shot.groups[g].parent >= 0:
        g, level = shot.groups[g].parent, level + 1
    return level


def _ends(picture: Picture, note: str) -> Picture:
    """A picture of the first and the last boxes, and one for all between them."""
    n = len(picture.boxes)
    kept = [*range(ENDS), *range(n - ENDS, n)]
    counts = Counter(box.lines[0][0].split("  ")[0] for box in picture.boxes[ENDS:n - ENDS])
    what = ", ".join(f"{name} × {count:,}" for name, count in counts.most_common(3))
    boxes = [picture.boxes[i] for i in kept]
    boxes.append(Box("note", [(f"… {n - 2 * ENDS:,} more …", "title"), (what, "detail")]))
    at = {i: k for k, i in enumerate(kept)}
    arrows: list[Arrow] = []
    seen = set()
    for a in picture.arrows:
        source, target = at.get(a.source, len(kept)), at.get(a.target, len(kept))
        outside = a.source not in at or a.target not in at
        if source != target and not (outside and (source, target) in seen):
            seen.add((source, target))
            arrows.append(Arrow(source, target, "" if outside else a.label, a.strength, a.bad, a.marked))
    for box in boxes:
        box.frame = -1
    return Picture(boxes, arrows, [], note=note)
