"""`python -m anywhere_sim`."""

from anywhere_sim.cli import main

main()
