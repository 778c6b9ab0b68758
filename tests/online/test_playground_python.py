"""The playground's Python without a browser: what is drawn, which values have sliders, how errors are told; and its links."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

import tinydawn as td
from tinydawn import graph
from tinydawn.viz.render import find_renderer

FOLDER = Path(__file__).parents[2] / "demos" / "site" / "playground"
if not FOLDER.is_dir():
    pytest.skip("the site's sources are not here", allow_module_level=True)
EXAMPLES = sorted((FOLDER / "examples").glob("*.py"))


def module(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"site_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made  # dataclasses and the like look themselves up
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def playground() -> Any:
    if find_renderer() is None:
        pytest.skip("no Graphviz lays out the drawings")
    return module("playground")


@pytest.fixture
def run(playground: Any) -> Any:
    def ran(program: str, **more: Any) -> dict[str, Any]:
        return json.loads(playground.run(json.dumps({"program": program, **more})))

    return ran


def texts(answer: dict[str, Any], role: str) -> list[str]:
    return re.findall(rf'class="{role}"[^>]*>([^<]*)<', answer["svg"])


NEURON = """x = 2.0
w = td.tensor(0.5, requires_grad=True)
b = td.tensor([0.1, -0.2], requires_grad=True)
y = td.tanh(w * x + b)
loss = (y * y).sum()
"""


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_drawn(run: Any, path: Path) -> None:
    program = path.read_text(encoding="utf-8")
    assert program.count("\n") <= 30
    answer = run(program)
    assert answer["error"] is None
    assert answer["notes"] == []
    assert "<svg" in answer["svg"]
    assert answer["sliders"]
    assert len(run(program, steps=True)["steps"]) > 8


def test_boxes_have_the_names_of_the_program(run: Any) -> None:
    titles = texts(run(NEURON), "title")
    assert {"w", "x", "y = tanh  (2)", "loss = sum"} <= set(titles)


def test_a_name_that_is_given_anew_counts(run: Any) -> None:
    answer = run("h = td.tensor(0.5, requires_grad=True)\nfor t in range(2):\n    h = td.tanh(h)\n")
    assert texts(answer, "title") == ["h₀", "h₁ = tanh", "h₂ = tanh"]
    assert answer["lines"] == [1, 3, 3]


def test_a_slider_sets_a_value_and_the_gradients_follow(run: Any) -> None:
    w, b = td.tensor(-1.5, requires_grad=True), td.tensor([0.1, 0.7], requires_grad=True)
    y = td.tanh(w * 3.0 + b)
    (y * y).sum().backward()
    answer = run(NEURON, values={"w": -1.5, "b[1]": 0.7, "x": 3.0})
    found = {s["key"]: s for s in answer["sliders"]}
    assert list(found) == ["w", "b[0]", "b[1]", "x"]  # what learns first
    assert found["x"]["gradient"] is None
    for key, right in (("w", w.grad.item()), ("b[0]", b.grad[0].item()), ("b[1]", b.grad[1].item())):
        assert found[key]["gradient"] == f"{right:.4g}".replace("-", "−")
    assert found["w"]["first"] == 0.5
    assert found["w"]["value"] == -1.5


def test_values_are_those_of_the_program_again_without_sliders(run: Any) -> None:
    first = run(NEURON)["svg"]
    assert run(NEURON, values={"w": 1.0})["svg"] != first
    assert run(NEURON)["svg"] == first


def test_chance_is_the_same_in_every_run(run: Any) -> None:
    program = "w = td.randn(2, requires_grad=True)\nn = np.random.randn()\nloss = (w * n).sum()\n"
    assert run(program)["svg"] == run(program)["svg"]


@pytest.mark.parametrize(("last", "title"), [
    ("", "loss = sum"), ("y", "y = tanh  (2)"), ("td.draw(y.sum())", "sum"), ("td.draw(lambda: y * 1)", "mul  (2)")])
def test_what_is_drawn(run: Any, last: str, title: str) -> None:
    assert texts(run(NEURON + last), "title")[-1] == title


def test_boxes_stand_still_while_a_slider_moves(run: Any) -> None:
    before = run(NEURON)
    places = re.findall(r'<g class="box [^>]*>(<rect x="[^"]*" y="[^"]*" width="[^"]*")', before["svg"])
    moved = run(NEURON, values={"w": 0.123456}, quick=True)
    assert moved["still"]
    assert re.findall(r'<g class="box [^>]*>(<rect x="[^"]*" y="[^"]*" width="[^"]*")', moved["svg"]) == places
    assert not run(NEURON + "z = loss * 2\nz", quick=True)["still"]  # it is another graph


def test_a_long_graph_lies_down_in_a_wide_room(run: Any) -> None:
    program = "w = td.tensor(1.0, requires_grad=True)\ny = td.exp(td.tanh(td.sin(td.cos(td.tanh(w * w)))))\n"

    def wider(**more: Any) -> bool:
        width, height = re.findall(r'viewBox="0 0 (\S+) (\S+)"', run(program, **more)["svg"])[0]
        return float(width) > float(height)

    assert not wider(room=[300, 400])
    assert wider(room=[900, 200])
    assert wider(room=[300, 400], quick=True)
    assert wider(room=[300, 400], still=True, values={"w": 1.5})
    assert not wider(room=[900, 1900])


ERRORS = {
    "shapes": ("a = td.tensor([1.0, 2.0])\nb = td.tensor([1.0, 2.0, 3.0])\nc = a + b\n", 3, "ShapeError", "from the right"),
    "whole numbers": ("a = td.tensor(3, requires_grad=True)\n", 1, "DTypeError", "3.0"),
    "a name": ("\nloss = tensor(2.0)\n", 2, "NameError", "td.tensor"),
    "torch": ("x = torch.ones(2)\n", 1, "NameError", "td is tinydawn"),
    "a full comma": ("x = td.tensor([1.0，2.0])\n", 1, "SyntaxError", "','"),
    "no colon": ("for t in range(3)\n    pass\n", 1, "SyntaxError", "colon"),
    "one equals sign": ("x = 1\nif x = 2:\n    pass\n", 2, "SyntaxError", "did you mean '=='"),
    "a comma": ("x = [1.0 2.0]\n", 1, "SyntaxError", "a comma"),
    "a bracket": ("x = (1.0\ny = 2\n", 1, "SyntaxError", "closing"),
    "indentation": ("x = 1.0\n  y = 2\n", 2, "IndentationError", "spaces"),
    "in a function": ("def f(x):\n    return x @ x.reshape(3, 1)\n\nf(td.tensor([1.0, 2.0]))\n", 2, "ShapeError", ""),
    "a misspelt name": ("weight = td.tensor(1.0)\nloss = wieght * 2\n", 2, "NameError", "did you mean weight?"),
    "a misspelt function": ("loss = td.tanhh(td.tensor(1.0))\n", 1, "AttributeError", "did you mean tanh?"),
    "a misspelt method": ("loss = td.tensor(1.0).sume()\n", 1, "AttributeError", "did you mean sum?"),
    "a misspelt option": ("w = td.tensor(1.0, requires_gard=True)\n", 1, "TypeError", "did you mean requires_grad?"),
    "an option of draw": ("w = td.tensor(1.0)\ntd.draw(w * 2, dept='ops')\nx = 1\n", 2, "GraphError", "help(td.draw)"),
    "an import": ("import nothing_of_this_name\n", 1, "ModuleNotFoundError", "td, nn, F"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_has_its_line_and_a_fix(run: Any, name: str) -> None:
    program, line, kind, fix = ERRORS[name]
    error = run(program)["error"]
    assert (error["line"], error["kind"]) == (line, kind)
    assert fix in error["fix"]
    assert error["fix"]
    assert "at:" not in error["text"]


def test_what_failed_is_drawn(run: Any) -> None:
    answer = run(ERRORS["shapes"][0])
    assert texts(answer, "title")[-1] == "failed: add"


@pytest.mark.parametrize(("last", "named"), [
    ("y.backward()", "backward"), ("F.softmax(y, dim=-1)", "softmax"), ("y.sum().backward()\ny.sum().backward()", "backward")])
def test_what_failed_is_called_as_in_the_program(run: Any, last: str, named: str) -> None:
    answer = run(f"x = td.tensor([1.0, 2.0], requires_grad=True)\ny = x * 2\n{last}\n")
    assert texts(answer, "title")[-1] == f"failed: {named}"
    assert any(text.startswith(answer["error"]["kind"]) for text in texts(answer, "detail"))
    assert answer["error"]["kind"] == ("TypeError" if "dim=" in last else "GraphError")


def test_an_error_is_framed_in_chinese(run: Any) -> None:
    told = {name: run(program, lang="zh")["error"] for name, (program, *_) in ERRORS.items()}
    assert told["no colon"]["called"] == "语法错误 SyntaxError"
    assert told["no colon"]["fix"] == "行尾要加英文冒号"
    assert told["a misspelt name"]["fix"] == "是不是 weight？"
    assert told["shapes"]["called"] == "形状不符 ShapeError"


def kinds(answer: dict[str, Any]) -> dict[str, str]:
    return {title.split("  (")[0]: kind for kind, title in
            re.findall(r'<g class="box (\w+)".*?class="title"[^>]*>([^<]*)<', answer["svg"])}


def test_the_colour_of_a_leaf_says_whether_a_gradient_goes_to_it(run: Any) -> None:
    """Whatever it is called."""
    names = ("Q", "K", "V", "w", "a", "mu")
    leaves = "".join(f"{name} = td.tensor([1.0, 2.0], requires_grad=True)\n" for name in names)
    answer = run(leaves + "x = td.tensor([0.5, 1.0])\nloss = (" + " * ".join([*names, "x"]) + ").sum()\n")
    found = kinds(answer)
    assert [found[name] for name in names] == ["parameter"] * len(names)
    assert found["x"] == "input"
    assert kinds(run("mu = td.tensor(1.0, requires_grad=True)\ny = mu * 2\n"))["mu"] == "parameter"


@pytest.mark.parametrize("room", [[600, 1100], [1100, 400]])
def test_operands_stand_in_the_order_of_the_program(run: Any, playground: Any, room: list[int]) -> None:
    run((FOLDER / "examples" / "04_attention.py").read_text(encoding="utf-8"), room=room)
    drawing = playground.shown
    place, axis = drawing.place(), 1 if drawing.direction == "LR" else 0
    given: dict[int, list[int]] = {}
    for arrow in drawing.picture.arrows:
        given.setdefault(arrow.target, []).append(arrow.source)
    pairs = [sources for sources in given.values() if len(sources) == 2]
    assert len(pairs) == 3
    assert all(place.boxes[a][axis] < place.boxes[b][axis] for a, b in pairs)


def test_a_small_matrix_is_written_in_rows(run: Any) -> None:
    program = "A = td.tensor([[1.0, 2.0, 3.0], [4.0, 5.5, -6.0], [7.0, 8.0, {0}]], requires_grad=True)\nloss = A.sum()\n"
    answer = run(program.format("9.0"))
    assert texts(answer, "value")[:3] == ["1.0,  2.0,  3.0", "4.0,  5.5,  −6.0", "7.0,  8.0,  9.0"]
    assert 'class="heat"' not in answer["svg"]
    assert texts(run(program.format("np.nan")), "value")[0].startswith("1 of 9 are NaN")
    assert "mean" in texts(run("A = td.ones(5, 4, requires_grad=True)\nloss = A.sum()\n"), "value")[0]


def test_sums_with_numbers_can_be_read(run: Any, playground: Any) -> None:
    told = [step["sum"] for step in run("w = td.tensor(-1.0, requires_grad=True)\ny = w ** 2\n", steps=True)["steps"]]
    assert "= (−1) ^ 2 = 1" in told
    assert playground._told("= −0.1 + 0.1 = −2.235e−08") == "= −0.1 + 0.1 = −2.235e−08 ≈ 0"
    assert playground._told("= −0.1 + 0.3 = 0.2") == "= −0.1 + 0.3 = 0.2"


def test_an_endless_loop_ends_at_its_line(run: Any, playground: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playground, "LIMIT", 0.2)
    for program in ("k = 0\nwhile True:\n    try:\n        k += 1\n    except Exception:\n        pass\n",
                    "def f(n):\n    for k in range(10 ** 9):\n        pass\n\nf(1)\n"):
        error = run(program)["error"]
        assert error["kind"] == "stopped"
        assert error["line"] in (2, 3, 4)


@pytest.mark.parametrize(("program", "says"), [
    ("x = td.tensor([1.0, 2.0], requires_grad=True)\ny = x * x\n", "shape (2,)"),
    ("x = td.tensor(1.0)\ny = x * x\n", "requires_grad=True"),
    ("x = td.tensor(0.0, requires_grad=True)\ny = td.log(x) * 0\n", "y = a · b is not finite"),
    ("x = 3.0\n", "no operation"),
])
def test_a_note_tells_what_is_missing(run: Any, program: str, says: str) -> None:
    notes = [note["text"] for note in run(program)["notes"]]
    if "not finite" in says:
        assert any("log x is not finite" in note for note in notes)
    else:
        assert any(says in note for note in notes)


def test_what_is_printed_has_an_end(run: Any) -> None:
    answer = run("for k in range(100000):\n    print(k)\n")
    assert answer["printed"].startswith("0\n1\n")
    assert len(answer["printed"]) < 25_000


def test_a_program_may_end_itself(run: Any) -> None:
    assert texts(run(NEURON + "exit()\nloss = 1\n"), "title")[-1] == "loss = sum"


def test_nothing_of_a_program_stays(run: Any) -> None:
    run("td.set_default_dtype(td.float64)\nx = td.tensor(1.0, requires_grad=True)\ny = x * 2\n")
    assert "draw" not in vars(td)
    assert run("x\n")["error"]["kind"] == "NameError"


@pytest.mark.parametrize("program", ["", "x = 1\n", "变量 = td.tensor(2.0)  # ünïcode\n" * 30])
def test_a_link_keeps_a_program(program: str) -> None:
    made = module("link")
    address = made.link(program)
    assert address.startswith("playground/index.html#z=")
    assert re.fullmatch(r"[\w-]*", address.partition("=")[2])
    assert made.program_of(address) == program


def test_it_is_placed_into_a_site(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    for name in ("tinydawn-1-py3-none-any.whl", "other-1-py3-none-any.whl"):
        (tmp_path / "wheels" / name).touch()
    target = module("place").place(tmp_path, "https://example.org/pyodide/")
    config = json.loads((target / "config.json").read_text(encoding="utf-8"))
    assert config["wheels"] == ["../wheels/tinydawn-1-py3-none-any.whl"]
    assert config["pyodide"] == "https://example.org/pyodide/"
    examples = json.loads((target / "examples.json").read_text(encoding="utf-8"))
    assert len(examples) == len(EXAMPLES) >= 6
    assert all(e["zh"] and e["en"] and e["program"].startswith("# ") for e in examples)
    assert (target / "index.html").is_file()


STATE = """x = td.tensor([0.5, -0.3], requires_grad=True)
w = td.randn(2, requires_grad=True)
print(td.tensor(1 / 3), np.array(1 / 3))
loss = F.relu(td.tanh(nn.Linear(2, 1)(x) + w)).sum() + 1
"""


@pytest.mark.parametrize("program", [
    "import tinydawn.torch as torch\nx = torch.tensor(1.0, requires_grad=True)\nx * x",
    "from tinydawn import torch\ntorch.set_grad_enabled(False)\ntorch.set_default_dtype(torch.float64)",
    "td.no_grad().__enter__()", "td.tensor = F.relu = nn.Linear = np.exp = None", "del td.tanh", "del td.draw",
    "td.Tensor.__add__ = lambda a, b: 3", "td.set_default_dtype(td.float64)", "np.set_printoptions(precision=1)",
    "import sys\nsys.stdout.close()", "raise KeyboardInterrupt", "raise SystemExit", "td.use_backend('cupy')"])
def test_a_program_leaves_nothing_behind(run: Any, program: str) -> None:
    def seen() -> dict[str, Any]:
        return {key: value for key, value in run(STATE).items() if key != "milliseconds"}

    before = seen()
    run(program)
    assert seen() == before
    # A no_grad that was never left, a set_grad_enabled(False): what comes after is a little slower, and else the same.
    graph._paused, graph._switches.off = 0, False


def test_torch_programs_repeat_themselves(run: Any) -> None:
    program = "import tinydawn.torch as torch\nx = torch.randn(2, requires_grad=True)\nloss = (x * x).sum()"
    first, _, third = run(program), run("y = td.randn(1)"), run(program)
    assert [s["value"] for s in first["sliders"]] == [s["value"] for s in third["sliders"]]


@pytest.mark.parametrize("program", ["x = 1e308\nloss = td.tensor(x) * 2", "x = td.tensor(-1.7e308, dtype=td.float64)\nx * 1"])
def test_numbers_too_large_for_a_slider_have_none(playground: Any, program: str) -> None:
    answer = playground.run(json.dumps({"program": program}))
    json.loads(answer, parse_constant=lambda text: pytest.fail(f"a browser reads no {text}"))


@pytest.mark.parametrize(("raised", "kind"), [("KeyboardInterrupt", "KeyboardInterrupt"), ("GeneratorExit", "GeneratorExit")])
def test_no_exception_of_a_program_gets_out(run: Any, raised: str, kind: str) -> None:
    assert run(f"x = 1\nraise {raised}")["error"]["kind"] == kind
    assert run(f"class A:\n    def __repr__(self):\n        raise {raised}\nA()")["error"]["line"] == 3


def test_draw_without_anything_is_told(run: Any) -> None:
    assert "nothing was given" in run("td.draw()")["error"]["text"]


def test_a_syntax_error_of_another_text_is_told_at_the_line_that_compiled_it(run: Any) -> None:
    assert run("x = 1\ny = 2\nexec('z = = 3')")["error"]["line"] == 3
