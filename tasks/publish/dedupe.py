"""Before anything is sent: how much of a version the Hub's storage would not know yet, by Xet's own figures.

hf-xet takes a folder as its storage (`local://`, a scheme of the client that is not documented; measured with 1.8.0). There the last
version's files go first and the new ones after them, as they would on the Hub.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import hf_xet


def new_bytes(old: Sequence[Path], new: Mapping[str, Path]) -> dict[str, int]:
    """Bytes of each new file that no old one has. Takes room for both in the folder of temporary files, while it runs."""
    session = hf_xet.XetSession()
    with TemporaryDirectory(prefix="babelmill-") as folder:
        for files in ({str(path): path for path in old}, new):
            with session.new_upload_commit(endpoint=f"local://{folder}") as commit:
                sent = {path: commit.start_upload_file(str(file), sha256=hf_xet.SKIP_SHA256) for path, file in files.items()}
        return {path: int(file.result().dedup_metrics.new_bytes) for path, file in sent.items()}
