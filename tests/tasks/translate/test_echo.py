from schemas.languages import language
from tasks.translate import Hypothesis, translator
from tasks.translate.echo import EchoTranslator

ENGLISH, FINNISH = language("eng_Latn"), language("fin_Latn")


def test_marks_each_sentence_and_returns_it_in_order():
    texts = ["Hello.", "[fin_Latn] Hello.", "Hello.", "😀\tx"]
    assert EchoTranslator().translate(texts, ENGLISH, FINNISH) == [Hypothesis(f"[fin_Latn] {text}", None, False) for text in texts]
    assert EchoTranslator().translate([], ENGLISH, FINNISH) == []


def test_progress_adds_up():
    told = []
    EchoTranslator().translate(["a b", "c"], ENGLISH, FINNISH, lambda *now: told.append(now))
    assert [sum(column) for column in zip(*told, strict=True)] == [2, 3]


def test_is_what_a_recipe_with_echo_gets(recipe, tmp_path):
    engine = translator(recipe("jsonl", tmp_path).translate)
    assert isinstance(engine, EchoTranslator)
    engine.require(FINNISH, FINNISH)  # any pair will do
    assert engine.identity.fingerprint == EchoTranslator().identity.fingerprint
    assert engine.identity.fingerprint.startswith("echo-")
