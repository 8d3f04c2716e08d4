import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.frames import CONLL
from schemas.sources import ConllSource
from tasks.read.conll import ConllReader


def read(path, rows=1000, **columns):
    return list(ConllReader(ConllSource(path=path, format="conll", **columns)).parts("train", rows))


FILE = """-DOCSTART- -X- O O

EU NNP B-ORG
rejects VBZ O
German JJ B-MISC
call NN O

# id = 2
# text = a B
Peter NNP B-PER
Blackburn NNP I-PER
"""


def test_a_sentence_is_a_row(write):
    (part,) = read(write("train.txt", FILE))
    assert part.table.schema == CONLL
    assert part.table.to_pylist() == [
        {
            "text": "EU rejects German call",
            "tokens": ["EU", "rejects", "German", "call"],
            "tags": ["B-ORG", "O", "B-MISC", "O"],
            "spans": [{"start": 0, "end": 2, "label": "ORG"}, {"start": 11, "end": 17, "label": "MISC"}],
        },
        {
            "text": "Peter Blackburn",
            "tokens": ["Peter", "Blackburn"],
            "tags": ["B-PER", "I-PER"],
            "spans": [{"start": 0, "end": 15, "label": "PER"}],
        },
    ]
    assert part.where == [("train.txt", 3), ("train.txt", 10)]


@pytest.mark.parametrize(
    ("content", "texts", "bad"),
    [
        (b"", [], []),
        (b"\n\n \t\n\r\n", [], []),
        (b"a O\nb B-X", ["a b"], []),  # no line end at the end
        (b"a O\r\nb B-X\r\n\r\nc O\r\n", ["a b", "c"], []),
        (b"\xef\xbb\xbfa O\n", ["a"], []),
        (b"New York\tB-LOC\nfog\tO\n", ["New York fog"], []),  # where there are tabs, spaces are text
        (b"a   O\n b O \n", ["a b"], []),
        ("a\u00a0b O\n\u2028 O\n".encode(), ["a\u00a0b \u2028"], []),  # no separators
        (b"# O\n#x O\n", ["# #x"], []),  # tokens, not comments
        (b"# a comment\na O\n# b O\n", [], [(3, "3 columns, but 2 at the start of the sentence")]),
        (b"a O\nb\n\nc O\n", ["c"], [(2, "1 columns; a token and its tag are needed")]),
        (b"a X O\nb O\n", [], [(2, "2 columns, but 3 at the start of the sentence")]),
        (b"a PER\n\nb O", ["b"], [(1, "tag 'PER' is neither O nor B, I, E, L, S or U with a label (B-PER)")]),
        (b"a B-\n", [], [(1, "tag 'B-' is neither O nor B, I, E, L, S or U with a label (B-PER)")]),
        (b"\tO\n", [], [(1, "an empty token")]),
        (b"a O\n\xff O\n\nb O\n", ["b"], [(2, "not UTF-8 at byte 1 of the line")]),
        (b"a O\n-DOCSTART- O\nb O\n", ["a", "b"], []),
    ],
)
def test_a_sentence_is_read_or_set_aside_with_its_line(write, content, texts, bad):
    parts = read(write("f.conll", content))
    assert [text for part in parts for text in part.table.column("text").to_pylist()] == texts
    assert [(b.line, b.reason) for part in parts for b in part.bad] == bad


def test_what_is_set_aside_is_the_whole_sentence(write):
    (part,) = read(write("f.conll", b"a O\n\xff O\nb O\n\nc O\n"))
    assert part.bad[0].raw == "a O\n\\xff O\nb O"
    assert (part.rows_in, list(part.places)) == (2, [1])


def test_columns_are_as_the_recipe_says(write):
    path = write("f.tsv", "1\tEU\tB-ORG\t_\n2\tcalls\tO\t_\n")
    (part,) = read(path, token_column=1, tag_column=2)
    assert part.table.column("text").to_pylist() == ["EU calls"]
    (part,) = read(path, token_column=9)
    assert part.bad[0].reason == "4 columns; a token and its tag are needed"


def test_files_of_a_folder_are_read_in_order(tmp_path, write):
    write("b.bio", "b O")
    write("a.bio", "a O")
    write("readme.md", "no data")
    (part,) = read(tmp_path)
    assert part.table.column("text").to_pylist() == ["a", "b"]


LINES = st.sampled_from([b"a O", b"b B-X", b"", b"# c", b"d", b"\xff", b"-DOCSTART- O", b"\t", "é\tI-X".encode()]) | st.binary(max_size=6)


@given(st.lists(LINES.filter(lambda line: b"\n" not in line), max_size=12), st.integers(1, 4))
def test_every_line_is_a_row_a_break_or_set_aside(scratch, lines, size):
    (scratch / "f.conll").write_bytes(b"\n".join(lines))
    parts = read(scratch / "f.conll", size)
    assert all(part.rows_in == size for part in parts[:-1])
    kept = [token for part in parts for row in part.table.to_pylist() for token in row["tokens"]]
    raw = [line for part in parts for bad in part.bad for line in bad.raw.split("\n")]
    for line in lines:
        if line in (b"a O", b"b B-X"):
            assert line.split()[0].decode() in kept or line.decode() in raw
    for part in parts:
        for row in part.table.to_pylist():
            assert row["text"] == " ".join(row["tokens"])
            assert all(row["text"][s["start"] : s["end"]].split(" ")[0] in row["tokens"] for s in row["spans"])
