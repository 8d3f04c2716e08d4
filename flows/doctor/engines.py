"""Engines: the demo model, the models that the warehouse keeps, the GPU."""

import ctypes
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator

from flows.doctor.finding import Finding, absent, bad, ok
from flows.settings import settings
from schemas.errors import EngineError, IntegrityError
from schemas.languages import language
from schemas.recipe import CTranslate2
from tasks.models.kept import ModelStore

READ = 5.0  # seconds that the digests of kept models may take
CUBLAS = "libcublas.so.12"  # asked for by name by CTranslate2 4


def demo() -> Iterator[Finding]:
    """The demo model translates a sentence."""
    from tasks.translate import translator

    engine = translator(CTranslate2(into=("ron_Latn",)), settings().machine)
    said = engine.translate(["Hello."], language("eng_Latn"), language("ron_Latn"))
    yield ok("model", f"demo model loads and answers on {engine.identity.library} ({len(said)} sentence)")


def kept() -> Iterator[Finding]:
    """Models from the Hub are as they were fetched; the small ones first, as many as are read in READ seconds."""
    store, start = ModelStore(settings().home / "models"), time.monotonic()
    models = store.models()
    read = sound = 0
    for name in sorted(models, key=lambda name: models[name].bytes or 0):
        if time.monotonic() - start > READ:
            break
        read += 1
        try:
            store.verify(name)
            sound += 1
        except (IntegrityError, EngineError) as error:
            yield bad("models", str(error))
    if not models:
        yield absent("models", "none from the Hub is kept: a recipe that names one fetches it, as does babelmill models fetch")
    else:
        rest = f"; {len(models) - read} too large to read now, babelmill maintain does" if read < len(models) else ""
        yield ok("models", f"{len(models)} from the Hub kept, {read} read, {sound} of them sound{rest}")


def gpu() -> Iterator[Finding]:
    """What CTranslate2 sees of GPUs, against what the driver sees."""
    import ctranslate2

    device = settings().device
    count = ctranslate2.get_cuda_device_count()
    types = sorted(ctranslate2.get_supported_compute_types("cuda")) if count else []
    yield seen(device, count, types, _driver(), _cublas)


def seen(device: str, count: int, types: list[str], cards: list[str], library: Callable[[], str | None]) -> Finding:
    """device: as BABELMILL_DEVICE. count, types: GPUs and compute types of CTranslate2. cards: of the driver; library: why cuBLAS fails."""
    names = ", ".join(cards)
    if device == "cpu" and (count or cards):
        return absent("gpu", f"not used, as BABELMILL_DEVICE=cpu says; there is {names or count}")
    if not count and cards:
        return bad(
            "gpu", f"the driver has {names}, and CTranslate2 sees none: is CUDA_VISIBLE_DEVICES empty, or the driver older than CUDA 12?"
        )
    if not count and device.startswith("cuda"):
        return bad("gpu", f"BABELMILL_DEVICE={device}, and there is none. Unset it to work on the CPU, or start where there is a GPU.")
    if not count:
        return absent("gpu", "none: the CPU does the work (real corpora want a GPU: pip install 'babelmill[gpu]')")
    if reason := library():
        return bad("gpu", f"{names or count}, and cuBLAS does not load: {reason}. pip install 'babelmill[gpu]', or BABELMILL_DEVICE=cpu.")
    return ok("gpu", f"{names or count}; computes in {', '.join(types)}; cuBLAS loads")


def _driver() -> list[str]:
    """Name, compute capability and memory of each GPU, by nvidia-smi."""
    if not shutil.which("nvidia-smi"):
        return []
    command = ["nvidia-smi", "--query-gpu=name,compute_cap,memory.total", "--format=csv,noheader"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [line.strip() for line in said.stdout.splitlines() if line.strip()] if said.returncode == 0 else []


def _cublas() -> str | None:
    """Why cuBLAS cannot be loaded the way an engine does; None if it can."""
    from tasks.translate.loaded import load_cublas

    try:
        load_cublas()
        ctypes.CDLL(CUBLAS)
    except OSError as error:
        return str(error)
    return None
