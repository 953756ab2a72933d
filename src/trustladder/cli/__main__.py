"""``python -m trustladder.cli``: the command line."""

from trustladder.cli import main

if __name__ == "__main__":
    main()
