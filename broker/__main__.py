"""``python -m broker``: the command line where the package is not installed."""

from broker.cli import main

main(prog_name="python -m broker")
