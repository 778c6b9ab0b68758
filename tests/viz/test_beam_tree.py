"""The drawing of a search tree: what is in the DOT text, and that labels come out literally."""

import html
import re

import numpy as np
import pytest

from tinydawn.decode import beam_search
from tinydawn.errors import IdError
from tinydawn.viz import find_renderer
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


def parts(drawing):
    """{tree node: box}, {(parent, child): arrow} of a drawing; None stands for the note of what is not drawn."""
    boxes = drawing.picture.boxes
    node = [box.members[0] if box.members else None for box in boxes]
    arrows = {(node[a.source], node[a.target]): a for a in drawing.picture.arrows}
    return dict(zip(node, boxes, strict=True)), arrows


def test_every_node_and_edge_once():
    tree = searched().tree
    nodes, edges = parts(beam_tree(tree, WORDS, max_pruned=3))
    assert set(nodes) == set(range(len(tree.nodes)))
    assert set(edges) == {(node.parent, i) for i, node in enumerate(tree.nodes) if i}
    for i, node in enumerate(tree.nodes[1:], 1):
        assert nodes[i].lines[1][0] == f"{node.total:.2f}".replace("-", "−")
        assert edges[node.parent, i].label == f"{node.log_prob:.2f}".replace("-", "−")


def test_kept_pruned_finished_and_the_winner_look_different():
    tree = searched().tree
    nodes, edges = parts(beam_tree(tree, WORDS, max_pruned=3))
    won = tree.path(tree.winner)
    assert {node.status for node in tree.nodes} == {"kept", "pruned", "finished"}
    for i, node in enumerate(tree.nodes):
        box = nodes[i]
        assert box.kind == ("won" if i in won else "pruned" if node.status == "pruned" else "kept")
        assert (box.double, box.strong) == (node.status == "finished", i in won)
        if i:
            arrow = edges[node.parent, i]
            assert (arrow.marked, arrow.cut) == (i in won, node.status == "pruned")
    source = beam_tree(tree, WORDS, max_pruned=3).dot()
    assert source.count("peripheries=2") == sum(node.status == "finished" for node in tree.nodes)
    assert source.count("penwidth=2.5") == len(won)
    assert source.count("style=dotted") == sum(node.status == "pruned" for node in tree.nodes)


def test_same_tree_same_text():
    assert beam_tree(searched().tree, WORDS).source == beam_tree(searched().tree, WORDS).source


def test_pruned_ones_are_limited():
    tree = searched(beam_size=2).tree
    for max_pruned in (0, 1, 2):
        nodes, _ = parts(beam_tree(tree, WORDS, max_pruned=max_pruned))
        for parent in range(len(tree.nodes)):
            pruned = [i for i in tree.children(parent) if tree.nodes[i].status == "pruned" and i in nodes]
            assert len(pruned) <= max_pruned
        kept = {i for i, node in enumerate(tree.nodes) if node.status != "pruned"}
        assert kept <= set(nodes)


def test_long_searches_are_cut_with_a_note():
    result = searched(max_length=30, eos_bonus=-3.0)
    last = max(node.step for node in result.tree.nodes)
    assert last > 6
    drawing = beam_tree(result.tree, WORDS, max_steps=4)
    nodes, edges = parts(drawing)
    assert max(result.tree.nodes[i].step for i in nodes if i is not None) == 4
    assert nodes[None].lines[0][0].startswith(f"… {last - 4} more steps")
    assert next(arrow.cut for (_, to), arrow in edges.items() if to is None)
    assert "more step" not in beam_tree(result.tree, WORDS, max_steps=last).source


def test_probabilities_and_ids():
    tree = searched().tree
    drawing = beam_tree(tree, probabilities=True, title="a < b")
    nodes, _ = parts(drawing)
    assert 'label="a < b"' in drawing.dot()
    assert len(nodes) > 3
    for i, box in nodes.items():
        if i:
            assert [text for text, _ in box.lines] == [str(tree.nodes[i].token), f"{np.exp(tree.nodes[i].total):.2g}"]


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
    if find_renderer() is None:
        pytest.skip("neither dot nor graphviz-pure is installed")
    tree = searched(beam_size=9, max_length=2).tree
    svg = beam_tree(tree, WORDS, title='<i>"{t}"</i>').svg()
    texts = {html.unescape(t).replace("\xa0", " ") for t in re.findall(r"<text[^>]*>(.*?)</text>", svg)}
    assert {"<bos>", "<eos>", "a|b", '"q"', "{x}", "c:d", "<b>", "e\\nf", "'\\n'", "中国", '<i>"{t}"</i>'} <= texts
