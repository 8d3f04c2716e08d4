"""The files of deploy/ as data."""

from pathlib import Path
from typing import Any

import pytest
import yaml

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


@pytest.fixture
def deploy() -> Path:
    return DEPLOY


@pytest.fixture
def compose() -> dict[str, Any]:
    """The services, networks and volumes of compose.yaml, a fresh copy each time."""
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


@pytest.fixture(scope="session")
def known() -> frozenset[str]:
    """The names that the installed Prefect reads, each setting under its first name: an older alias may go away."""
    from prefect.settings.models.root import Settings
    from pydantic import AliasChoices
    from pydantic_settings import BaseSettings

    def names(model: type[BaseSettings]) -> set[str]:
        found = set()
        for key, field in model.model_fields.items():
            kind = field.annotation
            if isinstance(kind, type) and issubclass(kind, BaseSettings):
                found |= names(kind)
            elif isinstance(field.validation_alias, AliasChoices):
                found.add(next(alias.upper() for alias in field.validation_alias.choices if isinstance(alias, str)))
            else:
                found.add(f"{model.model_config['env_prefix']}{key}".upper())
        return found

    return frozenset(names(Settings))
