"""Where the files that ship with Babelmill lie: data/ and deploy/ in a checkout, schemas/_data in an installed wheel."""

import shlex
from pathlib import Path

_HERE = Path(__file__).resolve().parent


def data_root() -> Path:
    """The folder `data` of this installation."""
    packaged = _HERE / "_data"
    return packaged if packaged.is_dir() else _HERE.parent / "data"


def deploy_file(name: str) -> Path:
    """A file of `deploy/` that ships with the product: "prefect.yaml" (deployments and schedules), "server.env" (settings)."""
    packaged = _HERE / "_data" / "deploy"
    return (packaged if packaged.is_dir() else _HERE.parent / "deploy") / name


def server_settings() -> dict[str, str]:
    """Names and values of deploy/server.env, what every server and worker runs with; a variable that is set already should win."""
    words = shlex.split(deploy_file("server.env").read_text("utf-8"), comments=True)
    return dict(word.split("=", 1) for word in words)


def find(path: str | Path, *near: Path) -> Path:
    """The first that exists of: `path` under each folder of `near`, under the current one, or the shipped `data/...`.

    Returns the path unchanged (made absolute) when none exists, so that the caller's error can name it.
    """
    path = Path(path).expanduser()
    tries = [folder / path for folder in near] + [Path.cwd() / path]
    if path.parts[:1] == ("data",):
        tries.append(data_root().joinpath(*path.parts[1:]))
    return next((t for t in tries if t.exists()), tries[len(near)])
