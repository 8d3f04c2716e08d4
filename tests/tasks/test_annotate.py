import re

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from schemas.frames import ENTITIES, PIECES, PROJECTION
from schemas.recipe import Annotation
from tasks.align import Alignment
from tasks.annotate import accounts, annotate

MIND = Annotation(field="title", column="entities", format="mind")


class ByHand:
    """Links word to word: the n-th of the sentence to the n-th of the translation."""

    name = "by hand"

    def __init__(self):
        self.asked = []

    def align(self, pairs):
        self.asked += pairs
        return [self.one(*pair) for pair in pairs]

    def one(self, source, target):
        places = [[(m.start(), m.end()) for m in re.finditer(r"\w+", text)] for text in (source, target)]
        return Alignment(*places, np.eye(len(places[0]), len(places[1]), dtype=np.float32))


def entity(label, offsets, forms):
    return {"Label": label, "Type": "G", "WikidataId": label, "Confidence": 1.0, "OccurrenceOffsets": offsets, "SurfaceForms": forms}


RECORDS = pa.table(
    {
        "nid": ["N1", "N2", "N3", "N4"],
        "title": ["Rome sees Paris. Paris sees", "Oslo", "no names", None],
        "entities": pa.array(
            [[entity("Q1", [0], ["Rome"]), entity("Q2", [10, 17], ["Paris", "Paris"])], [entity("Q3", [0], ["Oslo"])], [], None], ENTITIES
        ),
    }
)
TRANSLATIONS = ["Rooma näkee Pariisin.Pariisi näkee", None, "ei nimiä", None]
ROWS = [
    (0, "title", 0, "Rome sees Paris.", 0, "Rooma näkee Pariisin."),
    (0, "title", 17, "Paris sees", 21, "Pariisi näkee"),
    (1, "title", 0, "Oslo", 0, "Oslo Oslo Oslo"),
    (2, "title", 0, "no names", 0, "ei nimiä"),
]


@pytest.fixture
def annotated():
    pieces = pl.DataFrame(ROWS, schema=PIECES.names, orient="row")
    [found] = annotate(RECORDS, [MIND], {"title": TRANSLATIONS}, pieces, ByHand())
    return found


def test_entities_are_written_as_they_stand_in_the_translation(annotated):
    rome, paris = annotated.values[0]
    assert (rome["OccurrenceOffsets"], rome["SurfaceForms"], rome["Label"]) == ([0], ["Rooma"], "Q1")
    assert (paris["OccurrenceOffsets"], paris["SurfaceForms"]) == ([12, 21], ["Pariisin", "Pariisi"])
    for offset, form in zip(paris["OccurrenceOffsets"], paris["SurfaceForms"], strict=True):
        assert TRANSLATIONS[0][offset : offset + len(form)] == form


def test_a_rejected_translation_keeps_the_entity_and_drops_its_places(annotated):
    [oslo] = annotated.values[1]
    assert (oslo["Label"], oslo["OccurrenceOffsets"], oslo["SurfaceForms"]) == ("Q3", [], [])
    assert [p.reason for p in annotated.projected[1]] == ["translation rejected"]
    assert annotated.values[2:] == [[], None]


def test_every_source_span_has_its_account(annotated):
    column = accounts(annotated, TRANSLATIONS)
    assert column.type == PROJECTION
    first, second, *rest = column.to_pylist()
    assert [(a["source_start"], a["source_end"], a["group"], a["surface"], a["status"]) for a in first] == [
        (0, 4, 0, "Rooma", "projected"),
        (10, 15, 1, "Pariisin", "projected"),
        (17, 22, 1, "Pariisi", "projected"),
    ]
    assert all(TRANSLATIONS[0][a["start"] : a["end"]] == a["surface"] for a in first)
    assert [(a["start"], a["surface"], a["status"], a["reason"]) for a in second] == [(None, None, "dropped", "translation rejected")]
    assert rest == [[], []]


def test_only_sentences_with_spans_are_aligned_and_each_pair_once():
    aligner = ByHand()
    pieces = pl.DataFrame([*ROWS, (1, "title", 0, "Oslo", 0, "Oslo Oslo Oslo")], schema=PIECES.names, orient="row")
    first, second = annotate(RECORDS, [MIND, MIND], {"title": ["x" * 99] * 4}, pieces, aligner)
    assert first == second
    assert [source for source, _ in aligner.asked] == ["Rome sees Paris.", "Paris sees", "Oslo"]
