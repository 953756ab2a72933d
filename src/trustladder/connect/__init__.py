"""Connectors: one folder for each helpdesk and each bot interface."""
