"""The notebooks of the site: JupyterLite with every lab and lesson, whose Python runs in the reader's browser.

    python demos/site/lite.py SITE     of a site that has its wheels/, _static/ and, if it serves Pyodide itself, pyodide/

A notebook opens in Jupyter's own page for a single document. Pyodide is told of our wheels in its own list of packages, so it
loads them while it starts, and `import tinydawn` needs no installing. What a reader writes stays in the browser's storage.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from tinydawn import demos, labs  # noqa: E402
from tinydawn.errors import DataError, message  # noqa: E402
from tinydawn.labs.text import as_notebook  # noqa: E402

KERNEL = "@jupyterlite/pyodide-kernel-extension"
# What the kernel would install one after the other when it starts, if it were not loaded already.
OF_THE_KERNEL = ("micropip", "piplite", "ssl", "sqlite3", "ipykernel", "comm", "pyodide_kernel", "jedi", "ipython")
# It asks for these, and nothing here uses them: an empty wheel stands for 4 MB. (Completion goes by what is there, without jedi.)
NOT_NEEDED = ("ssl", "jedi")
DEPENDS = {"tinydawn": ["numpy", "graphviz", "tqdm", "pydoc-data"], "piplite": ["micropip"],
           "pyodide_kernel": ["ipython", "comm", "ipykernel"]}
FOLDERS = {"en": "labs", "zh": "labs_zh"}  # as they are called where a reader sees them
# Parts of Jupyter's page that a course has no use for. Without the service worker the kernel's files are not those of the page: a
# file that a lab writes is seen where it is shown, and not in a list of files; with it each import asks the page, one by one.
DISABLED = ["@jupyterlite/application-extension:service-worker-manager", "@jupyter-notebook/notebook-extension:checkpoints",
            "@jupyter-notebook/notebook-extension:trusted", "@jupyter-notebook/notebook-extension:kernel-logo",
            "@jupyterlite/notebook-application-extension:logo", "@jupyterlab/apputils-extension:announcements"]
# Diagrams by Mermaid, plots by Vega, terminals: no notebook of ours has any.
FOR_OTHER_NOTEBOOKS = re.compile(rb"mermaid|org\.eclipse\.elk|cytoscape|katex|vega|xterm")
VIZ_JS = "../../../../../_static/viz-global.js"  # from the kernel's own script


def address(name: str, lang: str = "en") -> str:
    """Where the notebook of a lab ("lab04_words") or a lesson ("bpe") opens, from the site's root."""
    folder = "lessons" if name in demos.LESSONS else FOLDERS[lang]
    return f"lite/notebooks/index.html?path={folder}/{name}.ipynb"


def addresses() -> dict[str, str]:
    """All of them: "labs/lab04_words.en", "lessons/bpe"."""
    found = {f"lessons/{name}": address(name) for name in demos.LESSONS}
    return found | {f"labs/{table['file']}.{lang}": address(table["file"], lang)
                    for table in labs.tables().values() for lang in FOLDERS}


def colab(url: str, branch: str = "gh-pages") -> dict[str, str]:
    """Addresses at Colab, by the same names, of a site whose address is `url`; none where Colab could not open them.

    Colab opens notebooks that are on GitHub. A site at OWNER.github.io/NAME is a branch there, and has its notebooks in it.
    """
    pages = re.fullmatch(r"https://([\w-]+)\.github\.io/([\w.-]+)/?", url)
    if not pages:
        why = f"{url} is not at github.io, and Colab opens what is on GitHub" if url else "the site has no --url"
        print(f"no badges for Colab: {why}")
        return {}
    base = f"https://colab.research.google.com/github/{pages[1]}/{pages[2]}/blob/{branch}/lite/files/"
    return {name: base + opens.partition("path=")[2] for name, opens in addresses().items()}


def build(out: Path, wheels: Path, pyodide: str = "pyodide/", url: str = "") -> dict[str, str]:
    """Make OUT/lite, and return the addresses of its notebooks. Raises DataError if JupyterLite fails.

    wheels   the folder, in OUT, with those of tinydawn, graphviz, tqdm and comm
    pyodide  where Pyodide is, from the site's root, or the address of its public network
    url      where the site will be: notebooks that are opened elsewhere take tinydawn from there
    """
    target = out / "lite"
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="tinydawn-lite-") as folder:
        work = Path(folder)
        settings(work)
        command = [sys.executable, "-m", "jupyterlite_core", "build", "--lite-dir", str(work), "--output-dir", str(target),
                   "--apps", "notebooks", "--apps", "tree", "--no-sourcemaps", "--no-unused-shared-packages", "--no-libarchive",
                   "--ignore-sys-prefix", f"--LiteBuildConfig.federated_extensions={extension()}"]
        done = subprocess.run(command, cwd=work, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise DataError(message(f"jupyter lite build failed: {(done.stderr or done.stdout).strip()[-2000:]}",
                                fix="pip install jupyterlite-core==0.6.4 jupyterlite-pyodide-kernel==0.6.1"))
    trim(target)
    notebooks(target / "files", wheel_at(url, wheels))
    for folder in ("", "lessons", *FOLDERS.values()):
        index(target, folder)
    listed = packages(target, wheels)
    (target / "packages.json").write_text(json.dumps(listed, indent=1) + "\n", "utf-8")
    script = (HERE / "lite" / "pyodide.js").read_text("utf-8")
    (target / "pyodide.js").write_text(script.replace('"PYODIDE"', f'"{pyodide}"'), "utf-8")
    shutil.copyfile(HERE / "lite" / "back.js", target / "back.js")
    icons = target / "static" / "favicons"  # which the page asks for while a cell runs
    icons.mkdir(parents=True, exist_ok=True)
    for icon in ("notebook", "busy-1", "busy-2", "busy-3", "terminal", "file", "console"):
        shutil.copyfile(target / "notebooks" / "favicon.ico", icons / f"favicon-{icon}.ico")
    for page in (target / "notebooks" / "index.html", target / "tree" / "index.html"):
        text = page.read_text("utf-8")
        page.write_text(text.replace("</head>", '  <script src="../back.js"></script>\n  </head>', 1), "utf-8")
    return addresses()


def extension() -> str:
    """The folder with the kernel's part for Jupyter's page. Others that this Python has are not for readers."""
    place = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / KERNEL
    if not place.is_dir():
        raise DataError(message(f"there is no {KERNEL} in {sys.prefix}", fix="pip install jupyterlite-pyodide-kernel==0.6.1"))
    return str(place)


def wheel_at(url: str, wheels: Path) -> str:
    """The address of our wheel at the site; "" for a site without one."""
    return f"{url.rstrip('/')}/wheels/{one(wheels, 'tinydawn').name}" if url else ""


def one(folder: Path, name: str) -> Path:
    """The wheel of this name. Raises DataError if there is none."""
    found = sorted(folder.glob(f"{name}-*.whl"))
    if not found:
        raise DataError(message(f"{folder} has no wheel of {name}", fix="demos/site/build.py puts it there"))
    return found[-1]


def notebooks(folder: Path, wheel: str) -> None:
    """Write all labs, in both languages, and all lessons."""
    books = {f"lessons/{name}": demos.as_notebook(demos.lesson(name).read_text("utf-8"), name, wheel) for name in demos.LESSONS}
    for table in labs.tables().values():
        books |= {f"{FOLDERS[lang]}/{table['file']}": as_notebook(table["file"], lang, wheel) for lang in FOLDERS}
    for name, book in books.items():
        book["metadata"]["kernelspec"] = {"display_name": "Python (Pyodide)", "language": "python", "name": "python"}
        path = folder / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(book, ensure_ascii=False, indent=1) + "\n", "utf-8")


def index(target: Path, folder: str) -> None:
    """List a folder of files as Jupyter's page asks for it. (JupyterLite does this by jupyter-server, 70 packages more.)"""
    time = "2000-01-01T00:00:00Z"  # a build of the same files gives the same bytes
    common = {"created": time, "last_modified": time, "writable": True, "content": None}
    content = []
    for path in sorted((target / "files" / folder).iterdir()):
        kind = "directory" if path.is_dir() else "notebook"
        content.append({"name": path.name, "path": f"{folder}/{path.name}".lstrip("/"), "type": kind, "format": "json",
                        "mimetype": None, "size": None if path.is_dir() else path.stat().st_size, **common})
    whole = {"name": folder, "path": folder, "type": "directory", "format": "json", "mimetype": None, "size": None, **common,
             "content": content}
    place = target / "api" / "contents" / folder
    place.mkdir(parents=True, exist_ok=True)
    (place / "all.json").write_text(json.dumps(whole, indent=1) + "\n", "utf-8")


def settings(work: Path) -> None:
    """What JupyterLite reads before it builds: where Pyodide is, and what is loaded with it."""
    kernel = {
        "pyodideUrl": "./pyodide.js",  # ours, which loads the other
        "disablePyPIFallback": True,
        "loadPyodideOptions": {"lockFileURL": "packages.json", "packages": [*OF_THE_KERNEL, "tinydawn"],
                               "env": {"HOME": "/home/pyodide", "TINYDAWN_VIZ_JS": VIZ_JS}},
    }
    autosave = {"@jupyterlab/docmanager-extension:plugin": {"autosaveInterval": 10}}  # seconds: a reload loses no answer
    (work / "overrides.json").write_text(json.dumps(autosave), "utf-8")
    (work / "jupyter-lite.json").write_text(json.dumps({"jupyter-lite-schema-version": 0, "jupyter-config-data": {
        "appName": "tinydawn", "disabledExtensions": DISABLED,
        "litePluginSettings": {f"{KERNEL}:kernel": kernel}}}, indent=1), "utf-8")


def trim(target: Path) -> None:
    """Take away what no notebook of ours asks for: old forms of fonts, maps of the source, the layout of Mermaid's diagrams."""
    for pattern in ("**/*.map", "build/*.eot", "build/*.ttf", "build/fa-*.svg", "build/fa-*.woff", "**/widgetsnbextension-*.whl"):
        for path in target.glob(pattern):
            path.unlink()
    for path in target.glob("build/*.js"):
        if "org.eclipse.elk" in path.read_text("utf-8"):
            path.unlink()
    # The page asks for these when a notebook has such a thing: 5 MB. What names them in passing is small, and asked for at once.
    for path in (target / "build").glob("*.js"):
        large = path.stat().st_size > 40_000 and not path.name.startswith("jlab_core")
        if large and FOR_OTHER_NOTEBOOKS.search(path.read_bytes()):
            path.unlink()


def packages(target: Path, wheels: Path) -> dict[str, Any]:
    """Ours and the kernel's, as Pyodide lists packages."""
    own = target / "wheels"
    own.mkdir()
    empty = own / "not_needed-1-py3-none-any.whl"
    write_wheel(empty, "not_needed", {})
    write_wheel(own / "pydoc_data-1-py3-none-any.whl", "pydoc_data", the_manual())
    kernel = sorted((target / "extensions" / KERNEL / "static" / "pypi").glob("*.whl"))
    ours = [one(wheels, name) for name in ("tinydawn", "graphviz", "tqdm", "comm")]
    files = {path.name.split("-")[0]: path for path in [*own.glob("pydoc_data-*.whl"), *kernel, *ours]}
    files |= dict.fromkeys(NOT_NEEDED, empty)
    return {name.lower().replace("_", "-"): entry(path, target, name) for name, path in files.items()}


def entry(path: Path, target: Path, name: str) -> dict[str, Any]:
    """A wheel as Pyodide lists it; its file is named from JupyterLite's folder."""
    with zipfile.ZipFile(path) as wheel:
        imports = {part.split("/")[0].removesuffix(".py") for part in wheel.namelist() if part.endswith(".py")}
    return {"name": name, "version": path.name.split("-")[1], "file_name": Path(os.path.relpath(path, target)).as_posix(),
            "install_dir": "site", "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "package_type": "package",
            "imports": sorted(imports), "depends": DEPENDS.get(name, []), "unvendored_tests": False}


def the_manual() -> dict[str, str]:
    """What labs and lessons read, which Pyodide has apart from its Python: that of the Python that builds the site."""
    import pydoc_data.topics as manual

    return {"pydoc_data/__init__.py": "", "pydoc_data/topics.py": Path(manual.__file__).read_text("utf-8")}


def write_wheel(path: Path, name: str, files: dict[str, str]) -> None:
    """A wheel of a few files, the same bytes each time."""
    about = f"{name}-1.dist-info"
    files = {**files, f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n",
             f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: tinydawn\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    files[f"{about}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{about}/RECORD"])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for file, text in files.items():
            wheel.writestr(zipfile.ZipInfo(file, (2000, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)


if __name__ == "__main__":
    site = Path(sys.argv[1]).resolve()
    print(*build(site, site / "wheels").values(), sep="\n")
