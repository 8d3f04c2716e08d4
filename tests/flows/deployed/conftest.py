"""Flow runs in this process, on a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def api(prefect_server: str, tmp_path: Path) -> Iterator[str]:
    """The address of the server, which the flows of this process talk to."""
    from prefect.settings import PREFECT_API_URL, PREFECT_HOME, PREFECT_LOGGING_TO_API_BATCH_INTERVAL, temporary_settings

    here = {PREFECT_API_URL: prefect_server, PREFECT_HOME: tmp_path / "prefect", PREFECT_LOGGING_TO_API_BATCH_INTERVAL: 0.1}
    with temporary_settings(here):
        yield prefect_server
