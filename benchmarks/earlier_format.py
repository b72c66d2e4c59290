"""The format of databases from before owners were bound (D-52), for servers of such commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from broker.settings.master_keys import parse_master_keys
from broker.store.database.engine import open_engine
from broker.store.sealing.data_keys import DataKeys
from broker.store.sealing.owner_binding import OwnerBinding
from broker.store.sealing.sealed import Place, Sealer
from broker.store.tables.core import data_key, signing_key

if TYPE_CHECKING:
    from pathlib import Path


def knows_owners(tree: Path) -> bool:
    """Return whether the commit in this tree binds values to their owners."""
    return (tree / "broker" / "store" / "sealing" / "owner_binding.py").exists()


def write_earlier_format(database_url: str, master_keys: str) -> None:
    """Rewrite data keys and signing keys; secrets authenticate, payloads become unreadable."""
    engine = open_engine(database_url, connections=2, lock_timeout=45)
    masters = parse_master_keys(master_keys)
    keys = DataKeys(engine, masters)
    try:
        with engine.connect() as connection:
            signing = connection.execute(select(signing_key)).all()
            wrapped = connection.execute(select(data_key)).all()
        opened = {
            row.id: (place, Sealer(keys).open(row.sealed_private_key, place))
            for row in signing
            for place in [Place(signing_key.name, "sealed_private_key", row.id)]
        }
        with engine.begin() as connection:
            for row in wrapped:
                rebound = keys.rebound(row, OwnerBinding.NONE)
                connection.execute(update(data_key).where(data_key.c.id == row.id).values(rebound))
        sealer = Sealer(DataKeys(engine, masters))
        with engine.begin() as connection:
            for row_id, (place, content) in opened.items():
                connection.execute(
                    update(signing_key)
                    .where(signing_key.c.id == row_id)
                    .values(sealed_private_key=sealer.seal(content, place))
                )
    finally:
        engine.dispose()
