"""Loaded: the translators of one model in memory; those with a shortlist are made when they are needed."""

import ctypes
import importlib.util
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

from schemas.errors import EngineError
from tasks.shortlist import Shortlist
from tasks.translate import Machine
from tasks.translate.model import Model

RESTRICTED = 2  # translators with shortlists kept: chunks of two languages may be in work at once
VMAP = "vmap.txt"


class Loaded:
    """The translators of one model on one machine; safe to use from several threads."""

    def __init__(self, model: Model, compute_type: str, machine: Machine) -> None:
        import ctranslate2

        kind, _, numbers = machine.device.partition(":")
        gpus = 0 if kind == "cpu" else ctranslate2.get_cuda_device_count()
        if gpus:
            load_cublas()
        self.device = ("cuda" if gpus else "cpu") if kind == "auto" else kind
        if compute_type == "auto":
            compute_type = "float16" if self.device == "cuda" else "int8"
        self._options: dict[str, Any] = {"device": self.device, "compute_type": compute_type, "intra_threads": 1}
        if self.device == "cuda":
            self._options["device_index"] = [int(number) for number in numbers.split(",")] if numbers else list(range(max(gpus, 1)))
            self.threads = len(self._options["device_index"])
        else:
            self.threads = self._options["inter_threads"] = machine.threads or _cores()
        self._model = model
        self._lock = threading.Lock()
        self._shortlists: dict[str, Shortlist] = {}
        self._restricted: dict[str, ctranslate2.Translator] = {}
        self.whole = self._load(model.folder)

    def restrict(self, language: str, shortlist: Shortlist | None) -> None:
        """Write a language with this shortlist from now on, or with the whole vocabulary."""
        with self._lock:
            self._restricted.pop(language, None)
            self._shortlists.pop(language, None)
            if shortlist:
                self._shortlists[language] = shortlist

    def shortlist(self, language: str) -> Shortlist | None:
        return self._shortlists.get(language)

    def writing(self, language: str) -> Any:
        """The translator for a language. CTranslate2 reads a shortlist from the model's folder: the weights are linked to beside it."""
        with self._lock:
            shortlist = self._shortlists.get(language)
            if not shortlist:
                return self.whole
            if language not in self._restricted:
                while len(self._restricted) >= RESTRICTED:
                    del self._restricted[next(iter(self._restricted))]  # the oldest; who works with it still holds it
                with tempfile.TemporaryDirectory(prefix="babelmill-model-") as folder:
                    for file in self._model.folder.iterdir():
                        if file.is_file() and file.name != VMAP:
                            (Path(folder) / file.name).symlink_to(file.absolute())
                    (Path(folder) / VMAP).write_text(shortlist.vmap(), "utf-8")
                    self._restricted[language] = self._load(Path(folder))
            return self._restricted[language]

    def _load(self, folder: Path) -> Any:
        import ctranslate2

        try:
            return ctranslate2.Translator(str(folder), **self._options)
        except (RuntimeError, ValueError, OSError) as error:
            raise EngineError(f"model {self._model.name!r} in {self._model.folder} cannot be loaded on {self.device}: {error}") from None


def load_cublas() -> None:
    """Load cuBLAS from the wheel of the extra `gpu`, if it is there: CTranslate2 asks for it by name and does not look into wheels."""
    found = importlib.util.find_spec("nvidia")
    for folder in (found.submodule_search_locations or ()) if found else ():
        for library in sorted(Path(folder).glob("cublas/lib/libcublas*.so.12"), reverse=True):  # cublasLt, which cublas needs, first
            ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
