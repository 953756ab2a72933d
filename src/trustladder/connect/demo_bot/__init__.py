"""The demo bot: a small help centre and a fallible bot over it, so that a demo needs no key and no network."""

from trustladder.connect.demo_bot.articles import Article, Search, help_centre, help_search
from trustladder.connect.demo_bot.bot import DemoBot, demo_bot

__all__ = ["Article", "DemoBot", "Search", "demo_bot", "help_centre", "help_search"]
