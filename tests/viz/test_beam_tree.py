"""The drawing of a search tree: what is in the DOT text, and that labels come out literally."""

import html
import re
import shutil
import subprocess

import numpy as np
import pytest

from tinydawn.decode import beam_search
from tinydawn.errors import IdError
from tinydawn.viz.beam_tree import beam_tree

WORDS = ["<bos>", "<eos>", "a|b", '"q"', "{x}", "c:d", "<b>", "e\\nf", "\n", "中国"]


def searched(seed=0, max_length=4, beam_size=3, eos_bonus=1.0):
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(len(WORDS), len(WORDS)))
    logits[:, 1] += eos_bonus
    table = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    step = lambda tokens, state: (table[tokens], state)
    result = beam_search(
        step, None, 1, 0, 1, max_length, beam_size=beam_size, length_normalization="length", keep_tree=True
    )
    return result[0]


def parse(source):
    """{node: attributes text}, {(from, to): attributes text} of DOT that graphviz wrote, one a line."""
    nodes = dict(re.findall(r"^\t(\w+) \[(.*)\]$", source, re.MULTILINE))
    for name in ("graph", "node", "edge"):
        nodes.pop(name, None)
    edges = {(a, b): rest for a, b, rest in re.findall(r"^\t(\w+) -> (\w+) \[(.*)\]$", source, re.MULTILINE)}
    return nodes, edges


def test_every_node_and_edge_once():
    result = searched()
    tree = result.tree
    nodes, edges = parse(beam_tree(tree, WORDS, max_pruned=3).source)
    assert set(nodes) == {f"n{i}" for i in range(len(tree.nodes))}
    assert set(edges) == {(f"n{node.parent}", f"n{i}") for i, node in enumerate(tree.nodes) if i}
    for i, node in enumerate(tree.nodes[1:], 1):
        assert f"{node.total:.2f}".replace("-", "−") in nodes[f"n{i}"]
        assert f"{node.log_prob:.2f}".replace("-", "−") in edges[f"n{node.parent}", f"n{i}"]


def test_kept_pruned_finished_and_the_winner_look_different():
    tree = searched().tree
    nodes, edges = parse(beam_tree(tree, WORDS, max_pruned=3).source)
    won = tree.path(tree.winner)
    assert {node.status for node in tree.nodes} == {"kept", "pruned", "finished"}
    for i, node in enumerate(tree.nodes):
        text = nodes[f"n{i}"]
        assert ("dashed" in text) == (node.status == "pruned")
        assert ("peripheries=2" in text) == (node.status == "finished")
        assert ("penwidth=2.5" in text) == (i in won)
        if i:
            assert ("penwidth=3" in edges[f"n{node.parent}", f"n{i}"]) == (i in won)
            assert ("dashed" in edges[f"n{node.parent}", f"n{i}"]) == (node.status == "pruned")


def test_same_tree_same_text():
    assert beam_tree(searched().tree, WORDS).source == beam_tree(searched().tree, WORDS).source


def test_pruned_ones_are_limited():
    tree = searched(beam_size=2).tree
    for max_pruned in (0, 1, 2):
        nodes, _ = parse(beam_tree(tree, WORDS, max_pruned=max_pruned).source)
        for parent in range(len(tree.nodes)):
            pruned = [i for i in tree.children(parent) if tree.nodes[i].status == "pruned" and f"n{i}" in nodes]
            assert len(pruned) <= max_pruned
        kept = {f"n{i}" for i, node in enumerate(tree.nodes) if node.status != "pruned"}
        assert kept <= set(nodes)


def test_long_searches_are_cut_with_a_note():
    result = searched(max_length=30, eos_bonus=-3.0)
    last = max(node.step for node in result.tree.nodes)
    assert last > 6
    nodes, edges = parse(beam_tree(result.tree, WORDS, max_steps=4).source)
    steps = [result.tree.nodes[int(name[1:])].step for name in nodes if name != "more"]
    assert max(steps) == 4
    assert f"… {last - 4} more steps" in nodes["more"]
    assert "dotted" in next(text for (_, to), text in edges.items() if to == "more")
    assert "more" not in parse(beam_tree(result.tree, WORDS, max_steps=last).source)[0]


def test_probabilities_and_ids():
    tree = searched().tree
    source = beam_tree(tree, probabilities=True, title="a < b").source
    nodes, _ = parse(source)
    assert 'label="a < b"' in source
    for i, node in enumerate(tree.nodes[1:], 1):
        if f"n{i}" in nodes:
            assert f'label="{node.token}\\n{np.exp(node.total):.2g}"' in nodes[f"n{i}"]


def test_a_vocab_object_is_taken_by_its_tokens():
    class Vocab:
        tokens = WORDS

    assert beam_tree(searched().tree, Vocab()).source == beam_tree(searched().tree, WORDS).source


def test_errors():
    with pytest.raises(IdError, match=r"(?s)token id \d is not in the vocabulary of 2.*side that was decoded"):
        beam_tree(searched().tree, WORDS[:2])
    with pytest.raises(ValueError, match="max_steps must be at least 1, got 0"):
        beam_tree(searched().tree, WORDS, max_steps=0)


def test_labels_are_literal_when_rendered():
    program = shutil.which("dot") or shutil.which("graphviz-pure")
    if program is None:
        pytest.skip("neither dot nor graphviz-pure is installed")
    tree = searched(beam_size=9, max_length=2).tree
    source = beam_tree(tree, WORDS, title='<i>"{t}"</i>').source
    svg = subprocess.run([program, "-Tsvg"], input=source.encode(), capture_output=True, timeout=60).stdout.decode()
    texts = {html.unescape(t).replace("\xa0", " ") for t in re.findall(r"<text[^>]*>(.*?)</text>", svg)}
    assert {"<bos>", "<eos>", "a|b", '"q"', "{x}", "c:d", "<b>", "e\\nf", "'\\n'", "中国", '<i>"{t}"</i>'} <= texts
