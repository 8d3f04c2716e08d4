"""Redact: text that others will read, without the secrets of this machine."""

import base64
import os
import re
from pathlib import Path

HIDDEN = "***"
SHORTEST = 6  # code points of a value that is looked for; the letters of a shorter one stand in every other word
_NAMES = "TOKEN|PASSWORD|SECRET|API_KEY|ACCESS_KEY|ENCRYPTION_KEY|AUTH_STRING"
VARIABLES = re.compile(rf"\w*({_NAMES})|BABELMILL_NOTIFY_URL")  # whose value is a secret
TOKEN = re.compile(r"\bhf_[A-Za-z0-9]{20,}")  # what the Hub gives out
HEADER = re.compile(r"(?i)(\b(?:bearer|basic) +)[\w.~+/=-]{8,}")  # of HTTP
IN_ADDRESS = re.compile(r"(?<=://)[^\s/@:'\"]*:[^\s/@'\"]+(?=@)")  # user:password of a database, a proxy, a repository
IN_QUERY = re.compile(r"(?i)([?&][\w.-]*(?:token|signature|secret|password|api[_-]?key)=)[^\s&#'\"]+")  # of a signed download, a webhook


def redact(text: str) -> str:
    """The text with *** for each secret: tokens and passwords of the environment, the token that huggingface_hub keeps on the
    disk, whatever looks like a token of the Hub, credentials of HTTP, user:password and signatures in addresses."""
    for secret in secrets():
        text = text.replace(secret, HIDDEN)
    text = HEADER.sub(rf"\1{HIDDEN}", TOKEN.sub(HIDDEN, text))
    return IN_QUERY.sub(rf"\1{HIDDEN}", IN_ADDRESS.sub(HIDDEN, text))


def secrets() -> list[str]:
    """The secret values that this process knows, the longest first; of user:password also the password, and both as HTTP has them."""
    found: set[str] = set()
    for name, value in os.environ.items():
        if VARIABLES.fullmatch(name):
            found.add(value.strip())
            if name.endswith("AUTH_STRING"):
                found |= {value.partition(":")[2], base64.b64encode(value.encode()).decode()}
    found.add(_kept())
    return sorted((value for value in found if len(value) >= SHORTEST), key=lambda value: (-len(value), value))


def _kept() -> str:
    """The token of `hf auth login`; empty where there is none."""
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    file = Path(os.environ.get("HF_TOKEN_PATH") or Path(home, "token")).expanduser()
    try:
        return file.read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""
