"""The census of a Hub: crawl, normalise, keep the history, release, report, suggest."""
