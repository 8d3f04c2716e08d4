"""The chain as a whole, with the model that ships."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml
from datasets import load_dataset

from schemas.errors import EngineError, RecipeError
from schemas.resources import data_root
from tasks.memory import Memory
from tasks.store import LocalStore
from tests.flows.building import digests, run
from tests.tasks.card_numbers import disagreements

SAMPLE = data_root() / "sample" / "mind" / "news.tsv"
ROWS = [{"id": f"r{i}", "text": f"Sentence number {i % 7}. And one more, {i}.", "kept": i} for i in range(20)]


def sample(tmp_path: Path, lines: list[str], **changes: object) -> Path:
    """The sample recipe over other lines of news."""
    folder = tmp_path / "mind"
    folder.mkdir(exist_ok=True)
    (folder / "news.tsv").write_text("".join(line + "\n" for line in lines), "utf-8")
    values = yaml.safe_load((data_root() / "recipes" / "xmind-sample.yaml").read_text("utf-8"))
    path = tmp_path / "sample.yaml"
    path.write_text(yaml.safe_dump(values | {"source": {"format": "mind", "path": str(folder)}} | changes), "utf-8")
    return path


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return SAMPLE.read_text("utf-8").splitlines()


def test_the_sample_release_loads_everywhere_and_accounts_for_every_row(home: Path, lines: list[str]) -> None:
    built = run("xmind-sample")
    path, manifest = built.release.path, built.release.manifest
    assert path == home / "releases" / "xmind-sample" / "1.0.0"
    LocalStore(home / "releases").verify(built.release)
    for code, config in manifest.configs.items():
        account = config.splits["train"]
        assert account.rows_in == account.rows_out + account.set_aside + account.rejected
        by_datasets = load_dataset(str(path), code, split="train", cache_dir=str(home / "cache"))
        assert by_datasets.num_rows == account.rows_out
        assert pl.scan_parquet(path / code / "*.parquet").select(pl.len()).collect().item() == account.rows_out
        assert duckdb.sql(f"select count(*) from '{path}/{code}/*.parquet'").fetchall() == [(account.rows_out,)]
        if code != "behaviors":
            assert list(by_datasets["nid"]) == [line.split("\t")[0] for line in lines]
    translated = pl.read_parquet(path / "cmn_Hans" / "*.parquet")
    source = pl.read_parquet(path / "eng_Latn" / "*.parquet")
    assert translated.filter(source["abstract"] == "")["abstract"].unique().to_list() == [""], "empty stays empty"
    for texts, entities in ((source["title"], source["title_entities"]), (source["abstract"], source["abstract_entities"])):
        for text, found in zip(texts, entities, strict=True):
            for entity in found:
                for offset, form in zip(entity["OccurrenceOffsets"], entity["SurfaceForms"], strict=True):
                    assert text[offset : offset + len(form)] == form


def test_numbers_on_the_card_equal_the_files(home: Path) -> None:
    release = run("xmind-sample").release
    assert disagreements(release.path, ["title", "abstract"]) == []


def test_a_second_build_translates_nothing_and_is_no_new_version(home: Path) -> None:
    first, second = run("xmind-sample"), run("xmind-sample")
    assert first.run["translated"] > 0
    assert second.run["translated"] == 0
    assert second.release.change == "unchanged"
    assert [r.manifest.version for r in LocalStore(home / "releases").versions("xmind-sample")] == ["1.0.0"]


def test_workers_change_no_byte_and_chunks_change_no_row(tmp_path: Path, lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    found, rows = {}, {}
    for workers, chunk_rows in [(1, 50), (2, 50), (4, 50), (2, 5000)]:
        monkeypatch.setenv("BABELMILL_HOME", str(tmp_path / f"home-{workers}-{chunk_rows}"))
        path = run(sample(tmp_path, lines, chunk_rows=chunk_rows), workers).release.path
        found[workers, chunk_rows] = digests(path)
        rows[chunk_rows] = {code: pl.read_parquet(path / code / "*.parquet") for code in ("eng_Latn", "ron_Latn", "hin_Deva", "cmn_Hans")}
    assert found[1, 50] == found[2, 50] == found[4, 50]
    data = [{name: digest for name, digest in files.items() if name.endswith(".parquet")} for files in found.values()]
    assert data[0] == data[-1]  # a split is one file, into however many chunks it was cut
    for code, frame in rows[50].items():
        assert frame.equals(rows[5000][code])


def test_only_changed_sentences_are_translated(tmp_path: Path, lines: list[str]) -> None:
    run(sample(tmp_path, lines))
    changed = list(lines)
    cells = changed[5].split("\t")
    changed[5] = "\t".join([*cells[:3], "A title that nobody has seen", *cells[4:]])
    new = [f"N9{i}\tnews\tworld\tBrand new title number {i}\t\t\t[]\t[]" for i in range(10)]
    again = run(sample(tmp_path, new + changed))
    assert again.run["translated"] == (1 + 10) * 3
    assert again.release.manifest.version == "1.1.0"
    assert again.release.manifest.configs["ron_Latn"].splits["train"].rows_in == len(lines) + 10


def test_bad_rows_are_set_aside_with_their_reason(tmp_path: Path, lines: list[str]) -> None:
    broken = [*lines[:3], "N1\tonly\tfour\tcolumns", lines[3].rsplit("\t", 1)[0] + "\t[{not json", lines[0], *lines[4:8]]
    built = run(sample(tmp_path, broken))
    account = built.release.manifest.configs["hin_Deva"].splits["train"]
    assert (account.rows_in, account.rows_out, account.set_aside) == (10, 7, 3)
    aside = pq.read_table(built.release.path / "rejected" / "source.parquet").to_pylist()
    assert [(row["file"], row["line"]) for row in aside] == [("news.tsv", 4), ("news.tsv", 5), ("news.tsv", 6)]
    for row, reason in zip(aside, ["4 columns, expected 8", "abstract_entities: not JSON", "came before"], strict=True):
        assert reason in row["reason"]
    assert aside[0]["raw"] == "N1\tonly\tfour\tcolumns"


@pytest.mark.parametrize(("mode", "rows_out"), [("field", 4), ("row", 2)])
def test_rejects_leave_the_field_or_the_row(write_recipe: Callable[..., Path], mode: str, rows_out: int) -> None:
    rows = [{"id": str(i), "text": text} for i, text in enumerate(["Paris.", "", "Rome and more and more.", None])]
    checks = {"reject": ["truncated"], "flag": [], "on_reject": mode}
    path = write_recipe(rows, translate={"model": "demo", "into": ["ron"], "max_decoding_length": 2}, checks=checks)
    release = run(path).release
    account = release.manifest.configs["ron_Latn"].splits["train"]
    assert (account.rows_in, account.rows_out, account.rejected) == (4, rows_out, 4 - rows_out)
    assert account.verdicts == {"reject": 2}
    assert account.reasons == {"truncated": 2}
    rejected = pl.read_parquet(release.path / "rejected" / "ron_Latn.parquet")
    assert rejected["id"].to_list() == ["0", "2"]
    assert rejected["source"].to_list() == ["Paris.", "Rome and more and more."]
    texts = pl.read_parquet(release.path / "ron_Latn" / "*.parquet")["text"].to_list()
    assert texts == ([None, "", None, None] if mode == "field" else ["", None])


@pytest.mark.parametrize(
    "options",
    [{"limit": 5}, {"languages": ["ron"]}, {"engine": "echo"}, {"changes": ["translate.beam_size=1"]}, {"changes": ["title=A small one"]}],
    ids=str,
)
def test_a_trial_never_replaces_a_dataset(home: Path, write_recipe: Callable[..., Path], options: dict[str, object]) -> None:
    recipe = write_recipe(ROWS)
    run(recipe)
    trial = run(recipe, **options)
    assert trial.release.path.is_relative_to(home / "previews" / "small")
    assert [r.manifest.version for r in LocalStore(home / "releases").versions("small")] == ["1.0.0"]
    assert run(recipe, **options).release.path == trial.release.path, "the same trial replaces itself"


def test_a_release_says_nothing_of_its_machine(home: Path, write_recipe: Callable[..., Path]) -> None:
    release = run(write_recipe(ROWS)).release
    for file in ("manifest.json", "README.md"):
        assert str(home.parent) not in (release.path / file).read_text("utf-8")


def test_the_usual_length_stays_as_learnt_unless_refitted(tmp_path: Path, lines: list[str]) -> None:
    first = run(sample(tmp_path, lines)).release.manifest.learnt
    assert all(0 < ratio < 3 for ratio in first["length-ratio"].values())
    longer = [line.split("\t") for line in lines]
    fewer = ["\t".join(cells) for cells in longer[:120]]
    assert run(sample(tmp_path, fewer)).release.manifest.learnt == first
    assert run(sample(tmp_path, fewer, refit=True)).release.manifest.learnt != first


def test_leftovers_and_temporary_folders_are_gone_after_a_build(home: Path, write_recipe: Callable[..., Path]) -> None:
    dead = home / "work" / ".staging" / "elsewhere-1-abc"
    dead.mkdir(parents=True)
    run(write_recipe(ROWS))
    assert [p.name for p in (home / "work" / ".staging").iterdir()] == ["elsewhere-1-abc"], "that of another host stays"
    assert not list((home / "releases" / ".staging").iterdir())
    [record] = (home / "runs").glob("*.json")
    assert json.loads(record.read_text())["translated"] > 0
    shutil.rmtree(dead)


def test_the_memory_is_compacted_when_it_has_many_files(home: Path, write_recipe: Callable[..., Path]) -> None:
    run(write_recipe([{"id": str(i), "text": f"Number {i}."} for i in range(80)], chunk_rows=1))
    rows = Memory(home / "memory").rows()
    assert rows["rows"].to_list() == [80, 80]
    assert len(list((home / "memory").rglob("*.parquet"))) > 80, "old files stay until vacuumed"
    assert run(write_recipe([{"id": str(i), "text": f"Number {i}."} for i in range(80)], chunk_rows=1)).run["translated"] == 0


def test_what_has_no_letter_is_not_translated(write_recipe: Callable[..., Path]) -> None:
    odd = ["—", "!!!", "12345", "👍", "\u200b", " \n ", "", None]
    built = run(write_recipe([{"id": str(i), "text": text} for i, text in enumerate([*odd, "Paris — 12345."])]))
    frame = pl.read_parquet(built.release.path / "ron_Latn" / "*.parquet")
    assert frame["text"].to_list()[:-1] == odd
    assert frame["text_quality"].is_null().to_list() == [True] * len(odd) + [False]
    assert built.run["sentences"] == 2


@pytest.mark.parametrize("rows", [['{"id": "1", "text": "A man."}', "{bad"], ["{bad", '{"id": "1", "text": "A man."}', "{bad"]])
def test_ranges_without_rows_still_load(tmp_path: Path, write_recipe: Callable[..., Path], home: Path, rows: list[str]) -> None:
    recipe = write_recipe([], chunk_rows=1)
    (tmp_path / "rows.jsonl").write_text("\n".join(rows) + "\n", "utf-8")
    path = run(recipe).release.path
    loaded = load_dataset(str(path), "hin_Deva", split="train", cache_dir=str(home / "cache"))
    assert loaded["id"][:] == ["1"]
    assert [file.name for file in (path / "hin_Deva").iterdir()] == ["train-00000-of-00001.parquet"]


def test_an_empty_split_does_not_spoil_the_others(tmp_path: Path, lines: list[str], home: Path) -> None:
    recipe = sample(tmp_path, lines[:5])
    (tmp_path / "mind" / "train").mkdir()
    (tmp_path / "mind" / "news.tsv").rename(tmp_path / "mind" / "train" / "news.tsv")
    (tmp_path / "mind" / "dev").mkdir()
    (tmp_path / "mind" / "dev" / "news.tsv").write_text("")
    path = run(recipe).release.path
    assert load_dataset(str(path), "cmn_Hans", split="train", cache_dir=str(home / "cache")).num_rows == 5


def test_no_checks_at_all(write_recipe: Callable[..., Path]) -> None:
    recipe = write_recipe(ROWS, checks={"reject": [], "flag": []})
    assert run(recipe).release.manifest.configs["ron_Latn"].splits["train"].verdicts == {"accept": 20}


def test_a_release_is_a_source_like_any_other(write_recipe: Callable[..., Path]) -> None:
    first = run(write_recipe(ROWS)).release.path
    again = run(write_recipe([], name="again", source={"format": "parquet", "path": str(first / "eng_Latn")})).release
    assert again.manifest.configs["ron_Latn"].splits["train"].fields == 20
    taken = write_recipe([], name="third", source={"format": "parquet", "path": str(first / "ron_Latn")}, fields=["other"])
    frame = pl.read_parquet(first / "ron_Latn" / "*.parquet").with_columns(pl.lit("Paris.").alias("other"))
    frame.write_parquet(next((first / "ron_Latn").glob("*.parquet")))
    counts = run(taken).release.manifest.configs
    assert counts["hin_Deva"].splits["train"].fields == 20, "the quality of another build is not counted"
    assert counts["eng_Latn"].splits["train"].fields == 0


def test_the_warehouse_may_have_spaces_and_letters_in_its_path(
    tmp_path: Path, write_recipe: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BABELMILL_HOME", str(tmp_path / "a mémoire"))
    recipe = write_recipe(ROWS, chunk_rows=5)
    assert run(recipe).run["translated"] > 0
    assert run(recipe).run["translated"] == 0
    monkeypatch.setenv("BABELMILL_HOME", str(tmp_path / "100%"))
    with pytest.raises(RecipeError, match=r"BABELMILL_HOME: .* has % in it"):
        run(recipe)


def test_the_card_of_an_echo_preview_says_that_nothing_was_rejected(write_recipe: Callable[..., Path]) -> None:
    release = run(write_recipe(ROWS), engine="echo").release
    assert "Rejecting: none." in (release.path / "README.md").read_text("utf-8")


def test_a_failing_chunk_ends_the_build_and_leaves_nothing(
    home: Path, write_recipe: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(job: object, chunk: object) -> None:
        raise EngineError(f"{chunk}: no")

    monkeypatch.setattr("flows.build.translate_chunk", fail)
    with pytest.raises(EngineError, match="ron_Latn train-0000"):
        run(write_recipe(ROWS, chunk_rows=5))
    assert not list((home / "releases").glob("small/*"))
    assert not list((home / "work" / ".staging").iterdir())
