"""The backward pass: walk the graph from an output to the leaves, newest node first.

Why in that order? Take `b = a + a; c = b + b`. The gradient of `a` needs the whole gradient of `b`, and that comes
over two edges. Whoever follows edges as they come visits b twice, once per edge, and everything below it twice as
often: right in the end only if each visit passes on its share alone, and in time 2^n for n such steps. A topological
order visits a node once, after everything that uses it. Nodes are numbered as they are made, and a node is always
older than its users, so descending numbers are such an order.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Callable, Sequence
from heapq import heappop, heappush, heappushpop
from typing import Any

import numpy as np

from . import graph, ops
from .backend import like, xp_of
from .errors import DTypeError, GraphError, ShapeError, message
from .gradients import Lazy, Outers, Picked, Rows, Summed
from .graph import Node, Traced
from .guards import writes
from .guards.explain import describe

accumulate_in_place = False  # True: who holds x.grad sees the next pass add to it, as in PyTorch. See tinydawn.torch

# Called as the walk proceeds: with (node, its gradient, None, -1) before a node, and then for each argument i that gets
# a gradient with (node, its gradient, the argument's, i).
observers: list[Callable[..., None]] = []


def collect(roots: Sequence[Node], stop: set[Node] | None = None) -> list[Node]:
    """Every node that `roots` depend on, oldest first, and nothing below `stop`. Iterative: depth costs no stack."""
    seen = set(roots)
    stack = list(seen)
    while stack:
        node = stack.pop()
        if node.saved is None:
            raise _freed(node)
        if stop is None or node not in stop:
            new = {parent for parent in node.parents if parent is not None} - seen
            seen |= new
            stack.extend(new)
    return sorted(seen, key=operator.attrgetter("order"))


def _freed(node: Node) -> GraphError:
    return GraphError(message(
        f"backward: the graph was freed by an earlier backward pass (at the {node.op.name if node.op else 'leaf'} of shape "
        f"{node.shape})", fix="compute the output again, or call the first backward with retain_graph=True"))


def leading_to(targets: set[Node], roots: Sequence[Node], stop: bool) -> set[Node]:
    """Those of the nodes below `roots` through which a gradient reaches `targets`; nothing below a target, if `stop`."""
    needed = set(targets)
    for node in collect(roots, targets if stop else None):
        if not needed.isdisjoint(node.parents):
            needed.add(node)
    return needed


def notify(node: Node, g: Any, gx: Any, i: int) -> None:
    for observe in observers:
        observe(node, g, gx, i)


def wrap(array: Any, node: Node | None) -> Any:
    """A Tensor that stands in the graph at `node`."""
    t = graph.new_tensor(graph.tensor_type)
    t.array, t._node = array, node
    return t


def walk(roots: Sequence[Node], seeds: Sequence[Any], targets: set[Node] | None, create_graph: bool,
         retain_graph: bool, stop: bool = False) -> dict[Node, Any]:
    """Gradients of sum(root * seed) at the leaves below `roots`, or at `targets`, with nothing below them if `stop`.

    Raw arrays in, raw arrays out (of a leaf perhaps Rows); with create_graph Tensors, themselves recorded. Nothing outside
    is written: the caller stores the gradients, when all of them are there. The same loop, bare, is `backward` in plain.py.
    """
    needed = None if targets is None else leading_to(targets, roots, stop)  # only what leads to a target is computed
    gradients: dict[Node, Any] = {}  # what has come so far, of every node that was reached and not yet visited
    owned: set[Node] = set()  # those whose gradient is an array made here: it may be added to in place
    waiting: list[tuple[int, Node]] = []  # those that pass their gradient on, newest first: a heap
    result: dict[Node, Any] = {}
    take, watched, newest_write = gradients.pop, bool(observers), writes.newest
    deferred = False  # whether products of outer gradients are still to be taken: see Outers
    for root, seed in zip(roots, seeds, strict=True):
        if root not in gradients and root.op is not None and (needed is None or root in needed):
            heappush(waiting, (-root.order, root))
        gradients[root] = gradients[root] + seed if root in gradients else seed
    # The next to be visited is kept off the heap: in a chain that is always the parent, and the heap is never used.
    following: Any = heappop(waiting) if waiting else None
    while following is not None:
        node = following[1]
        following = None
        g = take(node)
        if deferred and type(g) is Outers:
            g = g.dense()
        if node.hooks:
            g = hooked_gradient(node, g, create_graph)
        if targets is not None and node in targets:
            result[node] = g
            if stop:
                following = heappop(waiting) if waiting else None
                continue
        op, args, y = node.op, node.saved, node.out
        if args is None:
            raise _freed(node)
        parents, settings = node.parents, node.settings
        if node.order < newest_write:
            check_unwritten(node, g, needed)
        if create_graph:
            args, y = _as_tensors(node)
        if watched:
            notify(node, g, None, -1)
        pair, rules = op.pair, op.vjp
        if pair:  # most ops: two arguments and no settings. Without `*args, **settings` the call below costs a third less
            a, b = args
        elif op.joint is not None:
            if op.overwrites and not create_graph:
                g = _of_this_node_alone(g, node, owned, result)
                if parents[0] is not None and parents[0] not in gradients:
                    owned.add(parents[0])
            found = op.joint(g, y, *args, needs=[wanted(p, needed) for p in parents], **settings)
        for i, parent in enumerate(parents):
            if parent is None or (needed is not None and parent not in needed):
                continue
            if pair:
                gx = rules[i](g, y, a, b)
            elif op.joint is None:
                gx = rules[i](g, y, *args, **settings)
            else:
                gx = found[i]
            if gx is None:
                continue
            if watched:
                notify(node, g, gx, i)
            if parent in gradients:
                gradients[parent] = total = added(gradients[parent], gx, parent, op, owned, create_graph)
                deferred = deferred or type(total) is Outers
                continue
            if gx.shape != parent.shape or gx.dtype is not parent.dtype:
                gx = added(None, gx, parent, op, owned, create_graph)
            gradients[parent] = gx
            if parent.op is not None:
                if following is not None:
                    heappush(waiting, following)
                following = (-parent.order, parent)
        if not retain_graph:
            node.parents = ()
            node.saved = node.out = None
        if following is not None:
            following = heappushpop(waiting, following)
        elif waiting:
            following = heappop(waiting)
    for leaf, g in gradients.items():
        g = g.dense() if type(g) in (Outers, Summed) else g.rows() if type(g) is Picked else g
        result[leaf] = hooked_gradient(leaf, g, create_graph) if leaf.hooks else g
    return result


def _of_this_node_alone(g: Any, node: Node, owned: set[Node], result: dict[Node, Any]) -> Any:
    """`g`, the gradient of `node`, as an array that may be written: a copy, if others may hold it."""
    alone = node in owned and node not in result and not node.hooks and not observers
    return graph.as_array(g if alone else g.copy())  # of 0-d arrays NumPy makes numbers


def hooked_gradient(node: Node, g: Any, create_graph: bool) -> Any:
    """The gradient of `node` after its hooks, each of which may give another in its place, and keep what it was given.

    What retain_grad asks for is what all others have made of it, in whatever order they came.
    """
    g = g.dense() if isinstance(g, Rows) else g.dense(node.shape) if isinstance(g, Lazy) else g
    hooks = node.hooks or []
    if len(hooks) == 1 and _keeps(hooks[0]) and type(g) is np.ndarray:  # retain_grad's alone
        hooks[0](wrap(g.copy(), None))
        return g
    for hook in sorted(hooks, key=_keeps):
        given = hook(g if create_graph else wrap(graph.as_array(g.copy()), None))
        if given is None:
            continue
        if not isinstance(given, Traced) or given.array.shape != node.shape:
            raise GraphError(message(f"register_hook: a hook returned {describe(given)[:60]} for a gradient of {node.shape}",
                                     fix="a Tensor of this shape, or None to leave the gradient as it is"))
        g = given if create_graph else given.array.astype(node.dtype)
    return g


def _keeps(hook: Any) -> bool:
    """Whether a hook is retain_grad's, which comes last: it keeps what the others made of the gradient."""
    return getattr(hook, "retains", False)


def check_unwritten(node: Node, g: Any, needed: set[Node] | None) -> None:
    """An error if something that the formulas of `node` need was written since its op was computed."""
    changed = writes.written_since(node.order, (node.saved, node.out, node.settings))
    if changed is not None and reads_written(node, g, needed):
        raise GraphError(message(
            f"backward: an array of shape {changed.shape} that {node.op.name if node.op else 'a leaf'} saved was changed "
            "between forward and backward", fix="no x += y, x[i] = v or optimizer.step() in between; write x = x + y, or take "
                                                "x.clone() first"))


def reads_written(node: Node, g: Any, needed: set[Node] | None) -> bool:
    """Whether a formula that this pass will use reads an array that was written: `x * 2` saves x, and needs only the 2."""
    op = node.op
    if op is None or writes.written_since(node.order, node.settings) is not None:
        return True
    if op.only_shapes:
        return False
    if not op.pair:
        return True
    # A node in the place of an array has its shape, and says so when it is computed with.
    a, b, y = [node if writes.written_since(node.order, (x,)) is not None else x for x in (*node.saved, node.out)]
    try:
        for parent, rule in zip(node.parents, op.vjp, strict=True):
            if wanted(parent, needed) and rule is not None:
                rule(g, y, a, b)
    except GraphError:
        return True
    return False


def wanted(parent: Node | None, needed: set[Node] | None) -> bool:
    """Whether the pass computes the gradient of this parent."""
    return parent is not None and (needed is None or parent in needed)


def added(total: Any, gx: Any, parent: Node, op: graph.Op, owned: set[Node], create_graph: bool) -> Any:
    """The gradient of `parent`, of which `total` (or None) had come, and now `gx` from a formula of `op`."""
    if isinstance(gx, Lazy):
        joined = gx.join(total, parent, owned)
        if joined is not None:
            return joined
        gx = gx.dense(parent.shape)
    if gx.shape != parent.shape:
        if not op.broadcasts:
            raise GraphError(f"the formula of {op.name} returned shape {gx.shape} for an argument of {parent.shape}")
        gx = ops.sum_to(gx, parent.shape)
    if gx.dtype != parent.dtype:
        gx = ops.astype(gx, dtype=parent.dtype)
    if total is None:
        return gx
    if parent in owned:
        total += gx
        return total
    if not create_graph:  # what is recorded is never written to
        owned.add(parent)
    return total + gx


def _as_tensors(node: Node) -> tuple[list[Any], Any]:
    """What a node has saved, its arguments and its output, as Tensors that stand where they stood in the graph."""
    # A constant may stay an array: NumPy's gives way to a Tensor beside it. One of a device does not.
    args = [wrap(a, p) if (a is not p if p is not None else xp_of(a) is not np) else a
            for a, p in zip(node.saved, node.parents, strict=True)]
    return args, wrap(node.out, node) if node.out is not None else None


def seed_of(output: Any, gradient: Any, name: str, create_graph: bool) -> Any:
    """The gradient a pass starts with: ones for a scalar, else what the caller gave, checked."""
    if not isinstance(output, Traced):
        raise DTypeError(message(f"{name}: the output is a {type(output).__name__}, not a Tensor",
                                 fix="compute it from Tensors with requires_grad=True"))
    if output._node is None:
        raise GraphError(message(
            f"{name}: this Tensor of shape {output.array.shape} depends on nothing that requires a gradient",
            fix="make the inputs with requires_grad=True, and compute outside no_grad; argmax, comparisons, .item(), .numpy() "
                "and .detach() pass no gradient on"))
    if gradient is None:
        if output.array.size != 1:
            raise GraphError(message(
                f"{name}: a gradient starts from one number, and this Tensor has shape {output.array.shape}",
                fix="reduce it first, such as .sum() or .mean(), or pass gradient= of the same shape"))
        array: Any = xp_of(output.array).ones_like(output.array)
        return wrap(array, None) if create_graph else array
    array = gradient.array if isinstance(gradient, Traced) else like(np.asarray(gradient), output.array)
    if array.shape != output.array.shape:
        raise ShapeError(message(f"{name}: the gradient has shape {array.shape}, the output {output.array.shape}",
                                 fix="pass one of the output's shape"))
    array = array.astype(output.array.dtype, copy=False)
    if create_graph:
        return gradient if isinstance(gradient, Traced) and array is gradient.array else wrap(array, None)
    return array


def store(gradients: dict[Node, Any], seeds: Sequence[Any], create_graph: bool) -> None:
    """Add the gradients found to the `.grad` of their leaves. No two leaves may come to share memory."""
    leaves = [(t, node, g) for node, g in gradients.items() if (t := node.tensor()) is not None]
    for t, node, _ in leaves:
        if t.array.shape != node.shape:
            raise ShapeError(message(f"backward: a leaf of shape {node.shape} got another shape, {t.array.shape}, after forward",
                                     fix="no x.data = ... of another shape in between; compute again"))
        before = t._grad
        if before is not None and type(before) is not Rows and getattr(before, "shape", None) != node.shape:
            raise ShapeError(message(
                f"backward: the .grad of a Tensor of shape {node.shape} was set to {describe(before)[:60]}",
                fix="set .grad to None, or to a Tensor of the same shape"))
    taken = {id(_owner(s.array if create_graph else s)) for s in seeds}
    for t, _, g in leaves:
        if create_graph:
            t.grad = _unshared(g, taken) if t.grad is None else t.grad + g
        elif type(g) is Rows and (t._grad is None or type(t._grad) is Rows):
            t._grad = g if t._grad is None else t._grad + g
        elif t._grad is not None:
            before = t.grad.array
            if accumulate_in_place and before.dtype == g.dtype and getattr(before.flags, "writeable", True):
                before += g
                graph.wrote(before)
            else:
                t.grad = wrap(before + g, None)
        else:
            owner = _owner(g)
            if not isinstance(g, np.ndarray) and not graph.is_array(g):
                g = graph.as_array(g)
            elif id(owner) in taken or owner.size != g.size or not getattr(g.flags, "writeable", True):
                g = g.copy()
            taken.add(id(owner))
            t._grad = wrap(g, None)


def _unshared(g: Traced, taken: set[int]) -> Any:
    """`g`, a recorded gradient, or a recorded copy if its memory is among `taken` or it is a view."""
    owner = _owner(g.array)
    if id(owner) in taken or owner.size != g.array.size or not getattr(g.array.flags, "writeable", True):
        g = ops.clone(g)
    taken.add(id(_owner(g.array)))
    return g


def _owner(a: Any) -> Any:
    """The array whose memory `a` looks into, itself if its own."""
    base = getattr(a, "base", None)
    return a if base is None or not hasattr(base, "size") else base


def backward(output: Any, gradient: Any = None, retain_graph: bool = False, create_graph: bool = False) -> None:
    """Add d output / d leaf to the `.grad` of every leaf that `output` depends on. See Tensor.backward."""
    seed = seed_of(output, gradient, "backward", create_graph)
    with graph.enable_grad() if create_graph else contextlib.nullcontext():
        gradients = walk([output._node], [seed], None, create_graph, retain_graph or create_graph)
        store(gradients, [seed], create_graph)


def grad(outputs: Any, inputs: Any, grad_outputs: Any = None, retain_graph: bool | None = None,
         create_graph: bool = False, allow_unused: bool = False) -> tuple[Any, ...]:
    """The gradients of sum(outputs * grad_outputs) with respect to `inputs`, without touching any `.grad`.

    outputs       a Tensor or a list of them; each a scalar unless grad_outputs says what to start from
    inputs        a Tensor, or a list of them, leaves or not
    retain_graph  keep the graph for another pass; by default kept only with create_graph
    create_graph  record the gradients themselves, so that they can be differentiated again, to any order
    allow_unused  give None for an input that no output depends on, instead of an error

    Returns a tuple with one Tensor per input, also for a single one: `(g,) = td.grad(y, x)`.

    >>> import tinydawn as td
    >>> x = td.tensor(2.0, requires_grad=True)
    >>> (dy,) = td.grad(x ** 3, x, create_graph=True)
    >>> dy, td.grad(dy, x)
    (tensor(12., requires_grad=True), (tensor(12.),))
    """
    sources, results = [[x] if isinstance(x, Traced) or not hasattr(x, "__iter__") else list(x) for x in (inputs, outputs)]
    starts = list(grad_outputs) if isinstance(grad_outputs, (list, tuple)) and not isinstance(outputs, Traced) else [grad_outputs]
    if grad_outputs is None:
        starts = starts * len(results)
    if len(starts) != len(results):
        raise ShapeError(message(f"grad: {len(starts)} grad_outputs for {len(results)} outputs",
                                 fix="one per output, of its shape; None for an output that is one number"))
    seeds = [seed_of(o, s, "grad", create_graph) for o, s in zip(results, starts, strict=True)]
    for i, x in enumerate(sources):
        if not isinstance(x, Traced) or x._node is None:
            raise GraphError(message(f"grad: input {i} requires no gradient", fix="make it with requires_grad=True"))
    out = []
    with graph.enable_grad() if create_graph else contextlib.nullcontext():
        found = walk([o._node for o in results], seeds, {x._node for x in sources}, create_graph,
                     create_graph if retain_graph is None else retain_graph)
        taken = {id(_owner(s.array if create_graph else s)) for s in seeds}
        for i, x in enumerate(sources):
            g = found.get(x._node)
            g = g.dense() if isinstance(g, Rows) else g
            if g is None and not allow_unused:
                raise GraphError(message(f"grad: no output depends on input {i}, of shape {x.array.shape}",
                                         fix="pass allow_unused=True to get None for it, or check how the output is computed"))
            out.append(None if g is None else _unshared(g if isinstance(g, Traced) else wrap(graph.as_array(g), None), taken))
    return tuple(out)
