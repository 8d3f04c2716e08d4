"""Fetch: a model of the Hub into the warehouse, at one commit, once."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi, ModelInfo

from schemas.errors import EngineError
from schemas.model_file import MODEL_FILE, ModelFile
from schemas.recipe import CTranslate2
from tasks.fetch import Remote
from tasks.hub import COMMIT, Repository
from tasks.materialise import guarded
from tasks.models.choose import CONFIG, choose, require_translator
from tasks.models.convert import QUANTIZATIONS, convert, require_converter
from tasks.models.kept import AS_IS, ModelStore
from tasks.translate import Machine
from tasks.translate.model import open_model, sha256

Say = Callable[[str], None]


def pinned(options: CTranslate2, store: ModelStore) -> CTranslate2:
    """The options with the commit of their model. The warehouse is asked first: a model that is kept stays the same, and needs no network.

    `babelmill models fetch` gets a newer one.
    """
    if not options.on_hub or (options.revision and COMMIT.fullmatch(options.revision)):
        return options
    commit = store.commit(options.model, options.revision)
    if commit is None:
        repository = Repository("model", options.model, options.revision)
        commit = repository.commit(_info(repository))
        store.refer(options.model, options.revision, commit)
    return options.model_copy(update={"revision": commit})


def ready(options: CTranslate2, machine: Machine, say: Say = lambda _: None) -> CTranslate2:
    """The options with the folder of their model, which is fetched if the warehouse lacks it."""
    if machine.models is None:
        raise EngineError(f"model {options.model!r} is one of the Hub, and there is no warehouse to keep it in. Name a folder.")
    store = ModelStore(machine.models)
    options = pinned(options, store)
    assert options.revision
    quantization = quantization_for(options.compute_type, machine.device)
    folder = store.find(options.model, options.revision, quantization)
    if folder is None:
        folder = fetch(options.model, options.revision, quantization, store, say)
    return options.model_copy(update={"model": str(folder), "revision": None})


def quantization_for(compute_type: str, device: str) -> str:
    """The number format that weights are stored in for a compute type; `auto` is int8 on a CPU, float16 on a GPU."""
    if compute_type == "auto":
        import ctranslate2

        on_gpu = device.startswith("cuda") or (device == "auto" and ctranslate2.get_cuda_device_count())
        compute_type = "float16" if on_gpu else "int8"
    return QUANTIZATIONS[compute_type]


def fetch(repo: str, revision: str | None, quantization: str, store: ModelStore, say: Say = lambda _: None) -> Path:
    """Fetch a model and convert it if need be; returns its folder. Whatever goes wrong, nothing half-made is left."""
    repository = Repository("model", repo, revision)
    info = _info(repository)
    commit = repository.commit(info)
    chosen = choose(repository.where, [sibling.rfilename for sibling in info.siblings or ()])
    siblings = {sibling.rfilename: Remote.of(sibling) for sibling in info.siblings or ()}
    if chosen.kind == "checkpoint":
        require_converter(repository.where)
        require_translator(repository.where, repository.fetch(commit, siblings[CONFIG]).read_text("utf-8"))
    size = sum(siblings[name].size or 0 for name in chosen.files)
    say(f"Fetching {repo} at {commit[:12]} ({size / 1e6:,.0f} MB)")
    fetched = {name: repository.fetch(commit, siblings[name]) for name in chosen.files}
    with store.staging() as staged:
        folder, tools = staged / "model", {}
        if chosen.kind == "ctranslate2":
            _copy(fetched, folder)
        else:
            say(f"Converting {repo} to {quantization}")
            _copy(fetched, staged / "checkpoint", link=True)
            tools = convert(repository.where, staged / "checkpoint", folder, quantization)
        files = sorted(folder.iterdir())
        about = ModelFile(  # what the folder is kept by
            repo=info.id,
            revision=commit,
            license=_license(info),
            languages=_languages(info),
            quantization=quantization if tools else AS_IS,
            tools=tools,
            files={file.name: sha256(file) for file in files},
            bytes=sum(file.stat().st_size for file in files),
        )
        (folder / MODEL_FILE).write_text(about.model_dump_json(indent=1) + "\n", "utf-8")
        _require_usable(repository, folder)
        kept = store.keep(folder, about)
    if revision != commit:
        store.refer(repo, revision, commit)
    return kept


def _require_usable(repository: Repository, folder: Path) -> None:
    """Raises EngineError unless the model says how it is told languages and its tokenizers can be read."""
    try:
        open_model(str(folder)).tokenizers()
    except EngineError as error:
        way_out = f"It was not kept; get it with `hf download {repository.name} --local-dir DIR` to mend that, and name DIR"
        raise EngineError(f"{repository.where} cannot be used as it is: {error} {way_out}.") from None


def _info(repository: Repository) -> ModelInfo:
    with repository.explained():
        return HfApi().model_info(repository.name, revision=repository.revision, files_metadata=True)


def _copy(files: dict[str, Path], folder: Path, link: bool = False) -> None:
    with guarded(folder):
        folder.mkdir()
        for name, file in files.items():
            if link:
                (folder / name).symlink_to(file.absolute())
            else:
                shutil.copyfile(file, folder / name)


def _license(info: ModelInfo) -> str | None:
    card: Any = info.card_data or {}
    found = card.get("license")
    return str(found) if found else None


def _languages(info: ModelInfo) -> tuple[str, ...]:
    card: Any = info.card_data or {}
    found = card.get("language") or ()
    return tuple(str(code) for code in ([found] if isinstance(found, str) else found))
