"""Versions in a store, for tests."""

import pyarrow as pa

from tasks.materialise import entry, write


def card(manifest, folder):
    (folder / "README.md").write_text(f"{manifest.title} {manifest.version}", "utf-8")


def commit(store, manifest, first=0, text="same"):
    """Commit a manifest with as many rows as it says, their ids counted from `first`."""
    with store.staging() as folder:
        return store.commit(folder, filled(manifest, folder, first, text), card)


def filled(manifest, folder, first=0, text="same"):
    configs = {}
    for name, config in manifest.configs.items():
        count, path = config.splits["train"].rows_out, f"{name}/train.parquet"
        kind = getattr(pa, config.columns["id"])()
        ids = pa.array(list(range(first, first + count)), pa.int64()).cast(kind)
        write(pa.table({"id": ids, "text": [text] * count}), folder, path)
        splits = {"train": config.splits["train"].model_copy(update={"files": (entry(folder, path, count),)})}
        configs[name] = config.model_copy(update={"splits": splits})
    return manifest.model_copy(update={"configs": configs})
