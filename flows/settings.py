"""Settings of an installation, from the environment: BABELMILL_HOME, BABELMILL_WORKERS, BABELMILL_DEVICE and so on."""

import os
from pathlib import Path

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.errors import RecipeError
from tasks.translate import Machine

ODD = set("%[]{}?*#^|")  # delta-rs 1.6 reads them as part of an address, or fails


class Settings(BaseSettings):
    """How and where this machine works; nothing here changes a release."""

    model_config = SettingsConfigDict(env_prefix="BABELMILL_", use_attribute_docstrings=True)

    home: Path = Path("data/warehouse")
    """The warehouse: memory, releases, previews and records of runs."""
    recipes: Path | None = None
    """Folder of recipes that people add (*.yaml), which are then called by name; `recipes` in the warehouse if not given."""
    workers: int = Field(default=min(4, os.cpu_count() or 1), ge=1, le=256)
    """Chunks in work at once."""
    device: str = Field(default="auto", pattern=r"^(auto|cpu|cuda(:\d+(,\d+)*)?)$")
    """Where the model runs: auto, cpu, cuda (every GPU there is), or some of them, as cuda:0,1."""
    threads: int | None = Field(default=None, ge=1, le=1024)
    """Batches that a CPU works on at once; a core each if not given."""
    batch_tokens: int | None = Field(default=None, ge=64, le=1 << 20)
    """Tokens of a batch; 2,048 on a CPU and 16,384 on a GPU if not given."""
    notify_url: SecretStr | None = None
    """Apprise address (slack://, mailtos://, jsons://HOST/PATH, ...) that is told of scheduled and triggered runs that fail."""

    @property
    def added(self) -> Path:
        """Where recipes lie that did not come with Babelmill."""
        return self.recipes or self.home / "recipes"

    @property
    def machine(self) -> Machine:
        """How an engine runs here."""
        return Machine(self.device, self.threads, self.batch_tokens, self.home / "models")


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
