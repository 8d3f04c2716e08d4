"""Batches that do not fit into memory are halved, down to one sentence; what comes out is the same."""

import pytest

from tasks.translate.batches import SMALLEST, Batches


class Room:
    """A device with room for batches of so many tokens; a batch over it fails as a whole, as CTranslate2's do."""

    def __init__(self, room: int, lengths: list[int], error: BaseException) -> None:
        self.room, self.lengths, self.error = room, lengths, error
        self.calls: list[tuple[int, int]] = []  # sentences, tokens of a batch

    def submit(self, numbers, tokens):
        self.calls.append((len(numbers), tokens))
        promises, batch = [], []
        for number in numbers:
            if batch and (len(batch) + 1) * max(self.lengths[i] for i in [*batch, number]) > tokens:
                promises += self._done(batch)
                batch = []
            batch.append(number)
        return [*promises, *self._done(batch)]

    def _done(self, batch):
        size = len(batch) * max((self.lengths[i] for i in batch), default=0)
        return [Promise(number, None if size <= self.room else self.error) for number in batch]


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
    device, batches = Room(room, lengths, error), Batches(2048)
    found = dict(batches.start(device.submit, len(lengths)))
    assert found == {i: f"done {i}" for i in range(len(lengths))}
    assert (batches.tokens == 2048) is (room >= 2048)


def test_what_does_not_fit_alone_is_nothing_and_the_rest_is_done():
    lengths = [900, 70, 5, 5]
    found = dict(Batches(2048).start(Room(100, lengths, MemoryError()).submit, 4))
    assert found == {0: None, 1: "done 1", 2: "done 2", 3: "done 3"}


def test_the_next_sentences_begin_with_what_fitted():
    lengths = [16] * 400
    device, batches = Room(600, lengths, MemoryError()), Batches(2048)
    dict(batches.start(device.submit, 400))
    device.calls.clear()
    dict(batches.start(device.submit, 400))
    assert device.calls == [(400, 512)]


def test_other_failures_are_not_taken_for_want_of_memory():
    with pytest.raises(RuntimeError, match="not on the device"):
        dict(Batches(2048).start(Room(1, [16], RuntimeError("model is not on the device")).submit, 1))


def test_nothing_to_do():
    assert list(Batches(2048).start(Room(1, [], MemoryError()).submit, 0)) == []
