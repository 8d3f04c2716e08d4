"""The report says what the manifest and the files say, in one file that asks nothing of the network and runs nothing."""

import re
from xml.etree import ElementTree

import pytest

from tasks.report import bar, report, share, write_report
from tasks.sample import LONGEST
from tests.tasks.page import line, parse, said
from tests.tasks.releases import EVIL, FLAG, MIND, entity, full, release


@pytest.fixture
def made(manifest, tmp_path):
    return full(tmp_path, manifest(title=EVIL[:-1]))


def table(page, name):
    """config -> texts of its cells, a list for each of its rows."""
    rows = page.all("table", id=name)[0].all("tbody")[0].all("tr")
    return {row.all("code")[0].text: [cell.text for cell in row.all("td")] for row in rows}


def test_its_numbers_are_those_of_the_manifest(made, tmp_path):
    page = parse(report(made, tmp_path))
    rows, checks, projections, variants = (table(page, name) for name in ("funnel", "fired", "projected", "varied"))
    assert [*rows, *variants] == list(made.configs)
    for name, config in made.configs.items():
        s = config.splits["train"]
        account = [s.rows_in, s.rows_out, s.set_aside, s.rejected]
        if name in rows:
            assert list(map(int, rows[name][1:5])) == account
        else:
            assert list(map(int, variants[name][2:6])) == account
            assert variants[name][6:] == [str(n) for n in s.counts.values()] or not s.counts
        if config.kind == "translation":
            assert list(map(int, rows[name][6:10])) == [s.fields, *(s.verdicts.get(v, 0) for v in ("accept", "flag", "reject"))]
            heads = [cell.parts[0].strip() for cell in page.all("table", id="fired")[0].all("thead")[0].all("th")[2:]]
            fired = {check: int(cell.split()[0]) for check, cell in zip(heads, checks[name][1:], strict=True)}
            assert {check: number for check, number in fired.items() if number} == s.reasons
            p = s.projection
            assert projections[name][1:3] == [str(p.spans), str(p.projected)]
            assert list(map(int, projections[name][4:7])) == [
                p.methods.get("copy", 0),
                p.methods.get("statistical", 0),
                p.dropped["no link"],
            ]
    total = {name: page.all("dd", id=f"total-{name}")[0].text for name in ("languages", "rows", "fields", "projected")}
    assert total == {"languages": "2", "rows": "6", "fields": "6", "projected": "4"}


def test_its_bars_and_sums_are_those_of_the_manifest(made, tmp_path):
    page = parse(report(made, tmp_path))
    bars = {row.all("code")[0].text: row.all("title") for row in page.all("table", id="funnel")[0].all("tbody")[0].all("tr")}
    labels = {config: [bar.text for bar in drawn] for config, drawn in bars.items()}
    rows = "out 75.0 %, set aside 25.0 %"
    assert labels == {
        "eng_Latn": [rows],
        "fin_Latn": [rows, "accepted 66.7 %, flagged 33.3 %"],
        "arb_Arab": [rows, "accepted 66.7 %, rejected 33.3 %"],
    }
    placed = [bar.text for bar in page.all("table", id="projected")[0].all("title")]
    assert placed == ["copy 33.3 %, statistical 33.3 %, dropped 33.3 %", "statistical 66.7 %, dropped 33.3 %"]
    assert [small.text for small in page.all("dl", class_="figures")[0].all("small")] == [
        "75.0 % of the rows in",
        "66.7 % accepted, 1 flagged, 1 rejected",
        "66.7 % of 6",
    ]


def test_nothing_in_it_runs_or_asks_the_network(made, tmp_path):
    text = report(made, tmp_path)
    page = parse(text)
    assert EVIL.replace("\x00", "␀") in said(line(page, "eng_Latn", row=1)).text
    assert page.all("article")[1].all("h3")[0].text == EVIL.replace("\x00", "␀")
    assert EVIL[:-1] in page.all("h1")[0].text
    for element in page.walk():
        assert element.tag not in {"script", "img", "iframe", "object", "embed", "base", "form", "audio", "video", "image", "use"}
        for name, value in element.attributes.items():
            assert not name.startswith("on")
            if name in {"href", "src", "action", "xlink:href", "style", "srcset"}:
                assert (element.tag, name, value[:1]) in {("a", "href", "#"), ("link", "href", "d")}, (element.tag, name, value)
    assert [link.attributes["href"] for link in page.all("link")] == ["data:,"]
    assert not re.search(r"url\(|@import|@font-face", page.all("style")[0].text)
    (policy,) = page.all("meta", **{"http-equiv": "Content-Security-Policy"})
    assert policy.attributes["content"] == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    targets = {element.attributes["id"] for element in page.walk() if "id" in element.attributes}
    assert {a.attributes["href"][1:] for a in page.all("a")} <= targets


def test_same_release_same_bytes(made, tmp_path):
    write_report(made, tmp_path)
    first = (tmp_path / "report.html").read_bytes()
    write_report(made, tmp_path)
    assert (tmp_path / "report.html").read_bytes() == first
    assert first.decode().startswith("<!doctype html>")


@pytest.mark.parametrize(
    "tables",
    [
        {"eng_Latn": []},
        {"eng_Latn": [], "fin_Latn": []},
        {"eng_Latn": [{"id": "a", "text": "x"}]},
        {"eng_Latn": [{"id": "a", "text": None}], "fin_Latn": [{"id": "a", "text": None, "text_quality": None}]},
        {"eng_Latn": [{"id": "a", "text": " "}], "fin_Latn": [{"id": "a", "text": " ", "text_quality": None}]},
    ],
)
def test_small_releases(manifest, tmp_path, tables):
    page = parse(report(release(tmp_path, manifest(), tables), tmp_path))
    assert list(table(page, "funnel")) == list(tables)
    assert "No check fired." in page.text
    assert not page.all("section", id="projection")
    assert not page.all("section", id="variants")
    assert len(page.all("section", id="samples")) == any(row["text"] for row in tables["eng_Latn"])


def test_a_split_of_no_rows_beside_one_with_rows(manifest, tmp_path):
    made = release(tmp_path, manifest(), {"eng_Latn": [{"id": "a", "text": "x"}]})
    config = made.configs["eng_Latn"]
    nothing = config.splits["train"].model_copy(update={"rows_in": 0, "rows_out": 0, "set_aside": 0, "files": ()})
    config = config.model_copy(update={"splits": {"dev": nothing, **config.splits}})
    page = parse(report(made.model_copy(update={"configs": {"eng_Latn": config}}), tmp_path))
    assert [row.all("td")[0].text for row in page.all("table", id="funnel")[0].all("tbody")[0].all("tr")] == ["dev", "train"]
    assert said(line(page, "eng_Latn")).text == "x"


CODES = ["fin_Latn", "ind_Latn", "jpn_Jpan", "kat_Geor", "ron_Latn", "som_Latn", "swh_Latn", "tam_Taml"]
CODES += ["tha_Thai", "tur_Latn", "vie_Latn", "cmn_Hans", "arb_Arab", "heb_Hebr"]


@pytest.mark.parametrize("variants", [False, True])
def test_fifteen_languages_stay_small(manifest, tmp_path, variants):
    text = "தமிழ்நாடு " * 200  # longer than what is shown, three bytes a letter, a span in every fifth word
    entities = [entity(text, *((start, start + 9) for start in range(0, 2000, 50)))]
    rows = [{"id": str(i), "text": text, "title": text, "entities": entities} for i in range(50)]
    made = [{**row, "text_quality": FLAG, "title_quality": FLAG} for row in rows]
    tables = {"eng_Latn": rows, **dict.fromkeys(CODES, made)}
    if variants:
        tables |= {f"{code}.code-switch-entity": [{**row, "text_switches": []} for row in rows] for code in CODES}
    html = report(release(tmp_path, manifest(), tables, fields=["text", "title"], annotations=MIND), tmp_path)
    shown = [p.text for p in parse(html).all("p", class_="said")]
    assert {len(each) for each in shown} == {LONGEST + 1}, "cut, with an ellipsis"
    assert len(html.encode()) < 300_000


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(0, 0, ""), (0, 5, "0 %"), (5, 5, "100 %"), (1, 3, "33.3 %"), (1, 10**6, "0.1 %"), (10**6 - 1, 10**6, "99.9 %")],
)
def test_share(part, whole, text):
    assert share(part, whole) == text


@pytest.mark.parametrize(
    ("numbers", "widths"),
    [((3, 1), [75, 25]), ((10**6, 1), [99.01, 0.99]), ((0, 5), [100]), ((0, 0), None)],
)
def test_bar(numbers, widths):
    html = bar([("good", "<a>", numbers[0]), ("bad", "b", numbers[1])])
    if widths is None:
        assert html == ""
        return
    svg = ElementTree.fromstring(html)
    drawn = svg.findall("rect")
    assert [float(rect.get("width")) for rect in drawn] == widths
    assert float(drawn[-1].get("x")) == pytest.approx(100 - widths[-1], abs=0.011)
    assert svg.get("aria-label") == svg.findtext("title")
