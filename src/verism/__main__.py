"""``python -m verism``, the same as the installed command ``verism``."""

from verism.cli import command

command()
