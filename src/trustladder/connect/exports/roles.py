"""Who wrote a line: the roles of the file format, the words other systems use, and the words that say too little."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from trustladder.core.ticket import Role
from trustladder.errors import BadInput
from trustladder.learn.conversation import Notices

_WORDS: Mapping[Role, tuple[str, ...]] = {
    Role.CUSTOMER: ("customer", "user", "end_user", "enduser", "visitor", "client", "contact", "requester", "consumer",
                    "caller", "incoming", "inbound"),
    Role.BOT: ("bot", "assistant", "chatbot", "ai", "ai_agent", "ai_assistant", "virtual_agent", "virtual_assistant",
               "automation", "automated", "agent_bot"),
    Role.HUMAN: ("human", "person", "human_agent", "live_agent", "operator", "admin", "employee", "representative",
                 "teammate", "colleague"),
    Role.SYSTEM: ("system", "activity", "event", "trigger"),
    Role.TOOL: ("tool", "function", "tool_result"),
}  # fmt: skip
KNOWN = {word: role for role, words in _WORDS.items() for word in words}

AMBIGUOUS = frozenset(
    {
        "agent",
        "support",
        "support_agent",
        "outgoing",
        "outbound",
        "staff",
        "team",
        "business",
        "company",
        "service",
        "reply",
    }
)
"""Words that a bot's and a person's lines share."""

_LINES_BEFORE_GIVING_UP = 2000


@dataclass(slots=True)
class Roles:
    """How the file's words for who wrote are read.

    ``own`` maps a word to a role, ``bot_authors`` names the bots, ``met`` holds those of them that wrote.
    """

    own: Mapping[str, Role] = field(default_factory=dict)
    bot_authors: frozenset[str] = frozenset()
    undecided: Counter[str] = field(default_factory=Counter)
    met: set[str] = field(default_factory=set)
    _authors: Counter[str] = field(default_factory=Counter)
    _first_place: str = ""

    def of(self, word: object, author: str, place: str, notices: Notices) -> Role | None:
        """Return the role of a line, or None for one that is left out (with a notice)."""
        spelled = _spelled(word)
        if author and author.casefold() in self.bot_authors:
            self.met.add(author.casefold())
            return Role.BOT
        role = self.own.get(spelled) or KNOWN.get(spelled)
        if role is not None:
            return role
        if spelled in AMBIGUOUS:
            if self.bot_authors:
                self._authors[author] += 1
                return Role.HUMAN
            self._undecidable(spelled, author, place)
            return None
        close = get_close_matches(spelled, KNOWN, 1)
        hint = f"; did you mean {close[0]}?" if close else "; say --role WORD=ROLE"
        notices.leave_out(f"the role {spelled[:40]!r} is not known{hint}" if spelled else "no role", place)
        return None

    def _undecidable(self, word: str, author: str, place: str) -> None:
        self._first_place = self._first_place or place
        self.undecided[word] += 1
        self._authors[author] += 1
        if self.undecided.total() >= _LINES_BEFORE_GIVING_UP:
            self.must_be_decided()

    def authors(self) -> str:
        """Return who wrote most of the lines that a bot or a person may have written, each with its count."""
        return ", ".join(f"{name} ({count:,})" for name, count in self._authors.most_common(6) if name)

    def must_be_decided(self) -> None:
        """Raise `BadInput` when lines were seen that a bot or a person may have written."""
        if not self.undecided:
            return
        word = self.undecided.most_common(1)[0][0]
        named = self.authors()
        authors = f" Authors of those lines: {named}." if named else ""
        raise BadInput(
            f"{self.undecided.total():,} lines have the role {word!r}, which may be a bot or a person.{authors} "
            "Whether automation stayed too long cannot be told without knowing the bot",
            where=self._first_place,
            fix=f"name the bot with --bot-author NAME, or say what the word means with --role {word}=bot "
            f"(or --role {word}=human)",
        )


def _spelled(word: object) -> str:
    return str(word if word is not None else "").strip().lower().replace("-", "_").replace(" ", "_")


def roles_from(pairs: Mapping[str, str]) -> dict[str, Role]:
    """Read ``--role WORD=ROLE`` pairs. Raises `BadInput` for a role that is none."""
    found = {}
    for word, name in pairs.items():
        if name not in set(Role):
            raise BadInput(f"--role {word}={name}: there is no role {name!r}", fix="the roles are " + ", ".join(Role))
        found[_spelled(word)] = Role(name)
    return found
