"""``python -m broker``: the command line where no script is installed, as on Cloud Foundry."""

from broker.cli import main

main(prog_name="python -m broker")
