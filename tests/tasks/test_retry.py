"""What fails is tried again, what passes is left alone, and nothing is lost on the way."""

import dataclasses
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.languages import language
from schemas.recipe import CTranslate2
from tasks import retry
from tasks.retry import LONG, TRIES, clauses, marker
from tasks.translate import Hypothesis, Identity, translator
from tasks.translate.echo import EchoTranslator

ENGLISH, GERMAN, CHINESE, JAPANESE = (language(code) for code in ("eng", "deu", "cmn_Hans", "jpn"))
LIMIT = 100  # code points of the longest text that Backwards takes whole
MAD = "und so weiter fort " * 4
FIVE, BACK = "one two three four five", "eno owt eerht ruof evif"
LONGER = f"{FIVE} {'x' * 16}, six seven eight nine ten {'y' * 16}"
LONGER_BACK = f"{BACK} ,{'x' * 16} xis neves thgie enin net {'y' * 16}"


class Backwards:
    """Writes every word backwards, and has the faults of a model: it loops over "loop" unless its decoding is steady, loops over
    "mad" even then, has no answer to "mute", and cuts what is longer than LIMIT."""

    def __init__(self, *names):
        options = {"second_tries": marker(names)} if names else {}
        self.identity = Identity("backwards", "1", options, "tests")
        self.asked = 0

    def translate(self, texts, source, target, progress=None, decoding=None):
        self.asked += len(texts)
        if progress:
            progress(len(texts), 1)
        return [self._say(text, decoding) for text in texts]

    def _say(self, text, decoding):
        said = " ".join(word[::-1] for word in text[:LIMIT].split())
        if "mute" in text:
            said = ""
        if "mad" in text or ("loop" in text and not decoding):
            said = MAD
        return Hypothesis(said, -1.0, len(text) > LIMIT)


def translate(*texts, engine=None, target=GERMAN, progress=None):
    return retry.translate(engine or Backwards(*TRIES), texts, ENGLISH, target, progress)


@pytest.mark.parametrize(
    ("text", "source", "pieces"),
    [
        ("Short, it stays whole.", ENGLISH, ["Short, it stays whole."]),
        (f"{'a' * 50}, {'b' * 50}", ENGLISH, ["a" * 50 + ",", "b" * 50]),
        (f"{'a' * 50} — {'b' * 50}", ENGLISH, ["a" * 50 + " —", "b" * 50]),
        (f"{'a' * 50}—{'b' * 50}", ENGLISH, ["a" * 50 + "—", "b" * 50]),
        (f"{'a' * 35} {'c' * 10}; {'b' * 50}", ENGLISH, [f"{'a' * 35} {'c' * 10};", "b" * 50]),  # a mark before a nearer space
        (f"So, {'a' * 50} {'b' * 40}", ENGLISH, [f"So, {'a' * 50}", "b" * 40]),  # but not one at the edge
        (f"“{'a' * 40},” said {'b' * 50}", ENGLISH, [f"“{'a' * 40},”", f"said {'b' * 50}"]),
        (f"{'a' * 40} 1,200 {'b' * 40}", ENGLISH, ["a" * 40, f"1,200 {'b' * 40}"]),
        ("a" * 200, ENGLISH, ["a" * 200]),
        (f"{'很' * 20}，{'好' * 18}", CHINESE, ["很" * 20 + "，", "好" * 18]),
        (f"{'計' * 20}、{'画' * 18}", JAPANESE, ["計" * 20 + "、", "画" * 18]),
        ("好" * 31, CHINESE, ["好" * 31]),
    ],
)
def test_cut_between_clauses_near_the_middle(text, source, pieces):
    assert [piece for piece, _ in clauses(text, source)] == pieces


words = st.text("ab ,;—，、.\n\u00a0", max_size=300) | st.text(max_size=200)


@given(words, st.sampled_from([ENGLISH, CHINESE]))
def test_pieces_are_the_sentence_exactly_and_short_where_they_can_be(text, source):
    pieces = clauses(text, source)
    assert "".join(piece + space for piece, space in pieces) == text
    assert all(piece and (not space or space.isspace()) for piece, space in pieces)
    assert not any(" " in piece.strip() and len(piece) > LONG for piece, _ in pieces)


@pytest.mark.parametrize(
    ("text", "said", "tried"),
    [
        (FIVE, BACK, ()),
        (f"{FIVE} loop", f"{BACK} pool", ("repetition",)),  # too short to be cut
        (f"{LONGER} loop", f"{LONGER_BACK} pool", ("clauses",)),
        (f"{FIVE} mad", MAD, ("repetition",)),
        (f"{LONGER} mad", MAD, ("clauses", "repetition")),
        (f"{LONGER} mute", "", ("clauses", "repetition")),  # one silent half is no translation
        (f"loop {'x' * 40}: {'2' * 40}", f"pool :{'x' * 40} {'2' * 40}", ("clauses",)),  # what has no letter stays as it is
    ],
)
def test_the_first_that_passes_or_the_very_first(text, said, tried):
    assert translate(text) == [Hypothesis(said, -1.0, False, tried)]


def test_what_can_be_cut_nowhere_stays_marked_as_truncated():
    assert translate("x" * 120) == [Hypothesis("x" * LIMIT, -1.0, True, ("repetition",))]


def test_what_the_engine_cuts_is_translated_whole():
    text = ", ".join(f"{FIVE} {i}" for i in range(40))
    (found,) = translate(text)
    assert found == Hypothesis(" ".join(word[::-1] for word in text.split()), -1.0, False, ("clauses",))


@pytest.mark.parametrize(
    ("target", "letters", "between"), [(GERMAN, "x" * 50, " "), (CHINESE, "".join(map(chr, range(0x4E00, 0x4E32))), "")]
)
def test_pieces_are_joined_as_the_target_joins(target, letters, between):
    (found,) = translate(f"loop {letters}, loop {letters}", target=target)
    assert found.text == f"pool ,{letters[::-1]}{between}pool {letters[::-1]}"


texts = st.lists(
    st.lists(st.sampled_from(["loop", "mad", "mute", FIVE, "a,", "—", "12", "x" * 70, "Paris"]), min_size=1, max_size=8).map(" ".join),
    max_size=6,
)


@settings(max_examples=40)
@given(texts)
def test_no_sentence_is_lost_moved_or_changed_by_its_batch(batch):
    together = translate(*batch)
    assert together == [translate(text)[0] for text in batch]
    first = Backwards().translate(batch, ENGLISH, GERMAN)
    for before, after in zip(first, together, strict=True):
        assert after.tried or after == before


@pytest.mark.parametrize("engine", [Backwards(), EchoTranslator()])
def test_without_second_tries_nothing_is_asked_twice(engine):
    texts = [f"{FIVE} loop", f"{FIVE} mute"]
    assert translate(*texts, engine=engine) == engine.translate(texts, ENGLISH, GERMAN)


def test_names_and_their_order_are_the_engines():
    text = f"{LONGER} mad"
    assert translate(text, engine=Backwards("repetition", "clauses"))[0].tried == ("repetition", "clauses")
    assert translate(text, engine=Backwards("repetition"))[0].tried == ("repetition",)
    assert Backwards("clauses").identity.fingerprint != Backwards("repetition").identity.fingerprint


def test_only_what_fails_is_asked_again_and_no_sentence_counts_twice():
    engine, told = Backwards(*TRIES), []
    translate(FIVE, f"{FIVE} loop", f"{FIVE} six", engine=engine, progress=lambda sentences, tokens: told.append((sentences, tokens)))
    assert engine.asked == 4
    assert told == [(3, 1), (0, 1)]


def test_every_second_try_of_a_recipe_is_one_that_there_is():
    assert CTranslate2(into=("deu_Latn",)).second_tries == tuple(TRIES)


def test_a_real_model_that_loops_is_rescued(shared):
    """Four captions in a row, without a stop between them: of the first 40 such lines the model loops over a few."""
    lines = (shared / "data/captions/test_2016.jsonl").read_text("utf-8").splitlines()[:160]
    captions = [json.loads(line)["eng"].rstrip(" .") for line in lines]
    batch = [" ".join(captions[i : i + 4]) + "." for i in range(0, len(captions), 4)]
    engine = translator(CTranslate2(model=str(shared / "models/captions-eng-deu-fra"), into=("deu_Latn",), max_decoding_length=128))
    engine.identity = dataclasses.replace(engine.identity, options={"second_tries": marker(TRIES)})
    found = translate(*batch, engine=engine)
    rescued = [i for i, each in enumerate(found) if each.tried == ("clauses",)]
    assert len(rescued) >= 2
    assert not any(found[i].truncated for i in rescued)
    assert [translate(batch[i], engine=engine)[0].text for i in rescued] == [found[i].text for i in rescued]
