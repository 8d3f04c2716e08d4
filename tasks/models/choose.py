"""Choose: which files of a model repository are needed, and what they make."""

import json
from collections.abc import Iterable
from fnmatch import fnmatch
from typing import Literal, NamedTuple

from schemas.errors import EngineError
from tasks.translate.model import FAST, PIECES, VOCABULARIES, WEIGHTS

ARCHITECTURES = {"m2m_100": "NLLB-200, M2M100", "t5": "MADLAD-400", "marian": "OPUS-MT"}  # model_type of config.json
CONFIG = "config.json"
TOKENIZERS = (*PIECES, FAST, "tokenizer_config.json")
OF_CHECKPOINTS = ("vocab.json", "target_vocab.json", "special_tokens_map.json", "added_tokens.json", "generation_config.json")
# safetensors first. The others are pickles: transformers 5 reads them by torch.load(weights_only=True) alone, which makes tensors and
# runs nothing (modeling_utils.load_state_dict), and refuses a torch before 2.6, where that could be got round (CVE-2025-32434).
STORED = ("model*.safetensors", "pytorch_model*.bin")


class Chosen(NamedTuple):
    """What to fetch."""

    kind: Literal["ctranslate2", "checkpoint"]
    files: list[str]


def choose(repo: str, files: Iterable[str]) -> Chosen:
    """The files to fetch of those that lie at the top of a repository. Raises EngineError if they make no model."""
    top = sorted(name for name in files if "/" not in name)
    tokenizers = [name for name in top if any(fnmatch(name, pattern) for pattern in TOKENIZERS)]
    vocabularies = [name for name in top if name in VOCABULARIES]
    if WEIGHTS in top and vocabularies:
        return Chosen("ctranslate2", [*(name for name in (WEIGHTS, CONFIG) if name in top), *vocabularies, *tokenizers])
    weights = next((found for pattern in STORED if (found := _weights(top, pattern))), [])
    if not weights or CONFIG not in top:
        raise EngineError(
            f"{repo} holds no model that can be used: neither a CTranslate2 model ({WEIGHTS} with its vocabulary) nor a checkpoint of "
            f"transformers ({CONFIG} with model.safetensors). Choose another repository, or convert it yourself and name the folder."
        )
    return Chosen("checkpoint", [CONFIG, *weights, *tokenizers, *(name for name in top if name in OF_CHECKPOINTS)])


def require_translator(repo: str, config: str) -> None:
    """Raises EngineError unless config.json, whose text this is, belongs to a family that is supported."""
    try:
        values = json.loads(config)
    except ValueError:
        values = None
    kind = values.get("model_type") if isinstance(values, dict) else None
    if kind not in ARCHITECTURES:
        families = ", ".join(f"{name} ({model_type})" for model_type, name in ARCHITECTURES.items())
        raise EngineError(f"{repo}: model_type {kind!r} in {CONFIG} is no translator that is known; there are {families}.")


def _weights(names: list[str], pattern: str) -> list[str]:
    """One file, or the shards with their index."""
    stem, ending = pattern.split("*")
    if stem + ending in names:
        return [stem + ending]
    shards = [name for name in names if fnmatch(name, f"{stem}-*-of-*{ending}")]
    index = f"{stem}{ending}.index.json"
    return [index, *shards] if shards and index in names else []
