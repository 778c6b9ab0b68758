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
import weakref
import zlib
from collections.abc import Callable, Iterator, Sequence
from heapq import heappop, heappush, heappushpop
from typing import Any

import numpy as np

from . import graph, ops
from .backend import like, xp_of
from .errors import AnomalyError, DTypeError, GraphError, ShapeError, message, user_line
from .graph import Node, Traced
from .guards.explain import describe

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
    t.data, t._node = array, node
    return t


def walk(roots: Sequence[Node], seeds: Sequence[Any], targets: set[Node] | None, create_graph: bool,
         retain_graph: bool, stop: bool = False) -> dict[Node, Any]:
    """Gradients of sum(root * seed) at the leaves below `roots`, or at `targets`, with nothing below them if `stop`.

    Raw arrays in, raw arrays out (of a leaf perhaps ops.Rows); with create_graph Tensors, themselves recorded. Nothing
    outside is written: the caller stores the gradients, when all of them are there.
    """
    needed = None if targets is None else leading_to(targets, roots, stop)  # only what leads to a target is computed
    gradients: dict[Node, Any] = {}
    pending: list[tuple[int, Node]] = []  # a heap, newest first, of the nodes that have a gradient to pass on: not of leaves
    owned: set[Node] = set()  # nodes whose gradient is a buffer that was made here, and may be added to in place
    deferred: dict[Node, list[ops.Outer]] = {}  # outer products still to be added
    result: dict[Node, Any] = {}
    get, take, watched = gradients.get, gradients.pop, bool(observers)

    def receive(parent: Node, gx: Any, op: graph.Op) -> None:
        """Add `gx` to the gradient of `parent`: every case but the plainest."""
        total = get(parent)
        if total is None and parent.op is not None:
            heappush(pending, (-parent.order, parent))
        kind = type(gx)
        if kind is ops.Rows:
            if parent.op is None and (total is None or type(total) is ops.Rows):
                gradients[parent] = gx if total is None else total.join(gx)
                return
            gx = gx.dense()
        elif kind is ops.Part:
            if parent not in owned:
                gradients[parent] = xp_of(gx.g).zeros(parent.shape, dtype=parent.dtype)
                owned.add(parent)
                if total is not None:
                    gradients[parent] += total.dense() if type(total) is ops.Rows else total
            gx.add_to(gradients[parent])
            return
        elif kind is ops.Outer:
            if total is not None:
                deferred.setdefault(parent, []).append(gx)
                return
            gx = ops.sum_outer([gx])
        if gx.shape != parent.shape:
            if not op.broadcasts and kind is not ops.Outer:
                raise GraphError(f"the formula of {op.name} returned shape {gx.shape} for an argument of {parent.shape}")
            gx = ops.sum_to(gx, parent.shape)
        if gx.dtype != parent.dtype:
            gx = ops.astype(gx, dtype=parent.dtype)
        if total is None:
            gradients[parent] = gx
        elif parent in owned:
            gradients[parent] += gx
        else:
            gradients[parent] = total + gx
            if not create_graph:
                owned.add(parent)

    for root, seed in zip(roots, seeds, strict=True):
        if root not in gradients and root.op is not None:
            heappush(pending, (-root.order, root))
        gradients[root] = gradients[root] + seed if root in gradients else seed
    newest: Any = heappop(pending) if pending else None
    while newest is not None:
        node = newest[1]
        newest = None  # or one that is not on the heap yet: in a chain it never has to go there
        g = take(node)
        op = node.op
        if deferred and node in deferred:
            g = g + ops.sum_outer(deferred.pop(node)).astype(node.dtype, copy=False)
        if targets is not None and node in targets:
            result[node] = g
            if stop:
                newest = heappop(pending) if pending else None
                continue
        args, y = node.saved, node.out
        if args is None:
            raise _freed(node)
        parents, settings = node.parents, node.settings
        if create_graph:
            # A constant may stay an array: NumPy's gives way to a Tensor beside it. One of a device does not.
            args = [wrap(a, p) if (a is not p if p is not None else xp_of(a) is not np) else a
                    for a, p in zip(args, parents, strict=True)]
            y = wrap(y, node) if y is not None else None
        if watched:
            notify(node, g, None, -1)
        pair = op.pair
        rules: Any = op.vjp
        if pair:
            a, b = args
        elif op.joint is not None:
            needs = [p is not None for p in parents] if needed is None else [p in needed for p in parents]
            found = op.joint(g, y, *args, needs=needs, **settings)
        i = -1
        for parent in parents:
            i += 1
            if parent is None or (needed is not None and parent not in needed):
                continue
            if pair:  # most calls: spelled out, they cost a third
                gx = rules[i](g, y, a, b)
            elif op.joint is None:
                gx = rules[i](g, y, *args, **settings)
            else:
                gx = found[i]
            if gx is None:
                continue
            if watched:
                notify(node, g, gx, i)
            if parent in gradients or gx.shape != parent.shape or gx.dtype is not parent.dtype:
                receive(parent, gx, op)
            else:
                gradients[parent] = gx
                if parent.op is not None:
                    if newest is not None:
                        heappush(pending, newest)
                    newest = (-parent.order, parent)
        if not retain_graph:
            node.parents = ()
            node.saved = node.out = None
        if newest is not None:
            newest = heappushpop(pending, newest)
        elif pending:
            newest = heappop(pending)
    for leaf, g in gradients.items():  # what is left
        if leaf in deferred:
            g = g + ops.sum_outer(deferred[leaf]).astype(leaf.dtype, copy=False)
        result[leaf] = g
    return result


def seed_of(output: Any, gradient: Any, name: str, create_graph: bool) -> Any:
    """The gradient a pass starts with: ones for a scalar, else what the caller gave, checked."""
    if not isinstance(output, Traced):
        raise DTypeError(message(f"{name}: the output is a {type(output).__name__}, not a Tensor",
                                 fix="compute it from Tensors with requires_grad=True"))
    if output._node is None:
        raise GraphError(message(
            f"{name}: this Tensor of shape {output.data.shape} depends on nothing that requires a gradient",
            fix="make the inputs with requires_grad=True, and compute outside no_grad; argmax, comparisons, .item(), .numpy() "
                "and .detach() pass no gradient on"))
    if gradient is None:
        if output.data.size != 1:
            raise GraphError(message(
                f"{name}: a gradient starts from one number, and this Tensor has shape {output.data.shape}",
                fix="reduce it first, such as .sum() or .mean(), or pass gradient= of the same shape"))
        array: Any = xp_of(output.data).ones_like(output.data)
        return wrap(array, None) if create_graph else array
    array = gradient.data if isinstance(gradient, Traced) else like(np.asarray(gradient), output.data)
    if array.shape != output.data.shape:
        raise ShapeError(message(f"{name}: the gradient has shape {array.shape}, the output {output.data.shape}",
                                 fix="pass one of the output's shape"))
    array = array.astype(output.data.dtype, copy=False)
    if create_graph:
        return gradient if isinstance(gradient, Traced) and array is gradient.data else wrap(array, None)
    return array


def store(gradients: dict[Node, Any], seeds: Sequence[Any], create_graph: bool) -> None:
    """Add the gradients found to the `.grad` of their leaves. No two leaves may come to share memory."""
    leaves = [(t, node, g) for node, g in gradients.items() if (t := node.tensor()) is not None]
    for t, node, _ in leaves:
        before = t._grad
        if before is not None and type(before) is not ops.Rows and getattr(before, "shape", None) != node.shape:
            raise ShapeError(message(
                f"backward: the .grad of a Tensor of shape {node.shape} was set to {describe(before)[:60]}",
                fix="set .grad to None, or to a Tensor of the same shape"))
    taken = {id(_owner(s.data if create_graph else s)) for s in seeds}
    for t, _, g in leaves:
        if create_graph:
            t.grad = _unshared(g, taken) if t.grad is None else t.grad + g
        elif type(g) is ops.Rows and (t._grad is None or type(t._grad) is ops.Rows):
            t._grad = g if t._grad is None else t._grad.join(g)
        elif t._grad is not None:
            t.grad = wrap(t.grad.data + g, None)
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
    owner = _owner(g.data)
    if id(owner) in taken or owner.size != g.data.size or not getattr(g.data.flags, "writeable", True):
        g = ops.clone(g)
    taken.add(id(_owner(g.data)))
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
        taken = {id(_owner(s.data if create_graph else s)) for s in seeds}
        for i, x in enumerate(sources):
            g = found.get(x._node)
            g = g.dense() if type(g) is ops.Rows else g
            if g is None and not allow_unused:
                raise GraphError(message(f"grad: no output depends on input {i}, of shape {x.data.shape}",
                                         fix="pass allow_unused=True to get None for it, or check how the output is computed"))
            out.append(None if g is None else _unshared(g if isinstance(g, Traced) else wrap(graph.as_array(g), None), taken))
    return tuple(out)


@contextlib.contextmanager
def detect_anomaly() -> Iterator[None]:
    """Inside, find the op that first makes a NaN, forward or backward, and any array changed in between.

    Raises AnomalyError naming the op, the shapes, and the line of the forward call. Several times slower: for debugging.
    """
    lines: weakref.WeakKeyDictionary[Node, str] = weakref.WeakKeyDictionary()
    prints: weakref.WeakKeyDictionary[Node, list[tuple[Any, int]]] = weakref.WeakKeyDictionary()

    def fingerprint(a: Any) -> int:
        return zlib.crc32(np.ascontiguousarray(a).view(np.uint8).data) if a.size else 0

    def values(g: Any) -> Any:
        """The array of a gradient: of a Tensor, of one that is still a Part or an Outer, or itself."""
        return g.data if isinstance(g, Traced) else g.g if isinstance(g, (ops.Part, ops.Outer, ops.Rows)) else g

    def has_nan(a: Any) -> bool:
        if isinstance(a, float):
            return a != a
        return getattr(a, "dtype", None) is not None and a.dtype.kind == "f" and bool(xp_of(a).isnan(a).any())

    def forward_seen(name: str, node: Node | None, out: Any, arrays: Sequence[Any]) -> None:
        if has_nan(out) and not any(has_nan(a) for a in arrays):
            shapes = " and ".join(describe(a) for a in arrays)
            raise AnomalyError(message(f"detect_anomaly: {name} made a NaN from {shapes}, which hold none",
                                       fix="look for log or sqrt of what is not positive, 0/0, or inf - inf"))
        if node is not None:
            lines[node] = user_line()
            settings = [a for s in node.settings.values() for a in (s if isinstance(s, tuple) else (s,))]  # such as an index
            kept = [a for a in (*node.saved, node.out, *settings) if isinstance(a, np.ndarray)]
            prints[node] = [(a, fingerprint(a)) for a in kept]

    def backward_seen(node: Node, g: Any, given: Any, i: int) -> None:
        name, line = node.op.name if node.op else "leaf", lines.get(node, "")
        if given is None:
            for a, before in prints.get(node, []):
                if fingerprint(a) != before:
                    raise AnomalyError(message(
                        f"detect_anomaly: an array of shape {a.shape} that {name} saved was changed between forward and backward",
                        fix="before backward(), no optimizer.step(), and nothing written into .data or by x[i] = v",
                        at=line or None))
        elif has_nan(values(given)) and not has_nan(values(g)):
            raise AnomalyError(message(f"detect_anomaly: the gradient of {name} is NaN where its output's is not",
                                       fix="look for a root or log at 0, or a division by 0", at=line or None))

    with np.errstate(invalid="ignore"), graph.observe(forward_seen):  # the NaN is reported here, with more to go on
        observers.append(backward_seen)
        try:
            yield
        finally:
            observers.remove(backward_seen)
