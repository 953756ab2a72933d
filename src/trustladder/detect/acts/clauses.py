"""Clauses of a folded sentence: the unit in which an act is recognised."""

import re2

_BREAK = re2.compile(r"\s*[;:,!()|]+\s*|\s+-+\s+|\s*[.?]+(?:\s+|$)|\s+/\s+|\s+(?:because|weil|porque|parce que)\s+")
_JOIN = re2.compile(
    r"\s(?:(?:as|since)\s+(?:i|we|it|this|that|the|our|your|they|there|refunds|returns|all)\b|(?:but|while|although|though|however|whereas|aber|denn|sondern|pero|mais|car)\s|"
    r"(?:and|so|which|in which case|und|sowie|y|et|or)\s+(?:i|we|it|this|that|the|our|my|there|"
    r"they|please|then|your|can|could|would|what|which|when|where|how|do|did|have|is|are|has|was|will|only|a|an|someone|"
    r"ich|wir|das|es|ihre?|bitte|der|die|unser\w*|habe|haben|wurde|wird|el|la|lo|su|le|he|hemos|nous|je|votre|il|"
    r"takes?|costs?|issued|refunded|approved|cancelled)\b)"
)
_CONJUNCTION = re2.compile(
    r"^(?:(?:and|but|so|or|then|also|while|although|though|und|aber|oder|denn|sondern|y|pero|et|mais)\s+)+"
)
_QUOTED = re2.compile(r"\"[^\"]*\"")


def clauses(sentence: str) -> tuple[str, ...]:
    """Split a folded sentence at its punctuation and at conjunctions that open a clause of their own."""
    parts: list[str] = []
    for piece in _BREAK.split(sentence):
        start = 0
        for match in _JOIN.finditer(piece):
            parts.append(piece[start : match.start()])
            start = match.start() + 1
        parts.append(piece[start:])
    return tuple(stripped for part in parts if (stripped := part.strip(" \"'[]-*.?•+>#=")))


def leading_conjunction(clause: str) -> tuple[bool, str]:
    """Return whether the clause hangs on a conjunction, and the clause without it."""
    bare = _CONJUNCTION.sub("", clause)
    return bare != clause, str(bare)


def without_first_quotation(sentence: str) -> str:
    """Return the sentence with its first quotation taken out: the words of the one who is quoted."""
    return str(_QUOTED.sub("quoted", sentence, count=1))
