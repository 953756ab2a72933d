"""Reading conversation files: what is taken, what is left out, and in which words the reader says so."""

import gzip
import io
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trustladder.connect.exports import ReadAs, grouping, read_conversations
from trustladder.core import events as e
from trustladder.errors import BadInput, TrustladderError
from trustladder.learn.conversation import Conversation, Notices

GOOD = {"conversation_id": "a", "created_at": "2026-05-01T10:00:00Z", "role": "customer", "text": "hello"}


ROW = b'{"conversation_id":"a","role":"customer","text":"%b"}\n'


def lines(*rows: object) -> bytes:
    return b"".join(row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows)


def read(tmp_path: Path, content: bytes, how: ReadAs | None = None) -> tuple[list[Conversation], Notices]:
    path, notices = tmp_path / "chats.jsonl", Notices()
    path.write_bytes(content)
    return list(read_conversations([str(path)], how or ReadAs(), notices)), notices


def said(conversations: list[Conversation]) -> list[str]:
    return [getattr(message.event, "text", "") for c in conversations for message in c.messages]


BAD_ROWS = {
    "malformed JSON": (b'{"conversation_id": "a", \n', "malformed JSON"),
    "no object": (b"[1, 2]\n", "not a JSON object"),
    "deep JSON": (b'{"conversation_id": ' + b"[" * 100_000 + b"\n", "JSON nested too deeply"),
    "empty text": ({**GOOD, "text": "  "}, "empty text"),
    "no text at all": ({k: v for k, v in GOOD.items() if k != "text"}, "empty text"),
    "text that is none": ({**GOOD, "text": {"html": "x"}}, "text that is no text"),
    "a wrong role": ({**GOOD, "role": "custmer"}, "the role 'custmer' is not known; did you mean customer?"),
    "no role": ({**GOOD, "role": None}, "no role"),
    "no id": ({**GOOD, "conversation_id": ""}, "no conversation_id"),
    "the same message again": (GOOD, "a message that was there before"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_left_out_with_its_line_and_the_rest_is_read(tmp_path: Path, name: str) -> None:
    row, words = BAD_ROWS[name]
    after = {**GOOD, "text": "after", "created_at": "2026-05-01T10:05:00Z"}
    conversations, notices = read(tmp_path, lines(GOOD, row, after))
    assert said(conversations) == ["hello", "after"]
    (notice,) = notices.list()
    assert (notice.what, notice.count, notice.places, notice.left_out) == (words, 1, ("chats.jsonl:2",), True)


ODD_BUT_READ = {
    "broken UTF-8": (ROW % b"caf\xe9", "caf\N{REPLACEMENT CHARACTER}", "not UTF-8"),
    "half an emoji": (ROW % rb"so \ud83d", "so \N{REPLACEMENT CHARACTER}", ""),
    "NUL": ({**GOOD, "text": "a\0b"}, "ab", "NUL characters"),
    "no zone": ({**GOOD, "created_at": "2026-05-01 10:00:00"}, "hello", "without a zone: read as UTC"),
    "no time in a number": ({**GOOD, "created_at": 1e300}, "hello", "is no time"),
    "no time": ({**GOOD, "created_at": "yesterday"}, "hello", "is no time"),
    "a number as text": ({**GOOD, "text": 48812}, "48812", ""),
    "a formula": ({**GOOD, "text": "=HYPERLINK(1)"}, "=HYPERLINK(1)", ""),
    "a megabyte": ({**GOOD, "text": "x" * 1_000_000}, "x" * 1_000_000, ""),
    "infinity": (ROW % b'hi","created_at":1e999,"account_value":NaN,"csat":"', "hi", ""),
    "an unknown field": ({**GOOD, "colour": 1}, "hello", "the field 'colour' is not used"),
    "an unknown field with a hint": ({**GOOD, "rating": 1}, "hello", "did you mean csat? Then say --map csat=rating"),
    "csat off its scale": ({**GOOD, "csat": 9}, "hello", "csat is not on a scale up to 5"),
    "value in words": ({**GOOD, "account_value": "a lot"}, "hello", "account_value is not a plain number"),
    "tool calls in words": ({**GOOD, "role": "bot", "tool_calls": "refund"}, "hello", "tool_calls that are no list"),
    "an unknown status": ({**GOOD, "status": "quux"}, "hello", "the status 'quux' is not known"),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD_BUT_READ)
def test_an_odd_row_is_read_and_said_to_be_odd(tmp_path: Path, name: str) -> None:
    row, text, words = ODD_BUT_READ[name]
    conversations, notices = read(tmp_path, lines(row))
    assert said(conversations) == [text]
    assert notices.left_out == 0
    assert not words or any(words in str(notice) for notice in notices.list())


def test_only_the_first_five_places_are_named(tmp_path: Path) -> None:
    _, notices = read(tmp_path, lines(GOOD, *[b"{\n"] * 9))
    assert str(notices.list()[0]) == (
        "malformed JSON (chats.jsonl:2, chats.jsonl:3, chats.jsonl:4, chats.jsonl:5, chats.jsonl:6 and 4 more)"
    )
    assert notices.left_out == 9


def test_messages_out_of_order_are_sorted_by_time_and_keep_their_index(tmp_path: Path) -> None:
    late = {**GOOD, "text": "second", "created_at": "2026-05-01T12:30:00+02:00"}
    early = {**GOOD, "text": "first", "created_at": 1777629000}
    conversations, notices = read(tmp_path, lines(late, early))
    assert [(m.index, getattr(m.event, "text", "")) for m in conversations[0].messages] == [(1, "first"), (0, "second")]
    assert any("out of order" in str(notice) for notice in notices.list())


def test_equal_times_keep_the_order_given(tmp_path: Path) -> None:
    rows = [{**GOOD, "text": str(i)} for i in range(20)]
    assert said(read(tmp_path, lines(*rows))[0]) == [str(i) for i in range(20)]


def test_a_message_id_is_taken_once(tmp_path: Path) -> None:
    rows = [{**GOOD, "message_id": "m1"}, {**GOOD, "message_id": "m1", "text": "changed"}, {**GOOD, "message_id": "m2"}]
    conversations, notices = read(tmp_path, lines(*rows))
    assert said(conversations) == ["hello", "hello"]
    assert notices.left_out == 1


def test_conversations_that_interleave_are_put_together(tmp_path: Path) -> None:
    rows = [{**GOOD, "conversation_id": key, "text": key + str(i)} for i in range(3) for key in "ab"]
    conversations, notices = read(tmp_path, lines(*rows))
    assert [c.id for c in conversations] == ["a", "b"]
    assert said(conversations) == ["a0", "a1", "a2", "b0", "b1", "b2"]
    assert any("goes on after another one began" in str(notice) for notice in notices.list())


@pytest.mark.parametrize("interleaved", [False, True])
def test_a_large_file_gives_the_same_whether_streamed_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interleaved: bool
) -> None:
    keys = list("abcabc") if interleaved else list("aabbcc")
    content = lines(*({**GOOD, "conversation_id": key, "text": f"{key}{i}"} for i, key in enumerate(keys)))
    in_memory, _ = read(tmp_path, content)
    monkeypatch.setattr(grouping, "STREAM_FROM_BYTES", 1)
    streamed, _ = read(tmp_path, content)
    assert streamed == in_memory


def test_a_conversation_on_one_line_and_a_json_list_are_read(tmp_path: Path) -> None:
    whole = {"id": "a", "csat": 1, "messages": [{"role": "user", "text": "hi"}, {"role": "assistant", "text": "hello"}]}
    (conversation,), _ = read(tmp_path, json.dumps([whole]).encode())
    assert [type(m.event) for m in conversation.messages] == [e.CustomerWrote, e.BotWrote]
    assert conversation.ending.satisfaction == 0


CSV = "conversation_id,created_at,role,text,account_value,account_at_risk,bot_confidence,tags\n"


def test_csv_is_read_with_quotes_line_breaks_and_formulas(tmp_path: Path) -> None:
    text = CSV + 'a,2026-05-01T10:00:00Z,customer,"one, two\nthree",1200.5,yes,,vip;new\n' + "a,,bot,=1+1,,,0.42,\n"
    (conversation,), _ = read(tmp_path, text.encode("utf-8-sig"))
    assert said([conversation]) == ["one, two\nthree", "=1+1"]
    assert (conversation.account.value, conversation.account.at_risk) == (1200.5, True)
    assert conversation.tags == ("vip", "new")
    assert [m.line for m in conversation.messages] == [3, 4]
    bot = conversation.messages[1].event
    assert isinstance(bot, e.BotWrote)
    assert bot.confidence == 42


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_of_spreadsheets_is_read(tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = (
        delimiter.join(("conversation_id", "role", "text"))
        + "\r\n"
        + delimiter.join(("1", "customer", "Tschüß"))
        + "\r\n"
    )
    assert said(read(tmp_path, text.encode(encoding))[0]) == ["Tschüß"]


def test_a_csv_row_with_too_many_cells_is_left_out(tmp_path: Path) -> None:
    conversations, notices = read(tmp_path, (CSV + "a,,customer,one, two, three,,,,,\nb,,customer,fine\n").encode())
    assert said(conversations) == ["fine"]
    assert "11 cells under 8 headings" in str(notices.list()[0])


def test_a_quote_that_nothing_closes_is_told_where_it_opens_and_swallows_nothing(tmp_path: Path) -> None:
    rows = b'conversation_id,role,text\na,customer,"two\nlines"\na,bot,"never closed\na,customer,I am lost\n'
    conversations, notices = read(tmp_path, rows)
    assert said(conversations) == ["two\nlines"]
    (notice,) = [found for found in notices.list() if found.left_out]
    assert "never closed: the rest of the file" in notice.what
    assert notice.places == ("chats.jsonl:4",)


def test_jsonl_in_utf_16_is_read_as_csv_is(tmp_path: Path) -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        conversations, _ = read(tmp_path, ("\ufeff" + lines(GOOD).decode()).encode(encoding))
        assert said(conversations) == ["hello"]


def test_a_bot_that_wrote_nothing_is_told_with_those_who_did(tmp_path: Path) -> None:
    rows = lines({**GOOD, "role": "agent", "author": "Fin"}, GOOD)
    _, missed = read(tmp_path, rows, ReadAs(bot_authors=("Fim",)))
    assert any("no line is by 'Fim' (--bot-author); those who wrote: Fin (1)" in str(n) for n in missed.list())
    _, met = read(tmp_path, rows, ReadAs(bot_authors=("fin",)))
    assert not any("no line is by" in str(n) for n in met.list())


def test_gzip_and_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(lines(GOOD))
    assert said(read(tmp_path, packed)[0]) == ["hello"]
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(packed)))
    assert said(list(read_conversations(["-"], ReadAs(), Notices()))) == ["hello"]


def test_a_damaged_gzip_gives_what_it_holds(tmp_path: Path) -> None:
    rows = [{**GOOD, "text": f"{i} {hash(i * 7919)}", "conversation_id": str(i)} for i in range(2000)]
    packed = gzip.compress(lines(*rows))
    conversations, notices = read(tmp_path, packed[: len(packed) // 2])
    assert 0 < len(conversations) < 2000
    assert any("damaged" in str(notice) for notice in notices.list())


WHOLE_FILES = {
    "empty": (b"", "the file is empty"),
    "blank": (b" \n\n", "the file is empty"),
    "a zip": (b"PK\x03\x04rest", "a zip archive"),
    "prose": (b"Dear team,\nattached is the export.\n", "neither JSON objects nor CSV"),
    "other columns": (lines({"ticket_id": 1, "body": "x", "author_type": "user"}),
                      "did you mean --map conversation_id=ticket_id --map role=author_type --map text=body?"),
    "columns of nobody": (lines({"foo": 1}), "name the column with --map"),
    "agents who may be bots": (lines(GOOD, {**GOOD, "role": "agent", "author": "Fin", "text": "hi"}),
                               "'agent', which may be a bot or a person. Authors of those lines: Fin (1)"),
    "a gzip that is damaged at once": (gzip.compress(lines(*[GOOD] * 40))[:40], "the gzip stream is damaged"),
    "a program": (b"\x7fELF\2\1\0\0,;\nmore", "this is no text file"),
    "a heading alone": (b"conversation_id,role,text\n\n", "there is a heading and no row below it"),
    "lines of another age": (b"conversation_id,role,text\ra,customer,hi\r", "its lines end in CR alone"),
    "a list that is cut": (b'[{"conversation_id": "a"', "the JSON list cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE_FILES)
def test_a_file_that_cannot_be_used_says_what_to_do(tmp_path: Path, name: str) -> None:
    content, words = WHOLE_FILES[name]
    with pytest.raises(BadInput) as caught:
        read(tmp_path, content)
    assert words in str(caught.value)
    assert "\n  → " in str(caught.value)
    assert "chats.jsonl" in str(caught.value)


def test_the_named_bot_is_told_from_people(tmp_path: Path) -> None:
    rows = [{**GOOD, "role": "agent", "author": author, "text": f"from {author}"} for author in ("Fin", "Anna", "FIN")]
    (conversation,), _ = read(tmp_path, lines(GOOD, *rows), ReadAs(bot_authors=["fin"]))
    kinds = [type(m.event) for m in conversation.messages]
    assert kinds == [e.CustomerWrote, e.BotWrote, e.HumanWrote, e.BotWrote]


def test_columns_and_roles_can_be_mapped(tmp_path: Path) -> None:
    row = {"ticket_id": 7, "body": "hi", "author_type": "Agent"}
    how = ReadAs(
        columns={"conversation_id": "ticket_id", "text": "body", "role": "author_type"}, roles={"agent": "human"}
    )
    (conversation,), notices = read(tmp_path, lines(row), how)
    assert (conversation.id, type(conversation.messages[0].event)) == ("7", e.HumanWrote)
    assert not any("is not used" in str(notice) for notice in notices.list())


@pytest.mark.parametrize(
    "how", [ReadAs(columns={"txet": "body"}), ReadAs(roles={"agent": "robot"}), ReadAs(like="zendesk")]
)
def test_a_wrong_option_is_told(tmp_path: Path, how: ReadAs) -> None:
    with pytest.raises(BadInput, match=r"txet|robot|zendesk"):
        read(tmp_path, lines(GOOD), how)


def test_how_it_ended_stays_out_of_the_messages(tmp_path: Path) -> None:
    rows = [
        GOOD,
        {**GOOD, "created_at": "2026-05-01T11:00:00Z", "role": "system", "text": "", "status": "resolved"},
        {**GOOD, "created_at": "", "text": "again", "csat": 2, "status": "closed", "tags": ["complaint"]},
    ]
    (conversation,), _ = read(tmp_path, lines(*rows))
    assert [type(m.event) for m in conversation.messages] == [e.CustomerWrote, e.Resolved, e.CustomerWrote]
    ending = conversation.ending
    assert (ending.outcome, ending.satisfaction, ending.complaint) == ("closed", 25, True)


def test_nothing_is_opened_that_is_not_a_file(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent.jsonl"):
        with pytest.raises(BadInput, match=r"folder|cannot be opened"):
            list(read_conversations([str(path)], ReadAs(), Notices()))


ANYTHING = st.one_of(
    st.binary(max_size=400),
    st.lists(
        st.dictionaries(
            st.sampled_from([*GOOD, "status", "csat", "tool_calls", "tags", "author", "messages", "bot_confidence"]),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("customer"),
                lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
                max_leaves=5,
            ),
        ),
        max_size=6,
    ).map(lambda rows: lines(*rows)),
    st.text(max_size=300).map(lambda text: (CSV + text).encode("utf-8", "replace")),
)


@settings(max_examples=300)
@given(content=ANYTHING, packed=st.booleans())
def test_no_bytes_at_all_make_the_reader_crash(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, packed: bool
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "any.jsonl"
    path.write_bytes(gzip.compress(content) if packed else content)
    for like in ("", "tau", "maia", "dbdc3", "betold"):
        try:
            found = list(read_conversations([str(path)], ReadAs(like=like), Notices()))
        except TrustladderError as error:
            assert str(error).strip()
        else:
            assert all(conversation.messages for conversation in found)
