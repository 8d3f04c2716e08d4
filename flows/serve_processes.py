"""The processes under `babelmill serve`: what they run with, where they write, and the keeper that ends them."""

import contextlib
import fcntl
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from flows.keeper import MARK, end, marked
from flows.server import ADDRESS, AUTH
from schemas.errors import EngineError, RecipeError, WarehouseError
from tasks.alive import alive

LOG_BYTES = 10_000_000  # of one log; the one before is kept beside it
TAIL = 20  # lines shown of a log when its process ended by itself
NOT_ITS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "BABELMILL_NOTIFY_URL")  # secrets that a server has no need of
ENDING = 40  # seconds for a keeper, which needs at most 30


def take(folder: Path) -> IO[str]:
    """Hold the folder of serve for as long as this process or its keeper lives. Raises EngineError if another serve does,
    WarehouseError where nothing can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)  # the database and the password are nobody else's
        lock = (folder / "serve.lock").open("a+")
    except OSError as error:
        raise WarehouseError(f"{folder}: {error.strerror}. Set BABELMILL_HOME to a folder you may write.") from None
    until = time.monotonic() + ENDING
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
        if (holder.isdigit() and alive(int(holder))) or time.monotonic() > until:
            address = folder / ADDRESS
            where = address.read_text("utf-8").strip().removesuffix("/api") if address.is_file() else "starting or stopping"
            way_out = "Use that one, stop it, or set BABELMILL_HOME to another warehouse"
            raise EngineError(f"babelmill serve runs for this warehouse already: {where} (process {holder}). {way_out}.")
        time.sleep(0.2)  # serve was killed, and its keeper is about to have ended the rest
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def password(folder: Path) -> tuple[str, Path]:
    """user:password for signing in, made once, and the file that holds it; only its owner may read that."""
    path = folder / AUTH
    if not path.exists() or not path.stat().st_size:  # empty: the machine stopped as it was written
        new = path.with_name(f".{AUTH}-{os.getpid()}")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"babelmill:{secrets.token_urlsafe(24)}\n")
        new.replace(path)
    return path.read_text("utf-8").strip(), path


class Processes:
    """Processes that are all ended when this one ends, however it ends. Their logs lie in `folder`, which `lock` holds."""

    def __init__(self, folder: Path, lock: IO[str]) -> None:
        self.folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        with self.log("keeper").open("ab") as log:
            self._keeper = subprocess.Popen(
                [sys.executable, "-m", "flows.keeper", str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
                pass_fds=[lock.fileno()],
                start_new_session=True,
            )

    def log(self, role: str) -> Path:
        """Where a process writes."""
        return self.folder / f"{role}.log"

    def start(self, role: str, command: list[str], environment: Mapping[str, str], asked: bool = False) -> None:
        """Start `python -m COMMAND`, in a session of its own: Ctrl-C of the terminal is for this process alone.

        What it writes goes to its log; its stdout is for `answer` if it is `asked`.
        """
        bound(self.log(role))
        with self.log(role).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                env={**environment, MARK: f"{role} {self.folder}"},
                cwd=self.folder,  # in the folder where serve was started Prefect would look for settings
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if asked else log,
                stderr=log,
                start_new_session=True,
            )
        self.running[role] = process
        self._tell(role, process.pid)

    def _tell(self, role: str, pid: int) -> None:
        """Let the keeper know who has a role; 0: nobody any more."""
        assert self._keeper.stdin
        with contextlib.suppress(BrokenPipeError):  # check() says so
            self._keeper.stdin.write(f"{role} {pid}\n".encode())
            self._keeper.stdin.flush()

    def answer(self, role: str) -> list[str] | None:
        """The lines that a process said that was asked; None while it is at work.

        Raises RecipeError where it ended with the exit code of one, else EngineError if it failed, with what it said.
        """
        if role in self.running and not self.ended(role):
            return None
        with self.running.pop(role) as process:
            assert process.stdout
            said = process.stdout.read().decode("utf-8", "replace").splitlines()
        self._tell(role, 0)  # weeks later its number may be another's
        if process.returncode:
            fault = "\n".join(said) or f"{role} failed. Its log: {self.log(role)}\n{self.tail(role)}"
            raise (RecipeError if process.returncode == RecipeError.exit_code else EngineError)(fault)
        return said

    def ended(self, role: str) -> bool:
        """Whether a process that was started has ended."""
        return role in self.running and self.running[role].poll() is not None

    def check(self, *roles: str) -> None:
        """Raise EngineError with the last that a process said, if it ended by itself."""
        for role in roles:
            if self.ended(role):
                what = f"the {role} ended by itself (exit code {self.running[role].returncode}), so everything is stopped"
                raise EngineError(f"{what}. Its log: {self.log(role)}\n{self.tail(role)}")
        if self._keeper.poll() is not None:
            raise EngineError("the process that ends server and worker was killed, so everything is stopped. Start babelmill serve again.")

    def tail(self, role: str) -> str:
        """The last lines that a process wrote."""
        with self.log(role).open("rb") as file:
            file.seek(max(0, self.log(role).stat().st_size - 100 * TAIL))
            lines = file.read().decode("utf-8", "replace").splitlines()
        return "\n".join(f"  {role}: {line}" for line in lines[-TAIL:] if line.strip())

    def bound(self) -> None:
        """Keep the logs small."""
        for role in self.running:
            bound(self.log(role))

    def end(self) -> None:
        """Let the keeper end everything, and wait until it has."""
        if self._keeper.poll() is not None:
            end({role: process.pid for role, process in self.running.items()}, self.folder, None)
            return
        assert self._keeper.stdin
        self._keeper.stdin.close()
        until = time.monotonic() + ENDING
        while self._keeper.poll() is None and time.monotonic() < until:
            for process in self.running.values():
                process.poll()
            time.sleep(0.1)


def left_behind(folder: Path) -> list[int]:
    """Processes of an earlier serve of this folder that was killed together with its keeper."""
    return sorted({pid for role in ("worker", "server") for pid in marked(role, folder)})


def bound(log: Path) -> None:
    """Keep a log below LOG_BYTES while its process writes it: the old part goes beside it, the file begins anew."""
    if log.is_file() and log.stat().st_size > LOG_BYTES:
        shutil.copyfile(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)  # who writes appends, so goes on at the new end


def server_environment(given: Mapping[str, str], defaults: Mapping[str, str], folder: Path, ui: str, auth: str) -> dict[str, str]:
    """What the server runs with: deploy/server.env, but a variable that is set wins; our folder; always a password.

    ui: its address for a browser, for the links in notifications.
    """
    defaults = {**defaults, "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(folder / "ui"), "PREFECT_UI_URL": ui}  # ui: else beside its code
    own = {"PREFECT_HOME": str(folder), "PREFECT_SERVER_API_AUTH_STRING": auth}
    return {name: value for name, value in {**defaults, **_set(given), **own}.items() if name not in NOT_ITS}


def client_environment(given: Mapping[str, str], defaults: Mapping[str, str], home: Path, api: str, auth: str | None) -> dict[str, str]:
    """What worker and runs work with: likewise, and the server; folders by their whole path, as runs work in another one."""
    values = {**defaults, "PREFECT_HOME": str(home / "prefect"), **_set(given), "PREFECT_API_URL": api, "BABELMILL_HOME": str(home)}
    values.pop("PREFECT_SERVER_API_AUTH_STRING", None)
    for name in ("BABELMILL_RECIPES", "HF_HOME"):
        if name in values:
            values[name] = str(Path(values[name]).expanduser().absolute())
    return values | ({"PREFECT_API_AUTH_STRING": auth} if auth else {})


def _set(given: Mapping[str, str]) -> dict[str, str]:
    """A variable of Prefect set to nothing is not set: nobody switches the password off by accident."""
    return {name: value for name, value in given.items() if value or not name.startswith("PREFECT_")}
