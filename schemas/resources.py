"""Where the files that ship with Babelmill lie: data/ in a checkout, schemas/_data in an installed wheel."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def data_root() -> Path:
    """The folder `data` of this installation."""
    packaged = _HERE / "_data"
    return packaged if packaged.is_dir() else _HERE.parent / "data"


def find(path: str | Path, *near: Path) -> Path:
    """The first that exists of: `path` under each folder of `near`, under the current one, or the shipped `data/...`.

    Returns the path unchanged (made absolute) when none exists, so that the caller's error can name it.
    """
    path = Path(path).expanduser()
    tries = [folder / path for folder in near] + [Path.cwd() / path]
    if path.parts[:1] == ("data",):
        tries.append(data_root().joinpath(*path.parts[1:]))
    return next((t for t in tries if t.exists()), tries[len(near)])
