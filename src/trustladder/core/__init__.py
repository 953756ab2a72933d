"""The ladder itself: data and pure functions, standard library only; no clock, no I/O, no randomness."""
