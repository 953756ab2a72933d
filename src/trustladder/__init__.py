"""trustladder: the control layer between AI support bots and helpdesks."""

__version__ = "0.1.0"
