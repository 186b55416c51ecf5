"""The tools that people run such graphs with today, each with its fastest sensible settings."""

from benchmarks.peers.dagster import DAGSTER_IN_MEMORY, DAGSTER_RECORDED
from benchmarks.peers.luigi import LUIGI
from benchmarks.peers.make import MAKE
from benchmarks.peers.peer import Peer
from benchmarks.peers.snakemake import SNAKEMAKE

PEERS = (MAKE, SNAKEMAKE, LUIGI, DAGSTER_IN_MEMORY, DAGSTER_RECORDED)

__all__ = ["PEERS", "Peer"]
