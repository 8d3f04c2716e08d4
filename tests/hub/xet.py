"""The formats of Xet: xorbs, which hold chunks, and shards, which say of which chunks a file is made.

Source: huggingface/hub-docs, docs/xet (protocol 1.1.0), as hf-xet 1.8.0 sends them: no footer, sha256 in the metadata of every file.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

TAG = b"HFRepoMetaData\0UigEj{\x81W\x83\xa5\xbd\xd9\\\xcd\xd1J\xa9"
ENTRY = 48  # bytes of every entry of a shard
END = b"\xff" * 32 + bytes(16)
VERIFIED, METADATA = 1 << 31, 1 << 30  # flags of a file: hashes of its terms follow, its sha256 follows
FOOTER = 200


@dataclass(frozen=True)
class Term:
    """A run of chunks of a xorb, [start, end), and how many bytes of the file they make."""

    xorb: str
    size: int
    start: int
    end: int


@dataclass(frozen=True)
class Shard:
    """What an upload registers."""

    files: dict[str, tuple[str, list[Term]]]  # Xet hash -> sha256, terms in order
    blocks: dict[str, tuple[bytes, list[str]]]  # new xorb -> its block as it stands in the shard, the hashes of its chunks


def read_shard(body: bytes) -> Shard:
    """Raises ValueError where it is none."""
    if body[:32] != TAG:
        raise ValueError("not a shard")
    at, files, blocks = ENTRY, {}, {}
    while body[at : at + ENTRY] != END:
        flags, count, *_ = _numbers(body, at)
        terms = [_term(body, place) for place in range(at + ENTRY, at + ENTRY * (count + 1), ENTRY)]
        name, at = text(body[at : at + 32]), at + ENTRY * (1 + count * (2 if flags & VERIFIED else 1))
        if not flags & METADATA:
            raise ValueError(f"{name} has no sha256")
        _numbers(body, at)
        files[name] = text(body[at : at + 32]), terms
        at += ENTRY
    at += ENTRY
    while body[at : at + ENTRY] != END:
        _, count, *_ = _numbers(body, at)
        block = body[at : at + ENTRY * (count + 1)]
        blocks[text(block[:32])] = block, [text(block[place : place + 32]) for place in range(ENTRY, len(block), ENTRY)]
        at += len(block)
    return Shard(files, blocks)


def write_shard(block: bytes) -> bytes:
    """The shard that answers where a chunk is: no files, one xorb, and a footer without a key."""
    body = TAG + struct.pack("<QQ", 2, FOOTER) + END + block + END
    tables = [len(body), 0] * 3  # look-up tables of files, xorbs and chunks, none of which the client needs
    footer = struct.pack("<9Q", 1, ENTRY, 2 * ENTRY, *tables) + bytes(32) + struct.pack("<QQ", 0, (1 << 63) - 1) + bytes(72)
    return body + footer + struct.pack("<Q", len(body))


def read_xorb(body: bytes) -> list[int]:
    """Where each chunk of a xorb begins, and last where it ends. Raises ValueError where it is none."""
    starts = [0]
    while starts[-1] < len(body):
        version, scheme = body[starts[-1]], body[starts[-1] + 4]
        if version or scheme > 2:
            raise ValueError("not a xorb")
        starts.append(starts[-1] + 8 + int.from_bytes(body[starts[-1] + 1 : starts[-1] + 4], "little"))
    if starts[-1] != len(body):
        raise ValueError("a chunk is cut short")
    return starts


def unpack(chunks: bytes) -> bytes:
    """The bytes of a run of chunks: each as it is, in LZ4, or in LZ4 with every fourth byte together."""
    at, parts = 0, []
    while at < len(chunks):
        packed, scheme = int.from_bytes(chunks[at + 1 : at + 4], "little"), chunks[at + 4]
        size = int.from_bytes(chunks[at + 5 : at + 8], "little")
        data = chunks[at + 8 : at + 8 + packed]
        if scheme:
            data = pa.decompress(data, decompressed_size=size, codec="lz4", asbytes=True)
        if scheme == 2:
            out, group = np.empty(size, np.uint8), np.frombuffer(data, np.uint8)
            for first, piece in enumerate(np.split(group, np.cumsum([(size + 3 - k) // 4 for k in range(3)]))):
                out[first::4] = piece
            data = out.tobytes()
        parts.append(data)
        at += 8 + packed
    return b"".join(parts)


def join(terms: list[Term], chunks: Callable[[Term], bytes]) -> bytes:
    """The bytes of a file; chunks: those of a term, packed. Raises ValueError where a term has another size than it says."""
    parts = [unpack(chunks(term)) for term in terms]
    if [len(part) for part in parts] != [term.size for term in terms]:
        raise ValueError("a term has another size than it says")
    return b"".join(parts)


def text(value: bytes) -> str:
    """A hash as it stands in addresses: four 64-bit words, little-endian."""
    return "".join(f"{word:016x}" for word in struct.unpack("<4Q", value))


def _numbers(body: bytes, at: int) -> tuple[int, int, int, int]:
    if at + ENTRY > len(body):
        raise ValueError("a shard is cut short")
    return struct.unpack_from("<4I", body, at + 32)


def _term(body: bytes, at: int) -> Term:
    _, size, start, end = _numbers(body, at)
    return Term(text(body[at : at + 32]), size, start, end)
