"""The models that the warehouse keeps: HOME/models/OWNER--NAME@COMMIT-QUANTIZATION, whole or not there at all."""

import contextlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from schemas.errors import EngineError, IntegrityError, RecipeError, did_you_mean
from schemas.model_file import ModelFile
from tasks.materialise import flush, guarded
from tasks.store import LocalStore
from tasks.translate.model import read_about, sha256

MAIN = "main"
AS_IS = "as-is"  # the quantisation of a repository that holds a CTranslate2 model
NAME = re.compile(r"[\w.-]+--[\w.-]+@[0-9a-f]{12}-[\w-]+")


class ModelStore:
    """The folder of models of one warehouse."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def models(self) -> dict[str, ModelFile]:
        """Name of the folder -> what its babelmill.json says, nothing where that is damaged; sorted by name."""
        folders = sorted(self.root.iterdir()) if self.root.is_dir() else []
        return {folder.name: _about(folder) for folder in folders if NAME.fullmatch(folder.name)}

    def commit(self, repo: str, revision: str | None) -> str | None:
        """The commit that a branch or tag meant when it was last asked for, if a model of that commit is kept."""
        commit = self._references(repo).get(revision or MAIN)
        return commit if commit and any(a.repo == repo and a.revision == commit for a in self.models().values()) else None

    def refer(self, repo: str, revision: str | None, commit: str) -> None:
        """Remember what a branch or tag means now."""
        file = self._file(repo)
        with guarded(file), self.staging() as folder:
            new = folder / file.name
            new.write_text(json.dumps(self._references(repo) | {revision or MAIN: commit}, indent=1) + "\n", "utf-8")
            flush(new)
            new.replace(file)

    def _references(self, repo: str) -> dict[str, str]:
        try:
            values = json.loads(self._file(repo).read_text("utf-8"))
        except (OSError, ValueError):  # none yet, or not ours: the Hub is asked
            return {}
        return values if isinstance(values, dict) else {}

    def _file(self, repo: str) -> Path:
        return self.root / f"{repo.replace('/', '--')}.json"

    def find(self, repo: str, commit: str, quantization: str) -> Path | None:
        """The folder of a model, if it is kept: converted as asked, or taken as it is."""
        for stored in (quantization, AS_IS):
            folder = self.root / folder_name(repo, commit, stored)
            if folder.is_dir():
                return folder
        return None

    @contextlib.contextmanager
    def staging(self) -> Iterator[Path]:
        """A folder to build a model in; gone afterwards, as are those of killed processes."""
        with LocalStore(self.root).staging() as folder:
            yield folder

    def keep(self, staged: Path, about: ModelFile) -> Path:
        """Give the staged folder, with its babelmill.json, the name of a model; what stands there already stays."""
        target = self.root / folder_name(str(about.repo), str(about.revision), str(about.quantization))
        with guarded(staged):
            for path in (*staged.iterdir(), staged):
                flush(path)
            try:
                staged.rename(target)
            except OSError:
                if not target.is_dir():  # else another process was faster: the same commit makes the same model
                    raise
            flush(self.root)
        return target

    def verify(self, name: str) -> None:
        """Raises IntegrityError naming the first file of a kept model that is not as it was fetched."""
        folder = self.root / name
        files = read_about(folder).files
        for file, digest in files.items():
            if not (folder / file).is_file() or sha256(folder / file) != digest:
                way_out = f"Run babelmill models remove {name}, then the command that needs it: it is fetched anew"
                raise IntegrityError(f"{folder / file}: not the file that was fetched (sha256 differs). {way_out}.")

    def remove(self, name: str) -> None:
        """Remove a kept model. Raises RecipeError, with the names there are, if there is none of this name."""
        names = list(self.models())
        if name not in names:
            raise RecipeError(f"no model {name!r} in {self.root}; there are {', '.join(names) or 'none'}.{did_you_mean(name, names)}")
        with self.staging() as folder, guarded(self.root / name):
            (self.root / name).rename(folder / name)  # gone at once for others, whatever the deletion takes
            shutil.rmtree(folder / name)


def _about(folder: Path) -> ModelFile:
    try:
        return read_about(folder)
    except EngineError:  # whoever opens the model is told
        return ModelFile()


def folder_name(repo: str, commit: str, quantization: str) -> str:
    """OWNER--NAME@COMMIT-QUANTIZATION."""
    return f"{repo.replace('/', '--')}@{commit[:12]}-{quantization}"
