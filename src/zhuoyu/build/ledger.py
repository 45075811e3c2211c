"""The engine's books in SQL: a shard is committed under the run's lease, or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

from zhuoyu.engine.ledger import Piece
from zhuoyu.store import runs, shards
from zhuoyu.store.database import Store


class SqlLedger:
    """Stages below ``HOME/stages``; with FRESH, below the run's own folder and known to this run alone."""

    def __init__(self, store: Store, lease: runs.Lease, *, fresh: bool = False) -> None:
        self.store = store
        self.lease = lease
        self._salt = f"{lease.run_id}/" if fresh else ""
        self.folder: Path = store.home / (f"runs/{lease.run_id}/stages" if fresh else "stages")

    def done(self, stage: str) -> dict[str, Piece]:
        """The committed shards of a stage."""
        with self.store.session() as s:
            return {name: Piece(dict(shard.files), dict(shard.facts)) for name, shard in shards.done(s, self._salt + stage).items()}

    def commit(self, stage: str, shard: str, piece: Piece) -> Piece:
        """Commit a shard; the one that counts comes back.

        Raises:
            DataError: another process took the run over meanwhile.
        """
        named = self._salt + stage
        if not self._there(stage, shard):
            with self.store.session() as s:
                shards.forget(s, [named], shard)
        with self.store.session() as s:
            if shards.commit(s, self.lease, named, shard, piece.files, piece.facts):
                return piece
        return self.done(stage)[shard]

    def _there(self, stage: str, shard: str) -> bool:
        piece = self.done(stage).get(shard)
        return piece is None or all((self.folder / stage / f).is_file() for f in piece.files.values())


def prune(store: Store, keep_bytes: int, busy: set[str]) -> int:
    """Forget the longest unused finished stages above KEEP_BYTES, except those in BUSY; returns the bytes freed."""
    folder = store.home / "stages"
    with store.reading() as s:
        order = [name for name in shards.stages(s) if (folder / name).is_dir()]
    sizes = {name: sum(f.stat().st_size for f in (folder / name).iterdir()) for name in order}
    freed, total = 0, sum(sizes.values())
    for name in order:
        if total - freed <= keep_bytes:
            break
        if name in busy:
            continue
        with store.session() as s:
            shards.forget(s, [name])
        shutil.rmtree(folder / name, ignore_errors=True)
        freed += sizes[name]
    return freed
