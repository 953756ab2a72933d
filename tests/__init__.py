"""Tests of trustladder."""
