"""Models: a folder with a CTranslate2 model and its tokenizer, and what it says of itself."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from schemas.errors import EngineError
from schemas.languages import languages
from schemas.resources import data_root

WEIGHTS = "model.bin"
VOCABULARIES = ("shared_vocabulary.json", "shared_vocabulary.txt", "source_vocabulary.json", "source_vocabulary.txt")


@dataclass(frozen=True)
class Model:
    """A model on this disk, not loaded."""

    name: str  # short: what its partition of the memory is called by
    folder: Path
    pieces: Path  # sentencepiece model

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """The tokens the model knows, in order of their ids."""
        file = next((self.folder / name for name in VOCABULARIES if (self.folder / name).is_file()), None)
        if file is None:
            return ()
        text = file.read_text("utf-8")
        return tuple(json.loads(text)) if file.suffix == ".json" else tuple(text.split("\n"))

    @cached_property
    def languages(self) -> dict[str, str]:
        """Canonical code -> token of each language the model is told by a token of its own."""
        known = set(self.vocabulary)
        return {each.code: token for each in languages() for token in (each.flores, each.code) if token and token in known}

    def digest(self) -> str:
        """sha256 over all that decides the output: weights, vocabulary, configuration and tokenizer."""
        total = hashlib.sha256()
        for file in sorted({*(self.folder / name for name in (WEIGHTS, "config.json", *VOCABULARIES)), self.pieces}):
            if file.is_file():
                with file.open("rb") as stream:
                    total.update(f"{file.name}\0{hashlib.file_digest(stream, 'sha256').hexdigest()}\n".encode())
        return total.hexdigest()


def open_model(name: str) -> Model:
    """The model `demo`, or that of a folder. Raises EngineError, with what is missing, if there is none."""
    folder = data_root() / "demo" / "model" if name == "demo" else Path(name).expanduser()
    if not (folder / WEIGHTS).is_file():
        raise EngineError(
            f"model {name!r}: no {WEIGHTS} in {folder}. Name `demo` or a folder with a CTranslate2 model "
            "(ct2-transformers-converter makes one, see README)."
        )
    found = sorted([*folder.glob("*sentencepiece*.model"), *folder.glob("*.spm"), *folder.glob("spm*.model")])
    if not found:
        raise EngineError(f"model in {folder}: no sentencepiece model beside it. Copy the checkpoint's sentencepiece.bpe.model there.")
    return Model("demo" if name == "demo" else folder.name, folder, found[0])
