"""Meaning: a static sentence encoder and the small heads that read it."""
