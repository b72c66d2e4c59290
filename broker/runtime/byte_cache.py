"""A cache bounded in bytes, with one entry per key (D-51)."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

V = TypeVar("V")

_ENTRY_BYTES = 300
"""About the memory of an entry's containers and of its key."""


class ByteCache(Generic[V]):
    """Keeps the newest version of a value for each key; the least recently used key is evicted.

    Values of clients vary in size by a factor of a thousand, so that a number of entries is no
    bound. Another version replaces the entry of its key: changes of one client add no entries.
    """

    def __init__(self, max_bytes: int) -> None:
        """Hold entries of ``max_bytes`` in total; a larger one is not held at all."""
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, tuple[object, V, int]] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def size(self) -> int:
        """The memory of all entries in bytes, estimated."""
        return self._bytes

    def get(self, key: Hashable, version: object) -> V | None:
        """Return the value if it was stored for an equal version."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry[0] != version:
                return None
            self._entries.move_to_end(key)
            return entry[1]

    def put(self, key: Hashable, version: object, value: V, *parts: object) -> V:
        """Store the value in place of other versions, and return it.

        ``parts`` are objects that only the value refers to, and are counted with it.
        """
        size = _ENTRY_BYTES + bytes_of((version, value, *parts))
        with self._lock:
            self._remove(key)
            if size <= self._max_bytes:
                self._entries[key] = version, value, size
                self._bytes += size
            while self._bytes > self._max_bytes:
                self._remove(next(iter(self._entries)))
        return value

    def _remove(self, key: Hashable) -> None:
        removed = self._entries.pop(key, None)
        if removed is not None:
            self._bytes -= removed[2]


def bytes_of(value: object) -> int:
    """Return the memory of a value in bytes; tuples include their members."""
    own = sys.getsizeof(value)
    return own + sum(map(bytes_of, value)) if isinstance(value, tuple) else own
