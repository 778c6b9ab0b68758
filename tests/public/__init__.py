"""Public course programs under tinydawn.torch: a list of them, and a command that runs it over a folder of fetched copies.

None of their code is here. programs.toml names repository, path and commit of each, what had to be changed so that it runs under
today's PyTorch, and what was measured.

    python -m tests.public FOLDER [NAME ...]     runs them, prints and writes down what was found
    python -m tests.public --page                writes the table into demos/public_programs.md

FOLDER/NAME/program.py is the program, with its data beside it; a notebook as its code cells in order.
"""
