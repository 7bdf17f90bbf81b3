"""``python main.py fit --config leaky.yaml``; the same as the installed command ``verism``."""

from verism.cli import command

if __name__ == "__main__":
    command()
