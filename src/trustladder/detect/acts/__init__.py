"""Acts: what a bot's draft does, so that Contain can say what it may."""

from trustladder.detect.acts.reading import ActReading, Promise, acts_of
from trustladder.detect.acts.sentences import sentence_ends, sentences

__all__ = ["ActReading", "Promise", "acts_of", "sentence_ends", "sentences"]
