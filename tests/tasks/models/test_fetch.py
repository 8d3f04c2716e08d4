"""A CTranslate2 model of the Hub: pinned, fetched whole or not at all, kept, and used without network."""

import os
import signal
import subprocess
import sys
import time

import pytest

from schemas.errors import EngineError, IntegrityError, RecipeError
from schemas.languages import language
from schemas.model_file import MODEL_FILE
from schemas.recipe import CTranslate2
from schemas.resources import data_root
from tasks.models.choose import choose, require_translator
from tasks.models.fetch import fetch, pinned, quantization_for, ready
from tasks.models.kept import ModelStore
from tasks.translate import Machine, translator
from tasks.translate.model import open_model
from tests.hub.faults import Fault

CARD = "---\nlicense: cc-by-nc-4.0\nlanguage: [en, ro, hi, zh]\n---\n# A model"
FILES = {file.name: file.read_bytes() for file in (data_root() / "demo" / "model").iterdir() if file.name not in ("README.md", MODEL_FILE)}
ENGLISH, ROMANIAN = language("eng_Latn"), language("ron_Latn")


def options(**changes):
    return CTranslate2(**{"model": "owner/name", "into": ("ron_Latn",), **changes})


@pytest.fixture
def store(tmp_path):
    return ModelStore(tmp_path / "models")


@pytest.fixture
def machine(store):
    return Machine("cpu", models=store.root)


@pytest.fixture
def commit(hub):
    return hub.commit("owner/name", FILES | {"README.md": CARD, "run.py": "raise SystemExit"}, tag="v1", model=True)


def test_it_translates_as_the_folder_does_and_says_where_it_is_from(hub, commit, machine, store):
    said = []
    engine = translator(options(), machine, said.append)
    demo = translator(CTranslate2(into=("ron_Latn",)), machine)
    texts = ["The minister visited Berlin on Monday."]
    assert engine.translate(texts, ENGLISH, ROMANIAN) == demo.translate(texts, ENGLISH, ROMANIAN)
    assert said == [f"Fetching owner/name at {commit[:12]} (2 MB)"]
    identity = engine.identity
    assert (identity.model, identity.revision, identity.license) == ("owner/name", commit, "cc-by-nc-4.0")
    assert identity.digest == demo.identity.digest
    ((name, about),) = store.models().items()
    assert name == f"owner--name@{commit[:12]}-as-is"
    assert (about.repo, about.revision, about.license, about.quantization) == ("owner/name", commit, "cc-by-nc-4.0", "as-is")
    assert about.languages == ("en", "ro", "hi", "zh")
    assert about.files.keys() == FILES.keys()
    assert about.bytes == sum(map(len, FILES.values()))
    assert hub.asked("run.py") == 0


def test_the_second_time_nobody_is_asked(hub, commit, machine, store):
    first = ready(options(), machine)
    hub.requests.clear()
    again = hub.commit("owner/name", FILES | {"README.md": CARD + " that moved on"}, model=True)
    assert {ready(options(compute_type=kind), machine).model for kind in ("auto", "float32")} == {first.model}
    assert pinned(options(), store).revision == commit
    assert hub.requests == []
    fetch("owner/name", None, "int8", store)  # now main is what it is now
    assert pinned(options(), store).revision == again
    assert ready(options(revision=commit), machine) == first
    assert len(store.models()) == 2


@pytest.mark.parametrize("revision", [None, "main", "v1"])
def test_a_revision_is_pinned_to_its_commit(hub, commit, store, revision):
    assert pinned(options(revision=revision), store).revision == commit
    assert store.models() == {}


def test_a_reference_without_its_model_means_nothing(hub, commit, machine, store):
    store.remove(ready(options(), machine).model.rpartition("/")[2])
    again = hub.commit("owner/name", FILES, model=True)
    assert pinned(options(), store).revision == again


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model": "owner/nobody"}, "owner/nobody: no such model at http://127.0.0.1"),
        (
            {"revision": "v2"},
            r"owner/name@v2: no revision 'v2'\. See the branches, tags and commits at http://127.*/owner/name/commits/main",
        ),
        ({"model": "owner/dataset"}, "owner/dataset: no such model"),
    ],
)
def test_what_is_not_there(hub, commit, machine, store, changes, message):
    hub.commit("owner/dataset", {"train.jsonl": "{}"})
    with pytest.raises(EngineError, match=message):
        ready(options(**changes), machine)
    assert store.models() == {}


def test_no_network_and_nothing_kept(hub, commit, machine):
    hub.__exit__()
    with pytest.raises(EngineError, match=r"owner/name: http://127.* cannot be reached .*Check the network"):
        ready(options(), machine)


def test_a_gated_model(hub, machine):
    hub.commit("owner/gated", FILES, model=True, gated=True)
    with pytest.raises(EngineError, match=r"the model is gated\. Ask for access at http://127.*/owner/gated"):
        ready(options(model="owner/gated"), machine)


def test_a_killed_fetch_leaves_nothing(hub, commit, machine, store, tmp_path):
    hub.faults.append(Fault("GET", "/lfs/", "stall"))
    code = (
        "from pathlib import Path; from tasks.models.fetch import fetch; from tasks.models.kept import ModelStore; "
        f"fetch('owner/name', None, 'int8', ModelStore(Path({str(store.root)!r})))"
    )
    environment = os.environ | {"HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1"}
    child = subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.DEVNULL)
    for _ in range(600):
        if hub.asked("/lfs/"):
            break
        time.sleep(0.1)
    time.sleep(0.3)
    assert child.poll() is None
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert store.models() == {}
    hub.faults.clear()
    assert ready(options(), machine).model.endswith("-as-is")
    assert sorted(path.name for path in store.root.iterdir() if path.is_dir()) == [".staging", f"owner--name@{commit[:12]}-as-is"]
    assert list((store.root / ".staging").iterdir()) == []


def test_a_file_that_changed_since_is_noticed(hub, commit, machine):
    folder = ready(options(), machine).model
    model = open_model(folder)
    (model.folder / "config.json").write_text("{}")
    with pytest.raises(IntegrityError, match=r"config\.json: not the file that was fetched .*babelmill models remove owner--name@"):
        model.digest()


def test_a_model_that_says_no_languages_is_not_kept(hub, machine, store):
    vocabulary = FILES["shared_vocabulary.json"].replace(b"_Latn", b"_X").replace(b"_Deva", b"_X").replace(b"_Hans", b"_X")
    hub.commit("owner/name", FILES | {"shared_vocabulary.json": vocabulary}, model=True)
    with pytest.raises(
        EngineError, match=r"owner/name.* cannot be used as it is: .*which languages.*hf download owner/name --local-dir DIR"
    ):
        ready(options(), machine)
    assert store.models() == {}


SAFE = ["config.json", "model.safetensors", "tokenizer.json"]
SHARDS = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors", "model.safetensors.index.json"]
PICKLES = ["pytorch_model.bin", "rust_model.ot", "tf_model.h5", "flax_model.msgpack"]


@pytest.mark.parametrize(
    ("files", "kind", "weights"),
    [
        ([*SAFE, *PICKLES], "checkpoint", {"model.safetensors"}),
        (["config.json", *SHARDS, *PICKLES], "checkpoint", set(SHARDS)),
        (["config.json", *PICKLES], "checkpoint", {"pytorch_model.bin"}),
        (["config.json", "model.bin", "shared_vocabulary.json", *SAFE, "source.spm"], "ctranslate2", {"model.bin"}),
        (["config.json", "model.bin", "source_vocabulary.json", "target_vocabulary.json"], "ctranslate2", {"model.bin"}),
    ],
)
def test_what_is_fetched(files, kind, weights):
    chosen = choose("owner/name", files)
    assert chosen.kind == kind
    assert {name for name in chosen.files if name.startswith(("model", "pytorch_model", "rust", "tf", "flax"))} == weights
    assert {"config.json", *(name for name in files if "vocabulary" in name or name.endswith(".spm"))} <= set(chosen.files)


@pytest.mark.parametrize(
    "files", [[], ["README.md"], PICKLES, ["model.bin"], ["sub/model.bin", "sub/shared_vocabulary.json"], [*SHARDS[:2], "config.json"]]
)
def test_what_is_no_model(files):
    with pytest.raises(EngineError, match="owner/name holds no model that can be used"):
        choose("owner/name", files)


@pytest.mark.parametrize(
    ("config", "known"), [('{"model_type": "m2m_100"}', True), ('{"model_type": "bert"}', False), ("[]", False), ("no", False)]
)
def test_only_translators_are_converted(config, known):
    if known:
        return require_translator("owner/name", config)
    with pytest.raises(EngineError, match=r"no translator that is known; there are NLLB-200, M2M100 \(m2m_100\)"):
        require_translator("owner/name", config)


def test_a_checkpoint_without_torch_stops_before_anything_is_fetched(hub, machine, monkeypatch):
    monkeypatch.setattr("tasks.models.convert.find_spec", lambda name: None)
    hub.commit("owner/name", {"config.json": '{"model_type": "marian"}', "model.safetensors": b"x" * 100}, model=True)
    with pytest.raises(EngineError, match=r"needs torch and transformers\. pip install 'babelmill\[models\]'"):
        ready(options(), machine)
    assert hub.asked("/resolve/") == 0


@pytest.mark.parametrize(
    ("compute_type", "device", "stored"),
    [
        ("auto", "cpu", "int8"),
        ("auto", "cuda:0,1", "float16"),
        ("int8_float16", "cuda", "int8"),
        ("float32", "cpu", "float32"),
        ("bfloat16", "cuda", "bfloat16"),
    ],
)
def test_what_is_stored_serves_what_is_computed(compute_type, device, stored):
    assert quantization_for(compute_type, device) == stored


def test_removing_what_is_not_there_names_what_is(hub, commit, machine, store):
    ready(options(), machine)
    with pytest.raises(RecipeError, match=rf"no model 'owner--name' in .*; there are owner--name@{commit[:12]}-as-is"):
        store.remove("owner--name")
    assert len(store.models()) == 1
