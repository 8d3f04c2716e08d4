"""Calls to a server: what is no answer of a server is said in words, and no password goes to another user's program."""

import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from flows.server import Server, known, owned, served
from schemas.errors import EngineError

HEALTHY = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue"


@pytest.fixture
def listener() -> Iterator[Callable[[bytes], str]]:
    """listener(answer): the address of an API that answers everything with these bytes."""
    with ExitStack() as open_sockets:

        def listen(answer: bytes) -> str:
            there = open_sockets.enter_context(socket.create_server(("127.0.0.1", 0)))

            def go() -> None:
                while True:
                    try:
                        with there.accept()[0] as call:
                            call.recv(4096)
                            call.sendall(answer)
                    except OSError:
                        return

            threading.Thread(target=go, daemon=True).start()
            return f"http://127.0.0.1:{there.getsockname()[1]}/api"

        yield listen


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"", "Remote end closed connection"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0-OpenSSH_9.2"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[", "IncompleteRead"),  # a server that dies while it answers
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<p/>", "Expecting value"),
    ],
)
def test_what_is_no_answer_of_a_server_is_said_in_words(listener: Callable[[bytes], str], answer: bytes, told: str) -> None:
    server = Server(listener(answer))
    for body in (None, {}):
        with pytest.raises(EngineError, match=rf"no Prefect server answers at {server.api}: .*{told}.* Start one with babelmill serve"):
            server.ask("/admin/version", body)


@pytest.mark.parametrize("address", ["http://127.0.0.1:port/api", "https://x y/api", "localhost:4200/api"])
def test_an_address_that_is_none_is_said_in_words(address: str) -> None:
    assert not Server(address).answers()
    with pytest.raises(EngineError, match="set PREFECT_API_URL"):
        Server(address).ask("/admin/version")


@pytest.mark.parametrize("address", ["http://127.0.0.1:port/api", "http://[::1/api", "localhost:4200/api", "http://", "here", "http://a:0"])
def test_an_address_that_is_none_is_refused_before_anything_starts(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_URL", address)
    with pytest.raises(EngineError, match=rf"^PREFECT_API_URL={re.escape(address)}: expected an address like http://"):
        known()
    assert not Server(address).answers()


@pytest.mark.skipif(not Path("/proc/net/tcp").is_file(), reason="Linux alone tells whose a port is")
def test_a_password_goes_to_nobody_who_took_the_port_of_a_serve_that_is_gone(
    listener: Callable[[bytes], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = listener(HEALTHY)
    assert owned(api, os.getuid())
    assert not owned(api, os.getuid() + 1)
    assert owned("http://127.0.0.1:1/api", os.getuid()), "nobody listens there"
    (tmp_path / "prefect").mkdir()
    (tmp_path / "prefect" / "address").write_text(f"{api}\n")
    (tmp_path / "prefect" / "auth").write_text("babelmill:secret\n")
    assert served(tmp_path) == Server(api, "babelmill:secret")
    monkeypatch.setattr("flows.server.owned", lambda address, user: owned(address, user + 1))
    assert served(tmp_path) is None
