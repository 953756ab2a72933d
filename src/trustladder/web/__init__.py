"""The HTTP API and the agents' workspace."""
