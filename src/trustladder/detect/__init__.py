"""Perception: text and context in, signals out."""
