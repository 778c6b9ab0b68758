"""Runs a short program and draws what it computes, as the playground does: the value of its last line, or its last variable."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 120


def drawn(program: str, target: Path, cache: Path) -> tuple[str, str | None]:
    """Run a program in a process of its own, and write the picture of its last value to `target`.

    Returns what it printed, and the name of the picture's file, or None where its last value is nothing that can be drawn. Raises
    ValueError with the program's own error. Results are kept in `cache`, by program and package.
    """
    kept = cache / "live" / (hashlib.sha256((program + _package()).encode()).hexdigest()[:16] + ".json")
    if not kept.is_file():
        done = subprocess.run([sys.executable, __file__], input=program, capture_output=True, encoding="utf-8", check=False,
                              timeout=SECONDS, env={**os.environ, "PYTHONPATH": str(ROOT)})
        if done.returncode:
            raise ValueError(done.stderr.strip().splitlines()[-1].removeprefix("ValueError: "))
        kept.parent.mkdir(parents=True, exist_ok=True)
        temporary = kept.with_suffix(f".part{os.getpid()}")
        temporary.write_text(done.stdout, "utf-8")
        temporary.replace(kept)
    result = json.loads(kept.read_text("utf-8"))
    if result["picture"] is None:
        return result["printed"], None
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(result["picture"], "utf-8")
    return result["printed"], target.name


def _package() -> str:
    from lessons import package_key

    return package_key() + (Path(__file__).parent / "playground" / "playground.py").read_text("utf-8")


def run(program: str) -> dict[str, str | None]:
    """What a program prints, and the picture of its last value: by the playground's own Python."""
    from playground import playground

    answer = json.loads(playground.run(json.dumps({"program": program})))
    if answer["error"]:
        raise ValueError("line {line}: {kind}: {text}".format_map(answer["error"]))
    return {"printed": answer["printed"], "picture": answer.get("svg")}


if __name__ == "__main__":
    print(json.dumps(run(sys.stdin.read())))
