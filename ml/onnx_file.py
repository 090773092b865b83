"""The ONNX file format, as far as `ml.graph` writes it: nodes, constants, one input, one output.

The format is Protocol Buffers; these few messages are written here rather than by the `onnx`
package, which a worker would need for nothing else. Field numbers are those of `onnx.proto`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

IR_VERSION: Final = 8
OPSET: Final = 17
_MICROSOFT_OPSET: Final = 1
_KINDS: Final = {
    "float32": 1,
    "uint8": 2,
    "int8": 3,
    "int32": 6,
    "int64": 7,
}  # TensorProto.DataType
_VARINT: Final = 0
_BYTES: Final = 2
_INT, _INTS = 2, 7  # AttributeProto.AttributeType


class GraphWriter:
    """A graph, put together node by node; `file` gives its bytes.

    Names are those of the values that nodes pass on.
    """

    def __init__(self) -> None:
        self._nodes: list[bytes] = []
        self._constants: list[bytes] = []

    def constant(self, value: npt.NDArray[np.generic] | np.generic) -> str:
        """Keep `value` in the file; returns its name."""
        array = np.asarray(value)
        name = f"c{len(self._constants)}"
        message = b"".join(_number(1, size) for size in array.shape)
        message += _number(2, _KINDS[array.dtype.name]) + _text(8, name)
        self._constants.append(message + _bytes(9, np.ascontiguousarray(array).tobytes()))
        return name

    def node(
        self,
        operator: str,
        inputs: Sequence[str],
        attributes: Mapping[str, int | Sequence[int]] | None = None,
        *,
        domain: str = "",
        output: str = "",
    ) -> str:
        """Apply an operator; returns the name of its output."""
        name = output or f"v{len(self._nodes)}"
        message = b"".join(_text(1, each) for each in inputs) + _text(2, name)
        message += _text(4, operator) + (_text(7, domain) if domain else b"")
        for key, value in (attributes or {}).items():
            message += _bytes(5, _attribute(key, value))
        self._nodes.append(message)
        return name

    def file(self, given: tuple[str, Sequence[int]], output_shape: Sequence[int]) -> bytes:
        """The model: what is `given`, a name and a shape (uint8, any number) in, `logits` out."""
        graph = b"".join(_bytes(1, node) for node in self._nodes) + _text(2, "inkling")
        graph += b"".join(_bytes(5, constant) for constant in self._constants)
        graph += _bytes(11, _value(given[0], _KINDS["uint8"], given[1]))
        graph += _bytes(12, _value("logits", _KINDS["float32"], output_shape))
        opsets = _bytes(8, _text(1, "") + _number(2, OPSET))
        opsets += _bytes(8, _text(1, "com.microsoft") + _number(2, _MICROSOFT_OPSET))
        return _number(1, IR_VERSION) + _text(2, "inkling") + _bytes(7, graph) + opsets


def _value(name: str, kind: int, shape: Sequence[int]) -> bytes:
    dimensions = _bytes(1, _text(2, "batch"))
    dimensions += b"".join(_bytes(1, _number(1, size)) for size in shape)
    tensor = _number(1, kind) + _bytes(2, dimensions)
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def _attribute(name: str, value: int | Sequence[int]) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _INT)
    return _text(1, name) + b"".join(_number(8, each) for each in value) + _number(20, _INTS)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:  # noqa: PLR2004 (seven bits a byte)
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | _BYTES) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())
