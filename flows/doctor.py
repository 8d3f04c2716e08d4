"""Doctor: look at every part of this installation and say what to do about what is wrong."""

import os
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from flows.settings import settings
from schemas.errors import BabelmillError, EngineError
from schemas.languages import language, languages
from schemas.recipe import CTranslate2
from schemas.recipe_file import shipped
from schemas.resources import data_root

LEAST_FREE = 1 << 30  # bytes; a demo needs megabytes, a model of 600 M parameters 0.6 GB


def examine() -> list[dict[str, Any]]:
    """One finding per part: what, ok, found."""
    parts: dict[str, Callable[[], str]] = {
        "python": lambda: f"{sys.version.split()[0]}, babelmill {version('babelmill')}",
        "data": _data,
        "model": _model,
        "warehouse": _warehouse,
        "disk": _disk,
        "gpu": _gpu,
        "prefect": prefect_server,
    }
    findings = []
    for what, look in parts.items():
        try:
            findings.append({"what": what, "ok": True, "found": look()})
        except (BabelmillError, OSError, ImportError) as error:
            findings.append({"what": what, "ok": False, "found": str(error)})
    return findings


def _data() -> str:
    return f"{len(languages())} languages, {len(shipped())} recipes in {data_root()}"


def _model() -> str:
    from tasks.translate import translator

    engine = translator(CTranslate2(into=("ron_Latn",)), settings().machine)
    said = engine.translate(["Hello."], language("eng_Latn"), language("ron_Latn"))
    return f"demo model loads and answers on {engine.identity.library} ({len(said)} sentence)"


def _warehouse() -> str:
    home = settings().home
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe = home / f".probe-{os.getpid()}"
        probe.write_bytes(b"babelmill")
        probe.unlink()
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise OSError(f"{home.absolute()}: {reason}. Set BABELMILL_HOME to a folder you may write.") from None
    return f"{home.absolute()} can be written"


def _disk() -> str:
    home = settings().home
    place = next(p for p in (home.absolute(), *home.absolute().parents) if p.exists())
    free = shutil.disk_usage(place).free
    if free < LEAST_FREE:
        raise OSError(f"{free / 1e9:.1f} GB free under {place}: make room or set BABELMILL_HOME elsewhere.")
    return f"{free / 1e9:.0f} GB free"


def _gpu() -> str:
    import ctranslate2

    count = ctranslate2.get_cuda_device_count()
    return f"{count} for CTranslate2" if count else "none: the CPU does the work (real corpora want a GPU: pip install 'babelmill[gpu]')"


def prefect_server() -> str:
    """Where builds run. Raises EngineError if PREFECT_API_URL is set and nobody answers there."""
    import urllib.error
    import urllib.request

    address = os.environ.get("PREFECT_API_URL")
    if not address:
        return "PREFECT_API_URL is not set: builds run in this process"
    try:
        with urllib.request.urlopen(f"{address.rstrip('/')}/health", timeout=5) as answer:
            answer.read()
    except urllib.error.HTTPError:
        pass  # it answers, if only to ask who we are
    except (OSError, ValueError) as error:
        way_out = "Start one (prefect server start), or unset PREFECT_API_URL to build in this process"
        raise EngineError(f"no Prefect server answers at {address}: {error}. {way_out}.") from None
    return f"server answers at {address}"
