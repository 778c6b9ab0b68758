"""Word similarity, analogies and GLUE's tasks: their files, quotation marks and all, and broken ones."""

import os
import zipfile
from pathlib import Path

import pytest

from tinydawn import metrics
from tinydawn.errors import DataError
from tinydawn.text import load_analogies, load_similarity, load_task

DATA = Path(os.environ.get("TINYDAWN_DATA", ""))


def needs(name):
    return pytest.mark.skipif(not DATA.name or not (DATA / name).is_dir(), reason=f"TINYDAWN_DATA has no {name}")


@pytest.fixture
def corpus(monkeypatch, tmp_path):
    """Write {path: text} into a data folder of one's own, and return the folder."""

    def make(files):
        monkeypatch.setenv("TINYDAWN_DATA", str(tmp_path))
        for name, body in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body, encoding="utf-8", newline="")
        return tmp_path

    return make


SIMILARITY = {f"wordsim/EN-{name}.txt": "" for name in ("WS-353-ALL", "MEN-TR-3k", "SIMLEX-999", "RG-65")}


def test_similarity_in_small(corpus):
    corpus(SIMILARITY | {"wordsim/EN-WS-353-ALL.txt": "love\tsex\t6.77\t\r\ntiger\tcat\t7.35\t\r\n"})
    assert load_similarity("ws353") == [("love", "sex", 6.77), ("tiger", "cat", 7.35)]
    for broken in ("noon midday 3", "noon\tmidday\tnan"):
        corpus({"wordsim/EN-RG-65.txt": f"gem\tjewel\t3.94\n{broken}\n"})
        with pytest.raises(DataError, match=r"EN-RG-65\.txt: line 2 is not word<TAB>word<TAB>number"):
            load_similarity("rg65")
    with pytest.raises(DataError, match=r"EN-MEN-TR-3k\.txt is empty"):
        load_similarity("men")
    with pytest.raises(DataError, match=r"no data set named 'ws-353'(?s:.*)did you mean 'ws353'\?"):
        load_similarity("ws-353")
    with pytest.raises(DataError, match=r"use one of: ws353, men, simlex, rg65$"):
        load_similarity("x")


def test_analogies_in_small(corpus):
    corpus({"analogies/questions-words.txt": ": family\nboy girl king queen\n: gram1\na b c d\ne f g h\n"})
    assert load_analogies() == {
        "family": [("boy", "girl", "king", "queen")],
        "gram1": [("a", "b", "c", "d"), ("e", "f", "g", "h")],
    }
    for body, line in ((": family\nboy girl king\n", 2), ("boy girl king queen\n", 1)):
        corpus({"analogies/questions-words.txt": body})
        with pytest.raises(DataError, match=rf"questions-words\.txt: line {line} does not have four words"):
            load_analogies()


def test_cola_in_small(corpus):
    files = {f"cola/{name}.tsv": f'gj04\t1\t\tA "{name}.\ngj04\t0\t*\tB.\n' for name in ("in_domain_train", "in_domain_dev")}
    corpus(files | {"cola/out_of_domain_dev.tsv": "c\t1\t\tC."})
    task = load_task("cola")
    assert task[:3] == ("cola", False, "matthews_corrcoef")
    assert task.train == [('A "in_domain_train.', None, 1), ("B.", None, 0)]
    assert task.dev == [('A "in_domain_dev.', None, 1), ("B.", None, 0), ("C.", None, 1)]
    assert task.classes == ["unacceptable", "acceptable"]
    corpus({"cola/out_of_domain_dev.tsv": "c\t1\t\tC.\nc\t2\t\tC.\n"})
    with pytest.raises(DataError, match=r"out_of_domain_dev\.tsv: line 2 is not source<TAB>0 or 1"):
        load_task("cola")


def test_mrpc_in_small(corpus):
    """Its quotation marks do not come in pairs: read as quotes, they would swallow tabs and lines."""
    body = '\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n1\t7\t8\tHe said "no.\tShe" said\r\n0\t7\t8\tA\tB\r\n'
    corpus({f"mrpc/msr_paraphrase_{part}.txt": body for part in ("train", "test")})
    task = load_task("mrpc")
    assert task == ("mrpc", True, "f1_score", [('He said "no.', 'She" said', 1), ("A", "B", 0)], task.train, ["0", "1"])


def test_rte_in_small(corpus, tmp_path):
    one = '<pair id="1" value="FALSE" task="IR"><t>Oil &amp; gas\n rose</t><h>Oil</h></pair>'
    two = '<pair id="2" entailment="YES" task="IE"><t>T</t><h>H</h></pair>'
    corpus({})
    (tmp_path / "rte").mkdir()
    with zipfile.ZipFile(tmp_path / "rte" / "rte.zip", "w") as archive:
        for name in ("rte1_dev", "rte1_test", "rte2_dev", "rte2_test", "rte3_dev", "rte3_test"):
            declaration = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE entailment-corpus SYSTEM "rte.dtd">\n'
            archive.writestr(f"rte/{name}.xml", f"{declaration}<entailment-corpus>{one}{two}</entailment-corpus>")
    task = load_task("rte")
    assert len(task.train) == 10
    assert task.dev == [("Oil & gas rose", "Oil", 1), ("T", "H", 0)]
    assert task.classes == ["entailment", "not_entailment"]


# Folders as GLUE distributes them --------------------------------------------------------------------

RTE = "index\tsentence1\tsentence2\tlabel\n0\tA\tB\tnot_entailment\n1\tC\tD\tentailment\n"


@pytest.mark.parametrize(
    ("folder", "body", "pair", "metric", "first", "classes"),
    [
        ("RTE", RTE, True, "accuracy", ("A", "B", 1), ["entailment", "not_entailment"]),
        ("QNLI", "index\tquestion\tsentence\tlabel\n0\tQ\tS\tentailment\n1\tQ\tS\tno\n", True, "accuracy", ("Q", "S", 0),
         ["entailment", "no"]),
        ("SST-2", "sentence\tlabel\nfine \t1\nbad \t0\n", False, "accuracy", ("fine ", None, 1), ["0", "1"]),
        ("QQP", "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n0\t1\t2\tQ\tR\t0\n0\t1\t2\tQ\tR\t1\n", True, "f1_score",
         ("Q", "R", 0), ["0", "1"]),
        ("CoLA", "gj04\t1\t\tFine.\ngj04\t0\t*\tBad.\n", False, "matthews_corrcoef", ("Fine.", None, 1), ["0", "1"]),
        ("STS-B", "index\tsentence1\tsentence2\tscore\n0\tA\tB\t5.000\n1\tC\tD\t2.5\n", True, "spearman", ("A", "B", 5.0), []),
        ("MNLI", "sentence1\tsentence2\tlabel1\tgold_label\nA\tB\tx\tneutral\nA\tB\tx\tentailment\n", True, "accuracy",
         ("A", "B", 1), ["entailment", "neutral"]),
    ],
)  # fmt: skip
def test_glue_folders(corpus, folder, body, pair, metric, first, classes):
    dev = "dev_matched.tsv" if folder == "MNLI" else "dev.tsv"
    root = corpus({f"{folder}/train.tsv": body, f"{folder}/{dev}": body})
    for name in (root / folder, str(root / folder)):
        task = load_task(name)
        assert (task.name, task.pair, task.metric, task.classes) == (folder, pair, metric, classes)
        assert task.train[0] == task.dev[0] == first
        assert type(task.train[0][2]) is type(first[2])
        assert callable(getattr(metrics, task.metric))


@pytest.mark.parametrize("labels", [("-0.5", "0.5"), ("-1", "0.25"), ("1e-05", "-2"), (".5", "+.5"), ("5.000", "4.000"),
                                    ("3", "2.5")])
def test_scores_are_numbers_and_no_classes(corpus, labels):
    """A sign, an exponent, or a whole number among them does not make them classes; nor a fraction in the dev file alone."""
    lines = [f"A\tB\t{label}\n" for label in labels]
    head = "sentence1\tsentence2\tscore\n"
    root = corpus({"t/train.tsv": head + "".join(lines), "t/dev.tsv": head + lines[1]})
    task = load_task(root / "t")
    assert (task.metric, task.classes) == ("spearman", [])
    assert [label for *_, label in task.train] == [float(label) for label in labels]
    corpus({"t/train.tsv": head + lines[0], "t/dev.tsv": head + "".join(lines)})
    assert load_task(root / "t").metric == "spearman"


@pytest.mark.parametrize("labels", [("-1", "0", "1"), ("1", "2", "10"), ("v1.5", "v1.0"), ("nan", "inf"), ("1_0", "٣")])
def test_classes_that_are_no_scores(corpus, labels):
    body = "sentence\tlabel\n" + "".join(f"A\t{label}\n" for label in labels)
    task = load_task(corpus({"t/train.tsv": body, "t/dev.tsv": body}) / "t")
    assert (task.metric, task.classes) == ("accuracy", sorted(labels))
    assert [task.classes[int(label)] for *_, label in task.train] == list(labels)


@pytest.mark.parametrize("wrong", ["nan", "n/a", "-inf", "0,5", "1e999"])
def test_what_is_no_score(corpus, wrong):
    """It had made classes of all of them, or in the dev file raised a ValueError of Python's."""
    head = "sentence\tscore\n"
    good, bad = f"{head}A\t-0.5\nB\t0.5\n", f"{head}A\t0.5\nB\t{wrong}\n"
    for train, dev in ((good, bad), (bad, good)):
        with pytest.raises(DataError, match=rf"the label '{wrong}' is no number, but others are scores"):
            load_task(corpus({"t/train.tsv": train, "t/dev.tsv": dev}) / "t")


def test_lines_without_a_label(corpus):
    """A class named "" had been made of it; "-" is how SNLI writes that the annotators did not agree."""
    snli = "sentence1\tsentence2\tgold_label\nA\tB\tneutral\nA\tB\t-\n"
    for body in (snli, RTE + "2\tE\tF\t \n"):
        with pytest.raises(DataError, match=r"line \d has no label, but"):
            load_task(corpus({"t/train.tsv": body, "t/dev.tsv": body}) / "t")


@pytest.mark.parametrize(
    ("train", "dev", "text"),
    [
        (RTE, None, r"has no dev\.tsv and no dev_matched\.tsv|has no dev\.tsv(?s:.*)train\.tsv and dev\.tsv"),
        (RTE, RTE.replace("not_", "un"), r"label 'unentailment' is in the dev file(?s:.*)entailment, not_entailment"),
        (RTE, "a\tb\n1\t2\n", r"dev\.tsv: no column of texts and labels among a, b"),
        (RTE, RTE + "2\tonly two\n", r"dev\.tsv: line 4 has 2 of 4 columns"),
        (RTE.split("\n")[0], RTE, r"no examples"),
        ("", RTE, r"train\.tsv is empty"),
    ],
)
def test_broken_glue_folders(corpus, train, dev, text):
    root = corpus({"t/train.tsv": train} | ({"t/dev.tsv": dev} if dev else {}))
    with pytest.raises(DataError, match=text) as caught:
        load_task(root / "t")
    assert "fix:" in str(caught.value)


def test_unknown_task():
    with pytest.raises(DataError, match=r"'colla' is neither a folder nor a task(?s:.*)did you mean 'cola'\?"):
        load_task("colla")


# The real ones ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "pair", "metric", "train", "dev", "ones"),
    [
        pytest.param("cola", False, "matthews_corrcoef", 8551, 1043, 6023, marks=needs("cola")),
        pytest.param("rte", True, "accuracy", 3367, 800, 1662, marks=needs("rte")),
        pytest.param("mrpc", True, "f1_score", 4076, 1725, 2753, marks=needs("mrpc")),
        pytest.param("sst2", False, "accuracy", 6920, 872, 3610, marks=needs("sst2")),
    ],
)
def test_real_tasks(name, pair, metric, train, dev, ones):
    task = load_task(name)
    assert (task.name, task.pair, task.metric, len(task.train), len(task.dev)) == (name, pair, metric, train, dev)
    assert sum(label for _, _, label in task.train) == ones
    assert all((second is not None) == pair and first.strip() for first, second, _ in task.train + task.dev)


@needs("wordsim")
def test_real_similarity():
    assert [len(load_similarity(name)) for name in ("ws353", "men", "simlex", "rg65")] == [353, 3000, 999, 65]
    assert max(score for _, _, score in load_similarity("men")) == 50


@needs("analogies")
def test_real_analogies():
    sections = load_analogies()
    assert (len(sections), sum(map(len, sections.values()))) == (14, 19544)
    assert sections["family"][0] == ("boy", "girl", "brother", "sister")
