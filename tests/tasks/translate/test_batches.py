"""Batches that do not fit into memory are halved, down to one sentence; what comes out is the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.translate.batches import SMALLEST, STEP, Batches


class Room:
    """A device with room for batches of so many tokens; a batch over it fails as a whole, as CTranslate2's do."""

    def __init__(self, room: int, error: BaseException) -> None:
        self.room, self.error = room, error
        self.calls: list[tuple[list[int], int]] = []  # sentences of a batch, tokens each is padded to

    def submit(self, numbers, length):
        self.calls.append((list(numbers), length))
        return [Promise(number, None if len(numbers) * length <= self.room else self.error) for number in numbers]


class Promise:
    def __init__(self, number, error):
        self.number, self.error = number, error

    def result(self):
        if self.error:
            raise self.error
        return f"done {self.number}"


OUT_OF_MEMORY = [RuntimeError("CUDA failed with error out of memory"), MemoryError(), RuntimeError("CUBLAS_STATUS_ALLOC_FAILED")]


@pytest.mark.parametrize("error", OUT_OF_MEMORY)
@pytest.mark.parametrize("room", [10**6, 2048, 1500, 300, 100, SMALLEST])
def test_every_sentence_that_fits_alone_is_done(room, error):
    lengths = [40] * 20 + [12] * 300 + [3] * 100
    device, batches = Room(room, error), Batches(2048)
    found = dict(batches.start(device.submit, lengths))
    assert found == {i: f"done {i}" for i in range(len(lengths))}
    assert (batches.tokens == 2048) is (room >= 2048)


def test_what_does_not_fit_alone_is_nothing_and_the_rest_is_done():
    found = dict(Batches(2048).start(Room(100, MemoryError()).submit, [900, 70, 5, 5]))
    assert found == {0: None, 1: "done 1", 2: "done 2", 3: "done 3"}


def test_the_next_sentences_begin_with_what_fitted():
    device, batches = Room(600, MemoryError()), Batches(2048)
    dict(batches.start(device.submit, [16] * 400))
    device.calls.clear()
    dict(batches.start(device.submit, [16] * 400))
    assert max(len(numbers) * length for numbers, length in device.calls) == 496


@pytest.mark.parametrize("message", ["model is not on the device", "CUDA failed with error an illegal memory access was encountered"])
def test_other_failures_are_not_taken_for_want_of_memory(message):
    with pytest.raises(RuntimeError, match=message):
        dict(Batches(2048).start(Room(1, RuntimeError(message)).submit, [16]))


@given(st.lists(st.integers(1, 600), max_size=200), st.integers(SMALLEST, 4096), st.integers(1, 8))
def test_a_sentence_is_padded_to_what_its_own_length_says(lengths, tokens, threads):
    device = Room(10**9, MemoryError())
    found = dict(Batches(tokens, threads).start(device.submit, lengths))
    assert found == {i: f"done {i}" for i in range(len(lengths))}
    for numbers, padded in device.calls:
        assert all(padded - STEP < lengths[i] <= padded for i in numbers)
        assert padded % STEP == 0
        assert len(numbers) == 1 or len(numbers) * padded <= tokens + padded


@pytest.mark.parametrize(("threads", "batches"), [(1, 1), (2, 2), (4, 4), (8, 8)])
def test_few_sentences_are_shared_out(threads, batches):
    device = Room(10**6, MemoryError())
    dict(Batches(2048, threads).start(device.submit, [20] * 96))
    assert [len(numbers) for numbers, _ in device.calls] == [96 // batches] * batches


def test_nothing_to_do():
    assert list(Batches(2048).start(Room(1, MemoryError()).submit, [])) == []
