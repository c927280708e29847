"""`python -m posequery` is the command `posequery`."""

from posequery.commands.console import main

main()
