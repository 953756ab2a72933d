"""Ticket populations in which the truth is known: golden turns, misses, and what bad episodes do to accounts.

They come as the product's own events, so that whatever Learn computes can be held against what is so.
"""
