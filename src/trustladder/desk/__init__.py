"""The application: commands in, core called, events out."""
