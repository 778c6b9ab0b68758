"""What the site serves that others made: Graphviz, MathJax and Pyodide; and the wheels, ours among them.

Files come from the npm registry by `npm pack`, which checks each against the sum that the registry states, and from PyPI by pip.
They are kept in the cache, so that a second build fetches nothing.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from tinydawn.errors import DataError, message

ROOT = Path(__file__).parents[2]
# Package of npm: version, sha512 of its archive, the one file we take, and its name in _static.
FROM_NPM = {
    "@viz-js/viz": ("3.31.0", "package/dist/viz-global.js", "viz-global.js"),  # Graphviz 16, as one script
    "mathjax": ("3.2.2", "package/es5/tex-svg.js", "mathjax/tex-svg.js"),  # 4 would ask for a second file from its CDN
}
# Pure Python packages that tinydawn, or the notebook's kernel, imports, and that Pyodide does not have.
WHEELS = ("graphviz>=0.20", "tqdm>=4.60", "comm>=0.2")
PYODIDE = "0.27.7"
CDN = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE}/full/"


def fetch(cache: Path) -> None:
    """Fetch the files from npm that the cache does not have."""
    for package, (version, member, _) in FROM_NPM.items():
        kept = kept_file(package, cache)
        if not kept.is_file():
            _unpack(_pack(f"{package}@{version}", cache), member, kept)


def static(folder: Path, cache: Path) -> None:
    """Put the files from npm into a folder of static files."""
    fetch(cache)
    for package, (_, _, name) in FROM_NPM.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(kept_file(package, cache), folder / name)


def kept_file(package: str, cache: Path) -> Path:
    version, _, name = FROM_NPM[package]
    return cache / f"{version}-{Path(name).name}"


def _pack(what: str, cache: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise DataError(message(f"the site needs {what} from npm, and there is no npm", fix="install Node.js, which brings npm"))
    cache.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([npm, "pack", "--loglevel=error", what], cwd=cache, capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        said = next((line for line in done.stderr.splitlines() if " code " in line), done.stderr.strip()[:200])
        raise DataError(message(f"npm pack {what} failed: {said}", fix="is there a network?"))
    return cache / done.stdout.strip().splitlines()[-1]


def _unpack(archive: Path, member: str, target: Path) -> None:
    with tarfile.open(archive) as tar:
        found = tar.extractfile(member)
        if found is None:
            raise DataError(message(f"{archive.name} has no file {member}", fix="another version?"))
        temporary = target.with_suffix(".part")
        temporary.write_bytes(found.read())
        temporary.replace(target)
    archive.unlink()


def wheels(folder: Path, cache: Path) -> list[str]:
    """Our wheel, made from this checkout, and those it needs in the browser; returns their names."""
    shutil.rmtree(folder, ignore_errors=True)  # of an earlier state
    folder.mkdir(parents=True)
    kept = cache / ("wheels-" + hashlib.sha256(" ".join(WHEELS).encode()).hexdigest()[:12])
    if not kept.is_dir():
        temporary = cache / f"{kept.name}.part"
        _pip("download", "--no-deps", "--only-binary=:all:", "--dest", str(temporary), *WHEELS)
        temporary.replace(kept)
    for wheel in kept.glob("*.whl"):
        shutil.copyfile(wheel, folder / wheel.name)
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    return sorted(wheel.name for wheel in folder.glob("*.whl"))


def _pip(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments],
                          capture_output=True, encoding="utf-8", check=False)
    if done.returncode:
        raise DataError(message(f"pip {arguments[0]} failed: {done.stderr.strip()[-400:]}", fix="is there a network?"))


def pyodide(given: str, out: Path) -> str:
    """Where pages find Pyodide, relative to the site's root: its public CDN, or a folder that is copied to OUT/pyodide."""
    if given == "cdn":
        shutil.rmtree(out / "pyodide", ignore_errors=True)  # of an earlier state
        return CDN
    source = pyodide_folder(given)
    shutil.copytree(source, out / "pyodide", dirs_exist_ok=True, ignore=_not_needed)
    return "pyodide/"


def pyodide_folder(given: str) -> Path:
    """The folder that --pyodide names. Raises DataError for one without what the site needs of it."""
    if given == "cdn":
        return Path()
    for file in ("pyodide.asm.wasm", "pyodide.js", "python_stdlib.zip", "pyodide-lock.json", "numpy-*.whl"):
        if not any(Path(given).glob(file)):
            raise DataError(message(f"--pyodide: {given!r} has no {file}", fix="name a folder with a whole Pyodide "
                                    f"{PYODIDE}, or cdn"))
    version = json.loads((Path(given) / "pyodide-lock.json").read_text("utf-8")).get("info", {}).get("version")
    if version != PYODIDE:
        raise DataError(message(f"--pyodide: {given!r} is Pyodide {version}", fix=f"the notebooks are made for {PYODIDE}"))
    return Path(given)


# Large, and imported by nothing of ours; a folder with more than we need may be given.
NEEDED = ("numpy", "matplotlib", "contourpy", "cycler", "fonttools", "kiwisolver", "packaging", "pillow", "pyparsing", "six",
          "python_dateutil", "pytz", "micropip", "ipython", "asttokens", "decorator", "executing", "jedi", "parso", "pure_eval",
          "prompt_toolkit", "pygments", "stack_data", "traitlets", "wcwidth", "matplotlib_inline", "sqlite3", "ssl", "openssl",
          "pydoc_data", "comm")


def _not_needed(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name.endswith((".whl", ".zip")) and name != "python_stdlib.zip"
            and not name.startswith(tuple(f"{x}-" for x in NEEDED))}
