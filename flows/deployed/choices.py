"""What the forms offer: recipes, languages, releases. They are read when a deployment is registered, and again while `serve` runs."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue

from flows.settings import settings
from schemas.errors import BabelmillError
from schemas.languages import languages
from schemas.recipe_file import named
from tasks.store import MANIFEST


class Choices:
    """Marks a parameter as one of some values that are not known when the code is written.

    They stand in the schema of the form, which the server holds a run against. The flow itself takes any text and says itself what is
    wrong with it: from a shell a recipe may be a file, and a language go by another name.
    """

    def __init__(self, of: Callable[[], Sequence[str]]) -> None:
        self.of = of

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        try:
            values = list(self.of())
        except BabelmillError:  # a setting is wrong: who starts a run is told, and a flow can be imported until then
            return schema
        return {**schema, "enum": values} if values else schema  # of no value at all none would be valid


def recipes() -> list[str]:
    """The recipes that have a name: those shipped, and those in the folder of recipes that people add."""
    return list(named(settings().added))


def codes() -> list[str]:
    """The languages of the registry."""
    return [each.code for each in languages()]


def releases() -> list[str]:
    """The releases of the warehouse, the one with the newest version first."""
    found: dict[str, float] = {}
    for manifest in (settings().home / "releases").glob(f"[!.]*/*/{MANIFEST}"):
        name = manifest.parent.parent.name
        found[name] = max(found.get(name, 0.0), manifest.stat().st_mtime)
    return sorted(found, key=lambda name: (-found[name], name))


def categories() -> list[str]:
    """The task categories of the Hub that concern text and speech."""
    return list(TASKS)


TASKS = (  # https://huggingface.co/tasks, of 2026
    "text-classification",
    "token-classification",
    "question-answering",
    "text-generation",
    "translation",
    "summarization",
    "text-retrieval",
    "text-ranking",
    "sentence-similarity",
    "feature-extraction",
    "fill-mask",
    "zero-shot-classification",
    "multiple-choice",
    "table-question-answering",
    "table-to-text",
    "automatic-speech-recognition",
    "text-to-speech",
    "audio-classification",
    "image-to-text",
    "image-text-to-text",
    "visual-question-answering",
    "document-question-answering",
    "text-to-image",
)

Recipe = Annotated[str, Choices(recipes)]
Language = Annotated[str, Choices(codes)]
Release = Annotated[str, Choices(releases)]
TaskCategory = Annotated[str, Choices(categories)]
Engine = Literal["ctranslate2", "echo"]
Modality = Literal["text", "audio", "image", "video", "tabular", "timeseries", "document", "geospatial", "3d"]
