"""Annotations and variants in the chain: what a reader of the release finds."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
import yaml
from datasets import load_dataset

from data.demo.corpus import SEED, Field, build_news
from schemas.languages import language
from schemas.manifest import Manifest
from schemas.resources import data_root
from tasks.store import LocalStore
from tests.flows.building import digests, run

ANNOTATIONS = {"title": "title_entities", "abstract": "abstract_entities"}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The sample release, built once; nothing here writes to it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BABELMILL_HOME", str(tmp_path_factory.mktemp("sample")))
        patch.delenv("PREFECT_API_URL", raising=False)
        yield run("xmind-sample").release.path


@pytest.fixture(scope="module")
def manifest(sample: Path) -> Manifest:
    return Manifest.model_validate_json((sample / "manifest.json").read_bytes())


def test_every_span_of_every_config_is_its_surface_form(sample: Path, manifest: Manifest, tmp_path: Path) -> None:
    looked_at = dict.fromkeys(manifest.configs, 0)
    for config, values in manifest.configs.items():
        if values.kind == "behaviors":
            continue
        for row in load_dataset(str(sample), config, split="train", cache_dir=str(tmp_path)):
            for field, column in ANNOTATIONS.items():
                for entity in row[column] or []:
                    assert len(entity["OccurrenceOffsets"]) == len(entity["SurfaceForms"])
                    for offset, form in zip(entity["OccurrenceOffsets"], entity["SurfaceForms"], strict=True):
                        assert row[field][offset : offset + len(form)] == form != ""
                        looked_at[config] += 1
                for span in row.get(f"{column}_projection") or []:
                    if span["status"] == "projected":
                        assert row[field][span["start"] : span["end"]] == span["surface"] != ""
                        assert 0 < span["score"] <= 1
                    else:
                        assert span["start"] is None
                        assert span["reason"]
                for switch in row.get(f"{field}_switches") or []:
                    marker = language(switch["language"]).iso639_1
                    assert row[field][: switch["start"]].endswith(f"<{marker}>")
                    assert row[field][switch["end"] :].startswith(f"</{marker}>")
    assert set(looked_at) == {
        "eng_Latn", "ron_Latn", "hin_Deva", "cmn_Hans", "behaviors",
        "ron_Latn.code-switch-entity", "hin_Deva.code-switch-entity", "cmn_Hans.code-switch-entity",
        "hin_Deva.transliterate-Latn", "cmn_Hans.transliterate-Latn",
    }  # fmt: skip
    assert all(count > 800 for config, count in looked_at.items() if config != "behaviors")


def test_source_spans_are_projected_or_dropped(sample: Path, manifest: Manifest) -> None:
    source = pl.read_parquet(sample / "eng_Latn" / "*.parquet")
    spans = sum(len(e["OccurrenceOffsets"]) for column in ANNOTATIONS.values() for row in source[column] for e in row)
    for code in ("ron_Latn", "hin_Deva", "cmn_Hans"):
        told = manifest.configs[code].splits["train"].projection
        assert told is not None
        assert told.spans == spans == told.projected + sum(told.dropped.values())
        assert told.projected == sum(told.methods.values()) > 0.97 * spans
        frame = pl.read_parquet(sample / code / "*.parquet")
        for before, after in zip(source["title_entities"], frame["title_entities"], strict=True):
            assert [e["WikidataId"] for e in before] == [e["WikidataId"] for e in after], "an entity stays even without a place"


def expected(field: Field, code: str) -> tuple[str, list[tuple[int, int]]]:
    """The grammar's translation of a field, and the places of its entities, in the order of the source's mentions."""
    text, mentions = "", []
    for offset, production in field.parts:
        text += language(code).joiner if text else ""
        for slot in production.slots:
            if slot.entity:
                there = slot.spans.get(code, ())
                for i, (start, _) in enumerate(slot.spans["eng_Latn"]):
                    place = (len(text) + there[i][0], len(text) + there[i][1]) if len(there) == len(slot.spans["eng_Latn"]) else (-1, -1)
                    mentions.append((offset + start, place))
        text += production.text[code]
    return text, [place for _, place in sorted(mentions)]


@pytest.mark.parametrize("aligner", ["statistical", "attention"])
def test_the_grammars_entities_are_found_where_they_are(aligner: str, tmp_path: Path) -> None:
    values = yaml.safe_load((data_root() / "recipes" / "xmind-sample.yaml").read_text("utf-8"))
    values |= {"project": {"aligner": aligner}, "variants": []}
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(values), "utf-8")
    path = run(tmp_path / "recipe.yaml").release.path
    news = {n.id: n for n in build_news(random.Random(SEED))}
    for code in ("ron_Latn", "hin_Deva", "cmn_Hans"):
        right = total = 0
        for row in pl.read_parquet(path / code / "*.parquet").iter_rows(named=True):
            for field, column in ANNOTATIONS.items():
                text, places = expected(getattr(news[row["nid"]], field), code)
                found = sorted(row[f"{column}_projection"], key=lambda span: span["source_start"])
                if field not in news[row["nid"]].messy and news[row["nid"]].linked and text == row[field]:
                    right += sum((span["start"], span["end"]) == place for span, place in zip(found, places, strict=True))
                    total += len(places)
        assert total > 800
        assert right / total >= 0.95, (code, right, total)


def test_behaviors_point_at_articles(sample: Path, manifest: Manifest) -> None:
    frame = pl.read_parquet(sample / "behaviors" / "*.parquet")
    articles = set(pl.read_parquet(sample / "eng_Latn" / "*.parquet")["nid"])
    references = [*frame["history"].explode().drop_nulls(), *frame["impressions"].explode().struct.field("nid")]
    account = manifest.configs["behaviors"].splits["train"]
    assert (account.rows_in, account.rows_out, frame.height) == (440, 440, 440)
    assert account.counts == {"references": len(references)}
    assert set(references) <= articles


def test_workers_change_no_byte_with_variants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    values = yaml.safe_load((data_root() / "recipes" / "xmind-sample.yaml").read_text("utf-8")) | {"chunk_rows": 40}
    values["variants"][0]["rate"] = 0.5
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(values), "utf-8")
    made = []
    for workers in (1, 4):
        monkeypatch.setenv("BABELMILL_HOME", str(tmp_path / str(workers)))
        made.append(digests(run(tmp_path / "recipe.yaml", workers=workers).release.path))
    assert made[0] == made[1]


def test_spans_that_do_not_fit_are_told_and_lose_nothing_else(write_recipe: Callable[..., Path], home: Path) -> None:
    text = "Ééé Rome hospital to hire 5 nurses"
    spans = [(4, 8), (7, 11), (50, 60), (9, 8), (4, 4), (4, 17), (4, 8)]
    good, bad = [spans[i] for i in (0, 5, 6)], [spans[i] for i in (1, 2, 3, 4)]
    row = {"id": "a", "text": text, "names": [{"start": s, "end": e, "label": "X", "surface": "Rome"} for s, e in spans]}
    row["names"][5]["surface"] = "Rome hospital"
    annotations = [{"field": "text", "column": "names", "format": "spans"}]
    release = run(write_recipe([row], annotations=annotations, project={"aligner": "attention"})).release
    LocalStore(home / "releases").verify(release)
    aside = pl.read_parquet(release.path / "rejected" / "spans.parquet")
    assert list(zip(aside["start"], aside["end"], strict=True)) == bad
    assert "count bytes" in aside["reason"][0]
    [source] = pl.read_parquet(release.path / "eng_Latn" / "*.parquet")["names"].to_list()
    assert [(span["start"], span["end"]) for span in source] == good
    told = release.manifest.configs["ron_Latn"].splits["train"].projection
    assert told is not None
    assert told.spans == len(good)


def test_without_project_annotations_stay_with_the_source(write_recipe: Callable[..., Path]) -> None:
    row = {"id": "a", "text": "Rome hospital to hire 5 nurses", "names": [{"start": 0, "end": 4, "label": "G"}]}
    path = run(write_recipe([row], annotations=[{"field": "text", "column": "names", "format": "spans"}])).release.path
    assert "names" in pl.read_parquet(path / "eng_Latn" / "*.parquet").columns
    assert "names" not in pl.read_parquet(path / "ron_Latn" / "*.parquet").columns


def test_priors_are_kept_by_the_next_version(write_recipe: Callable[..., Path], home: Path) -> None:
    rows = [json.loads(line) for line in ROWS.splitlines()]
    options = {"annotations": [{"field": "text", "column": "names", "format": "spans"}], "project": {"aligner": "statistical"}}
    first = run(write_recipe(rows, **options)).release
    again = run(write_recipe([*rows, {**rows[0], "id": "z", "text": rows[0]["text"] + "."}], **options)).release
    assert again.manifest.version == "1.1.0"
    assert first.manifest.learnt["priors"] == again.manifest.learnt["priors"]
    for digest in first.manifest.learnt["priors"].values():
        assert (home / "priors" / f"{digest}.parquet").is_file()
    refitted = run(write_recipe([*rows, {**rows[0], "id": "z", "text": "Oslo hospital to hire 5 nurses"}], refit=True, **options)).release
    assert refitted.manifest.learnt["priors"] != first.manifest.learnt["priors"]


ROWS = """\
{"id": "a", "text": "Rome hospital to hire 5 nurses", "names": [{"start": 0, "end": 4, "label": "G"}]}
{"id": "b", "text": "The United Nations wants trade talks between Argentina and Spain.", "names": [{"start": 45, "end": 54, "label": "G"}]}
"""
