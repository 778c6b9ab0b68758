"""What holds of every lab's answers, found by reading its tables: used by the tests, and while a lab is written.

`python -m tests.labs.check 3` says what is wrong with lab 3.
"""

from __future__ import annotations

import sys
from typing import Any

from tests.labs.__main__ import labs
from tinydawn.labs.verdict import judge, same_outcome


def faults(table: dict[str, Any], least: int = 5) -> list[str]:
    """Twins that are no mistake, or that no input tells from another; holes with too few; messages that say the same."""
    found = []
    for name, hole in table["holes"].items():
        right = [case["outcome"] for case in hole["cases"]]
        found += [f"{name}: the right function raises {out['error']}" for out in right
                  if "error" in out and out["error"].partition(":")[0] not in hole["raises"]]
        if len(hole["twins"]) < least:
            found.append(f"{name}: {len(hole['twins'])} twins")
        gives = {"": right, **{twin["name"]: twin["outcomes"] for twin in hole["twins"]}}
        names = list(gives)
        for i, a in enumerate(names):
            for b in names[:i]:
                if all(same_outcome(x, y) for x, y in zip(gives[a], gives[b], strict=True)):
                    found.append(f"{name}: no input tells {a} from {b or 'what is right'}")
        for twin in hole["twins"]:
            verdict = judge(hole, twin["outcomes"])
            if (verdict.status, verdict.mistake) != ("wrong", twin["name"]):
                found.append(f"{name}: {twin['name']} is judged {verdict.status} {verdict.mistake}")
            for messages in twin["messages"].values():
                if len(set(messages)) != 3 or not all(messages):
                    found.append(f"{name}: {twin['name']} says the same twice")
    return found


if __name__ == "__main__":
    for lab in labs():
        if len(sys.argv) == 1 or str(lab.number) in sys.argv[1:]:
            holes = lab.holes
            print(f"lab {lab.number}: {len(holes)} holes, {sum(len(hole.twins) for hole in holes)} twins")
            for kind, marks in (("", False), ("marks: ", True)):
                print(*(kind + fault for fault in faults(lab.table(marks))), sep="\n")
