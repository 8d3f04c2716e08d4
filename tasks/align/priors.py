"""Priors: what the statistical aligner learnt of a language pair."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from schemas.errors import IntegrityError
from tasks.align.hmm import Floats, start_jumps
from tasks.materialise import guarded

Ids = NDArray[np.int64]
FORM = "babelmill.priors.1"
SCHEMA = pa.schema(
    [
        ("source", pa.string()),  # stem; empty in rows that count what comes from none
        ("target", pa.string()),
        ("links", pa.float32()),  # how often the one renders the other, both directions agreeing
    ]
)

# exact spans eng-spa, -arb, -hin, -cmn: 0.0003 96/60/74/51, 0.001 95/62/76/52, 0.003 95/62/76/53
SPARSE = 0.001  # Dirichlet prior of a pair of stems
ALIKE = 100.0  # times that for two stems that are the same, names and numbers: with 1, eng-hin loses 1.7, the others less


@dataclass(frozen=True)
class Priors:
    """Expected links between stems, and weights of jumps. Sorted by source, then target, so equal priors are equal bytes."""

    source: list[str]
    target: list[str]
    links: Floats
    ahead: Floats
    """Weights of jumps over the source while the target is read, as tasks.align.hmm takes them."""
    back: Floats
    """Over the target while the source is read."""

    @classmethod
    def empty(cls) -> "Priors":
        """Of a language pair nobody has seen: only position and identical form say what goes with what."""
        return cls([], [], np.zeros(0, np.float32), start_jumps(), start_jumps())

    @cached_property
    def digest(self) -> str:
        """sha256 of the content, hex."""
        done = hashlib.sha256(FORM.encode())
        for column in (self.source, self.target):
            done.update("\0".join(column).encode("utf-8", "surrogatepass") + b"\1")
        for numbers in (self.links, self.ahead, self.back):
            done.update(np.asarray(numbers, "<f4").tobytes() + b"\1")
        return done.hexdigest()

    def save(self, path: Path) -> None:
        """Write one Parquet file; the same priors give the same bytes."""
        jumps = json.dumps({"ahead": self.ahead.tolist(), "back": self.back.tolist(), "digest": self.digest})
        schema = SCHEMA.with_metadata({FORM: jumps})
        with guarded(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.Table.from_arrays([self.source, self.target, self.links], schema=schema), path, compression="zstd")

    @classmethod
    def load(cls, path: Path) -> "Priors":
        """Read what `save` wrote. Raises IntegrityError if the file is another or was changed."""
        try:
            table = pq.read_table(path, schema=SCHEMA)
            told = json.loads(pq.read_schema(path).metadata[FORM.encode()])
            jumps = [np.asarray(told[name], np.float32) for name in ("ahead", "back")]
        except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
            raise IntegrityError(f"{path} holds no priors of an aligner: {error}. Delete it and build with refit: true.") from None
        links = table["links"].to_numpy().astype(np.float32)
        priors = cls(table["source"].to_pylist(), table["target"].to_pylist(), links, *jumps)
        if priors.digest != told["digest"]:
            raise IntegrityError(f"{path} is not as it was written: the digest differs. Delete it and build with refit: true.")
        return priors
