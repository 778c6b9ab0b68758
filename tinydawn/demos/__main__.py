"""`python -m tinydawn.demos list | run NAME [flags] | copy NAME [FOLDER] | notebook NAME [FOLDER]`"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ..errors import TinydawnError
from . import LESSONS, copy, notebook, run, title


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tinydawn.demos", description="The lessons: neural NLP before the "
                                     "Transformer. Pictures and plots need `pip install 'tinydawn[draw]'`.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="list | run | copy | notebook")
    commands.add_parser("list", help="all lessons, in the order of the notes")
    running = commands.add_parser("run", help="run one; what follows its name are its own flags", add_help=False)
    running.add_argument("name")
    running.add_argument("flags", nargs=argparse.REMAINDER)
    for command, what in (("copy", "the script of one, with the folder `support` beside it"),
                          ("notebook", "one as a Jupyter notebook")):
        part = commands.add_parser(command, help=what)
        part.add_argument("name")
        part.add_argument("folder", nargs="?", type=Path, default=Path())
    options = parser.parse_args(arguments)
    try:
        if options.command == "list":
            for name in LESSONS:
                print(f"{name:21}{title(name)}", flush=True)
        elif options.command == "run":
            return run(options.name, options.flags)
        else:
            make = copy if options.command == "copy" else notebook
            print(make(options.name, options.folder))
    except BrokenPipeError:  # whoever read our output has gone
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (for the rest of the process)
    except (TinydawnError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
