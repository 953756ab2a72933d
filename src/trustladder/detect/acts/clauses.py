"""Clauses of a folded sentence: the unit in which an act is recognised."""

import re2

_BREAK = re2.compile(
    r"\s*[;:,!()|]+\s*|\s+-+\s+|\s*[.?]+(?:\s+|$)|\s+/\s+|"
    r"\s+(?:(?:but|because|while|although|though|however|whereas|aber|denn|sondern|pero|porque|mais|car)\s+)"
)
_JOIN = re2.compile(
    r"\s(?:and|so|which|und|sowie|y|et|as|since|or)\s+(?:(?:i|we|it|this|that|the|our|my|there|they|please|then|your|can|"
    r"could|would|what|which|when|where|how|do|did|have|is|are|has|was|will|only|a|an|someone|"
    r"ich|wir|das|es|ihre?|bitte|der|die|unser\w*|wurde|wird|el|la|lo|su|le|he|hemos|nous|je|votre|le|il|"
    r"takes?|costs?|will|issued|refunded|approved|cancelled)\b)"
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


def without_first_quotation(sentence: str) -> str:
    """Return the sentence with its first quotation taken out: the words of the one who is quoted."""
    return str(_QUOTED.sub("quoted", sentence, count=1))
