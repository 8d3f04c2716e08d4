"""The repository of a release on the Hub: each call to it is patient, and each refusal is said in words."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_session, hf_hub_url
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError
from huggingface_hub.hf_api import GitRefs, RepoSibling
from huggingface_hub.utils import build_hf_headers, hf_raise_for_status  # type: ignore[attr-defined]  # it lists nothing

from schemas.errors import PublishError
from schemas.manifest import Manifest
from tasks.patience import Patience, patiently, status
from tasks.publish.files import Item
from tasks.publish.plan import Head, Stated, holds, title
from tasks.publish.refusals import AGAIN, NOTHING, explained
from tasks.publish.upload import Sent, upload
from tasks.store import MANIFEST

T = TypeVar("T")
KIND = "dataset"
SIGHTS = 3  # looks at a repository that was just made


class Repository:
    """OWNER/NAME, as a publisher sees and changes it."""

    def __init__(self, name: str, patience: Patience | None = None) -> None:
        self.name = name
        self.patience = patience or Patience()
        self.api = HfApi()
        self.outcome = NOTHING  # what is so, should the next call fail

    def _ask(self, what: str, call: Callable[[], T]) -> T:
        with explained(self.name, what, self.outcome):
            return patiently(call, what=f"{self.name}: {what}", patience=self.patience)

    def head(self) -> Head | None:
        """What main holds now; None where there is no such repository, or none that the token may see.

        Which commit main is comes from the refs, since info may be answered from a cache that is behind.
        """

        def call() -> GitRefs | None:
            try:
                return self.api.list_repo_refs(self.name, repo_type=KIND)
            except RepositoryNotFoundError:
                return None

        refs = self._ask("looking at its branches and tags", call)
        if refs is None:
            return None
        main = {ref.name: ref.target_commit for ref in refs.branches}.get("main")
        if main is None:
            raise PublishError(f"{self.name} has no branch main. {NOTHING} Make one at its page, or name another --repo.")
        return self.at(main, {ref.name: ref.target_commit for ref in refs.tags})

    def at(self, sha: str, tags: Mapping[str, str] | None = None) -> Head:
        """What a commit holds."""
        info = self._ask("looking at its files", lambda: self.api.dataset_info(self.name, revision=sha, files_metadata=True))
        files: dict[str, RepoSibling] = {file.rfilename: file for file in info.siblings or ()}
        stated = Stated.read(self.read(sha, MANIFEST)) if MANIFEST in files else None
        return Head(sha, files, tags or {}, bool(info.private), bool(info.gated), stated)

    def read(self, sha: str, path: str) -> bytes:
        """A small file of a commit."""
        url = hf_hub_url(self.name, path, repo_type=KIND, revision=sha)

        def get() -> bytes:
            response = get_session().get(url, headers=build_hf_headers())
            hf_raise_for_status(response)
            return bytes(response.content)

        return self._ask(f"reading {path}", get)

    def made(self, private: bool) -> Head:
        """Make the repository, no matter if somebody just did; what it holds."""
        self._ask("making it", lambda: self.api.create_repo(self.name, repo_type=KIND, private=private, exist_ok=True))
        for attempt in range(SIGHTS):
            if head := self.head():
                return head
            self.pause(attempt)
        raise PublishError(
            f"{self.name} is there, and the token may not read it. {NOTHING} Set HF_TOKEN to one that may read and write it."
        )

    def stage(self, items: Sequence[Item]) -> Sent:
        """Send the content of files, of which nothing is seen until they are committed; what the Hub has is not sent again."""
        self.outcome = f"{NOTHING} {AGAIN}"
        with explained(self.name, "sending files", self.outcome):
            return upload(self.api, self.name, items, self.patience)

    def commit(self, sent: Sent, delete: Sequence[str], parent: str, summary: str, description: str) -> str | None:
        """Everything in one commit on top of `parent`; its sha, or None where main is no longer at `parent`.

        A repeated commit whose first answer was lost finds main moved too: by itself. The caller looks at what main holds.
        """
        operations: list[CommitOperationAdd | CommitOperationDelete] = [*sent.operations, *map(CommitOperationDelete, delete)]

        def call() -> str:
            made = self.api.create_commit(
                self.name, operations, commit_message=summary, commit_description=description, repo_type=KIND, parent_commit=parent
            )
            return str(made.oid)

        def settled() -> str | None:
            try:
                return call()
            except HfHubHTTPError as error:
                if status(error) in (409, 412):
                    return None
                raise

        self.outcome = f"Whether the commit landed is not known. {AGAIN}"
        made = self._ask("committing", settled)
        self.outcome = f"main holds the version, its tag may be missing. {AGAIN}" if made else self.outcome
        return made

    def tag(self, name: str, sha: str) -> bool:
        """Make a tag; False where it exists."""

        def call() -> bool:
            try:
                self.api.create_tag(self.name, tag=name, revision=sha, repo_type=KIND)
            except HfHubHTTPError as error:
                if status(error) == 409:
                    return False
                raise
            return True

        self.outcome = f"main holds the version, the tag is missing. {AGAIN}"
        return self._ask(f"making the tag {name}", call)

    def pause(self, attempt: int) -> None:
        """Wait a drawn while before the next round, so that publishers who met do not meet again."""
        self.patience.sleep(self.patience.first * self.patience.draw() * 2.0**attempt)

    def past(self, manifest: Manifest, items: Mapping[str, Item]) -> Head | None:
        """The commit in the history of main that holds the release, if any: by its title, then by what it holds."""
        commits = self._ask("looking at its history", lambda: self.api.list_repo_commits(self.name, repo_type=KIND))
        found = (self.at(each.commit_id) for each in commits if each.title == title(manifest))
        return next((head for head in found if holds(manifest, items, head)), None)
