"""The page that goes through forward and backward: its steps, and that a real browser shows them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from clock import PATIENCE

import tinydawn as td
from tinydawn import autograd, nn
from tinydawn.viz import RenderError, find_renderer

pytestmark = pytest.mark.skipif(find_renderer() is None, reason="neither dot nor graphviz-pure is installed")
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def neuron(**options) -> tuple[td.viz.Diagram, td.Tensor, td.Tensor]:
    a, b = td.tensor(2.0, requires_grad=True, name="a"), td.tensor(-3.0, requires_grad=True, name="b")
    return td.draw(lambda: td.tanh(a * b + a * a * 0.5), backward=True, direction="LR", **options), a, b


def steps_in(page: str) -> list[dict]:
    return json.loads(re.search(r"^const steps = (.*);$", page, re.M)[1])


def gradients_at(steps: list[dict], k: int) -> dict[int, str]:
    shown: dict[int, str] = {}
    for step in steps[:k + 1]:
        shown.update({int(b): text for b, text in step["gradients"].items()})
    return shown


def test_forward_in_order_then_rules_newest_first_with_their_numbers():
    diagram, a, b = neuron()
    steps = steps_in(diagram.html())
    rules = [step["rule"] for step in steps]
    assert rules == [
        "what goes in", "v1 = a · b", "v2 = a · a", "v3 = v2 · 0.5", "v4 = v1 + v3", "v5 = tanh v4", "dL/dv5 = 1",
        "dL/dv4 = dL/dv5 · (1 − v5²)", "dL/dv1 = dL/dv4", "dL/dv3 = dL/dv4", "dL/dv2 = dL/dv3 · 0.5", "dL/da = dL/dv2 · a",
        "dL/da += dL/dv2 · a", "dL/da += dL/dv1 · b", "dL/db = dL/dv1 · a", "every gradient has arrived",
    ]  # fmt: skip
    assert steps[1]["sum"] == "= 2 · −3 = −6"
    td.tanh(a * b + a * a * 0.5).backward()
    last = gradients_at(steps, len(steps) - 1)
    for name, leaf in (("a", a), ("b", b)):
        boxes = [i for i, box in enumerate(diagram.picture.boxes) if box.lines[0][0] == name]
        shown = {last[i].removeprefix("gradient: ").replace("−", "-") for i in boxes}
        assert len(shown) == 1, "every use shows the whole gradient"
        assert float(shown.pop()) == pytest.approx(leaf.grad.item(), rel=1e-3)
    assert gradients_at(steps, 5) == {}, "before the backward pass there is no gradient, not 0"


def test_accumulation_shows_what_has_come_together():
    steps = steps_in(neuron()[0].html())
    first, second, third = (s for s in steps if s["rule"].startswith("dL/da"))
    assert "together" not in first["sum"]
    assert second["sum"].startswith("+= ")
    assert "together" in third["sum"]


def test_without_backward_it_says_so():
    a = td.tensor(2.0, requires_grad=True, name="a")
    steps = steps_in(td.draw(lambda: a * a).html())
    assert steps[-1]["rule"] == "no backward pass was run: gradients are not computed"
    assert all(not step["gradients"] for step in steps)


def test_a_trace_has_the_steps_of_its_own_backward_pass():
    w, x = nn.Parameter(td.tensor([[0.5, -1.0]]), name="w"), td.tensor([[2.0, 1.0]], name="x")
    with td.viz.trace() as trace:
        (x @ w.T).sum().backward()
    steps = steps_in(td.draw(trace).html())
    final = list(gradients_at(steps, len(steps) - 1).values())
    np.testing.assert_array_equal(w.grad.numpy(), [[2.0, 1.0]])
    assert "gradient: 2, 1" in final


@pytest.mark.parametrize("lang", ["en", "zh", "both"])
def test_the_page_is_one_file_and_asks_for_nothing(lang):
    page = neuron(lang=lang)[0].html()
    assert not re.search(r"""(src|href)=|@import|url\(|https?://(?!www\.w3\.org/2000/svg)""", page)
    assert ("反向" in page) == (lang != "en")


def test_hostile_names_stay_text():
    a = td.tensor(2.0, requires_grad=True, name="</script><script>alert(1)</script>")
    page = td.draw(lambda: a * a, backward=True, title="<b>&").html()
    assert page.count("<script>") == 1
    assert page.count("</script>") == 1
    assert "alert(1)" in json.dumps(steps_in(page))


def test_frames_are_numbered_well_formed_and_of_one_size(tmp_path):
    diagram = neuron()[0]
    paths = diagram.frames(tmp_path / "slides")
    assert [p.name for p in paths][:2] == ["001.svg", "002.svg"]
    assert len(paths) == len(steps_in(diagram.html()))
    sizes = {ElementTree.parse(p).getroot().get("viewBox") for p in paths}
    assert len(sizes) == 1
    assert "gradient: " not in paths[4].read_text(encoding="utf-8")
    assert paths[-1].read_text(encoding="utf-8").count("gradient: ") == len([
        1 for box in diagram.picture.boxes for _, role in box.lines if role == "gradient"])


def test_a_drawing_of_modules_has_no_frames(tmp_path):
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    with pytest.raises(RenderError, match="has no steps"):
        td.draw(model, td.randn(1, 2), depth=1).frames(tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no chromium: the page is not tried in a browser")
def test_a_browser_steps_through_the_page_with_its_keys(tmp_path):
    diagram, a, b = neuron()
    count = len(steps_in(diagram.html()))

    def after(keys: list[str]) -> str:
        press = "".join(f'document.dispatchEvent(new KeyboardEvent("keydown", {{key: "{key}"}}));' for key in keys)
        path = tmp_path / "page.html"
        path.write_text(diagram.html().replace("</body>", f"<script>{press}</script></body>"), encoding="utf-8")
        done = subprocess.run([BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
                               "--dump-dom", path.as_uri()], capture_output=True, timeout=PATIENCE, check=True)
        return done.stdout.decode("utf-8")

    def visible(dom: str, role: str) -> list[str]:
        return re.findall(rf'<text [^>]*class="{role}"[^>]*>([^<]*)</text>', dom)

    assert visible(after([]), "gradient") == [], "hidden ones have the class off"
    assert f'<span id="count">3 / {count}</span>' in after(["ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"])
    td.tanh(a * b + a * a * 0.5).backward()
    shown = {float(text.removeprefix("gradient: ").replace("−", "-")) for text in visible(after(["End"]), "gradient")}
    for leaf in (a, b):
        assert any(value == pytest.approx(leaf.grad.item(), rel=1e-3) for value in shown)


def test_a_graph_that_backward_left_is_stepped_through_both_ways() -> None:
    w = td.tensor([1.0, 2.0], requires_grad=True, name="w")
    loss = ((w * 3 - 1) ** 2).sum()
    assert "no backward pass was run" in td.draw(loss).html()
    loss.backward(retain_graph=True)
    page = td.draw(loss).html()
    assert "no backward pass was run" not in page
    assert "dL/dw = dL/dv1 · 3" in page
    assert w.grad.tolist() == [12, 30], "drawing touches no gradient"
    assert "gradient: 4, 10" in page, "that of an op"
    calls = []
    h = w * 2
    h.register_hook(lambda g: calls.append(g))
    loss = h.sum()
    loss.backward(retain_graph=True)
    td.draw(loss).html()
    assert len(calls) == 1, "the user's hook is not called for a drawing"
    loss = (w * w).sum()
    with td.no_grad():
        w += 1.0
    assert "no backward pass was run" in td.draw(loss).html(), "what it needs was written since"
    assert autograd.observers == []
