"""The Hub by hand."""

import json
import os
import signal
import subprocess
import sys

from huggingface_hub import HfApi

from tests.hub.__main__ import seeds

RECORD = {
    "id": "owner/name",
    "author": "owner",
    "created_at": "2025-09-15 10:17:55+00:00",
    "last_modified": "2025-10-22 12:52:25+00:00",
    "downloads": 181,
    "likes": 11,
    "tags": ["language:sw"],
    "description": "",
    "url": "elsewhere",
}


def test_it_lists_what_a_file_says_and_takes_a_commit(write):
    file = write("records.json", json.dumps({"datasets": [RECORD]}))
    command = [sys.executable, "-m", "tests.hub", "--records", str(file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": "."})
    try:
        head, told = process.stdout.readline(), dict(word.split("=") for word in process.stdout.readline().split() if "=" in word)
        assert head.startswith("# 1 datasets")
        api = HfApi(endpoint=told["HF_ENDPOINT"], token=told["HF_TOKEN"])
        assert [each.id for each in api.list_datasets(filter="language:sw")] == ["owner/name"]
        assert api.create_repo("team/new", repo_type="dataset").repo_id == "team/new"
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_the_records_of_the_shared_catalogue(shared):
    records = seeds(shared / "data" / "hub" / "korean_datasets.json")
    assert len(records) == 1354
    assert records["Helsinki-NLP/opus-100"]["createdAt"] == "2022-03-02T23:29:22.000Z"
