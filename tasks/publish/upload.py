"""Upload: the bytes of a release go to the Hub's storage ahead of the commit that names them.

Parquet goes through hf-xet, whose own figures say how much of it was new; the client's upload drops those figures. What was sent by a
run that died is known by its chunks and not sent again. The rest (pages, manifest) travels within the commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import hf_xet
from huggingface_hub import CommitOperationAdd, HfApi, constants, get_session
from huggingface_hub.utils import build_hf_headers, hf_raise_for_status  # type: ignore[attr-defined]  # it lists nothing that it exports

from schemas.errors import IntegrityError
from tasks.patience import Patience, patiently
from tasks.publish.files import Item

EVERY = 10_000  # milliseconds between two words on how far it is; the last comes at the end
IGNORE_NOTHING = "# nothing\n"  # else a .gitignore in the repository silently keeps files out of the commit


@dataclass(frozen=True)
class Sent:
    """Files that are ready to be committed."""

    operations: tuple[CommitOperationAdd, ...]
    new: Mapping[str, int]  # path -> bytes that the Hub did not have, by Xet's figures; of other files all


def upload(api: HfApi, repo: str, items: Sequence[Item], patience: Patience) -> Sent:
    """Send the files. Raises IntegrityError where one changed since it was verified."""
    operations = {
        item.path: CommitOperationAdd(item.path, item.content if isinstance(item.content, bytes) else str(item.content)) for item in items
    }
    data = [] if constants.HF_HUB_DISABLE_XET else [item for item in items if item.path.endswith(".parquet") and item.size]
    new = {item.path: item.size for item in items} | (_sent(repo, data, patience) if data else {})
    for item in data:  # the client takes the word of these fields that the content is there; create_commit would send it again
        operation = operations[item.path]
        operation.upload_info.sha256 = bytes.fromhex(item.sha256)
        operation._upload_mode, operation._is_uploaded, operation._should_ignore = "lfs", True, False
    rest = [operation for operation in operations.values() if not operation._is_uploaded]
    if rest:
        patiently(
            lambda: api.preupload_lfs_files(repo, rest, repo_type="dataset", free_memory=False, gitignore_content=IGNORE_NOTHING),
            what=f"{repo}: sending pages",
            patience=patience,
        )
    return Sent(tuple(operations.values()), new)


def _sent(repo: str, items: Sequence[Item], patience: Patience) -> dict[str, int]:
    """Send files by Xet; path -> new bytes. Its client repeats calls to the storage; of quotas of the Hub it knows nothing."""
    headers = build_hf_headers()
    plain = {name: value for name, value in headers.items() if name.lower() != "authorization"}
    url = f"{constants.ENDPOINT}/api/datasets/{repo}/xet-write-token/main"
    access = patiently(lambda: _access(url, headers), what=f"{repo}: asking for access to the storage", patience=patience)

    def tell(group: Any, _: object) -> None:
        patience.say(f"{repo}: {group.total_bytes_completed:,} of {group.total_bytes:,} bytes of data are there")

    def send() -> dict[str, Any]:
        session = hf_xet.XetSession().new_upload_commit(
            **access,
            token_refresh_url=url,
            token_refresh_headers=headers,
            custom_headers=plain,
            progress_callback=tell,
            progress_interval_ms=EVERY,
        )
        with session as commit:
            files = {item.path: commit.start_upload_file(str(item.content), sha256=hf_xet.COMPUTE_SHA256) for item in items}
        return {path: file.result() for path, file in files.items()}

    sent = patiently(send, what=f"{repo}: sending files", patience=patience)
    for item in items:
        if sent[item.path].xet_info.sha256 != item.sha256:
            raise IntegrityError(f"{item.path}: changed while it was being published. Nothing was published. Run the same command again.")
    return {path: int(told.dedup_metrics.new_bytes) for path, told in sent.items()}


def _access(url: str, headers: dict[str, str]) -> dict[str, Any]:
    """Where the storage is, and what opens it."""
    response = get_session().get(url, headers=headers)
    hf_raise_for_status(response)
    told = response.json()
    try:
        return {"endpoint": told["casUrl"], "token": told["accessToken"], "token_expiry_unix_secs": told["exp"]}
    except (KeyError, TypeError):
        raise ValueError("the Hub does not say where its storage is; HF_HUB_DISABLE_XET=1 does without") from None
