"""The checks of a translation, one per file: a score with its evidence, and a decision over the score."""
