"""CoNLL: a row for each sentence. A sentence with a line that cannot be read is set aside whole, and the rest read on."""

from collections.abc import Iterator
from pathlib import Path

from schemas.frames import CONLL
from schemas.sources import ConllSource
from tasks.annotations.conll import decode, joined, sentences
from tasks.read import Bad, Part, Row, files_of, grouped, lines_of

ENDINGS = (".conll", ".conllu", ".bio", ".iob", ".iob2", ".tsv", ".txt")


class ConllReader:
    """A CoNLL file or a folder of them. Rows have no id of their own: their number in the split becomes it."""

    id = "id"

    def __init__(self, source: ConllSource) -> None:
        self._source = source

    def splits(self) -> dict[str, list[Path]]:
        return {self._source.split: files_of(self._source.path, ENDINGS)}

    def parts(self, split: str, rows: int) -> Iterator[Part]:
        yield from grouped((row for file in self.splits()[split] for row in self._rows(file)), rows, CONLL)

    def _rows(self, file: Path) -> Iterator[Row | Bad]:
        lines = ((n, line.raw, line.reason) if isinstance(line, Bad) else (n, line, None) for n, line in lines_of(file))
        for sentence in sentences(lines, self._source.token_column, self._source.tag_column):
            if sentence.fault is not None:
                line, reason = sentence.fault
                yield Bad(file.name, line, reason, "\n".join(sentence.lines))
                continue
            text, bounds = joined(sentence.tokens)
            spans = [{"start": s.start, "end": s.end, "label": s.label} for s in decode(sentence.tags, bounds)]
            yield Row(file.name, sentence.line, {"text": text, "tokens": sentence.tokens, "tags": sentence.tags, "spans": spans})
