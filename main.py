"""``python main.py fit --config leaky.yaml``; the same as the installed command ``verism``."""

from verism.cli import main

if __name__ == "__main__":
    main()
