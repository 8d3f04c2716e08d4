"""Settings of an installation, from the environment: BABELMILL_HOME, BABELMILL_WORKERS, BABELMILL_DEVICE."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.errors import RecipeError

ODD = set("%[]{}?*#^|")  # delta-rs 1.6 reads them as part of an address, or fails


class Settings(BaseSettings):
    """How and where this machine works; nothing here changes a release."""

    model_config = SettingsConfigDict(env_prefix="BABELMILL_", use_attribute_docstrings=True)

    home: Path = Path("data/warehouse")
    """The warehouse: memory, releases, previews and records of runs."""
    workers: int = Field(default=min(4, os.cpu_count() or 1), ge=1, le=256)
    """Chunks in work at once."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the model runs."""


def settings() -> Settings:
    """The settings of now. Raises RecipeError naming the variable that is wrong."""
    try:
        now = Settings()
    except ValidationError as error:
        faults = [f"BABELMILL_{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors()]
        raise RecipeError("; ".join(faults)) from None
    odd = sorted(set(str(now.home.absolute())) & ODD)
    if odd:
        raise RecipeError(
            f"BABELMILL_HOME: {now.home.absolute()} has {' '.join(odd)} in it, which Delta Lake cannot take. Choose another folder."
        )
    return now
