"""What the Hub keeps: files, commits, and the record of a repo that lists and info are made from."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import yaml

MODEL = "model "  # before the name of a model, which may be that of a dataset too
REPO = r"(?P<repo>[\w.-]+(?:/[\w.-]+)?)"
API = rf"/api/(?:datasets|(?P<models>models))/{REPO}"
LFS = (".parquet", ".bin", ".safetensors", ".model", ".arrow", ".gz", ".zst", ".zip", ".npy", ".png", ".jpg")
TAGGED = (  # keys of a card that become tags
    *("task_categories", "task_ids", "annotations_creators", "language_creators", "multilinguality", "source_datasets"),
    *("language", "license", "size_categories"),
)
LARGE = 10 << 20  # bytes from which any file is LFS


@dataclass(frozen=True)
class File:
    """Content of a path; that of LFS has its sha256, and what came over Xet the hash that Xet knows it by."""

    size: int
    read: Callable[[], bytes]
    sha256: str | None = None
    xet: str | None = None

    @classmethod
    def of(cls, path: str, data: bytes) -> "File":
        """As the Hub would keep these bytes under this path."""
        lfs = path.endswith(LFS) or len(data) >= LARGE
        return cls(len(data), lambda: data, hashlib.sha256(data).hexdigest() if lfs and data else None)

    @cached_property
    def oid(self) -> str:
        """git's name of the blob, which for LFS is the pointer."""
        return git(self.pointer if self.sha256 else self.read())

    @property
    def pointer(self) -> bytes:
        """What stands in git for a file of LFS."""
        return f"version https://git-lfs.github.com/spec/v1\noid sha256:{self.sha256}\nsize {self.size}\n".encode()

    def entry(self) -> dict[str, Any]:
        """The fields of the file in a tree."""
        told: dict[str, Any] = {"size": self.size, "oid": self.oid, "blobId": self.oid}
        if self.sha256:
            told["lfs"] = {"oid": self.sha256, "sha256": self.sha256, "size": self.size, "pointerSize": len(self.pointer)}
        return told | ({"xetHash": self.xet} if self.xet else {})


@dataclass(frozen=True)
class Commit:
    """A whole tree, and where it came from."""

    files: dict[str, File]
    parent: str | None = None
    title: str = "files"
    message: str = ""
    author: str = "owner"
    date: str = "2026-01-01T00:00:00.000Z"

    @cached_property
    def sha(self) -> str:
        tree = [(path, file.oid) for path, file in sorted(self.files.items())]
        return hashlib.sha1(repr((self.parent, tree, self.title, self.message, self.author, self.date)).encode()).hexdigest()


@dataclass
class Repo:
    """Commits of a dataset or model, and the names that point at them."""

    commits: dict[str, Commit] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    private: bool = False
    gated: bool | str = False
    created: str = ""

    def add(self, commit: Commit, branch: str = "main") -> str:
        """Move the branch to the commit; its sha."""
        self.created = self.created or commit.date
        self.commits[commit.sha] = commit
        self.branches[branch] = commit.sha
        return commit.sha

    def sha(self, revision: str) -> str | None:
        """The commit that a branch, a tag, or a sha names, if any."""
        revision = revision.removeprefix("refs/heads/").removeprefix("refs/tags/")
        sha = self.branches.get(revision) or self.tags.get(revision) or revision
        return sha if sha in self.commits else None

    def last(self, sha: str, path: str) -> str:
        """The commit that made a file, or something in a folder, what it is at this one."""

        def below(commit: Commit) -> dict[str, str]:
            return {name: file.oid for name, file in commit.files.items() if name == path or name.startswith(f"{path}/")}

        while (parent := self.commits[sha].parent) in self.commits and below(self.commits[parent]) == below(self.commits[sha]):
            sha = parent
        return sha

    def record(self, sha: str) -> dict[str, Any]:
        """What the Hub derives from the files and settings: both lists and info are made of it."""
        commit = self.commits[sha]
        card = front(commit.files["README.md"].read().decode(errors="replace")) if "README.md" in commit.files else {}
        return {
            "sha": sha,
            "createdAt": self.created,
            "lastModified": commit.date,
            "private": self.private,
            "gated": "auto" if self.gated is True else self.gated,
            "disabled": False,
            "downloads": 0,
            "likes": 0,
            "tags": tags(card),
            "siblings": [{"rfilename": path} for path in commit.files],
            **({"cardData": card} if card else {}),
        }


def matter(readme: str) -> str | None:
    """The text between the two lines of three dashes that a card begins with, if it does."""
    found = re.match(r"---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)", readme, re.DOTALL)
    return found[1] if found else None


def front(readme: str) -> dict[str, Any]:
    """The metadata of a card; empty where there is none or it is broken."""
    try:
        card = yaml.safe_load(matter(readme) or "")
    except yaml.YAMLError:
        return {}
    return card if isinstance(card, dict) else {}


def tags(card: Mapping[str, Any]) -> list[str]:
    """The tags that the Hub makes of a card: `language:sw`, `license:mit`, and the author's own as they are."""
    told = [(f"{key}:", card.get(key)) for key in TAGGED] + [("", card.get("tags"))]
    return [f"{key}{item}" for key, value in told for item in (value if isinstance(value, list) else [value] if value else [])]


def git(data: bytes) -> str:
    """git's name of a blob."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
