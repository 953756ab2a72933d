"""A file of past conversations as bytes: plain, gzipped, or standard input; line by line."""

import gzip
import io
import sys
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from trustladder.errors import BadInput
from trustladder.learn.conversation import Notices

LONGEST_LINE_BYTES = 64 << 20
"""A longer line is left out: it is no message, and it would not fit the memory."""

_SPOOL_BYTES = 64 << 20
_GZIP = b"\x1f\x8b"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_ARCHIVES = {b"PK\x03\x04": "a zip archive (or a spreadsheet)", b"7z\xbc\xaf": "a 7z archive", b"BZh": "a bzip2 file"}
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)


@dataclass(slots=True)
class Source:
    """An input that can be read from its start again: its name, its stream, and whether it is gzipped."""

    name: str
    stream: IO[bytes]
    gzipped: bool
    bytes_at_most: int

    def unpacked(self) -> IO[bytes]:
        """Return the content from its start, unpacked."""
        self.stream.seek(0)
        return cast(IO[bytes], gzip.GzipFile(fileobj=self.stream, mode="rb")) if self.gzipped else self.stream

    def head(self, count: int = 4096) -> bytes:
        """Return the first bytes of the content; what can be unpacked of a damaged file."""
        try:
            return self.unpacked().read(count)
        except _DAMAGED:
            return b""

    def beginning(self) -> bytes:
        """Return the first bytes of the content as UTF-8, without a byte order mark."""
        start = self.head()
        if start[:2] in _UTF_16:
            start = start.decode("utf-16", "ignore").encode("utf-8", "replace")
        return start.removeprefix(b"\xef\xbb\xbf")

    def whole(self) -> bytes:
        """Return the whole content. Raises `BadInput` when it cannot be unpacked."""
        try:
            return self.unpacked().read()
        except _DAMAGED as error:
            raise BadInput(f"the gzip stream is damaged: {error}", where=self.name, fix="export it again") from error

    def at(self, line: int) -> str:
        """Return the place of a line, for notices."""
        return f"{self.name}:{line}"


@contextmanager
def open_source(path: str) -> Iterator[Source]:
    """Open a file, or standard input for ``-``. Raises `BadInput` when it cannot be opened or is an archive."""
    with _standard_input() if path == "-" else _file(Path(path)) as stream:
        yield _source(path, stream)


def _source(path: str, stream: IO[bytes]) -> Source:
    start = stream.read(4)
    for magic, what in _ARCHIVES.items():
        if start.startswith(magic):
            raise BadInput(f"this is {what}", where=path, fix="unpack it and give the JSONL or CSV file inside")
    stream.seek(0, io.SEEK_END)
    gzipped = start.startswith(_GZIP)
    size = stream.tell() * (10 if gzipped else 1)  # text packs to about a tenth
    return Source("standard input" if path == "-" else Path(path).name, stream, gzipped, size)


def _standard_input() -> IO[bytes]:
    spool = tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES)  # noqa: SIM115 - it lives as long as its Source
    while block := sys.stdin.buffer.read(1 << 20):
        spool.write(block)
    spool.seek(0)
    return cast(IO[bytes], spool)


def _file(path: Path) -> IO[bytes]:
    try:
        if path.is_dir():
            raise BadInput("this is a folder", where=str(path), fix="give the files in it")
        return path.open("rb")
    except OSError as error:
        raise BadInput(f"cannot be opened: {error.strerror}", where=str(path), fix="check the path") from error


def lines(source: Source, notices: Notices) -> Iterator[tuple[int, bytes]]:
    """Yield each line with its number, from 1. What is damaged or too long is left out with a notice."""
    if source.head(2) in _UTF_16:
        yield from _utf_16_lines(source)
        return
    stream, number = source.unpacked(), 0
    try:
        while line := stream.readline(LONGEST_LINE_BYTES):
            number += 1
            if len(line) == LONGEST_LINE_BYTES and not line.endswith(b"\n"):
                _skip_line(stream)
                notices.leave_out(f"longer than {LONGEST_LINE_BYTES >> 20} MB", source.at(number))
                continue
            yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
    except _DAMAGED as error:
        notices.leave_out(f"the gzip stream is damaged from here on: {error}", source.at(number + 1))


def _skip_line(stream: IO[bytes]) -> None:
    while rest := stream.readline(LONGEST_LINE_BYTES):
        if rest.endswith(b"\n"):
            return


def _utf_16_lines(source: Source) -> Iterator[tuple[int, bytes]]:
    text = io.StringIO(source.whole().decode("utf-16", "replace"), newline="")
    for number, line in enumerate(text, 1):
        yield number, line.encode("utf-8", "replace")
