"""``python -m volrules``: the command line."""

from volrules.cli import main

main()
