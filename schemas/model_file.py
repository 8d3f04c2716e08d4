"""babelmill.json: what stands beside the weights of a model, and what neither weights nor vocabulary say."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

MODEL_FILE = "babelmill.json"
ConventionName = Literal["nllb", "m2m100", "madlad", "opus"]


class ModelFile(BaseModel):
    """Written for a model of the Hub; beside a model of your own it may say what cannot be found out: convention, source, target."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    repo: str | None = None
    """OWNER/NAME on the Hub."""
    revision: str | None = None
    """Commit."""
    license: str | None = None
    """Of the weights, as the card says."""
    convention: ConventionName | None = None
    """How it is told languages; see tasks.translate.conventions."""
    source: tuple[str, ...] = ()
    """Languages that a model of OPUS-MT reads, under any alias."""
    target: tuple[str, ...] = ()
    """Languages that a model of OPUS-MT writes, under any alias."""
    languages: tuple[str, ...] = ()
    """Of the card's header, as they stand there."""
    quantization: str | None = None
    """Number format of the stored weights; `as-is` where the repository holds a CTranslate2 model."""
    tools: dict[str, str] = {}
    """Versions of the libraries that converted it."""
    files: dict[str, str] = {}
    """sha256 of every other file of the folder."""
    bytes: int | None = None
    """Size of them all."""
