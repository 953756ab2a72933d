"""The frame of every page: its navigation, in groups. A new page is a link here, a new group one more entry."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """A page in the navigation. ``nav`` is what a page calls itself, so that its link is marked as the current one."""

    name: str
    path: str
    nav: str


@dataclass(frozen=True, slots=True)
class Group:
    """Links that belong together. The name is read out; it is shown where ``titled``."""

    name: str
    links: tuple[Link, ...]
    titled: bool = False


NAVIGATION = (
    Group(
        "Work",
        (
            Link("Lanes", "/", "overview"),
            Link("Queue", "/queue", "queue"),
            Link("Integrity", "/integrity", "integrity"),
            Link("Alarms", "/dead-letters", "letters"),
        ),
    ),
    Group(
        "Learn",
        (
            Link("Indicators", "/learn", "learn"),
            Link("Review", "/learn/review", "review"),
            Link("Proposals", "/learn/proposals", "proposals"),
        ),
    ),
    Group("Try", (Link("Play the customer", "/chat", "chat"), Link("Help", "/help", "help"))),
)
"""The groups in their order. Work is what an agent does now, Learn what was learned from it, Try the rest."""
