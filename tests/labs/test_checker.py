"""The checker: a right function passes, each mistake gets its own message, and what is hostile costs its own hole alone."""

from __future__ import annotations

import ast
import json
import math
import os
import subprocess
import sys
import tarfile
import textwrap
import tomllib
import zipfile

import numpy as np
import pytest
from clock import PATIENCE

import tinydawn as td
from tests.labs import scan, solved
from tests.labs.__main__ import TABLES, as_bytes, labs
from tests.labs.check import faults
from tinydawn import labs as package
from tinydawn.errors import DataError
from tinydawn.labs import checking, running, submission, text, verdict
from tinydawn.labs.__main__ import main
from tinydawn.labs.cell import check_function
from tinydawn.labs.values import decode, encode

ALL = labs()
NUMBERS = [lab.number for lab in ALL]


@pytest.mark.parametrize("lab", ALL, ids=lambda lab: lab.file)
def test_tables_in_the_package_are_those_built_from_the_answers(lab):
    built = as_bytes(lab.table())
    assert built == as_bytes(lab.table()), "two runs give the same"
    stored = (TABLES / f"lab{lab.number:02}.json").read_bytes()
    assert stored == built or alike(json.loads(stored), json.loads(built)), "python -m tests.labs tables"


def alike(a, b):
    """Equal but for rounding: another processor adds in another order; what came out has eight digits."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(alike(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(alike, a, b))
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-12) if isinstance(a, float) else a == b


def test_tables_are_told_apart_by_more_than_rounding():
    table = {"case": [1.5, "a", 3, 0.0], "points": 2}
    assert alike(table, {"case": [1.5 + 1e-15, "a", 3, 1e-17], "points": 2})
    for place, other in enumerate((1.51, "b", 4, 1e-6)):
        assert not alike(table, table | {"case": [*table["case"][:place], other, *table["case"][place + 1:]]})
    assert not alike(table, {"points": 2, "case": table["case"]})
    assert not alike(table, table | {"case": table["case"][:3]})
    assert not alike(table, table | {"points": 2.0})


@pytest.mark.parametrize("lab", ALL, ids=lambda lab: lab.file)
@pytest.mark.parametrize("marks", [False, True], ids=["students", "marks"])
def test_every_mistake_is_told_from_every_other(lab, marks):
    assert not faults(lab.table(marks))


@pytest.mark.parametrize("lab", ALL, ids=lambda lab: lab.file)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_text_has_every_hole_empty_and_a_check_after_it(lab, lang):
    script = text.student_text(lab.file, lang)
    tree = ast.parse(script)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for hole in lab.holes:
        assert ast.unparse(functions[hole.name].body[-1]) == "raise NotImplementedError", hole.name
        assert f"labs.check({hole.name})" in script
        assert (lang == "zh") == any("\u4e00" <= c <= "\u9fff" for c in ast.get_docstring(functions[hole.name]) or ""), hole.name
    assert max(map(len, script.splitlines())) <= 100
    markdown = [cell for kind, cell in text.as_cells(script) if kind == "markdown"]
    assert all((lang == "zh") == any("\u4e00" <= c <= "\u9fff" for c in cell) for cell in markdown)


@pytest.mark.parametrize("lab", ALL, ids=lambda lab: lab.file)
@pytest.mark.parametrize("notebook", [False, True], ids=["file", "notebook"])
def test_right_functions_pass(lab, notebook, tmp_path):
    report = checking.check_file(solved.write(lab, tmp_path, notebook=notebook), package.tables()[lab.number])
    assert {name: found.status for name, found in report.verdicts.items()} == {hole.name: "right" for hole in lab.holes}


@pytest.mark.parametrize("lab", ALL, ids=lambda lab: lab.file)
def test_an_untouched_copy_scores_nothing(lab, tmp_path):
    for notebook in (False, True):
        report = checking.check_file(text.start(lab.file, tmp_path, notebook=notebook), package.tables()[lab.number])
        assert {found.status for found in report.verdicts.values()} == {"empty"}


def write(folder, code):
    path = folder / "lab03_softmax.py"
    imports = "import numpy as np\nimport tinydawn as td\nfrom tinydawn.nn import functional as F\n"
    path.write_text(imports + textwrap.dedent(code), "utf-8")
    return path


RIGHT = """
def sgd_step(w, g, lr):
    return w - lr * g
"""
# What a student's cell does, and what is said of that hole.
HOSTILE = {
    "def softmax(z):\n    return F.softmax(z, axis=1)": ("zero", "softmax is called here"),
    "softmax = F.softmax": ("zero", "comes from tinydawn"),
    "def soft_max(z):\n    return z": ("zero", "is soft_max meant?"),
    "softmax = 3": ("zero", "softmax is no function"),
    "def softmax(z):\n    return td.ones(2, 4)": ("wrong", "the same whatever"),
    "def softmax(z):\n    pass": ("wrong", "returns nothing"),
    "def softmax(z):\n    while True:\n        print('x' * 1000)": ("zero", "stopped after"),
    "def softmax(z):\n    import os\n    os._exit(0)": ("zero", "ended the Python"),
    "def softmax(z):\n    import ctypes\n    ctypes.string_at(0)": ("zero", "ended the Python"),
    "def softmax(z):\n    return [0] * 10 ** 11": ("zero", "memory"),
    "def softmax(z):\n    return softmax(z)": ("wrong", "RecursionError"),
    "def softmax(z):\n    return table\ntable = open('x').read()": ("zero", "pass it as an argument"),
    "def softmax(z:\n    return 1": ("zero", "no function of this name"),
    "def softmax(z):\n    raise SystemExit": ("wrong", "SystemExit"),
    "def softmax(z):\n    return z.numpy()": ("wrong", ""),
}


@pytest.mark.parametrize("cell", HOSTILE, ids=range(len(HOSTILE)))
def test_what_is_no_answer_costs_its_own_hole_alone(cell, tmp_path):
    path = write(tmp_path, f"# %%\n{cell}\n# %%\n{RIGHT}")
    report = checking.check_file(path, package.tables()[3], seconds=4.0)
    status, said = HOSTILE[cell]
    assert report.verdicts["softmax"].status == status
    assert said in report.verdicts["softmax"].messages[0]
    assert report.verdicts["sgd_step"].status == "right", "the others are as they were"
    assert report.verdicts["cross_entropy"].status == "zero", "and what is missing is missing"


def test_what_follows_from_a_training_that_is_not_run_is_no_fault_of_the_file(tmp_path):
    path = write(tmp_path, "losses = train()\nlast = losses[-1]\nhalf = last / 2\nodd = unknown + 1\n# %%\n" + RIGHT)
    report = checking.check_file(path, package.tables()[3])
    assert report.verdicts["sgd_step"].status == "right"
    assert [remark for remark in report.remarks if "losses" in remark or "last" in remark] == []
    assert any("unknown" in remark for remark in report.remarks), "a name that is nowhere set is said"


def test_the_limit_that_is_named_is_the_one_that_was_set(tmp_path):
    path = write(tmp_path, "def softmax(z):\n    return [0] * 10 ** 11\n")
    report = checking.check_file(path, package.tables()[3], megabytes=3000)
    assert "3000 MB" in report.verdicts["softmax"].messages[0]


def test_the_language_that_lessons_were_asked_for_is_the_labs_too(monkeypatch, capsys):
    for named, title in (("zh", "标量自动求导引擎"), ("both", "A scalar engine"), ("", "A scalar engine")):
        monkeypatch.setenv("TINYDAWN_LANG", named)
        assert main(["list"]) == 0
        assert title in capsys.readouterr().out


def test_a_chinese_text_is_answered_in_chinese_without_being_told(tmp_path, capsys):
    lab = next(lab for lab in ALL if lab.number == 3)
    path = text.start(lab.file, tmp_path, "zh")
    assert main(["hint", str(path), "softmax"]) == 2
    assert "还没有写" in capsys.readouterr().out
    assert main(["reset", str(path), "softmax"]) == 0
    assert path.read_text("utf-8") == text.student_text(lab.file, "zh")
    space: dict = {}
    exec(text.hole_of(lab.file, "softmax", "zh"), space)
    check_function(space["softmax"])
    assert "softmax: 未写" in capsys.readouterr().out


def test_the_last_of_two_counts_and_it_is_said(tmp_path):
    path = write(tmp_path, "def sgd_step(w, g, lr):\n    return w\n# %%\n" + RIGHT)
    report = checking.check_file(path, package.tables()[3])
    assert report.verdicts["sgd_step"].status == "right"
    assert "sgd_step is defined 2 times: the last one counts." in report.remarks


def test_a_notebook_with_cells_copied_reordered_and_deleted(tmp_path):
    lab = next(lab for lab in ALL if lab.number == 3)
    path = solved.write(lab, tmp_path, notebook=True)
    book = json.loads(path.read_text("utf-8"))
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    imports, rest = code[:1], code[1:]
    broken = {"cell_type": "code", "source": ["%matplotlib inline\n", "!ls\n", "x = (\n"]}
    book["cells"] = [*imports, *rest[::-1], *rest[:2], broken]
    path.write_text(json.dumps(book), "utf-8")
    report = checking.check_file(path, package.tables()[3])
    assert {found.status for found in report.verdicts.values()} == {"right"}
    assert any("a cell is left out" in remark for remark in report.remarks)


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "a.py").write_bytes("def f():\n    return 'ä'\n".encode("latin-1"))
    with pytest.raises(DataError, match=r"line 2 is not UTF-8[\s\S]*save the file as UTF-8"):
        submission.read(tmp_path / "a.py")
    (tmp_path / "a.ipynb").write_text("{}")
    with pytest.raises(DataError, match="is no notebook"):
        submission.read(tmp_path / "a.ipynb")
    with pytest.raises(DataError, match="cannot be read"):
        submission.read(tmp_path / "nowhere.py")
    (tmp_path / "b.py").write_bytes(b"\xef\xbb\xbfdef softmax(z):\n    return z\n")
    assert "softmax" in submission.load(submission.read(tmp_path / "b.py")).namespace, "with a byte order mark"


def test_nothing_but_definitions_runs(tmp_path):
    made = "open('made', 'w')\n"
    path = write(tmp_path, f"{made}x = np.zeros(3)\ny = {made}for i in range(3):\n    {made}")
    loaded = submission.load(submission.read(path))
    assert "x" in loaded.namespace
    assert loaded.skipped >= {"y"}
    assert not (tmp_path / "made").exists()


# --- commands ---


def run(*arguments, folder):
    env = {**os.environ, "PYTHONIOENCODING": "utf-8", "PYTHONPATH": os.getcwd()}
    return subprocess.run([sys.executable, "-m", "tinydawn.labs", *arguments], cwd=folder, env=env, capture_output=True,
                          encoding="utf-8", timeout=PATIENCE, check=False)


def test_start_check_hint_reset(tmp_path, capsys):
    assert main(["start", "3", str(tmp_path)]) == 0
    path = tmp_path / "lab03_softmax.py"
    assert main(["start", "3", str(tmp_path)]) == 0, "the same file, not changed"
    capsys.readouterr()
    for lang, said in (("en", "Nothing is written"), ("zh", "还没有写")):
        assert main(["hint", str(path), "softmax", "--lang", lang]) == 2
        empty = capsys.readouterr().out.splitlines()
        assert said in empty[1]
        assert empty[2].strip() == ast.get_docstring(ast.parse(text.hole_of("lab03_softmax", "softmax", lang))
                                                     .body[0]).splitlines()[0], "what is asked for"
        assert empty[3].startswith("  softmax([["), "and an input with what is expected there"
        assert len(empty) == 5
    whole = path.read_text("utf-8")
    undivided = "    return td.exp(z - z.amax(axis=1, keepdims=True))"
    path.write_text(whole.replace("    raise NotImplementedError", undivided, 1), "utf-8")
    assert main(["start", "3", str(tmp_path)]) == 1
    assert "has been changed" in capsys.readouterr().err
    assert main(["check", str(path)]) == 2
    out = capsys.readouterr().out
    assert "softmax: not yet\n  Add up what comes out: is it 1 in every row?\n" in out
    assert "  + exp\n  - sum  expected" in out, "the formula's steps: what is there, and the first that is not"
    assert "0 of 5 right" in out
    assert max(map(len, out.splitlines())) <= 200
    main(["hint", str(path), "softmax"])
    assert "nothing is divided" in capsys.readouterr().out
    main(["hint", str(path), "softmax", "--lang", "zh"])
    out = capsys.readouterr().out
    assert "概率是它所占的份额" in out
    assert "能说的都说了" in out
    assert main(["reset", str(path), "softmax"]) == 0
    assert path.read_text("utf-8") == whole, "one hole, and nothing else"
    assert main(["hint", str(path), "softmix"]) == 1
    assert main(["start", "99"]) == 1
    assert main(["list", "--lang", "zh"]) == 0
    assert "Softmax 与交叉熵" in capsys.readouterr().out


def test_a_file_under_another_name_is_known_by_its_functions(tmp_path, capsys):
    (tmp_path / "mine.py").write_text(RIGHT, "utf-8")
    assert main(["check", str(tmp_path / "mine.py")]) == 2
    assert "sgd_step: right" in capsys.readouterr().out
    (tmp_path / "other.py").write_text("x = 1\n", "utf-8")
    assert main(["check", str(tmp_path / "other.py")]) == 1
    assert "none of the functions of any lab" in capsys.readouterr().err


BLEU = next(lab for lab in ALL if lab.number == 9)
CLIPPED = {"right": None, "wrong": "    return 1, 1", "empty": "    raise NotImplementedError"}


@pytest.mark.parametrize("callee", CLIPPED)
def test_what_calls_a_hole_that_is_not_right_is_told_so(callee, tmp_path, capsys, monkeypatch):
    path = solved.write(BLEU, tmp_path)
    if CLIPPED[callee]:
        text.put(path, "clipped_matches", "def clipped_matches(prediction, reference, n):\n" + CLIPPED[callee])
    calls = "    return sum(clipped_matches(p, p, 1)[0] for p in predictions) + math.pi"
    text.put(path, "corpus_bleu", "def corpus_bleu(predictions, references, k):\n" + calls)
    table = package.tables()[9]
    found = checking.check_file(path, table).verdicts["corpus_bleu"]
    assert found.status == ("empty" if callee == "empty" else "wrong"), "no mark depends on it"
    told = "It calls your clipped_matches, which is not right yet"
    assert [told in message for message in found.messages] == [callee != "right"] + [False] * (len(found.messages) - 1)
    assert ("调用了你写的 clipped_matches" in checking.check_file(path, table, "zh").verdicts["corpus_bleu"].messages[0]) == (
        callee != "right")
    main(["hint", str(path), "corpus_bleu"])
    assert (told in capsys.readouterr().out) == (callee != "right"), "by a hint, which looks at one hole, too"
    package.check(submission.load(submission.read(path)).namespace["corpus_bleu"])
    assert (told in capsys.readouterr().out) == (callee != "right"), "and in a cell"


def test_a_mistake_that_raises_says_where(tmp_path):
    path = solved.write(BLEU, tmp_path)
    text.put(path, "alignment_scores", "def alignment_scores(h, s, W):\n    return h @ W @ s")
    first = checking.check_file(path, package.tables()[9]).verdicts["alignment_scores"].messages[0].splitlines()
    assert "shapes" in first[0]
    assert first[1].startswith("It raises ShapeError: matmul: shapes (2, 3, 5)")


def test_one_hole_in_a_cell(capsys):
    def sgd_step(w, g, lr):
        return w + lr * g

    shown = package.check(sgd_step)
    assert repr(shown).startswith("sgd_step: not yet\n  Does the loss fall, or rise?")
    assert capsys.readouterr().out.startswith("sgd_step: not yet")
    with pytest.raises(DataError, match="did you mean 'sgd_step'"):
        package.check(type("sgd_stepp", (), {}))


# --- what is compared ---


@pytest.mark.parametrize("value", [1, 2.5, float("nan"), "a", None, True, [1, (2, "b")], {"a": np.arange(3)}, {1, 2},
                                   np.zeros((0, 3)), np.array([np.inf, 1.0])])
def test_values_go_through_json(value):
    once = encode(value)
    assert encode(decode(json.loads(json.dumps(once)))) == once
    assert verdict.same(once, once)


@pytest.mark.parametrize(("out", "right", "kind"), [
    ([-1.0, 2.0], [1.0, -2.0], "sign"), ([2.0, 4.0], [1.0, 2.0], "a factor"), ([2.0, 4.0], [1.0, 3.0], "a constant"),
    ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 3.0], [2.0, 4.0]], "transposed"), ([math.log(0.2), math.log(0.8)], [0.2, 0.8], "exp"),
    ([1.0, math.nan], [1.0, 2.0], "not finite"), ([3.0, 1.0, 2.0], [1.0, 2.0, 3.0], "another order"),
    ([[0.0], [0.0]], [0.0, 0.0], "another shape"), ([1.0, 2.0, 4.0], [1.0, 2.0, 3.0], "some differ"),
    (([1, 2],), ([1, 2, 3],), "another length"), (("a",), (1,), "another kind"),
    ((["b", "a", "a"],), (["a", "a", "b"],), "another order"), ((["b", "b", "a"],), (["a", "a", "b"],), "differs"),
    (((5, 5),), ((3, 5),), "differs"), (((5, 3),), ((3, 5),), "another order")])
def test_how_numbers_differ(out, right, kind):
    """Arrays of these lists; what stands alone in a tuple is as it is."""
    made = [encode(x[0] if isinstance(x, tuple) else np.array(x)) for x in (out, right)]
    outcomes = [[{"value": x, "changed": []}] for x in made]
    assert verdict.difference(*outcomes, 0, "en")[0] == kind
    assert verdict.difference(*outcomes, 0, "zh")[1]


def test_of_one_number_a_factor_is_said_only_if_the_other_inputs_have_it_too():
    outs, rights = ([{"value": x, "changed": []} for x in values] for values in ([2.0, 6.0, -4.0], [1.0, 3.0, -2.0]))
    assert verdict.difference(outs, rights, 0, "en")[0] == "a factor"
    outs[2] = {"value": -5.0, "changed": []}
    assert verdict.difference(outs, rights, 0, "en")[0] == "differs"
    assert verdict.difference(outs[:1], rights[:1], 0, "en")[0] == "differs"


def test_of_several_arrays_it_is_said_which_is_wrong_and_how():
    a, b = np.array([1.0, 2.0]), np.array([3.0, -4.0])
    outs, rights = ([{"value": encode(pair), "changed": []}] for pair in ((a, 2 * b), (a, b)))
    kind, said = verdict.difference(outs, rights, 0, "en")
    assert kind == "a factor"
    assert "number 2 is wrong" in said
    assert "2 times" in said
    assert verdict.difference([{"value": encode((a,)), "changed": []}], rights, 0, "en")[0] == "another length"


def test_text_of_numpy_is_text():
    assert verdict.same(encode([np.str_("a")]), ["a"])


def test_a_nan_of_numpy_comes_back():
    assert math.isnan(decode(encode(np.float64("nan"))))


T, A, B = td.tensor([[1.0, 0.0]]), np.array([[1.0, 0.0]]), np.array([[True, False]])


@pytest.mark.parametrize(("found", "asked", "kind"), [
    (A, A, ""), (A.astype("float32"), A, ""), (A.astype(int), A, ""), (A, A.astype(int), ""), (1.0, 1, ""),
    (td.tensor(1.0), 1.0, ""), ((A, [A]), [A, (A,)], ""), ({"a": A}, {"a": A}, ""),
    (T, A, "a Tensor for an array"), (A, T, "an array for a Tensor"), (A, B, "numbers for booleans"),
    (A.astype(int), B, "numbers for booleans"), (B, A, "booleans for numbers"), ((A, T), (A, A), "a Tensor for an array"),
    ({"a": A, "b": [A]}, {"b": [B], "a": A}, "numbers for booleans")])
def test_right_numbers_in_another_kind_are_not_right(found, asked, kind):
    """The student's next cell would fail on them: a mask of floats is no index, and a Tensor has no .astype."""
    hole = {"name": "f", "cases": [{"arguments": [], "outcome": {"value": encode(asked), "changed": []}}], "twins": []}
    judged = verdict.judge(hole, [{"value": encode(found), "changed": []}])
    assert (judged.status, judged.mistake) == ("wrong" if kind else "right", kind)
    assert not kind or verdict.judge(hole, [{"value": encode(found), "changed": []}], "zh").messages[0] != judged.messages[0]


def test_whole_numbers_are_asked_for_where_the_lab_says_so():
    whole, made = encode(np.arange(3)), encode(np.arange(3.0))
    assert verdict.unlike(made, whole) == "", "counts may be floats"
    assert verdict.unlike(made, whole, whole=True) == "floats for whole numbers", "ids may not"
    assert verdict.unlike(whole, made, whole=True) == ""


@pytest.mark.parametrize("hide", [-np.inf, -1e9, -1e6])
def test_a_large_negative_number_hides_as_minus_infinity_does(hide):
    mask, scores = np.array([[True, False, True]]), td.tensor([[1.0, 2.0, 3.0]])
    steps = [["masked", encode(np.where(mask, scores.numpy(), -np.inf))]]
    arguments = [encode(scores)]
    assert running.steps_found(lambda x: td.where(mask, x, hide), arguments, steps) == [True]
    assert running.steps_found(lambda x: td.where(mask, x, -1.0), arguments, steps) == [False]


# --- no answers where students look ---


def test_no_answer_is_in_what_students_get(tmp_path):
    root = TABLES.parents[2]
    assert scan.leaks(root / "tinydawn") == []
    assert scan.leaks(root / "demos") == []
    for lab in ALL:
        for lang in ("en", "zh"):
            assert scan.leaks(text.start(lab.file, tmp_path / lang, lang)) == []
            assert scan.leaks(text.start(lab.file, tmp_path / lang, lang, notebook=True)) == []
    excluded = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]
    assert "tests/labs" in excluded["sdist"]["exclude"]
    assert excluded["wheel"]["only-include"] == ["tinydawn", "demos"]


def test_the_scan_finds_a_planted_answer(tmp_path):
    planted = '''
    def other_name(logits):
        """Another docstring."""
        moved = logits - logits.amax(axis=1, keepdims=True).detach()  # with other names
        numerators = td.exp(moved)
        return numerators / numerators.sum(axis=1, keepdims=True)
    '''
    (tmp_path / "a.py").write_text(textwrap.dedent(planted), "utf-8")
    assert scan.leaks(tmp_path) == [f"{tmp_path / 'a.py'}: other_name is the answer to softmax"]
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        wheel.writestr("x/a.py", textwrap.dedent(planted))
    assert scan.leaks(tmp_path / "a.whl") == ["x/a.py: other_name is the answer to softmax"]
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as sdist:
        sdist.add(tmp_path / "a.py", "a-1/a.py")
    assert scan.leaks(tmp_path / "a.tar.gz") == ["a-1/a.py: other_name is the answer to softmax"]
