"""The forms: nothing that Prefect's UI corrupts or leaves out, every field explained, every choice one that the flow takes."""

import os

import pytest
from prefect import Flow
from prefect.flows import load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema

from flows import deployed
from flows.deployed.choices import codes, recipes, releases
from schemas.languages import language
from schemas.recipe_file import load, shipped
from tasks.store import LocalStore
from tests.tasks.publish.making import BASE, made

FLOWS = {flow.name: flow for flow in vars(deployed).values() if isinstance(flow, Flow)}
SECRET = {"token", "password", "secret", "auth", "key", "credentials"}
UNSEEN = ("oneOf", "allOf", "$ref", "additionalProperties", "patternProperties", "const")
BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
PLAIN = {"string", "integer", "number", "boolean", "null", "array"}


def faults(schema: dict, path: str = "") -> list[str]:
    """What of a form's schema the UI cannot show, or sends otherwise than it shows."""
    found = [
        f"{path}: {word}" for word in ("oneOf", "allOf", "$ref", "additionalProperties", "patternProperties", "const") if word in schema
    ]
    if schema.get("format") == "password":
        found.append(f"{path}: a password, which the server stores as it is")
    members = schema.get("anyOf")
    if members:
        found += [fault for member in members for fault in faults(member, path)]
    elif schema.get("type") not in PLAIN:
        found.append(f"{path}: {schema.get('type', 'anything')}")
    if schema.get("type") == "array":
        found += faults(schema.get("items", {}), f"{path}[]")
    return found


def field_faults(name: str, schema: dict, required: bool) -> list[str]:
    found = faults(schema, name)
    if "anyOf" in schema and "default" not in schema:
        found.append(f"{name}: a union without default")
    if required:
        found.append(f"{name}: required, which the form does not check before it sends")
    if {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"} & {
        key for each in (schema, *schema.get("anyOf", ())) for key in each
    }:
        found.append(f"{name}: bounds, outside which the form sends nothing and says nothing")
    if len(schema.get("description", "").split()) < 3:
        found.append(f"{name}: not explained")
    if SECRET & set(name.lower().split("_")):
        found.append(f"{name}: a secret in a parameter")
    return found


def test_there_are_five_flows_under_their_names():
    assert set(FLOWS) == {"build-dataset", "crawl-hub", "publish-release", "refresh", "maintain"}


@pytest.mark.parametrize("name", FLOWS)
def test_a_form_shows_what_it_sends(name):
    schema = parameter_schema(FLOWS[name]).model_dump()
    assert schema["properties"], "a form"
    required = set(schema.get("required") or ())
    assert [fault for each, field in schema["properties"].items() for fault in field_faults(each, field, each in required)] == []
    assert not schema.get("definitions")
    assert (FLOWS[name].description or "").strip()


@pytest.mark.parametrize("name", [name for name, value in vars(deployed).items() if isinstance(value, Flow)])
def test_a_worker_finds_a_flow_by_its_module_path(name):
    """Also those that are called as the file that they stand in."""
    assert load_flow_from_entrypoint(f"flows.deployed.{name}", use_placeholder_flow=False) is getattr(deployed, name)


@pytest.mark.parametrize(
    ("field", "fault"),
    [
        ({"oneOf": [{"type": "string"}], "type": "string"}, "oneOf"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "a union without default"),
        ({"type": "string", "format": "password"}, "a password"),
        ({"type": "object"}, "object"),
        ({}, "anything"),
        ({"type": "array", "items": {}}, "x_token[]: anything"),
        ({"type": "integer", "minimum": 1}, "bounds"),
        ({"type": "string"}, "a secret in a parameter"),
    ],
)
def test_the_test_sees_faults(field, fault):
    assert any(fault in each for each in field_faults("x_token", field, False))


@pytest.mark.parametrize("name", FLOWS)
def test_every_choice_and_every_default_is_taken(name, home):
    """The server holds a run against the schema, the flow against its types."""
    flow, schema = FLOWS[name], parameter_schema(FLOWS[name]).model_dump()
    defaults = {each: field["default"] for each, field in schema["properties"].items()}
    assert flow.validate_parameters(defaults) == defaults
    for each, field in schema["properties"].items():
        for value in field.get("enum", ()):
            flow.validate_parameters({each: value})
        if "enum" in field:
            assert defaults[each] in field["enum"]
        if values := field.get("items", {}).get("enum"):
            assert flow.validate_parameters({each: values})[each] == values


@pytest.mark.parametrize(
    ("flow", "parameter", "choices"),
    [
        ("build-dataset", "recipe", ["xmind-sample"]),
        ("build-dataset", "languages", ["fin_Latn", "cmn_Hant"]),
        ("build-dataset", "engine", ["ctranslate2", "echo"]),
        ("crawl-hub", "languages", ["kor_Hang"]),
        ("crawl-hub", "tasks", ["token-classification"]),
        ("crawl-hub", "modality", ["text"]),
        ("refresh", "recipe", ["xmind-sample"]),
        ("refresh", "census", ["jpn_Jpan"]),
    ],
)
def test_what_is_offered(flow, parameter, choices):
    field = parameter_schema(FLOWS[flow]).model_dump()["properties"][parameter]
    members = [field, field.get("items", {}), *field.get("anyOf", ())]
    assert set(choices) <= {value for member in members for value in member.get("enum", ())}


def test_a_file_and_an_alias_are_taken_too():
    asked = {"recipe": "somewhere/mine.yaml", "languages": ["fi"]}
    assert FLOWS["build-dataset"].validate_parameters(asked).items() >= asked.items()


def test_a_recipe_that_is_added_is_offered(home, monkeypatch, tmp_path):
    text = (shipped()["xmind-sample"]).read_text("utf-8")
    (home / "recipes").mkdir(parents=True)
    for name in ("mine.yaml", ".mine.yaml.swp", ".hidden.yaml", "notes.txt", "a b.yaml"):
        (home / "recipes" / name).write_text(text, "utf-8")
    assert recipes() == ["mine", "xmind-sample"]
    monkeypatch.setenv("BABELMILL_RECIPES", str(tmp_path / "elsewhere"))
    assert recipes() == ["xmind-sample"]
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "xmind-sample.yaml").write_text(text.replace("News in many languages", "Ours"), "utf-8")
    assert recipes() == ["xmind-sample"]
    assert load("xmind-sample", added=tmp_path / "elsewhere").title == "Ours", "one's own stands before the shipped one"


def test_releases_are_offered_newest_first(home):
    assert releases() == []
    field = parameter_schema(FLOWS["publish-release"]).model_dump()["properties"]["release"]
    assert not [member for member in field["anyOf"] if "enum" in member], "of no choices none would be valid"
    store = LocalStore(home / "releases")
    old = made(store, BASE, "1.0.0", {"eng_Latn": 1})
    new = made(store, BASE.model_copy(update={"name": "another"}), "1.0.0", {"eng_Latn": 1})
    os.utime(old.path / "manifest.json", (1, 1))
    (home / "releases" / "empty" / "1.0.0").mkdir(parents=True)
    assert releases() == [new.manifest.name, old.manifest.name]
    os.utime(made(store, BASE, "1.1.0", {"eng_Latn": 2}).path / "manifest.json", (2e9, 2e9))
    assert releases() == ["trial", "another"]


def test_every_code_is_its_own_language():
    assert [language(code).code for code in codes()] == codes()
