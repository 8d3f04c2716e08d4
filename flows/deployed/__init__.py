"""The jobs as Prefect flows, one a file; this package alone imports Prefect."""

from flows.deployed.build import build_dataset as build_dataset
from flows.deployed.crawl import crawl_hub as crawl_hub
from flows.deployed.maintain import maintain as maintain
from flows.deployed.publish import publish_release as publish_release
from flows.deployed.refresh import refresh as refresh
