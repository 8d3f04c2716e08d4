"""Convert: a checkpoint of transformers to a CTranslate2 model, by CTranslate2's own converter.

It runs in a process of its own: torch takes seconds to import and some 8 bytes a parameter while it converts, which a build
would keep, and the process sees no network and no token.
"""

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from schemas.errors import EngineError
from tasks.models.choose import TOKENIZERS
from tasks.translate.model import FAST, VOCABULARIES

NEEDED = ("torch", "transformers")
QUANTIZATIONS = {  # compute type -> number format of the stored weights; int8 is made on storing, so a wider type keeps its own
    "int8": "int8",
    "int8_float32": "int8",
    "int8_float16": "int8",
    "float16": "float16",
    "bfloat16": "bfloat16",
    "float32": "float32",
}


def require_converter(repo: str) -> None:
    """Raises EngineError with the install line if a library is missing: before anything is fetched."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise EngineError(
            f"{repo} is a checkpoint of transformers; converting it needs {' and '.join(missing)}. "
            "pip install 'babelmill[models]', or name a repository with a CTranslate2 model."
        )


def convert(repo: str, checkpoint: Path, folder: Path, quantization: str) -> dict[str, str]:
    """Convert the checkpoint into `folder`, which must not exist, and lay its tokenizers there. Returns versions of the libraries."""
    if _read(checkpoint / "tokenizer_config.json").get("separate_vocabs"):
        raise EngineError(f"{repo} has a vocabulary for each side, which CTranslate2's converter takes for one. Choose another model.")
    command = [sys.executable, "-P", "-m", "ctranslate2.converters.transformers", "--model", str(checkpoint), "--output_dir", str(folder)]
    environment = {key: value for key, value in os.environ.items() if key not in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")}
    offline = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    ended = subprocess.run([*command, "--quantization", quantization], env=environment | offline, capture_output=True, text=True)
    if ended.returncode:
        said = (ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"])[-1]
        hint = " It needs about 8 bytes of memory a parameter." if ended.returncode < 0 else ""
        if "requires the protobuf library" in ended.stderr:  # of a checkpoint that has a sentencepiece model and no tokenizer.json
            hint = " pip install protobuf, then run the same command again."
        raise EngineError(f"{repo} could not be converted: {said}.{hint} The files stay in the cache of huggingface_hub.")
    tokenizers = {file.name: file for pattern in TOKENIZERS for file in sorted(checkpoint.glob(pattern))}
    if len(tokenizers.keys() - {FAST, "tokenizer_config.json"}):
        tokenizers.pop(FAST, None)  # megabytes that nobody would read
    for name, file in tokenizers.items():
        shutil.copyfile(file, folder / name)
    require_same_numbers(repo, checkpoint, folder)
    return {name: version(name) for name in ("ctranslate2", *NEEDED)}


def require_same_numbers(repo: str, checkpoint: Path, folder: Path) -> None:
    """Raises EngineError if a token of the checkpoint's own files has another number in the converted vocabulary.

    The converter asks the tokenizer class, which differs between versions of transformers; a shift by one would translate into
    confident nonsense.
    """
    vocabulary = json.loads(next(folder / name for name in VOCABULARIES if (folder / name).is_file()).read_text("utf-8"))
    numbers: dict[str, int] = _read(checkpoint / "vocab.json")
    fast = _read(checkpoint / FAST)
    stored = fast.get("model", {}).get("vocab", {})
    numbers |= stored if isinstance(stored, dict) else {token: number for number, (token, _) in enumerate(stored)}
    numbers |= {each["content"]: each["id"] for each in fast.get("added_tokens", ())}
    for token, number in numbers.items():
        if number < len(vocabulary) and vocabulary[number] != token:
            raise EngineError(
                f"{repo} was converted wrongly: token {number} is {vocabulary[number]!r}, in the checkpoint {token!r}. "
                f"transformers {version('transformers')} does not read this tokenizer; try another 5.x and report it."
            )


def _read(file: Path) -> dict[str, Any]:
    values = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    return values if isinstance(values, dict) else {}
