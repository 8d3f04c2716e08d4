"""TMX: what Babelmill writes it reads back whole; what others write it reads, or says why not."""

import unicodedata
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import SourceError
from schemas.languages import language, languages
from tasks.tmx import Unit
from tasks.tmx.read import Account, read_tmx
from tasks.tmx.write import tmx

ENGLISH, FINNISH = language("eng_Latn"), language("fin_Latn")


def read(path, source=ENGLISH, target=FINNISH):
    account = Account()
    return list(read_tmx(path, source, target, account)), account


def body(*units):
    return '<?xml version="1.0"?><tmx version="1.4"><header srclang="en"/><body>' + "".join(units) + "</body></tmx>"


def tu(*sides, extra=""):
    return f"<tu>{extra}" + "".join(f'<tuv xml:lang="{tag}"><seg>{text}</seg></tuv>' for tag, text in sides) + "</tu>"


TEXT = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("\r\n\t\0\x1b\x85\u2028\ufffe\uffff<&>]"), min_size=1, max_size=30
)
TEXT = TEXT.map(lambda text: unicodedata.normalize("NFC", text)).filter(lambda text: text.replace("\ufffd", "").strip())
SCORE = st.none() | st.floats(-1000, 0, width=32)
UNIT = st.builds(
    Unit,
    st.just("eng_Latn"),
    TEXT,
    st.just("fin_Latn"),
    TEXT,
    st.none() | st.just("demo-01"),
    SCORE,
    st.booleans(),
    st.lists(TEXT, max_size=2).map(tuple),
)


@given(st.lists(UNIT, max_size=5))
def test_every_unit_comes_back_whole(scratch: Path, units):
    path = scratch / "memory.tmx"
    path.write_text("".join(tmx(units, "1.0")), "utf-8", newline="")
    ElementTree.parse(path)  # as other tools read it
    found, account = read(path)
    assert found == units
    assert (account.units, account.refused.total()) == (len(units), 0)


def test_every_language_comes_back(write):
    for each in languages():
        other = FINNISH if each != FINNISH else ENGLISH
        path = write("memory.tmx", "".join(tmx([Unit(each.code, "a", other.code, "b")], "1.0")))
        assert read(path, each, other)[0] == [Unit(each.code, "a", other.code, "b")]


def test_an_edited_segment_is_worth_more_than_the_prop_beside_it(write):
    text = "".join(tmx([Unit("eng_Latn", "bell\a", "fin_Latn", "kello\a")], "1.0"))
    (unit,) = read(write("a.tmx", text))[0]
    assert (unit.source, unit.translation) == ("bell\a", "kello\a")
    (unit,) = read(write("a.tmx", text.replace("<seg>kello\ufffd", "<seg>soitto")))[0]
    assert (unit.source, unit.translation) == ("bell\a", "soitto")


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (tu(("EN-US", "Dog"), ("fi", "Koira")), ("Dog", "Koira")),
        (tu(("fi-FI", "Koira"), ("de", "Hund"), ("en", "Dog")), ("Dog", "Koira")),  # in any order, among others
        (tu(("en", "A <bpt i='1'>&lt;b></bpt>dog<ept i='1'>&lt;/b></ept>"), ("fi", "Koira")), ("A dog", "Koira")),
        (tu(("en", "A<ph>{0}<sub>alt</sub></ph> <hi>dog</hi>"), ("fi", "Koira")), ("A dog", "Koira")),  # <hi> marks text
        (tu(("en", "Dog"), ("fi", "Koira"), extra="<note>seen</note><prop type='x-Domain'>pets</prop>"), ("Dog", "Koira")),
        (tu(("en", "cafe\u0301"), ("fi", "kahvila")), ("caf\u00e9", "kahvila")),  # NFC, as sentences are looked up
        ('<tu><tuv lang="EN"><seg>Dog</seg></tuv><tuv lang="FI"><seg>Koira</seg></tuv></tu>', ("Dog", "Koira")),  # TMX 1.1
        (tu(("en-GB", "lift"), ("en-US", "elevator"), ("fi", "hissi")), ("lift", "hissi")),  # the first of two
    ],
)
def test_what_other_tools_write_is_read(write, unit, expected):
    ((found,), account) = read(write("a.tmx", body(unit)))
    assert (found.source, found.translation, found.engine) == (*expected, None)
    assert not account.refused


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        (tu(("en", "Dog"), ("de", "Hund")), "no text in fin_Latn"),
        (tu(("x-made-up", "Dog"), ("fi", "Koira")), "no text in eng_Latn"),
        (tu(("en", "Dog"), ("fi", " ")), "empty in fin_Latn"),
        (tu(("en", "<ph>{0}</ph>"), ("fi", "Koira")), "empty in eng_Latn"),
        ("<tu/>", "no text in eng_Latn"),
        (tu(("en", "Dog"), ("fi", "Koira"), extra='<prop type="x-babelmill:score">high</prop>'), "a prop of Babelmill's"),
    ],
)
def test_what_cannot_be_read_is_counted(write, unit, reason):
    found, account = read(write("a.tmx", body(unit, tu(("en", "Cat"), ("fi", "Kissa")))))
    assert [each.source for each in found] == ["Cat"], "the next one is"
    assert account.units == 2
    ((told, count),) = account.refused.items()
    assert told.startswith(reason)
    assert count == 1


LAUGHS = '<!DOCTYPE tmx [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>' + body(tu(("en", "&b;"), ("fi", "b")))[21:]
OUTSIDE = '<!DOCTYPE tmx [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + body(tu(("en", "&a;"), ("fi", "b")))[21:]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (LAUGHS, "line 1: it declares the entity 'a'"),
        (OUTSIDE, "line 1: it declares the entity 'a'"),
        ("<html><tu/></html>", "line 1: expected <tmx>, found <html>"),
        (body("<tu>\n<tuv>"), "line 2: mismatched tag"),
        (body(tu(("en", "Dog"), ("fi", "Koira")))[:-30], "line 1: no element found"),
        ("", "line 1: no element found"),
        ("source\ttarget\n", "line 1: syntax error"),
        (body("<a>" * 100), "line 1: elements nested 64 deep"),
        ('<?xml version="1.0" encoding="klingon"?><tmx/>', "line 1: unknown encoding"),
    ],
    ids=["laughs", "outside", "html", "mismatched", "cut", "empty", "tsv", "deep", "encoding"],
)
def test_what_is_not_tmx_or_an_attack_is_said_with_its_line(write, content, expected):
    with pytest.raises(SourceError, match=r"Mend the file and run again; what is there is stored once\.$") as error:
        read(write("a.tmx", content))
    assert expected in str(error.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1", "cp1252"])
def test_encodings_of_other_tools(write, encoding):
    text = body(tu(("en", "Dog"), ("fi", "Hämärä"))).replace('"1.0"', f'"1.0" encoding="{encoding.removesuffix("-sig")}"')
    assert read(write("a.tmx", text.encode(encoding)))[0][0].translation == "Hämärä"


def test_the_dtd_it_names_is_not_opened(write, tmp_path):
    text = body(tu(("en", "Dog"), ("fi", "Koira"))).replace("?><tmx", f'?><!DOCTYPE tmx SYSTEM "{tmp_path}/absent.dtd"><tmx')
    assert len(read(write("a.tmx", text))[0]) == 1
