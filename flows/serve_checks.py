"""Where `babelmill serve` may listen: not on a public address unguarded, not on a port that is taken."""

import ipaddress
import socket
from collections.abc import Mapping

from schemas.errors import EngineError, RecipeError

SECRET = 16  # least length of a password that the world may try
CSRF = ("PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED", "PREFECT_SERVER_CSRF_PROTECTION_ENABLED")
OFF = ("0", "false", "f", "no", "n", "off")


def check_public(host: str, auth: str, made: str, environment: Mapping[str, str]) -> None:
    """Raise RecipeError where others could reach a server without a password of the user's own, or without guard against forged requests.

    auth: user:password of the server; made: the one that serve made for this machine.
    """
    user, _, password = auth.partition(":")
    if not user or not password:
        raise RecipeError("PREFECT_SERVER_API_AUTH_STRING: expected user:password.")
    if is_local(host):
        return
    way_out = (
        "Or leave the host at 127.0.0.1 and put a TLS proxy before it (deploy/README.md): this is plain HTTP, passwords can be overheard."
    )
    name = f"--host {host} (or PREFECT_SERVER_API_HOST): other machines could call."
    if auth == made:
        raise RecipeError(f"{name} Set PREFECT_SERVER_API_AUTH_STRING=user:password to one of your own first. {way_out}")
    if len(password) < SECRET:
        raise RecipeError(f"{name} The password of PREFECT_SERVER_API_AUTH_STRING has less than {SECRET} characters. {way_out}")
    off = [each for each in CSRF if environment.get(each, "on").strip().lower() in OFF]
    if off:
        raise RecipeError(f"{name} {off[0]} is off, so any web page could act in a user's name: unset it. {way_out}")


def is_local(host: str) -> bool:
    """Whether an address is of this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def free_port(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises EngineError if another program has it."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except OSError as error:
        raise EngineError(f"--host {host} --port {port}: {error.strerror}. Choose another, as in --port {port + 1}.") from None


def inside(host: str) -> str:
    """How this machine itself calls an address that a server listens on."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
