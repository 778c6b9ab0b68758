"""The drawing of a search tree: what is in the DOT text, and that labels come out literally."""

import html
import itertools
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from clock import PATIENCE
from draw_tools import drawn, lines_shown, overlapping

from tinydawn.decode import beam_search
from tinydawn.errors import IdError
from tinydawn.viz import find_renderer
from tinydawn.viz.beam_tree import beam_tree, greedy_path
from tinydawn.viz.tree_layout import spread

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

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


# --- greedy's path, and the search step by step ---


def test_greedys_path_is_marked_as_far_as_the_beam_goes_along():
    for seed in range(4):
        tree = searched(seed=seed).tree
        path = greedy_path(tree)
        assert path[0] == 0
        for parent, i in itertools.pairwise(path):
            assert tree.nodes[i].parent == parent
            assert tree.nodes[i].log_prob == max(tree.nodes[k].log_prob for k in tree.children(parent))
        assert not tree.children(path[-1])
        nodes, edges = parts(beam_tree(tree, WORDS, max_pruned=0))
        assert {i for i, box in nodes.items() if box.greedy} == set(path), "drawn in any case, where pruned ones are not"
        assert {to for (_, to), arrow in edges.items() if arrow.greedy} == set(path[1:])
    svg = beam_tree(tree, WORDS).svg()
    assert svg.count('class="greedy"') == 2 * len(path) - 1, "every box and every arrow"
    assert "greedy's path" in svg


def test_columns_are_steps_and_nothing_overlaps():
    for tree in (searched().tree, searched(max_length=12, eos_bonus=-3.0, beam_size=4).tree):
        drawing = beam_tree(tree, WORDS, max_steps=12)
        found = drawn(drawing.svg()).boxes
        assert overlapping(found) == []
        node = [tree.nodes[box.members[0]].step if box.members else -1 for box in drawing.picture.boxes]
        for step in set(node) - {-1}:
            xs = [found[i][0] + found[i][2] / 2 for i, s in enumerate(node) if s == step]
            assert max(xs) - min(xs) <= 1.0


def test_a_column_is_spread_no_further_than_it_needs():
    assert spread([0.0, 0.0, 0.0], [10.0] * 3) == [-10.0, 0.0, 10.0]
    assert spread([0.0, 50.0], [10.0] * 2) == [0.0, 50.0]
    places = spread([5.0, 4.0, 80.0, 81.0], [10.0] * 4)
    assert all(b - a >= 10 - 1e-9 for a, b in itertools.pairwise(places))


def steps_in(page):
    return json.loads(re.search(r"^const steps = (.*);$", page, re.M)[1])


def test_the_page_goes_through_the_search(tmp_path):
    tree = searched().tree
    drawing = beam_tree(tree, WORDS, max_pruned=3, title="a search")
    steps = steps_in(drawing.save(tmp_path / "tree.html").read_text(encoding="utf-8"))
    last = max(node.step for node in tree.nodes)
    assert len(steps) == 2 * last + 2
    of = [tree.nodes[box.members[0]].step for box in drawing.picture.boxes]
    for k, step in enumerate(steps):
        now = (k + 1) // 2
        seen = {i for i, state in enumerate(step["states"]) if state != "hidden"}
        assert seen == {i for i, s in enumerate(of) if s <= now}, "what was looked at so far"
        undecided = {i for i, state in enumerate(step["states"]) if state == "open"}
        assert undecided == ({i for i, s in enumerate(of) if s == now} if 0 < k < len(steps) - 1 and k % 2 else set())
    kept = sum(node.step == 1 and node.status == "kept" for node in tree.nodes)
    assert steps[2]["rule"].startswith(f"step 1: {kept} kept, the others pruned")
    assert "finished" in " ".join(step["rule"] for step in steps)
    assert set(steps[-1]["states"]) == {""}, "at the end all is as it is drawn"
    assert steps[-1]["rule"].startswith("best: ")
    assert steps[-1]["sum"].startswith("greedy")
    assert f"{tree.nodes[tree.winner].total:.2f}".replace("-", "−") in steps[-1]["rule"]
    won = [i for i, box in enumerate(drawing.picture.boxes) if box.kind == "won"]
    assert all(steps[-2]["states"][i] == "kept" for i in won), "before the end nobody knows"


def test_frames_of_a_search(tmp_path):
    drawing = beam_tree(searched().tree, WORDS, lang="zh")
    paths = drawing.frames(tmp_path)
    assert len(paths) == len(steps_in(drawing.html()))
    roots = [ElementTree.parse(path).getroot() for path in paths]
    assert len({root.get("viewBox") for root in roots}) == 1
    counts = [sum(g.get("class", "").startswith("box") for g in root.iter("{http://www.w3.org/2000/svg}g")) for root in roots]
    assert counts == sorted(counts)
    assert counts[0] == 1
    assert counts[-1] == len(drawing.picture.boxes)
    assert "保留" in paths[2].read_text(encoding="utf-8")


def test_a_search_in_chinese_has_no_english_around_its_words():
    drawing = beam_tree(searched(max_length=30, eos_bonus=-3.0).tree, WORDS, max_steps=3, lang="zh")
    said = " ".join(lines_shown(drawing.svg()))
    assert all(word not in said for word in ("more step", "best path", "pruned", "greedy's"))
    assert all(word in said for word in ("还有", "最优路径", "贪心路径"))
    both = beam_tree(searched(max_length=30, eos_bonus=-3.0).tree, WORDS, max_steps=3, lang="both").svg()
    assert "more steps" in both
    assert "还有" in both


def test_a_cut_search_says_so():
    drawing = beam_tree(searched(max_length=30, eos_bonus=-3.0).tree, WORDS, max_steps=3)
    assert re.search(r"the first 3 of \d+ steps are drawn", drawing.svg())
    assert "steps are drawn" not in beam_tree(searched().tree, WORDS).svg()


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no chromium: the page is not tried in a browser")
def test_a_browser_goes_through_the_search(tmp_path):
    drawing = beam_tree(searched().tree, WORDS)
    path = tmp_path / "page.html"

    def shown(keys):
        press = "".join(f'document.dispatchEvent(new KeyboardEvent("keydown", {{key: "{key}"}}));' for key in keys)
        path.write_text(drawing.html().replace("</body>", f"<script>{press}</script></body>"), encoding="utf-8")
        done = subprocess.run([BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
                               "--dump-dom", path.as_uri()], capture_output=True, timeout=PATIENCE, check=True)
        groups = re.findall(r'<g class="(box [^"]*)" id="b\d+"', done.stdout.decode("utf-8"))
        assert len(groups) == len(drawing.picture.boxes)
        return sum("is-hidden" not in g for g in groups), sum("is-open" in g for g in groups)

    steps = steps_in(drawing.html())
    for keys, k in (([], 0), (["ArrowRight"] * 3, 3), (["End"], len(steps) - 1), (["End", "Home"], 0)):
        states = steps[k]["states"]
        assert shown(keys) == (len(states) - states.count("hidden"), states.count("open"))


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
