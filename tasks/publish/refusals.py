"""What the Hub refuses a publisher, in words."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub import constants, get_token
from huggingface_hub.errors import (
    DisabledRepoError,
    HfHubHTTPError,
    HFValidationError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
)
from huggingface_hub.errors import HTTPError as WireError  # type: ignore[attr-defined]  # what its HTTP library raises

from schemas.errors import PublishError, RecipeError
from tasks.patience import asked, status

NOTHING = "Nothing was published."
AGAIN = "Run the same command again: what is there is not sent twice."


@contextmanager
def explained(repo: str, doing: str, outcome: str = NOTHING) -> Iterator[None]:
    """Raises PublishError with the way out for whatever the Hub or the way to it refuses.

    doing: the call in words. outcome: what is so now.
    """
    try:
        yield
    except HFValidationError:
        raise unnamed(repo) from None
    except (WireError, OSError, ValueError, RuntimeError) as error:  # of the client; ValueError: a card, an answer; RuntimeError: of Xet
        raise PublishError(f"{repo}: {doing}: {reason(error, repo)} {outcome}") from None


def unnamed(repo: str) -> RecipeError:
    """The error of a name that is none."""
    return RecipeError(f"--repo {repo}: no name that a dataset can have. It is OWNER/NAME in the address of its page.")


def reason(error: Exception, repo: str) -> str:
    """An error in a sentence, with the way out."""
    if isinstance(error, OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set. Unset it to publish."
    if isinstance(error, DisabledRepoError):
        return "the Hub has disabled this dataset; its page says why."
    if isinstance(error, RepositoryNotFoundError) or status(error) in (401, 403):
        who = f"may write to datasets of {repo.partition('/')[0]}"
        said = "" if isinstance(error, RepositoryNotFoundError) else _said(error)
        if get_token() is None:
            return f"there is no token. Set HF_TOKEN (or hf auth login) to one that {who}."
        return f"the Hub refused the token ({status(error)}){said}. Set HF_TOKEN to one that {who}."
    if status(error) == 429:
        wait = asked(error)
        when = f"The Hub asks to come back in {wait:,.0f} seconds." if wait else "It takes at most 128 commits an hour; come back later."
        return f"too many requests (429){_said(error)}. {when}"
    if isinstance(error, HfHubHTTPError):
        return f"the Hub answered {status(error)}{_said(error)}."
    if stored := re.search(r"\((\d{3}) ", str(error)) if type(error) is ConnectionError else None:  # all that Xet says of an answer
        return f"the storage of the Hub answered {stored[1]}."
    if isinstance(error, WireError | ConnectionError | TimeoutError | RuntimeError):
        return f"{constants.ENDPOINT} cannot be reached ({type(error).__name__}). Check the network and HF_ENDPOINT."
    if isinstance(error, OSError):
        return f"{error.strerror or error}."
    return f"{hidden(str(error))}."


def hidden(text: str) -> str:
    """Words of the Hub on one line, without the token, should it repeat it."""
    token = get_token()
    line = " ".join(text.split())
    return (line.replace(token, "***") if token else line)[:300]


def _said(error: Exception) -> str:
    words = hidden(error.server_message or "") if isinstance(error, HfHubHTTPError) else ""
    return f": {words.rstrip('.')}" if words else ""
