"""A value of one process, in memory that processes forked later share."""

from __future__ import annotations

import mmap
import struct
import time
import zlib
from typing import Final

_HEAD: Final = struct.Struct("=QQI")
"""Generation, length and CRC-32 of the value."""

_GENERATION: Final = struct.Struct("=Q")
_PAUSE_SECONDS = 0.001


class SharedValue:
    """Bytes that one process publishes and others read.

    There is no lock: a reader that finds the value being replaced reads it again.
    """

    def __init__(self, capacity: int) -> None:
        """``capacity``: bytes of the longest value; memory is used only for what is published."""
        self._capacity = capacity
        self._memory = mmap.mmap(-1, _HEAD.size + capacity)

    @property
    def generation(self) -> int:
        """How many values were published so far."""
        generation: int = _GENERATION.unpack_from(self._memory)[0]
        return generation

    def publish(self, value: bytes) -> None:
        """Replace the value; raise ValueError if it is longer than the capacity."""
        if len(value) > self._capacity:
            raise ValueError(f"{len(value)} bytes; allowed: at most {self._capacity}")
        head = _HEAD.pack(self.generation + 1, len(value), zlib.crc32(value))
        self._memory[_HEAD.size : _HEAD.size + len(value)] = value
        self._memory[: _HEAD.size] = head

    def read(self) -> tuple[int, bytes]:
        """Return the generation and the value, 0 and ``b""`` before the first one."""
        while True:
            head = self._memory[: _HEAD.size]
            generation, length, checksum = _HEAD.unpack(head)
            value = self._memory[_HEAD.size : _HEAD.size + length]
            if zlib.crc32(value) == checksum and head == self._memory[: _HEAD.size]:
                return generation, value
            time.sleep(_PAUSE_SECONDS)
