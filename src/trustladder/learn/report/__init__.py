"""The audit as one page: self-contained HTML that reads on paper, in the dark, on a phone, and without a network."""

from trustladder.learn.report.html import render

__all__ = ["render"]
