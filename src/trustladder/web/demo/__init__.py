"""The demo: conversations of our own, played through the live service by its own HTTP API."""
