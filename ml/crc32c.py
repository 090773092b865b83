"""CRC32C (Castagnoli), the checksum Google's storage gives where it gives no MD5.

A byte at a time it would take Python hours for the data set. So the bytes are cut into lanes,
NumPy runs all lanes abreast, and their checksums are joined two by two: what n zero bytes do to a
checksum is a linear function of its 32 bits, which four tables of 256 hold.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint32]

_POLYNOMIAL = 0x82F63B78
_ONES = np.uint32(0xFFFFFFFF)
_LANE_BITS = 10
_LANE = 1 << _LANE_BITS  # bytes
_CHUNK = 1 << 24  # bytes of a file at a time


def crc32c(data: bytes, before: int = 0) -> int:
    """The checksum of `data`, or of everything whose checksum is `before`, and then `data`."""
    register = np.array([before], np.uint32) ^ _ONES
    whole = len(data) // _LANE * _LANE
    if whole:
        lanes = np.frombuffer(data, np.uint8, whole).reshape(-1, _LANE)
        register = _after_zeros(register, whole) ^ _join(_abreast(lanes))
    for byte in data[whole:]:
        register = (register >> np.uint32(8)) ^ _bytes()[(register ^ np.uint32(byte)) & 255]
    return int((register ^ _ONES)[0])


def file_crc32c(path: Path) -> int:
    """The checksum of a file."""
    checksum = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            checksum = crc32c(chunk, checksum)
    return checksum


@cache
def _bytes() -> Words:
    """What one more byte does to a register, `(256,)`."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = (table >> np.uint32(1)) ^ np.where(table & 1, np.uint32(_POLYNOMIAL), np.uint32(0))
    return table


@cache
def _zeros(bits: int) -> Words:
    """What 2^bits zero bytes do to each byte of a register, `(4, 256)`."""
    single = np.arange(256, dtype=np.uint32)[None] << (8 * np.arange(4, dtype=np.uint32))[:, None]
    if not bits:
        shifted: Words = (single >> np.uint32(8)) ^ _bytes()[single & 255]
        return shifted
    return _apply(_zeros(bits - 1), _apply(_zeros(bits - 1), single))


def _apply(tables: Words, registers: Words) -> Words:
    parts = (tables[at][(registers >> np.uint32(8 * at)) & 255] for at in range(4))
    first, second, third, fourth = parts
    result: Words = first ^ second ^ third ^ fourth
    return result


def _after_zeros(registers: Words, count: int) -> Words:
    """Registers after `count` zero bytes more."""
    for bits in range(count.bit_length()):
        if count >> bits & 1:
            registers = _apply(_zeros(bits), registers)
    return registers


def _abreast(lanes: npt.NDArray[np.uint8]) -> Words:
    """Registers that began at zero, after each of the lanes `(L, _LANE)`: `(L,)`."""
    table = _bytes()
    registers = np.zeros(len(lanes), np.uint32)
    for column in np.ascontiguousarray(lanes.T):
        registers = (registers >> np.uint32(8)) ^ table[(registers ^ column) & 255]
    return registers


def _join(registers: Words) -> Words:
    """The register after all lanes one after another, `(1,)`."""
    # Zeros in front change nothing for a register that begins at zero.
    missing = (1 << (len(registers) - 1).bit_length()) - len(registers)
    registers = np.concatenate((np.zeros(missing, np.uint32), registers))
    bits = _LANE_BITS
    while len(registers) > 1:
        registers = _apply(_zeros(bits), registers[::2]) ^ registers[1::2]
        bits += 1
    return registers
