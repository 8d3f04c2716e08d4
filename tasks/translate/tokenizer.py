"""Tokenizers: text to pieces and back, by sentencepiece or, where a model has nothing else, by a tokenizer.json.

Whatever stands in a text is text: `</s>`, `fra_Latn` and `<2de>` become pieces that spell them, never tokens that steer the model.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from schemas.errors import EngineError
from tasks.align import Bounds

UNKNOWN = " \u2047 "  # what sentencepiece writes for a piece that stands for no text


Spelled = dict[str, list[tuple[str, int]]]
"""Token that steers -> the pieces it is spelled with, and the code points of each."""


class Located(NamedTuple):
    """The pieces of a text, and the code points each stands for."""

    pieces: list[str]
    offsets: list[Bounds]


class Tokenizer(Protocol):
    """Lists in, lists out; safe to call from several threads."""

    def encode(self, texts: Sequence[str]) -> list[list[str]]:
        """The pieces of each text."""

    def locate(self, texts: Sequence[str]) -> list[Located]:
        """Likewise, with their places."""

    def decode(self, pieces: Sequence[list[str]]) -> list[str]:
        """The text of each list of pieces."""


def tokenizer(file: Path, controls: frozenset[str] = frozenset()) -> Tokenizer:
    """The tokenizer of a file. controls: tokens that steer the model. Raises EngineError if it cannot be read."""
    try:
        return _Json(file, controls) if file.suffix == ".json" else _SentencePiece(file, controls)
    except (RuntimeError, ValueError, OSError, KeyError, TypeError) as error:
        raise EngineError(f"{file} is no tokenizer: {error}. Copy it from the checkpoint again.") from None


class _SentencePiece:
    def __init__(self, file: Path, controls: frozenset[str]) -> None:
        import sentencepiece

        self._model = sentencepiece.SentencePieceProcessor(model_file=str(file))
        known = frozenset(self._model.id_to_piece(i) for i in range(self._model.get_piece_size()))
        self._spelled = {token: _spelling(token, known - controls) for token in controls & known}  # MADLAD's <2de> are pieces of its model

    def encode(self, texts: Sequence[str]) -> list[list[str]]:
        pieces: list[list[str]] = self._model.encode(list(texts), out_type=str)
        return [_safe(each, self._spelled) for each in pieces] if self._spelled else pieces

    def locate(self, texts: Sequence[str]) -> list[Located]:
        found = self._model.encode(list(texts), return_type="offset_mapping")
        return [_located(each["pieces"], each["offsets"], self._spelled) for each in found]

    def decode(self, pieces: Sequence[list[str]]) -> list[str]:
        texts: list[str] = self._model.decode(list(pieces))
        return texts


class _Json:
    """The algorithm of a tokenizer.json, without its special tokens: those are for the convention to set."""

    def __init__(self, file: Path, controls: frozenset[str]) -> None:
        try:
            from tokenizers import Tokenizer as Fast
            from tokenizers import decoders
        except ImportError:
            raise EngineError(
                f"{file.parent} has no sentencepiece model, and its tokenizer.json needs a library: pip install tokenizers."
            ) from None
        values = json.loads(file.read_text("utf-8"))
        plain = {**values, "added_tokens": [], "post_processor": None, "truncation": None, "padding": None}
        try:
            self._fast = Fast.from_str(json.dumps(plain))
        except Exception as error:
            if type(error) is not Exception:  # the library has no class of its own for a file that it cannot use
                raise
            raise ValueError(str(error)) from None
        space, tail = decoders.Replace("▁", " "), [decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
        self._decoder = self._fast.decoder or decoders.Sequence([space, *tail])  # what sentencepiece does, where the file is silent
        self._unknown = values["model"].get("unk_token") or "<unk>"
        special = {each["content"] for each in values.get("added_tokens", ()) if each.get("special")}
        known = frozenset(self._fast.get_vocab(with_added_tokens=False))
        steering = controls | special - {self._unknown}
        self._spelled = {token: _spelling(token, known - steering) for token in steering}

    def encode(self, texts: Sequence[str]) -> list[list[str]]:
        return [_safe(each.tokens, self._spelled) for each in self._fast.encode_batch(list(texts), add_special_tokens=False)]

    def locate(self, texts: Sequence[str]) -> list[Located]:
        found = self._fast.encode_batch(list(texts), add_special_tokens=False)
        return [_located(each.tokens, each.offsets, self._spelled) for each in found]

    def decode(self, pieces: Sequence[list[str]]) -> list[str]:
        return [self._decoder.decode([UNKNOWN if p == self._unknown else p for p in each]) for each in pieces]


def _spelling(token: str, known: frozenset[str]) -> list[tuple[str, int]]:
    """The longest pieces that a token, which is ASCII, can be written with, bytes where there are none; and the length of each."""
    found, at = [], 0
    while at < len(token):
        ends = (end for end in range(len(token), at, -1) if token[at:end] in known)
        end = next(ends, at + 1)
        byte = f"<0x{ord(token[at]):02X}>"
        part = token[at:end]
        found.append((byte if part not in known and byte in known else part, end - at))
        at = end
    return found


def _safe(pieces: list[str], spelled: Spelled) -> list[str]:
    """The pieces, each that would steer the model spelled out."""
    if spelled.keys().isdisjoint(pieces):
        return pieces
    return [part for piece in pieces for part, _ in spelled.get(piece, ((piece, 0),))]


def _located(pieces: Sequence[str], offsets: Sequence[Bounds], spelled: Spelled) -> Located:
    """Likewise with places."""
    found = Located([], [])
    for piece, (start, end) in zip(pieces, offsets, strict=True):
        at = start
        for part, length in spelled.get(piece, ((piece, end - start),)):
            found.pieces.append(part)
            found.offsets.append((at, at + length))
            at += length
    return found
