"""The demos as programs: a quick run learns, says what it measured, and a wrong call gets one clear line."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from clock import PATIENCE

import tinydawn as td
from tinydawn import text
from tinydawn.errors import DataError
from tinydawn.viz import RenderError, find_renderer

DEMOS = Path(__file__).parent.parent / "demos"
if not DEMOS.is_dir():
    pytest.skip("the demos are not beside the tests", allow_module_level=True)
FIGURES = ["notes_length.svg", "beam_tree.svg", "tree.html", "attention.svg", "graph.svg"]


def run(*arguments: Any, folder: Path, demo: str = "beam_search", **environment: str) -> subprocess.CompletedProcess[str]:
    """A demo in an empty folder, as a user's shell would run it."""
    env = {**os.environ, "CI": "1", "PYTHONIOENCODING": "utf-8", "OPENBLAS_NUM_THREADS": "1", **environment}
    env.pop("TINYDAWN_DATA", None)
    command = [sys.executable, str(DEMOS / f"{demo}.py"), *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, encoding="utf-8", timeout=PATIENCE, check=False)


def assert_refused(done: subprocess.CompletedProcess[str], *said: str) -> None:
    """An exit code, and one message that begins with error: and says what to do; no traceback."""
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr, done.stderr
    shown = done.stderr[done.stderr.index("error: ") :]
    assert len(shown.strip().splitlines()) <= 3, shown
    for words in said:
        assert words in shown


class Trained:
    """One quick run, which most tests below look at."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.model = folder, folder / "new" / "model.safetensors"
        self.done = run("--quick", "--out", folder / "out", "--save", self.model, folder=folder)
        assert self.done.returncode == 0, self.done.stderr
        self.record = json.loads((folder / "out" / "metrics.json").read_text(encoding="utf-8"))
        self.metrics, self.baselines = self.record["metrics"], self.record["baselines"]


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed: demos draw heat maps with it")
    if find_renderer() is None:
        pytest.skip("neither dot nor graphviz-pure is installed: demos draw graphs with it")
    return Trained(tmp_path_factory.mktemp("demo"))


def untimed(metrics: dict[str, float]) -> dict[str, float]:
    return {name: x for name, x in metrics.items() if not name.startswith("seconds")}


# --- a quick run ---


def test_metrics_json(trained):
    record = trained.record
    assert {"demo", "data", "seed", "seconds", "metrics", "baselines", "figures"} <= set(record)
    assert (record["demo"], record["seed"], record["figures"]) == ("beam_search", 0, FIGURES)
    names = {"validation_perplexity", "attention_entropy", "bleu_greedy", "bleu_beam8", "log_prob_greedy", "log_prob_beam8"}
    assert names <= set(record["metrics"])
    assert {"bleu_word_by_word", "bleu_true_best"} <= set(record["baselines"])
    for name, x in {**record["metrics"], **record["baselines"]}.items():
        assert isinstance(x, float), name
        assert np.isfinite(x), name


def test_figures_are_there_and_well_formed(trained):
    assert sorted(path.name for path in (trained.folder / "out").iterdir()) == sorted([*FIGURES, "metrics.json"])
    for name in [name for name in FIGURES if name.endswith(".svg")]:
        root = ElementTree.parse(trained.folder / "out" / name).getroot()
        assert root.tag.endswith("svg")
        assert len(list(root.iter())) > 20, f"{name} is nearly empty"
    graph = (trained.folder / "out" / "graph.svg").read_text(encoding="utf-8")
    for seen in ("encoder: GRU", "each step: attention, GRU", "cross-entropy"):
        assert seen in graph


def test_something_was_learned(trained):
    """Below an untrained model, whose perplexity is about the number of words, and below counting words."""
    train, validation, _ = text.toy_translation_splits(1500, 200, 60, seed=0)
    state = td.load(trained.model)
    untrained = next(x for name, x in state.items() if name == "output.weight").shape[0]
    words = [word for _, target in train for word in [*target, "</s>"]]
    counts = {word: words.count(word) for word in set(words)}
    tested = [word for _, target in validation for word in [*target, "</s>"]]
    unigram = np.exp(-np.mean([np.log((counts.get(w, 0) + 1) / (len(words) + untrained)) for w in tested]))
    perplexity = trained.metrics["validation_perplexity"]
    assert perplexity < 0.25 * untrained
    assert perplexity < 0.7 * unigram, "it knows more than which words are frequent"
    assert perplexity > trained.baselines.get("perplexity_true", 1.0), "nothing is better than the true distribution"


def test_the_attention_has_neither_stuck_nor_stayed_even(trained):
    """A bilinear score with no 1/sqrt(H) had all weight on </s> within 150 steps of real text: entropy 0."""
    assert 0.05 < trained.metrics["attention_entropy"] < np.log(8), "a toy sentence has about 9 words with its </s>"


def test_a_wider_beam_finds_what_is_at_least_as_likely(trained):
    m = trained.metrics
    assert m["log_prob_beam1"] == m["log_prob_greedy"]
    assert m["bleu_beam1"] == m["bleu_greedy"]
    assert m["log_prob_greedy"] <= m["log_prob_beam8"] <= 0
    assert trained.baselines["log_prob_true_greedy"] <= trained.baselines["log_prob_true_best"]


def test_it_says_what_it_found_and_where_it_is(trained):
    shown = trained.done.stdout
    for words in ("greedy", "beam8", "baseline bleu_word_by_word", "validation perplexity", "metrics.json", str(trained.folder)):
        assert words in shown
    assert f"{trained.metrics['validation_perplexity']:.2f}" in shown
    assert "training" in trained.done.stderr, "a progress bar"
    assert "Warning" not in trained.done.stderr
    assert sorted(path.name for path in trained.folder.iterdir()) == ["new", "out"], "nothing is written elsewhere"


def test_the_same_seed_gives_the_same_numbers_and_pictures(trained, tmp_path):
    done = run("--quick", "--out", "again", folder=tmp_path, PYTHONHASHSEED="5")
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "again" / "metrics.json").read_text(encoding="utf-8"))
    assert untimed(record["metrics"]) == untimed(trained.metrics)
    assert record["baselines"] == trained.baselines
    for name in FIGURES:
        assert (tmp_path / "again" / name).read_bytes() == (trained.folder / "out" / name).read_bytes(), name


# --- a model that was saved ---


def test_a_loaded_model_measures_the_same(trained, tmp_path):
    done = run("--quick", "--load", trained.model, "--out", tmp_path / "out", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "training" not in done.stderr
    record = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert untimed(record["metrics"]) == untimed(trained.metrics)


def test_translate(trained, tmp_path):
    done = run("--load", trained.model, "--translate", "Der Hund weint.", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["score", "log", "p"], "known words give no note, also with capitals and a full stop"
    assert "greedy:" in lines[1]
    scores = [float(line.split()[0]) for line in lines[2:]]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True), "ranked by the score that is shown"
    assert list(tmp_path.iterdir()) == []


def test_translate_names_unknown_words(trained, tmp_path):
    done = run("--load", trained.model, "--translate", "der Quastenflosser 龙 weint .", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    first = done.stdout.splitlines()[0]
    assert "not in the vocabulary" in first
    assert "quastenflosser" in first.lower()
    assert "龙" in first
    assert "weint" not in first


@pytest.mark.parametrize("sentence", ["", "   ", "\t\n"])
def test_translate_nothing(trained, tmp_path, sentence):
    done = run("--load", trained.model, "--translate", sentence, folder=tmp_path)
    assert_refused(done, "--translate: the sentence is empty", "fix: ")


# --- wrong calls ---


def test_load_what_is_no_model(tmp_path):
    (tmp_path / "text").write_text("no model")
    assert_refused(run("--load", "text", folder=tmp_path), "'text' is no safetensors file, or is damaged", "fix: ")
    assert_refused(run("--load", "nowhere", folder=tmp_path), "there is no file 'nowhere'")
    td.save({"x": np.ones(2)}, tmp_path / "other.safetensors")
    assert_refused(run("--load", "other.safetensors", folder=tmp_path), "--load other.safetensors", "--save")
    td.save({"x": np.ones(2)}, tmp_path / "gpt.safetensors", {"model": "GPT", "about": "{}"})
    assert_refused(run("--load", "gpt.safetensors", folder=tmp_path), "--load gpt.safetensors", "--save")


def test_a_damaged_model(trained, tmp_path):
    (tmp_path / "cut").write_bytes(trained.model.read_bytes()[:-100])
    assert_refused(run("--load", "cut", folder=tmp_path), "'cut' is no safetensors file, or is damaged")
    state = td.load(trained.model)
    missing = {name: x for name, x in state.items() if name != "bilinear"}
    td.save(missing, tmp_path / "missing", state.metadata)
    done = run("--load", "missing", "--translate", "der hund .", folder=tmp_path)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "missing: bilinear" in done.stderr


def test_data_that_is_not_there(tmp_path):
    assert_refused(run("--data", tmp_path / "nowhere", folder=tmp_path), "nowhere", "fix: ")
    assert_refused(run("--data", "multi3k", folder=tmp_path), "did you mean 'multi30k'?")
    (tmp_path / "empty").mkdir()
    assert_refused(run("--data", "empty", folder=tmp_path), "empty has no train.de", "it has: no files")
    assert list((tmp_path / "empty").iterdir()) == []


def test_where_to_write_is_checked_before_the_training(tmp_path):
    (tmp_path / "file").write_text("in the way")
    for flags, said in ((["--out", "file"], "--out: cannot write into"), (["--out", "file/sub"], "--out: cannot write into"),
                        (["--save", "file/model"], "--save: cannot write into"), (["--save", "."], "--save: '.' is a folder")):
        done = run("--quick", *flags, folder=tmp_path)
        assert_refused(done, said, "fix: ")
        assert "training" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--epochs", "0"], "--epochs 0: at least 1"),
        (["--seed", "-1"], "--seed -1: 0 or more"),
        (["--seed", "x"], "invalid int value: 'x'"),
        (["--beams", "3"], "--beams"),
        (["--data", ","], "--data is empty"),
        (["--source", "fr"], "the made-up language is German to English"),
        (["--load", "m", "--epochs", "3"], "--load uses a model as it is"),
    ],
)
def test_wrong_flags(tmp_path, arguments, said):
    done = run(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert said in done.stderr.splitlines()[-1]


def test_out_that_is_a_file(trained, tmp_path):
    (tmp_path / "file").write_text("mine")
    assert_refused(run("--quick", "--load", trained.model, "--out", "file", folder=tmp_path), "--out: cannot write into 'file'")
    assert (tmp_path / "file").read_text() == "mine"


def test_help(tmp_path):
    done = run("--help", folder=tmp_path)
    assert done.returncode == 0
    for flag in ("--data", "--seed", "--out", "--quick", "--epochs", "--save", "--load", "--translate"):
        assert flag in done.stdout


# --- text of one's own ---


def write_pairs(folder: Path, count: int = 150) -> tuple[Path, Path]:
    pairs = text.toy_translation(count, seed=7)
    paths = folder / "my words.de", folder / "my words.en"
    for side, path in enumerate(paths):
        path.write_text("".join(" ".join(pair[side]) + "\n" for pair in pairs), encoding="utf-8")
    return paths


def test_two_files(trained, tmp_path):
    source, target = write_pairs(tmp_path)
    done = run("--quick", "--data", f"{source},{target}", "--out", "out", "--save", "m", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert record["data"] == f"{source},{target}"
    size = td.load(tmp_path / "m")["output.weight"].shape[0]
    assert record["metrics"]["validation_perplexity"] < size
    assert "bleu_true_best" not in record["baselines"], "nobody knows the true distribution of one's own text"
    assert record["metrics"]["log_prob_beam1"] == record["metrics"]["log_prob_greedy"], \
        "a beam of one is greedy, unless the dropout of this model is still on"
    done = run("--load", "m", "--translate", "der hund .", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_files_of_different_length(tmp_path):
    source, target = write_pairs(tmp_path)
    with target.open("a", encoding="utf-8") as file:
        file.write("one more .\n")
    assert_refused(run("--data", f"{source},{target}", folder=tmp_path), "150 lines", "151", "fix: line i")


def test_files_that_are_no_text_of_ours(tmp_path):
    source, target = write_pairs(tmp_path)
    assert_refused(run("--data", f"{source},nowhere.en", folder=tmp_path), "nowhere.en")
    assert_refused(run("--data", source, folder=tmp_path), "line 1 has 1 tab-separated column")
    target.write_bytes(b"\xff\xfe\n" * 150)
    assert_refused(run("--data", f"{source},{target}", folder=tmp_path), "is not UTF-8 text")


def test_too_few_pairs(tmp_path):
    source, target = write_pairs(tmp_path, 5)
    assert_refused(run("--data", f"{source},{target}", folder=tmp_path), "5 sentence pairs", "at least 100")


# --- the gallery of drawings ---

QUICK = ["neuron", "cross_entropy", "mlp_1", "gru", "crash"]


@pytest.fixture(scope="session")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A quick run of draw_graphs.py: where its pictures are, and what it said."""
    if find_renderer() is None:
        pytest.skip("neither dot nor graphviz-pure is installed: this demo does nothing but draw with it")
    folder = tmp_path_factory.mktemp("gallery")
    done = run("--quick", "--out", "out", folder=folder, demo="draw_graphs")
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return folder / "out", done


def lines_of(path: Path) -> list[str]:
    """What stands in the boxes of a picture, line by line; not well-formed XML is an error."""
    return ["".join(t.itertext()) for t in ElementTree.parse(path).getroot().iter() if t.tag.endswith("}text")]


def test_the_gallery_has_every_picture_in_every_theme(gallery):
    folder, done = gallery
    record = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    pictures = [f"{theme}/{name}.svg" for name in QUICK for theme in ("light", "dark", "print")]
    assert (record["demo"], record["seed"], record["quick"], record["baselines"]) == ("draw_graphs", 0, True, {})
    assert sorted(record["figures"]) == sorted([*pictures, "neuron.html", "index.html"])
    written = [str(path.relative_to(folder).as_posix()) for path in folder.rglob("*") if path.is_file()]
    assert sorted(written) == sorted([*record["figures"], "metrics.json"])
    assert record["metrics"]["pictures"] == len(QUICK)
    assert record["metrics"]["boxes"] > 30
    assert all(name in done.stdout for name in [*QUICK, "metrics.json"])
    for name in QUICK:
        paths = [folder / theme / f"{name}.svg" for theme in ("light", "dark", "print")]
        assert len({path.read_bytes() for path in paths}) == 3
        assert lines_of(paths[0]) == lines_of(paths[1]) == lines_of(paths[2]), "other colours, the same numbers"


def test_the_gallery_shows_what_was_computed(gallery):
    folder, _ = gallery
    neuron = lines_of(folder / "light" / "neuron.svg")
    v4 = -3.0 * 2.0 + 1.0 * 0.0 + 6.88
    y = np.tanh(v4)
    assert {"v5 = tanh v4", f"{y:.4g}", f"gradient: {1 - y * y:.4g}", f"gradient: {2 * (1 - y * y):.4g}"} <= set(neuron)
    p = np.exp([2.0, 1.0, 0.1]) / np.exp([2.0, 1.0, 0.1]).sum() - [1, 0, 0]
    shown = ", ".join(f"{x:.4g}" for x in p).replace("-", "−")
    assert f"gradient: {shown}" in lines_of(folder / "light" / "cross_entropy.svg"), "softmax minus one-hot"
    crash = " ".join(lines_of(folder / "print" / "crash.svg"))
    assert "ShapeError: linear: input of shape (3, 8) and weight of shape (3, 16) do not fit" in crash


def test_the_gradient_of_the_gru_fades(gallery):
    lines = lines_of(gallery[0] / "light" / "gru.svg")
    norms = [float(line.rpartition(" ")[2]) for line in lines if line.startswith("gradient: norm")]
    assert len(norms) == 5, "the first and the last two steps, and the layer on top; what stands for many has no number"
    assert norms == sorted(norms)
    assert norms[0] < 0.2 * norms[3]


def test_the_page_needs_no_network(gallery):
    page = (gallery[0] / "index.html").read_text(encoding="utf-8")
    assert "http" not in page
    assert "neuron.html" in page
    for name in QUICK:
        assert f'<img src="light/{name}.svg"' in page
    assert page.count('type="radio"') == 3


def test_the_gallery_in_chinese_and_in_one_theme(gallery, tmp_path):
    done = run("--quick", "--out", "out", "--lang", "zh", "--theme", "dark", folder=tmp_path, demo="draw_graphs")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["dark", "index.html", "metrics.json", "neuron.html"]
    lines = lines_of(tmp_path / "out" / "dark" / "gru.svg")
    assert any(line.startswith("梯度") for line in lines)
    assert any(line.startswith("精彩") for line in lines), "the words of the review"
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "GRU 读一条影评" in page
    assert "radio" not in page


def test_every_text_of_the_gallery_is_there_in_both_languages(demo_modules):
    from support.gallery import QUICK as quick
    from support.gallery import TEXTS

    assert list(quick) == QUICK
    script = (DEMOS / "draw_graphs.py").read_text(encoding="utf-8")
    named = set(re.findall(r'gallery\.(?:show|section)\("(\w+)"', script))
    assert len(named) > 20
    assert named <= set(TEXTS)
    for name, (english, chinese) in TEXTS.items():
        assert len(english) == len(chinese), name
        assert not any("\u4e00" <= c <= "\u9fff" for c in "".join(english)), name


def test_the_gallery_without_a_renderer(tmp_path):
    done = run("--quick", folder=tmp_path, demo="draw_graphs", TINYDAWN_DOT="nowhere")
    assert_refused(done, "TINYDAWN_DOT='nowhere' is no program", "fix: ")
    assert not list(tmp_path.rglob("*.svg"))


@pytest.mark.parametrize(("arguments", "said"), [
    (["--theme", "blue"], "invalid choice: 'blue'"),
    (["--lang", "fr"], "invalid choice: 'fr'"),
    (["--data", "multi30k"], "unrecognized arguments: --data multi30k"),
    (["--epochs", "3"], "unrecognized arguments: --epochs 3"),
])
def test_wrong_flags_of_the_gallery(tmp_path, arguments, said):
    done = run(*arguments, folder=tmp_path, demo="draw_graphs")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert said in done.stderr.splitlines()[-1]


# --- what the demos share ---


@pytest.fixture
def demo_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DEMOS))


def test_held_out_pairs_are_not_trained_on(demo_modules, tmp_path):
    from support.parallel import splits

    lines = [f"a{i}\tb{i}" for i in range(200)]
    (tmp_path / "own.tsv").write_text("\n".join(lines), encoding="utf-8")
    train, validation, test = splits(str(tmp_path / "own.tsv"), "de", "en", seed=3, quick=False)
    parts = [{source[0] for source, _ in part} for part in (train, validation, test)]
    assert [len(part) for part in parts] == [180, 10, 10]
    assert len(set.union(*parts)) == 200
    assert all(source[0][1:] == target[0][1:] for part in (train, validation, test) for source, target in part)
    assert splits(str(tmp_path / "own.tsv"), "de", "en", seed=3, quick=False)[2] == test
    assert splits(str(tmp_path / "own.tsv"), "de", "en", seed=4, quick=False)[2] != test


def test_word_by_word(demo_modules):
    from support.parallel import word_by_word

    pairs = [(["der", "hund"], ["the", "dog"]), (["die", "katze"], ["the", "cat"]), (["der", "mann"], ["the", "man"])]
    assert word_by_word(pairs, [["hund", "katze"], ["xyz", "mann"], []]) == [["dog", "cat"], ["xyz", "man"], []]
    assert word_by_word([], [["a"]]) == [["a"]]


def test_results(demo_modules, tmp_path, capsys):
    from support.run import Results

    options = argparse.Namespace(out=tmp_path / "new" / "out", seed=3, quick=False)
    results = Results("demo", options, "toy")
    results.metric(accuracy=np.float32(0.5))
    results.baseline(chance=1 / 3)
    drawn = []
    results.figure("a.svg", drawn.append)
    assert drawn == [tmp_path / "new" / "out" / "a.svg"]

    def no_renderer(path):
        raise RenderError("no Graphviz was found")

    results.figure("b.svg", no_renderer)
    assert "b.svg was not drawn: no Graphviz was found" in capsys.readouterr().err
    results.write()
    record = json.loads((tmp_path / "new" / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert record["metrics"] == {"accuracy": 0.5}
    assert record["baselines"] == {"chance": 0.3333333333}, "ten digits: small numbers are not 0"
    assert record["figures"] == ["a.svg"]
    assert record["seconds"] >= 0
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="name a folder that you may write to"):
        Results("demo", argparse.Namespace(out=tmp_path / "file", seed=0, quick=False), "toy")


def test_a_heat_map_of_a_lesson_shows_a_nan(demo_modules, tmp_path):
    """One NaN took the colours of all other cells away."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from support.panels import heat, panels

    drawn = []

    def draw(axes):
        heat(axes[0], np.array([[0.5, np.nan], [-2.0, np.inf]]), ["a", "b"], ["c", "d"])
        drawn.append(axes[0])

    panels(1, 1, draw)(tmp_path / "heat.png")
    assert drawn[0].images[0].get_clim() == (-2, 2)
    assert [text.get_text() for text in drawn[0].texts] == ["0.50", "nan", "−2.00", "inf"]
    assert [line.get_xydata().tolist() for line in drawn[0].lines] == [[[1, 0], [1, 1]]]


def long_names(letters, classes=5):
    """Figures of lessons that name classes, tasks or words, which come from the reader's files and may be of any length."""
    from support import bow_figures, cnn_figures, glue_tasks, labelled, latent_figures

    names = [f"{c} what the customer complained about in the second letter to the office"[:letters] for c in range(classes)]
    words = [(f"{i}Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 9)[:letters] for i in range(12)]
    rng = np.random.default_rng(0)
    filters = [cnn_figures.Filter(name, 3, rng.random(), [" ".join(words[:3])] * 3) for name in names]
    top = {c: np.arange(8) for c in range(classes)}
    tasks = [td.text.Task(name, False, "matthews_corrcoef", [], [], ["a", "b"]) for name in names]
    scores = {row: {name: 0.5 for name in names} for row in ("majority", "from scratch", "pretrained")}
    sentence = (words, rng.normal(size=12), f"says {names[0]}, but it is {names[1]}")
    return {
        "cnn": cnn_figures.filters_figure(filters),
        "bow": bow_figures.top_words_figure(top, rng.normal(size=(12, classes)), argparse.Namespace(tokens=words), names),
        "glue": glue_tasks.scores_figure(scores, tasks),
        "map": latent_figures.map_figure(rng.normal(size=(60, 5)), np.stack([np.arange(60) % 3, np.arange(60) % 2], 1),
                                         {names[0]: names[:3], names[1]: names[:2]}),
        "bars": labelled.word_bars([sentence], "weight"), "words": labelled.highlighted([(*sentence[:1], [0.5] * 12, names[0])]),
    }


@pytest.mark.parametrize("letters", [4, 60, 400])
def test_figures_with_long_names_can_be_read(demo_modules, tmp_path, monkeypatch, letters):
    """Names of 60 letters left no room for the bars: "axes sizes collapsed to zero", in matplotlib's words."""
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from support import panels

    figures = []
    save = panels.save_figure
    monkeypatch.setattr(panels, "save_figure", lambda figure, path: (figures.append(figure), save(figure, path)))
    for name, draw in long_names(letters).items():
        draw(tmp_path / f"{name}.png")  # any warning is an error here
        figure = figures.pop()
        wide, high = figure.get_size_inches()
        assert wide < 36, name
        assert high < 9, name
        for axes in figure.axes:
            box, around = axes.get_window_extent(), axes.get_tightbbox(for_layout_only=True)
            assert box.width > 1.2 * figure.dpi, name
            assert box.height > 0.35 * figure.dpi, name
            assert around.x0 > -0.1 * figure.dpi, f"{name}: cut at the left"
            assert around.x1 < (wide + 0.1) * figure.dpi, f"{name}: cut at the right"
            assert axes._left_title.get_window_extent().x1 < (wide + 0.2) * figure.dpi, f"{name}: the title is cut"


def test_more_classes_than_colours(demo_modules, tmp_path):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    figures = long_names(4, classes=12)
    for name in ("cnn", "bow"):
        figures[name](tmp_path / f"{name}.png")


def code_of(demo: str) -> str:
    """A lesson, and the files of support/ that serve it alone."""
    lessons = {path.stem: path.read_text("utf-8") for path in DEMOS.glob("*.py")}
    used = {name: set(re.findall(r"^from support(?:\.| import )(\w+)", code, re.MULTILINE)) for name, code in lessons.items()}
    alone = {module for module in used[demo] if sum(module in others for others in used.values()) == 1}
    return lessons[demo] + "".join((DEMOS / "support" / f"{module}.py").read_text("utf-8") for module in sorted(alone))


@pytest.mark.parametrize("demo", sorted(path.stem for path in DEMOS.glob("*.py")))
@pytest.mark.parametrize("flag", ["data", "epochs"])
def test_no_flag_is_ignored(demo, flag):
    """A flag that --help lists is read somewhere; what a demo has no use for, it does not list."""
    code = code_of(demo)
    assert (f"options.{flag}" in code) != (f"{flag}=False" in code)
