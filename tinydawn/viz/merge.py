"""Drawing one for many: equal layers as one with "x6", the middle steps of a long sequence as one, all steps as a loop."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

from .snapshot import Edge, Group, Snapshot

FEWEST = 3  # equal layers in a row that are drawn as one


def fold_layers(shot: Snapshot, opened: tuple[str, ...] = ()) -> Snapshot:
    """Runs of equal modules of a numbered list, each fed by the one before and with parameters of its own, become the first
    of them, named "x N"; but for runs of which one is to be `opened`."""
    for siblings in _families(shot, "module"):
        for run in _runs(shot, siblings, chained=True):
            numbered = all(shot.groups[g].name.rpartition(".")[2].isdigit() for g in run)
            if len(run) >= FEWEST and numbered and not _opens(shot, run, opened) and _own_parameters(shot, run):
                return fold_layers(merge(shot, run, f"× {len(run)}", layers=True), opened)
    return shot


def _opens(shot: Snapshot, run: list[int], opened: tuple[str, ...]) -> bool:
    """Whether one of these groups is to be opened, or a group inside it."""
    names = {name for g in run for name in (shot.groups[g].full_name, shot.groups[g].full_name.partition(".")[2],
                                            shot.groups[g].name) if name}
    return any(wanted == name or wanted.startswith(name + ".") for wanted in opened for name in names)


def _own_parameters(shot: Snapshot, run: list[int]) -> bool:
    """Whether no two of these groups share a parameter."""
    owners: list[set[int]] = [set() for _ in run]
    for v in shot.vertices:
        if v.owner >= 0:
            for g in _around(shot, v.group):
                if g in run:
                    owners[run.index(g)].add(v.owner)
    return sum(len(own) for own in owners) == len(set().union(*owners))


def elide_steps(shot: Snapshot, most: int) -> Snapshot:
    """Of a loop of more than `most` steps the first ones and the last two stay; those between become one."""
    for siblings in _families(shot, "step"):
        if len(siblings) > most:
            siblings = sorted(siblings, key=lambda g: shot.groups[g].time or 0)  # a network may read backwards
            middle = siblings[max(1, most - 3):-2]
            for run in sorted(_runs(shot, middle), key=len, reverse=True)[:1]:
                if len(run) > 1:
                    first, last = shot.groups[run[0]], shot.groups[run[-1]]
                    label = first.name.partition("=")[0]
                    merged = merge(shot, run, f"{label} = {first.time} … {last.time}")
                    if len(merged.vertices) < len(shot.vertices):
                        return elide_steps(merged, most)
    return shot


def roll_steps(shot: Snapshot) -> Snapshot:
    """All steps of a loop become one; what a step hands to the next becomes an arrow back, with a delay of one step."""
    for siblings in _families(shot, "step"):
        for run in _runs(shot, siblings):
            if len(run) > 1:
                name = shot.groups[run[0]].name.partition("=")[0]
                return roll_steps(merge(shot, run, f"each {name}", delayed=True))
    return shot


def merge(shot: Snapshot, run: list[int], label: str, delayed: bool = False, layers: bool = False) -> Snapshot:
    """A snapshot in which the groups of `run`, all alike, are one: the first, whose name becomes `label`.

    Ops are matched by their order. Edges from one of the groups to another are left out, or if `delayed` kept as such.
    """
    turn = {}  # which of the run a group is in
    for g in range(len(shot.groups)):
        inside = next((i for i in _around(shot, g) if i in run), None)
        if inside is not None:
            turn[g] = run.index(inside)
    members: list[list[int]] = [[] for _ in run]
    for i, v in enumerate(shot.vertices):
        if v.group in turn and v.kind in ("op", "failed"):
            members[turn[v.group]].append(i)
    alias = {i: members[0][k] for ops in members[1:] for k, i in enumerate(ops)}
    also: dict[int, list[str]] = {}
    for i, k in alias.items():
        also.setdefault(k, []).extend((shot.vertices[i].symbol, *shot.vertices[i].also))
    dropped = {i for i, v in enumerate(shot.vertices) if turn.get(v.group, 0) > 0}
    kept = {e.source for e in shot.edges if e.target not in dropped}
    dropped |= {e.source for e in shot.edges if e.target in dropped and e.source not in kept
                and shot.vertices[e.source].kind not in ("op", "failed")}  # a step's own word, which stands outside it
    given = _of_leaves(shot, alias)  # what the leaves of the later ones had of the gradient
    edges: list[Edge] = []
    seen: set[tuple[int, int]] = set()
    first = {(e.source, e.target) for e in shot.edges if e.source not in dropped and e.target not in dropped}
    for e in shot.edges:
        if e.source not in dropped and e.target not in dropped:
            more = given.get((shot.vertices[e.source].owner, e.target, e.position), ())
            edges.append(e if e.flow is None or not more else replace(e, flow=sum(more, e.flow)))
            continue
        if e.source in dropped and e.source not in alias:  # a leaf of a later one
            continue
        source, target = alias.get(e.source, e.source), alias.get(e.target, e.target)
        a, b = (turn.get(shot.vertices[i].group) for i in (e.source, e.target))
        across = a is not None and b is not None and a != b
        if (a is not None and a == b) or (across and not delayed) or (source, target) in seen:
            continue
        if not across and (source, target) in first:
            continue
        seen.add((source, target))
        edges.append(replace(e, source=source, target=target, delayed=across))
    marked = {alias[i] for i in alias if shot.vertices[i].marked}
    wrong = _wrong_of_all(shot, alias, dropped)
    words = _first_and_last(shot, dropped, alias)
    vertices = list(shot.vertices)
    for i, v in enumerate(vertices):
        if i in also:  # of several no single number is shown
            vertices[i] = replace(v, also=(*v.also, *also[i]), marked=v.marked or i in marked, value=None, gradient=None)
        elif layers and v.group in turn and v.kind == "parameter":
            vertices[i] = replace(v, value=None, gradient=None)
        elif i in words:
            vertices[i] = replace(v, label=words[i], symbol=words[i], value=None, gradient=None)
    for i, more_wrong in wrong.items():
        vertices[i] = replace(vertices[i], wrong=vertices[i].wrong | more_wrong)
    groups = [replace(g, repeat=g.repeat * len(run)) if layers and i == run[0] else g for i, g in enumerate(shot.groups)]
    if delayed:
        within = {i for i, v in enumerate(vertices) if v.group in turn}
        edges = [replace(e, flow=None) if e.source in within and e.target in within else e for e in edges]
    return _without(replace(shot, vertices=vertices, groups=groups), dropped, set(turn) - {g for g in turn if turn[g] == 0},
                    edges, alias, {run[0]: label})


def _first_and_last(shot: Snapshot, dropped: set[int], alias: dict[int, int]) -> dict[int, str]:
    """New labels of the data that goes into what stays, where each of the others had its own: "w2 … w7"."""
    kept = {(e.target, e.position): e.source for e in shot.edges if e.source not in dropped and e.target not in dropped}
    last: dict[int, str] = {}
    for e in shot.edges:
        own = shot.vertices[e.source]
        if e.source in dropped and own.kind == "input" and e.target in alias:
            stands = kept.get((alias[e.target], e.position))
            if stands is not None and shot.vertices[stands].kind == "input":
                last[stands] = own.label
    return {i: f"{shot.vertices[i].label} … {label}" for i, label in last.items() if label != shot.vertices[i].label}


def _wrong_of_all(shot: Snapshot, alias: dict[int, int], dropped: set[int]) -> dict[int, frozenset[str]]:
    """What is not finite in any of those that are left out, by the vertex that stands for it: an op, or its argument."""
    stands = {(e.target, e.position): e.source for e in shot.edges if e.source not in dropped and e.target not in dropped}
    found: dict[int, frozenset[str]] = {}
    for i, k in alias.items():
        found[k] = found.get(k, frozenset()) | shot.vertices[i].wrong
    for e in shot.edges:
        at = stands.get((alias.get(e.target, -1), e.position))
        if at is not None and e.source in dropped and e.source not in alias:
            found[at] = found.get(at, frozenset()) | shot.vertices[e.source].wrong
    return {k: wrong for k, wrong in found.items() if wrong}


def _of_leaves(shot: Snapshot, alias: dict[int, int]) -> dict[tuple[int, int, int], list[Any]]:
    """The gradients that went to parameters inside the groups that are left out, by owner, and by the use that stands for
    them: (owner, op, position)."""
    found: dict[tuple[int, int, int], list[Any]] = {}
    for e in shot.edges:
        owner = shot.vertices[e.source].owner
        if owner >= 0 and e.target in alias and e.flow is not None:
            found.setdefault((owner, alias[e.target], e.position), []).append(e.flow)
    return found


def _without(shot: Snapshot, vertices: set[int], groups: set[int], edges: list[Edge], alias: dict[int, int],
             names: dict[int, str]) -> Snapshot:
    """`shot` with those vertices and groups gone, numbered anew."""
    kept = [i for i in range(len(shot.vertices)) if i not in vertices]
    kept_groups = [g for g in range(len(shot.groups)) if g not in groups]
    at = {i: k for k, i in enumerate(kept)}
    group_at = {g: k for k, g in enumerate(kept_groups)} | {-1: -1}
    return Snapshot(
        [replace(shot.vertices[i], group=group_at[shot.vertices[i].group]) for i in kept],
        [replace(e, source=at[e.source], target=at[e.target]) for e in edges],
        [replace(shot.groups[g], parent=group_at[shot.groups[g].parent], label=names.get(g, shot.groups[g].label))
         for g in kept_groups],
        list(dict.fromkeys(at[alias.get(i, i)] for i in shot.outputs if alias.get(i, i) in at)),
        [(at[i], k) for i, k in shot.backward if i in at])


def _around(shot: Snapshot, g: int) -> list[int]:
    """The groups that g is in, itself first."""
    found = []
    while g >= 0:
        found.append(g)
        g = shot.groups[g].parent
    return found


def _families(shot: Snapshot, kind: str) -> list[list[int]]:
    """Groups of that kind that share a parent, in order; steps of one name, cells of one module."""
    families: dict[tuple[int, str], list[int]] = {}
    for i, g in enumerate(shot.groups):
        if kind == g.kind == "step" and not g.label:
            families.setdefault((g.parent, g.name.partition("=")[0]), []).append(i)
        elif kind == "module" and g.kind == "module" and g.time is None and not g.label:
            families.setdefault((g.parent, g.title), []).append(i)
    return [family for family in families.values() if len(family) > 1]


def _runs(shot: Snapshot, siblings: list[int], chained: bool = False) -> list[list[int]]:
    """Siblings next to each other that hold the same ops; with `chained` each must also feed the next."""
    inside: dict[int, list[int]] = {g: [] for g in siblings}
    place: dict[int, int] = {}
    for i, v in enumerate(shot.vertices):
        for g in _around(shot, v.group):
            if g in inside:
                place[i] = g
                if v.kind in ("op", "failed"):
                    inside[g].append(i)
                break
    feeds = {(place[e.source], place[e.target]) for e in shot.edges if e.source in place and e.target in place}
    likeness = {g: (shot.groups[g].detail, tuple((shot.vertices[i].label, shot.vertices[i].shape) for i in ops))
                for g, ops in inside.items()}
    runs: list[list[int]] = [[siblings[0]]]
    for before, g in pairwise(siblings):
        if inside[g] and likeness[g] == likeness[before] and (not chained or (before, g) in feeds):
            runs[-1].append(g)
        else:
            runs.append([g])
    return runs


def label_of(group: Group) -> str:
    return group.label or group.name
