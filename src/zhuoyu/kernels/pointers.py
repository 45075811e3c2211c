"""Arrays as bare pointers, for kernels made of many small functions.

An array is seven arguments and a counted reference in every call that compiled code makes; a pointer is one argument. It is
indexed like the array; it has no length and no slices, and the array must outlive it.
"""

from __future__ import annotations

from typing import Any

from numba.core import cgutils, types
from numba.extending import intrinsic


@intrinsic  # type: ignore[untyped-decorator]
def pointer(context: Any, array: Any) -> Any:  # noqa: ARG001  # numba passes it
    """The address of a contiguous array's first item; for compiled code only."""
    made = types.CPointer(array.dtype)  # type: ignore[attr-defined]

    def build(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        struct = cgutils.create_struct_proxy(signature.args[0])(target, builder, arguments[0])
        return builder.bitcast(struct.data, target.get_value_type(made))

    return made(array), build
