"""Models: a folder with a CTranslate2 model and its tokenizers, and what it says of itself."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from schemas.errors import EngineError, IntegrityError
from schemas.model_file import MODEL_FILE, ModelFile
from schemas.resources import data_root
from tasks.translate.conventions import Convention, convention, pair_of, parts
from tasks.translate.tokenizer import Tokenizer, tokenizer

WEIGHTS = "model.bin"
VOCABULARIES = tuple(f"{side}_vocabulary.{kind}" for side in ("shared", "source", "target") for kind in ("json", "txt"))
# Names that checkpoints give to a sentencepiece model: NLLB and M2M100, MADLAD, converted ones, OPUS-MT.
PIECES = ("sentencepiece.bpe.model", "spiece.model", "sentencepiece.model", "*sentencepiece*.model", "spm*.model", "*.spm")
SIDES = ("source.spm", "target.spm")
FAST = "tokenizer.json"


@dataclass(frozen=True)
class Model:
    """A model on this disk, not loaded."""

    name: str  # short: what its partition of the memory is called by
    folder: Path
    pieces: Path  # what its sources are tokenized with: a sentencepiece model or a tokenizer.json
    target_pieces: Path  # its targets; often the same
    about: ModelFile

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """The tokens the model knows, in order of their ids: those of the source, if the target has others."""
        return self._tokens(VOCABULARIES)

    @cached_property
    def target_vocabulary(self) -> tuple[str, ...]:
        """Likewise, of the target."""
        return self._tokens([name for name in VOCABULARIES if not name.startswith("source")])

    def _tokens(self, names: Sequence[str]) -> tuple[str, ...]:
        file = next((self.folder / name for name in names if (self.folder / name).is_file()), None)
        if file is None:
            return ()
        text = file.read_text("utf-8")
        try:
            return tuple(json.loads(text)) if file.suffix == ".json" else tuple(text.split("\n"))
        except ValueError as error:
            raise EngineError(f"{file} is no vocabulary: {error}. Convert or fetch the model again.") from None

    @cached_property
    def convention(self) -> Convention:
        """How it is told languages. Raises EngineError if nothing says it."""
        about = self.about
        stated = (about.source, about.target) if about.source and about.target else None
        pair = stated or _configured(self.folder) or pair_of(about.repo or self.folder.name)
        found = convention(self.vocabulary, name=about.convention, pair=pair, spoken=about.languages)
        if found is None or not (found.sources and found.targets):
            raise EngineError(
                f"model {self.name!r} in {self.folder} does not say which languages it reads and writes: no code of NLLB, M2M100, "
                "MADLAD or OPUS-MT is in its vocabulary or name. For a model of one pair "
                f'write {{"source": ["eng"], "target": ["deu"]}} into {MODEL_FILE} there.'
            )
        return replace(found, lead=_lead(self.pieces, next(iter(found.targets.values())))) if found.name == "madlad" else found

    def tokenizers(self) -> tuple[Tokenizer, Tokenizer]:
        """Of its sources and of its targets."""
        ours = tokenizer(self.pieces, self.convention.controls)
        return ours, ours if self.target_pieces == self.pieces else tokenizer(self.target_pieces, self.convention.controls)

    def digest(self) -> str:
        """sha256 over all that decides the output: weights, vocabularies, configuration, tokenizers, convention.

        Raises IntegrityError if a file is not the one that was fetched.
        """
        total = hashlib.sha256(f"{self.convention.name}\n".encode())
        names = {WEIGHTS, "config.json", *VOCABULARIES}
        for file in sorted({*(self.folder / name for name in names), self.pieces, self.target_pieces}):
            if file.is_file():
                digest = sha256(file)
                if self.about.files.get(file.name, digest) != digest:
                    way_out = f"Run babelmill models remove {self.folder.name}, then the same command again: it is fetched anew"
                    raise IntegrityError(f"{file}: not the file that was fetched (sha256 differs). {way_out}.")
                total.update(f"{file.name}\0{digest}\n".encode())
        return total.hexdigest()


def open_model(name: str) -> Model:
    """The model `demo`, or that of a folder. Raises EngineError, with what is missing, if there is none."""
    folder = data_root() / "demo" / "model" if name == "demo" else Path(name).expanduser()
    if not (folder / WEIGHTS).is_file():
        raise EngineError(
            f"model {name!r}: no {WEIGHTS} in {folder}. Name `demo` or a folder with a CTranslate2 model "
            "(ct2-transformers-converter makes one), or a model of the Hub as OWNER/NAME."
        )
    pieces, target_pieces = _tokenizers(folder)
    about = read_about(folder)
    return Model("demo" if name == "demo" else about.repo or folder.name, folder, pieces, target_pieces, about)


def read_about(folder: Path) -> ModelFile:
    """What babelmill.json says, if it is there. Raises EngineError with what is wrong in it."""
    file = folder / MODEL_FILE
    if not file.is_file():
        return ModelFile()
    try:
        return ModelFile.model_validate_json(file.read_bytes())
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(map(str, fault["loc"])) or "the file"
        raise EngineError(f"{file}: {where}: {fault['msg']}. Mend it, or delete it and fetch the model again.") from None


def sha256(file: Path) -> str:
    """Of the bytes of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _lead(file: Path, token: str) -> tuple[str, ...]:
    """The pieces that a tokenizer, which knows the token as a piece, puts before it."""
    pieces = tokenizer(file).encode([token])[0]
    return tuple(pieces[: pieces.index(token)]) if token in pieces else ()


def _tokenizers(folder: Path) -> tuple[Path, Path]:
    source, target = (folder / name for name in SIDES)
    if source.is_file() and target.is_file():
        return source, target
    found = [file for pattern in PIECES for file in sorted(folder.glob(pattern))] + [f for f in [folder / FAST] if f.is_file()]
    if not found:
        raise EngineError(
            f"model in {folder}: no sentencepiece model beside it, nor a {FAST}. Copy the checkpoint's sentencepiece.bpe.model "
            "(OPUS-MT: source.spm and target.spm) there."
        )
    return found[0], found[0]


def _configured(folder: Path) -> tuple[list[str], list[str]] | None:
    """The languages that the tokenizer of an OPUS-MT checkpoint names."""
    try:
        values = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    source, target = values.get("source_lang"), values.get("target_lang")
    return (parts(str(source)), parts(str(target))) if source and target else None
