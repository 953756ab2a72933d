"""From what a draft is made of to what a reader sees, and to the folded form that the cue packs are written in.

Whatever hides text from the packs (markup, invisible characters, look-alike letters, encodings) is undone here,
or reported as unreadable: text that cannot be read is never mild.
"""

import html
import re
import unicodedata

import re2

_COMMENT_MARKS = re2.compile(r"<!--|-->|<!\[CDATA\[|\]\]>")
_TAG = re2.compile(r"</?[a-zA-Z][^<>]{0,900}>")
_BLOCK_TAG = re2.compile(r"(?i)^</?(?:p|br|div|li|ul|ol|tr|h[1-6]|table|blockquote)\b")
_ATTRIBUTE_TEXT = re2.compile(r"\"([^\"<>]*\s[^\"<>]*)\"|'([^'<>]*\s[^'<>]*)'")
_ATTRIBUTE = re2.compile(r"[\w:-]+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s>]+)|^</?\w+|/?>$")
_MARKDOWN = re2.compile(r"[*_`~]{1,3}|^\s*#{1,6}\s+|^\s*>+\s*")
_MARKDOWN_LINK = re2.compile(r"!?\[([^\]\n]*)\]\(([^)\n]*)\)")
_BLOB = re2.compile(r"[A-Za-z0-9+/_-]{40,}={0,2}|(?:\\x[0-9a-fA-F]{2}){4,}|(?:%[0-9a-fA-F]{2}){4,}|(?:[01]{8}\s?){4,}")
_LOOK_ALIKES = str.maketrans(
    "аеорсухіјѕԁһӏьвкмнтАВЕКМНОРСТУХІЈЅαβεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧɑɡıⅼℓ",
    "aeopcyxijsdhlbbkmhtABEKMHOPCTYXIJSabeiknoptuxABEZHIKMNOPTYXagill",
)
_SPELLED = {
    "ß": "ss",
    "’": "'",
    "\u2018": "'",
    "\u02bc": "'",
    "`": "'",
    "\u00b4": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "–": " - ",
    "—": " - ",
    "…": "...",
    "¿": "",
    "¡": "",
    "✅": " done ",
    "☑": " done ",
    "✔": " done ",
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "ł": "l",
    "đ": "d",
}
# re, not re2: these are short literals without nesting, linear in both, and re's sub costs a fifth.
_CONTRACTIONS = (
    (re.compile(r"\bcan'?t\b|\bcannot\b"), "can not"),
    (re.compile(r"\bwon'?t\b"), "will not"),
    (re.compile(r"\bshan't\b"), "shall not"),
    (re.compile(r"n't\b"), " not"),
    (re.compile(r"\b(do|does|did|is|are|was|were|has|have|had|would|could|should)nt\b"), r"\1 not"),
    (re.compile(r"\bi'?m\b"), "i am"),
    (re.compile(r"'re\b"), " are"),
    (re.compile(r"\b(i|we|you|they)'?ve\b"), r"\1 have"),
    (re.compile(r"'ll\b"), " will"),
    (re.compile(r"\b(i|we|you|they|he|she)'d\b"), r"\1 would"),
    (re.compile(r"\blet's\b"), "let us"),
    (re.compile(r"\b(it|that|this|there|here|what|where|who|how|everything|he|she)'s\b"), r"\1 is"),
    (re.compile(r"'"), " "),
    (re.compile(r"(\d)\. (jan|feb|mar|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])"), r"\1 \2"),
)


def visible(text: str) -> str:
    """Return the text as a reader would see it, with what markup could hide (comments, attributes) laid open."""
    opened = html.unescape(html.unescape(text))
    opened = _without_invisibles(unicodedata.normalize("NFKC", opened))
    if "<" in opened:
        opened = _COMMENT_MARKS.sub(" ", opened)
        opened = _TAG.sub(_tag_text, opened)
    opened = _MARKDOWN_LINK.sub(r"\1 \2 ", opened)
    return "\n".join(_MARKDOWN.sub("", line) for line in opened.splitlines())


def _without_invisibles(text: str) -> str:
    if text.isascii():
        return text
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cf", "Cc", "Co", "Cn"})


def _tag_text(match: "re2._Match") -> str:
    tag = match.group()
    loose = str(_ATTRIBUTE.sub(" ", tag)).strip()
    said = " ".join([a or b for a, b in _ATTRIBUTE_TEXT.findall(tag)] + [loose] * (" " in loose))
    edge = "\n" if _BLOCK_TAG.match(tag) else ""
    return f"{edge}\n{said}\n" if said else edge


def folded(sentence: str) -> str:
    """Return the sentence in lower-case ASCII, contractions spelled out: the form that the cue packs match.

    Letters that have no place in it (another script) stay as they are: see ``unreadable``.
    """
    text = sentence
    if not text.isascii():
        text = text.translate(_LOOK_ALIKES)
        text = "".join(_SPELLED.get(c, c) for c in text)
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = text.lower()
    text = " ".join(text.split())
    for pattern, spelled in _CONTRACTIONS:
        text = pattern.sub(spelled, text)
    return " ".join(text.split())


def unreadable(text: str) -> bool:
    """True when folded text holds letters of another script or an encoded blob: nobody here can read it."""
    if not text.isascii() and any(c.isalpha() and not c.isascii() for c in text):
        return True
    return bool(_BLOB.search(text))
