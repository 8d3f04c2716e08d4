"""Inputs: all that decides the bytes of a build, in few words and without a build. What is equal in all of them need not be built again.

Each is named, so that a person can be told which one changed. What cannot be known without the work itself counts as changed.
"""

import hashlib
import json
import sys
from importlib.metadata import distributions
from pathlib import Path

from flows.build import Request
from schemas.manifest import Manifest
from schemas.recipe import CTranslate2, Recipe
from schemas.resources import data_root
from schemas.sources import HubSource, MindSource, Source
from tasks.memory import Memory
from tasks.read import digest, reader
from tasks.read.mind import behaviors_of
from tasks.translate import Identity, Machine

PACKAGES = ("flows", "tasks", "schemas")


def inputs(request: Request, last: Manifest) -> dict[str, str]:
    """What a build of this request would read, given the version before it: name -> state, which any change makes another."""
    recipe = request.recipe
    return {
        "source": source_state(recipe.source),
        "recipe": recipe_state(recipe),
        "model": model_state(recipe, request.machine),
        "memory": memory_state(request.home, recipe, last),
        "programs": programs_state(),
    }


def source_state(source: Source) -> str:
    """The commit of a source on the Hub, which must be pinned; of files the sha256 of their names and bytes."""
    if isinstance(source, HubSource):
        return source.name
    beside = behaviors_of(source) if isinstance(source, MindSource) else {}
    return _sum(digest(reader(source)), *(f"{split} {_sha256(file)}" for split, file in sorted(beside.items())))


def recipe_state(recipe: Recipe) -> str:
    """All that the recipe says, with the texts that it points to."""
    values = recipe.model_dump(mode="json")
    if isinstance(recipe.source, HubSource):
        del values["source"]["revision"]
    texts = recipe.translate.shortlist.text if isinstance(recipe.translate, CTranslate2) and recipe.translate.shortlist else None
    files = [Path(texts.replace("{language}", code)) for code in recipe.translate.into] if texts else []
    return _sum(json.dumps(values), *(_sha256(file) if file.is_file() else "none" for file in files))


def model_state(recipe: Recipe, machine: Machine) -> str:
    """Weights, tokenizers and licence of the model, and what of this machine decides how it computes. The model is not loaded."""
    options = recipe.translate
    if not isinstance(options, CTranslate2):
        return options.engine
    import ctranslate2

    from tasks.translate.model import open_model

    folder = _kept(options, machine) if options.on_hub else options.model
    if folder is None:
        return f"{options.model}@{options.revision}, not kept"
    model = open_model(folder)
    devices = ["cpu", *(["cuda"] if ctranslate2.get_cuda_device_count() else [])]
    able = [f"{device} {' '.join(sorted(ctranslate2.get_supported_compute_types(device)))}" for device in devices]
    return _sum(model.digest(), model.about.model_dump_json(), machine.device, *able)


def memory_state(home: Path, recipe: Recipe, last: Manifest) -> str:
    """Rows, files, bytes and time of each part of the translation memory that the last version was made from."""
    engine = last.engine
    identity = Identity(engine.model, engine.digest, engine.options, engine.library)
    lists = [told["digest"] for told in last.learnt.get("shortlist", {}).values() if "digest" in told]
    names = {identity.fingerprint, *(identity.named(shortlist=each) for each in lists)}
    mine = [str(row) for row in Memory(home / "memory").rows().rows() if row[0] in names and row[1] in recipe.translate.into]
    priors = [f"{each} {(home / 'priors' / f'{each}.parquet').is_file()}" for each in last.learnt.get("priors", {}).values()]
    return _sum(*mine, *priors)


def programs_state() -> str:
    """Every installed distribution with its version, Python's, and the files of Babelmill itself, which may be a checkout."""
    installed = sorted(f"{each.metadata['Name']} {each.version}" for each in distributions())
    root = Path(__file__).resolve().parents[1]
    code = sorted(file for name in PACKAGES for file in (root / name).rglob("*") if file.is_file() and file.suffix != ".pyc")
    files = [*code, *sorted(data_root().glob("*.csv"))]
    return _sum(sys.version, *installed, *(f"{file.name} {_sha256(file)}" for file in files))


def _kept(options: CTranslate2, machine: Machine) -> str | None:
    """The folder of a model of the Hub, if the warehouse has it."""
    from tasks.models.fetch import quantization_for
    from tasks.models.kept import ModelStore

    if machine.models is None or options.revision is None:
        return None
    folder = ModelStore(machine.models).find(options.model, options.revision, quantization_for(options.compute_type, machine.device))
    return str(folder) if folder else None


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _sum(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
