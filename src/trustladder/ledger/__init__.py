"""The append-only event log: one protocol, two stores."""
