"""Checkpoints of the four families, from the Hub of the tests to a translation: each step against transformers itself."""

import warnings

import pytest

from schemas.errors import EngineError
from schemas.languages import language
from schemas.recipe import CTranslate2
from tasks.models.fetch import fetch, ready
from tasks.models.kept import ModelStore
from tasks.translate import Machine, translator
from tasks.translate.model import open_model
from tests.tasks.models import checkpoints

pytest.importorskip("torch", reason="needs pip install 'babelmill[models]'")
transformers = pytest.importorskip("transformers", reason="needs pip install 'babelmill[models]'")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

# name -> how it is made, source and target, what transformers has to be told of them
FAMILIES = {
    "owner/nllb-tiny": (checkpoints.nllb, "eng_Latn", "deu_Latn", {"src_lang": "eng_Latn", "tgt_lang": "deu_Latn"}, ""),
    "owner/m2m100-tiny": (checkpoints.m2m100, "eng_Latn", "cmn_Hans", {"src_lang": "en", "tgt_lang": "zh"}, ""),
    "owner/madlad-tiny": (checkpoints.madlad, "eng_Latn", "heb_Hebr", {}, "<2iw> "),
    "owner/opus-mt-en-de": (checkpoints.marian, "eng_Latn", "deu_Latn", {}, ""),
    "owner/opus-mt-en-mul": (lambda folder: checkpoints.marian(folder, ("fra", "zho_Hant")), "eng_Latn", "cmn_Hant", {}, ">>zho_Hant<< "),
}
TEXTS = [*checkpoints.SENTENCES, "plan", "Zwei Hunde, 3 Haus!", "the  the"]


@pytest.fixture(scope="module", params=FAMILIES)
def family(request, tmp_path_factory):
    """Name, folder of the checkpoint, the languages, and transformers' tokenizer."""
    make, source, target, told, _ = FAMILIES[request.param]
    folder = tmp_path_factory.mktemp("checkpoint")
    make(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **told)
    return request.param, folder, language(source), language(target), tokenizer


@pytest.fixture
def store(tmp_path):
    return ModelStore(tmp_path / "models")


def test_the_model_is_told_what_transformers_tells_it(family, hub, store):
    name, folder, source, target, tokenizer = family
    hub.commit(name, checkpoints.files(folder), model=True)
    model = open_model(str(fetch(name, None, "float32", store)))
    number = {token: i for i, token in enumerate(model.vocabulary)}
    ours, _ = model.tokenizers()
    found = [model.convention.source(pieces, source, target) for pieces in ours.encode(TEXTS)]
    ids = [[number.get(token, number["<unk>"]) for token in tokens] for tokens in found]
    said = FAMILIES[name][-1]
    assert ids == [tokenizer(said + " ".join(text.split())).input_ids for text in TEXTS]


def test_the_translation_is_that_of_transformers(family, hub, store):
    """Greedy, float32, weights drawn at random: any other token at the beginning would lead elsewhere."""
    import torch

    name, folder, source, target, tokenizer = family
    hub.commit(name, checkpoints.files(folder), model=True)
    limit = 12
    options = CTranslate2(model=name, into=(target.code,), compute_type="float32", beam_size=1, max_decoding_length=limit)
    engine = translator(options, Machine("cpu", models=store.root))
    found = engine.translate(TEXTS, source, target)

    *_, told, said = FAMILIES[name]
    classes = {"nllb": "M2M100ForConditionalGeneration", "m2m1": "M2M100ForConditionalGeneration", "madl": "T5ForConditionalGeneration"}
    model = getattr(transformers, classes.get(name[6:10], "MarianMTModel")).from_pretrained(folder).eval()
    start = {"forced_bos_token_id": tokenizer.convert_tokens_to_ids(model_token(name))} if told else {}
    expected = []
    for text in TEXTS:
        inputs = tokenizer(said + " ".join(text.split()), return_tensors="pt")
        with torch.no_grad():
            bad = {"bad_words_ids": [[model.config.pad_token_id]]} if "opus" in name else {}
            ids = model.generate(**inputs, num_beams=1, do_sample=False, max_new_tokens=limit, forced_eos_token_id=None, **start, **bad)
        expected.append(tokenizer.batch_decode(ids, skip_special_tokens=True)[0])
    assert [hypothesis.text.split() for hypothesis in found] == [text.split() for text in expected]


def model_token(name):
    return {"owner/nllb-tiny": "deu_Latn", "owner/m2m100-tiny": "__zh__"}[name]


def test_what_is_kept_says_where_it_is_from(hub, store, tmp_path):
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    checkpoints.marian(folder)
    card = "---\nlicense: cc-by-4.0\nlanguage: [en, de]\n---\n"
    commit = hub.commit("owner/opus-mt-en-de", checkpoints.files(folder) | {"README.md": card, "tf_model.h5": b"x"}, model=True)
    kept = ready(CTranslate2(model="owner/opus-mt-en-de", into=("deu_Latn",)), Machine("cpu", models=store.root))
    (name, about), *others = store.models().items()
    assert not others
    assert name == f"owner--opus-mt-en-de@{commit[:12]}-int8" == kept.model.rpartition("/")[2]
    assert (about.repo, about.revision, about.license, about.languages) == ("owner/opus-mt-en-de", commit, "cc-by-4.0", ("en", "de"))
    assert about.quantization == "int8"
    assert set(about.tools) == {"ctranslate2", "torch", "transformers"}
    assert set(about.files) == {"model.bin", "config.json", "shared_vocabulary.json", "source.spm", "target.spm", "tokenizer_config.json"}
    assert hub.asked("tf_model.h5") == 0
    again = ModelStore(tmp_path / "elsewhere")
    assert (
        fetch("owner/opus-mt-en-de", commit, "int8", again).joinpath("babelmill.json").read_bytes()
        == (store.root / name / "babelmill.json").read_bytes()
    )  # the conversion is the same to the byte


def test_a_pickle_is_read_as_tensors_and_nothing_else(hub, store, tmp_path):
    """Such a file is all that some repositories have (NLLB's among them). One that would run something is refused by torch."""
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    checkpoints.nllb(folder, pickled=True)
    files = checkpoints.files(folder)
    assert "model.safetensors" not in files
    hub.commit("owner/good", files, model=True)
    assert fetch("owner/good", None, "int8", store).is_dir()
    trap = tmp_path / "ran"
    hostile = b"cos\nsystem\n(S'touch %s'\ntR." % str(trap).encode()
    hub.commit("owner/hostile", files | {"pytorch_model.bin": hostile}, model=True)
    with pytest.raises(EngineError, match=r"owner/hostile could not be converted: "):
        fetch("owner/hostile", None, "int8", store)
    assert not trap.exists()
    assert len(store.models()) == 1


def test_two_vocabularies_are_refused(hub, store, tmp_path):
    folder = tmp_path / "checkpoint"
    folder.mkdir()
    checkpoints.marian(folder, separate_vocabs=True)
    hub.commit("owner/opus-mt-tc-big-en-ko", checkpoints.files(folder), model=True)
    with pytest.raises(EngineError, match="a vocabulary for each side"):
        fetch("owner/opus-mt-tc-big-en-ko", None, "int8", store)
    assert store.models() == {}
