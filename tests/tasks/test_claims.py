"""Chunks that run at once never translate the same sentence twice."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from tasks.claims import Claims


def keys(letters):
    return pl.Series("key", [letter.encode() for letter in letters], dtype=pl.Binary)


def rows(mine):
    """What a chunk finds for its keys: their capitals."""
    return pl.DataFrame({"key": mine, "found": [key.decode().upper() for key in mine]}, schema={"key": pl.Binary, "found": pl.String})


def told(answer):
    return sorted(letter for _, letter in pl.concat(answer).iter_rows())


def test_two_chunks_share_their_keys():
    claims, asked = Claims(), Counter()
    first_works, second_claimed = threading.Event(), threading.Event()

    def first(mine):
        asked.update(mine)
        first_works.set()
        assert second_claimed.wait(5)  # the second claims while this one still works
        return rows(mine)

    def second(mine):
        asked.update(mine)
        second_claimed.set()
        return rows(mine)

    with ThreadPoolExecutor(2) as pool:
        a = pool.submit(claims.work, "fin_Latn", keys("abc"), first)
        assert first_works.wait(5)
        b = pool.submit(claims.work, "fin_Latn", keys("bcd"), second)
        assert told(a.result(5)) == list("ABC")
        assert told(b.result(5)) == list("BCD")
    assert asked == Counter(keys("abcd"))


def test_many_chunks_translate_each_key_once():
    claims, asked, stored, lock = Claims(), Counter(), {}, threading.Lock()

    def find(mine):
        with lock:
            missing = [key for key in mine if key not in stored]
            asked.update(missing)
            stored.update(dict.fromkeys(missing))
            return rows(mine)

    wanted = [keys(str((i * 7 + j) % 50) for j in range(20)) for i in range(40)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda chunk: claims.work("fin_Latn", chunk, find), wanted))
    assert set(asked.values()) == {1}
    assert [sorted(pl.concat(answer)["key"]) for answer in found] == [sorted(chunk) for chunk in wanted]


def test_who_waits_for_a_failure_fails_too_and_the_keys_are_free_again():
    claims = Claims()
    works, waited = threading.Event(), threading.Event()

    def failing(mine):
        works.set()
        assert waited.wait(5)
        raise MemoryError("out of memory")

    def nothing(mine):
        assert mine.is_empty()
        waited.set()
        return rows(mine)

    with ThreadPoolExecutor(2) as pool:
        owner = pool.submit(claims.work, "fin_Latn", keys("a"), failing)
        assert works.wait(5)
        waiter = pool.submit(claims.work, "fin_Latn", keys("a"), nothing)
        for future in (owner, waiter):
            with pytest.raises(MemoryError, match="out of memory"):
                future.result(5)
    again = claims.work("fin_Latn", keys("a"), rows)
    assert told(again) == ["A"]


def test_crossing_claims_do_not_block_each_other():
    """Each finds its own keys before it waits for those of the other."""
    claims, both = Claims(), threading.Barrier(2)

    def find(mine):
        both.wait(5)
        return rows(mine)

    with ThreadPoolExecutor(2) as pool:
        a = pool.submit(claims.work, "fin_Latn", keys("ab"), find)
        b = pool.submit(claims.work, "fin_Latn", keys("bc"), find)
        assert told(a.result(5)) == list("AB")
        assert told(b.result(5)) == list("BC")


def test_languages_do_not_mix():
    claims, asked = Claims(), []

    def inner(mine):
        asked.append(("ron_Latn", *mine))
        return rows(mine)

    def outer(mine):
        asked.append(("fin_Latn", *mine))
        claims.work("ron_Latn", keys("a"), inner)  # would wait for itself if the claim were on the key alone
        return rows(mine)

    claims.work("fin_Latn", keys("a"), outer)
    assert asked == [("fin_Latn", b"a"), ("ron_Latn", b"a")]


def test_a_find_that_leaves_a_key_out_is_an_error_and_frees_it():
    claims = Claims()
    with pytest.raises(KeyError):
        claims.work("fin_Latn", keys("ab"), lambda mine: rows(mine.head(1)))
    assert told(claims.work("fin_Latn", keys("b"), rows)) == ["B"]
