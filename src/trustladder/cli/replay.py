"""`trustladder replay`: conversations in, one decision a line out."""

import sys
from typing import TYPE_CHECKING

from trustladder.cli.conversations import (
    BotAuthor,
    ColumnMap,
    CsatScale,
    Files,
    Like,
    PolicyFile,
    RoleMap,
    Workers,
    conversations_of,
    nothing_usable,
    progress,
    read_as,
    tell_notices,
    worked,
)

if TYPE_CHECKING:
    from trustladder.core.policy import Policy
    from trustladder.learn.conversation import Conversation
    from trustladder.learn.replay import Perceive


def replay(  # noqa: PLR0913, PLR0917 - one argument for each option
    files: Files,
    policy: PolicyFile = None,
    like: Like = "",
    columns: ColumnMap = None,
    roles: RoleMap = None,
    bot_author: BotAuthor = None,
    csat_scale: CsatScale = 5,
    workers: Workers = 1,
) -> None:
    """Decide every turn of past conversations: one JSON object a line, for each turn of the customer and the bot.

    Fields: conversation, message_index (from 0, in the conversation as given), role, lane, proposed, risk (a
    probability), points, points_by_signal, rule_ids, reasons, signals, held_by_people, policy_digest.
    """
    from trustladder.learn.conversation import Notices

    notices, how = Notices(), read_as(like, columns, roles, bot_author, csat_scale)
    count = 0
    with progress("replaying") as counted:
        for lines in counted(worked(conversations_of(files, how, notices), decided_lines, policy, workers)):
            sys.stdout.buffer.write(lines)
            count += 1
    sys.stdout.buffer.flush()
    tell_notices(notices)
    if not count:
        raise nothing_usable(files)


def decided_lines(conversation: "Conversation", policy: "Policy", perceive: "Perceive") -> bytes:
    """Return the decisions on one conversation as JSONL."""
    import msgspec

    from trustladder.learn.replay import as_line
    from trustladder.learn.replay import replay as decisions

    encode = msgspec.json.Encoder(decimal_format="number").encode
    return b"".join(encode(as_line(decided)) + b"\n" for decided in decisions(conversation, policy, perceive))
