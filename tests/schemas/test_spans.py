import time

import pytest

from schemas.spans import fault

TEXT = "Über 🎉 Málaga and Málaga"
MALAGA, AGAIN = TEXT.index("Málaga"), TEXT.rindex("Málaga")
BYTES, UTF16 = "its offsets count bytes (UTF-8), not code points", "its offsets count UTF-16 units, not code points"


def units(at, encoding, width):
    return len(TEXT[:at].encode(encoding)) // width


@pytest.mark.parametrize(
    ("start", "end", "surface", "reason"),
    [
        (MALAGA, MALAGA + 6, "Málaga", None),
        (MALAGA, MALAGA + 6, None, None),
        (0, len(TEXT), TEXT, None),
        (0, 4, "Uber", "is not its surface form"),
        (5, 4, None, "ends at 4, before its start 5"),
        (4, 4, "", "is empty at 4"),
        (-1, 3, None, f"-1..3 is outside the text of {len(TEXT)} code points"),
        (20, len(TEXT) + 1, None, f"20..{len(TEXT) + 1} is outside the text of {len(TEXT)} code points"),
        # the unit is found by the start, where the end was made from the surface form
        (units(MALAGA, "utf-8", 1), units(MALAGA, "utf-8", 1) + 6, "Málaga", f"is not its surface form; {BYTES}"),
        (units(MALAGA, "utf-16-le", 2), units(MALAGA, "utf-16-le", 2) + 6, "Málaga", f"is not its surface form; {UTF16}"),
        (
            units(AGAIN, "utf-8", 1),
            units(AGAIN + 6, "utf-8", 1),
            "Málaga",
            f"{units(AGAIN, 'utf-8', 1)}..{units(AGAIN + 6, 'utf-8', 1)} is outside the text of {len(TEXT)} code points; {BYTES}",
        ),
        # and by the end, where nothing beyond ASCII comes before
        (0, 5, "Über", f"is not its surface form; {BYTES}"),
        (5, 7, "🎉", f"is not its surface form; {UTF16}"),
        (0, 9, "Über", "is not its surface form"),  # no unit explains it
        (0, 99, "Über", f"0..99 is outside the text of {len(TEXT)} code points"),
    ],
)
def test_a_span_fits_or_says_why_not(start, end, surface, reason):
    assert fault(TEXT, start, end, surface) == reason


def test_without_a_text_no_span_fits():
    assert fault(None, 0, 1) == "has no text to stand in"
    assert fault("", 0, 1) == "0..1 is outside the text of 0 code points"


def test_many_faults_in_a_long_text_take_no_long_time():
    text = "é" * 20_000
    since = time.monotonic()
    assert {fault(text, 2 * i, 2 * i + 1, "x") for i in range(5000)} == {"is not its surface form"}
    assert time.monotonic() - since < 10  # 0.3 s here
