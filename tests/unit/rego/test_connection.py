"""What OPA's server may send, and what it may not."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from eidos.engine.rego.opa.connection import Connection

OK = b"HTTP/1.1 200 OK\r\n"


@contextmanager
def answering(folder: Path, *parts: bytes) -> Iterator[Connection]:
    """Give a connection to a server that sends something as soon as it was asked, and ends."""
    place = str(folder / "s")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(place)
        listening.listen(1)

        def serve() -> None:
            accepted, _ = listening.accept()
            with accepted:
                accepted.recv(1 << 16)
                for part in parts:
                    accepted.sendall(part)

        server = threading.Thread(target=serve)
        server.start()
        with closing(Connection(place)) as connection:
            connection.request("POST", "/v1/data", b"{}")
            yield connection
        server.join()


def test_a_length_says_where_content_ends(tmp_path: Path) -> None:
    again = b"HTTP/1.1 500 Internal Server Error\r\ncontent-length:0\r\n\r\n"
    with answering(tmp_path, OK + b"Content-Length: 4\r\n", b"\r\nab", b"cd" + again) as connection:
        assert connection.response(100) == (200, b"abcd")
        assert connection.response(100) == (500, b"")


@pytest.mark.parametrize("cut", range(1, 12))
def test_chunks_are_joined_however_they_arrive(tmp_path: Path, cut: int) -> None:
    text = b"Transfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\nA\r\n0123456789\r\n0\r\n\r\n"
    pieces = [text[at : at + cut] for at in range(0, len(text), cut)]
    with answering(tmp_path, OK, *pieces) as connection:
        assert connection.response(100) == (200, b"abcd0123456789")


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 50\r\n\r\n" + b"x" * 50,
        b"Transfer-Encoding: chunked\r\n\r\n32\r\n" + b"x" * 50,
    ],
)
def test_what_is_too_long_is_cut_where_one_can_see_it(tmp_path: Path, head: bytes) -> None:
    with answering(tmp_path, OK + head) as connection:
        status, content = connection.response(10)
    assert status == 200
    assert content == b"x" * 11


@pytest.mark.parametrize(
    "text",
    [
        b"",
        OK,
        b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        OK + b"\r\n",
        OK + b"Content-Length: -1\r\n\r\n",
        OK + b"Content-Length: 1, 1\r\n\r\na",
        OK + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
        OK + b"Content-Length: 1\r\nTransfer-Encoding: gzip\r\n\r\na",
        OK + b"nothing\r\n\r\n",
        OK + b"Content-Length: 5\r\n\r\nabcd",
        OK + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\nabc0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 100,
        OK + b"X: " + b"x" * (1 << 17),
    ],
)
def test_what_is_no_response_is_a_lost_connection(tmp_path: Path, text: bytes) -> None:
    with answering(tmp_path, text) as connection, pytest.raises(OSError, match=r"."):
        connection.response(100)


def test_a_closed_connection_has_no_descriptor(tmp_path: Path) -> None:
    with answering(tmp_path) as connection:
        assert connection.fileno() >= 0
        connection.close()
        with pytest.raises(ConnectionError):
            connection.fileno()
