import pyarrow as pa
import pytest

from schemas.frames import ENTITIES
from schemas.languages import language
from schemas.recipe import Annotation, CodeSwitch
from schemas.spans import Projected, Span
from tasks.annotate import Annotated, spans_of
from tasks.romanise import romaniser
from tasks.vary import code_switched, transliterated

ENGLISH, HINDI = language("eng_Latn"), language("hin_Deva")
NAMES = Annotation(field="title", column="names", format="mind")
OTHERS = Annotation(field="title", column="others", format="spans")


def entity(offset, form):
    return {"Label": form, "Type": "G", "WikidataId": "", "Confidence": 1.0, "OccurrenceOffsets": [offset], "SurfaceForms": [form]}


RECORDS = pa.table(
    {
        "id": ["a", "b", "c"],
        "title": ["Rome and Oslo win", None, "nobody"],
        "names": pa.array([[entity(0, "Rome"), entity(9, "Oslo")], None, []], ENTITIES),
        "others": [[{"start": 14, "end": 17, "label": "verb"}], [], []],
    }
)
HINDI_TITLES = ["रोम और ओस्लो जीते", None, "कोई नहीं"]


def annotated(annotation, *places):
    spans = spans_of(RECORDS, annotation)
    placed = [Projected(place and Span(*place), place and 1.0, place and "by hand", None if place else "no link") for place in places]
    return Annotated(annotation, spans, [placed, [], []], [None, None, None])


def switched(**options):
    both = [annotated(NAMES, (0, 3), (7, 12)), annotated(OTHERS, None)]
    texts = {"title": HINDI_TITLES}
    return code_switched(RECORDS, texts, both, ["a", "b", "c"], CodeSwitch(kind="code-switch", **options), ENGLISH, HINDI)


def test_entities_stand_in_the_embedded_language_and_all_annotations_move():
    first, second, third = switched().to_pylist()
    assert first["title"] == "<hi>रोम</hi> and <hi>ओस्लो</hi> win"
    assert [(e["OccurrenceOffsets"], e["SurfaceForms"]) for e in first["names"]] == [([4], ["रोम"]), ([21], ["ओस्लो"])]
    [verb] = first["others"]
    assert first["title"][verb["start"] : verb["end"]] == "win"
    assert [(s["source"], first["title"][s["start"] : s["end"]]) for s in first["title_switches"]] == [("Rome", "रोम"), ("Oslo", "ओस्लो")]
    assert first["title_tokens"] == ["रोम", "and", "ओस्लो", "win"]
    assert first["title_language_tags"] == ["hin_Deva", "eng_Latn", "hin_Deva", "eng_Latn"]
    assert (second["title"], second["names"], second["title_switches"]) == (None, None, None)
    assert (third["title"], third["title_switches"]) == ("nobody", [])


def test_the_same_row_is_switched_alike_in_any_chunk():
    rows = switched(rate=0.5, markers=False).to_pylist()
    options = CodeSwitch(kind="code-switch", rate=0.5, markers=False)
    alone = code_switched(
        RECORDS.slice(0, 1),
        {"title": HINDI_TITLES[:1]},
        [a._replace(spans=a.spans[:1], projected=a.projected[:1]) for a in (annotated(NAMES, (0, 3), (7, 12)), annotated(OTHERS, None))],
        ["a"],
        options,
        ENGLISH,
        HINDI,
    )
    assert alone.to_pylist() == rows[:1]


def test_translations_are_romanised_with_their_annotations():
    table = pa.table(
        {
            "id": ["a", "b"],
            "title": [HINDI_TITLES[0], None],
            "names": pa.array([[entity(0, "रोम"), entity(7, "ओस्लो")], None], ENTITIES),
            "kept": [1, 2],
        }
    )
    first, second = transliterated(table, ["title"], [NAMES], HINDI, romaniser("uroman")).to_pylist()
    assert first["title"].isascii()
    assert [e["SurfaceForms"] for e in first["names"]] == [["rom"], ["oslo"]]
    for each in first["names"]:
        assert first["title"][each["OccurrenceOffsets"][0] :].startswith(each["SurfaceForms"][0])
    assert (first["kept"], second) == (1, {"id": "b", "title": None, "names": None, "kept": 2})


@pytest.mark.parametrize("fields", [["title"], []])
def test_without_annotations_only_the_fields_change(fields):
    table = pa.table({"title": ["ओस्लो"], "names": pa.array([[]], ENTITIES)})
    changed = transliterated(table, fields, [], HINDI, romaniser("uroman"))
    assert changed.column("title").to_pylist() == (["oslo"] if fields else ["ओस्लो"])
