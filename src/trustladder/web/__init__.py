"""The HTTP API and the pages, on top of the desk."""
