"""Recall asks the engine for what the memory lacks, and only for that."""

import threading
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from schemas.frames import PIECES, TRANSLATIONS
from schemas.languages import language
from tasks.claims import Claims
from tasks.memory import Memory
from tasks.recall import FOUND, answered, paired, pieces, recall
from tasks.segment import segment
from tasks.translate import Hypothesis
from tasks.translate.echo import EchoTranslator

ENGLISH, FINNISH, CHINESE = language("eng_Latn"), language("fin_Latn"), language("cmn_Hans")


class Counting(EchoTranslator):
    """Echo that remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def translate(self, texts, source, target, progress=None):
        self.asked.append(list(texts))
        return super().translate(texts, source, target, progress)


@pytest.fixture
def memory(tmp_path):
    return Memory(tmp_path / "memory")


def ask(memory, engine, *texts, target=FINNISH):
    distinct = pl.Series(texts, dtype=pl.String)
    return recall(distinct, ENGLISH, target, engine=engine, memory=memory, claims=Claims())


def fresh(recalled):
    return set(recalled.filter("fresh")["text"])


def recalled(found, fresh=()):
    """As recall() gives it: from sentence -> hypothesis."""
    rows = [(text, *hypothesis, text in fresh) for text, hypothesis in found.items()]
    return pl.DataFrame(rows, schema={"text": pl.String, **FOUND}, orient="row")


def test_only_what_is_missing_is_translated_and_in_its_order(memory):
    engine = Counting()
    first = ask(memory, engine, "Dog.", "Cat.")
    second = ask(memory, engine, "Cow.", "Dog.", "Ant.", "Cat.")
    assert engine.asked == [["Dog.", "Cat."], ["Cow.", "Ant."]]
    assert (fresh(first), fresh(second)) == ({"Dog.", "Cat."}, {"Cow.", "Ant."})
    assert dict(second.select("text", "translation").rows()) == {t: f"[fin_Latn] {t}" for t in ("Cow.", "Dog.", "Ant.", "Cat.")}
    ask(memory, engine, "Dog.", target=CHINESE)
    assert engine.asked[-1] == ["Dog."]


def test_what_comes_from_the_memory_is_what_was_stored(memory):
    class Trying(EchoTranslator):
        def translate(self, texts, source, target, progress=None):
            return [Hypothesis(text.upper(), -0.5, True, ("beam",)) for text in texts]

    first, second = ask(memory, Trying(), "Dog."), ask(memory, Trying(), "Dog.")
    assert first.drop("fresh").rows() == second.drop("fresh").rows() == [("Dog.", "DOG.", -0.5, True, ["beam"])]


def test_no_texts(memory):
    engine = Counting()
    assert ask(memory, engine).schema == {"text": pl.String, **FOUND}
    assert engine.asked == []


def test_of_two_at_once_only_one_translates_and_counts_it(memory):
    claims, both = Claims(), threading.Barrier(2)

    class Slow(Counting):
        def translate(self, texts, source, target, progress=None):
            both.wait(5)  # each has its own claims and finds those of the other taken
            return super().translate(texts, source, target, progress)

    def both_ask(*texts):
        return recall(pl.Series(texts), ENGLISH, FINNISH, engine=Slow(), memory=memory, claims=claims)

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda own: both_ask(own, "Dog."), ["Cat.", "Cow."]))
    assert [set(each["text"]) for each in found] == [{"Cat.", "Dog."}, {"Cow.", "Dog."}]
    assert sorted([*fresh(found[0]), *fresh(found[1])]) == ["Cat.", "Cow.", "Dog."]


def test_what_failed_is_not_in_the_memory(memory):
    class Failing(EchoTranslator):
        def translate(self, texts, source, target, progress=None):
            raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError):
        ask(memory, Failing(), "Dog.")
    assert fresh(ask(memory, EchoTranslator(), "Dog.")) == {"Dog."}


def test_new_sentences_are_in_the_memory_before_recall_returns(memory):
    ask(memory, EchoTranslator(), "Dog.")
    assert memory.rows()["rows"].to_list() == [1]


def pairs(*texts, target=FINNISH, fresh=(), **answers):
    """paired() of one field, each sentence answered by its capitals unless told otherwise."""
    segments = segment(pl.DataFrame({"text": texts}, schema={"text": pl.String}), ["text"], ENGLISH)
    found = {text: answers.get(text[:-1], Hypothesis(text.upper(), -1.0, False)) for text in segments["text"] if text}
    return paired(answered(segments, recalled(found, fresh)), target)


@pytest.mark.parametrize(
    ("text", "target", "expected"),
    [
        ("One. Two.", FINNISH, "ONE. TWO."),
        ("One. Two.", CHINESE, "ONE.TWO."),
        ("  One.\nTwo. ", FINNISH, "  ONE.\nTWO. "),
        ("One. One.", FINNISH, "ONE. ONE."),
    ],
)
def test_fields_stand_beside_their_translation(text, target, expected):
    frame = pairs(text, target=target)
    assert frame.select("source", "target").rows() == [(text, expected)]
    assert frame.columns[: len(TRANSLATIONS)] == TRANSLATIONS.names


def test_fields_without_a_sentence_are_absent():
    assert pairs("", None, " \n ", "One.").select("row", "source").rows() == [(3, "One.")]
    assert pairs("", None).is_empty()


def test_rows_keep_their_order_within_each_field():
    records = pl.DataFrame({"title": [f"T{i}." for i in range(12)], "body": [f"B{i}." for i in range(12)]})
    segments = segment(records, ["title", "body"], ENGLISH)
    found = {text: Hypothesis(text, None, False) for text in segments["text"]}
    frame = paired(answered(segments, recalled(found)), FINNISH)
    assert frame.select("field", "row").rows() == [(field, row) for field in ("body", "title") for row in range(12)]


@pytest.mark.parametrize(
    ("text", "score", "truncated", "from_memory"),
    [
        ("One.", -1.0, False, True),
        ("One. Low.", -2.0, False, True),
        ("One. None.", None, False, True),  # no mean of what is not known
        ("One. Cut. One.", -1.0, True, True),
        ("One. New.", -1.0, False, False),
        ("New.", -1.0, False, False),
    ],
)
def test_score_truncation_and_memory_of_a_field(text, score, truncated, from_memory):
    answers = {"Low": Hypothesis("low", -3.0, False), "None": Hypothesis("none", None, False), "Cut": Hypothesis("cu", -1.0, True)}
    frame = pairs(text, fresh=["New."], **answers)
    assert frame.select("score", "truncated", "from_memory").rows() == [(score, truncated, from_memory)]


@pytest.mark.parametrize(
    ("text", "tried"),
    [("One.", []), ("One. Loop.", ["clauses"]), ("Loop. Mad. Loop.", ["clauses", "repetition"]), ("12 %. Mad.", ["clauses", "repetition"])],
)
def test_a_field_names_the_second_tries_of_its_sentences_once(text, tried):
    answers = {name: Hypothesis(name, -1.0, False, ways) for name, ways in (("Loop", ("clauses",)), ("Mad", ("clauses", "repetition")))}
    assert pairs(text, **answers)["tried"].to_list() == [tried]


@pytest.mark.parametrize("target", [FINNISH, CHINESE])
def test_pieces_stand_where_they_say(target):
    texts = ["One. Two!\nThree?", "  Ééé. 𝒳𝒳. Four.", None, "", "12 %"]
    records = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    segments = segment(records, ["text"], ENGLISH)
    found = {text: Hypothesis(f"<{text.upper()}𝒳>", None, False) for text in segments["text"]}
    answers = answered(segments, recalled(found))
    frame = pieces(answers, target)
    assert frame.columns == PIECES.names
    translations = dict(paired(answers, target).select("row", "target").iter_rows()) | {4: "12 %"}
    assert frame["row"].to_list() == [0, 0, 0, 1, 1, 1, 4]
    for row, _, source_start, source, target_start, translated in frame.iter_rows():
        assert texts[row][source_start : source_start + len(source)] == source
        assert translations[row][target_start : target_start + len(translated)] == translated
