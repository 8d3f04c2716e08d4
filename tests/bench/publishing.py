"""What the trials of publishing share: a Hub that this process and its children talk to, and little patience."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

os.environ |= {"HF_XET_CLIENT_RETRY_BASE_DELAY": "100ms", "HF_XET_CLIENT_READ_TIMEOUT": "2s"}  # 3 s and 300 s in earnest


from huggingface_hub import close_session, constants

from tasks.patience import Patience
from tasks.publish import Published, Target, publish
from tasks.store import LocalStore, Release
from tests.hub.server import Hub
from tests.tasks.publish.making import REPO, TOKEN

PATIENCE = Patience(first=0.05, longest=0.5, answer=2, seconds=60)


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """The Hub as this process and its children see it."""
    hub.writers[TOKEN] = "owner"
    with hub:
        constants.ENDPOINT = hub.url
        constants.HUGGINGFACE_CO_URL_TEMPLATE = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
        os.environ |= {"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN}
        yield hub
        close_session()


def send(store: LocalStore, release: Release, repo: str = REPO) -> Published:
    return publish(store, release, Target(repo), PATIENCE)
