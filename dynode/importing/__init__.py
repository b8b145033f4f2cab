"""Directions and codes in the files others publish, read as data only.

`import_directions` and `import_codes` recognise a file by its content; `export_direction` writes
the published form again. Plain arrays are read here, formats of single methods by their plugins, which
register a `dynode.Format` and build on `PublishedFile`, `read_content`, `check_offset`, `read_arrays`
(plain arrays whose names tell more) and `write_content`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.importing.codes import import_codes
    from dynode.importing.exporting import export_direction
    from dynode.importing.reading import read_content
    from dynode.importing.recognition import import_directions
    from dynode.importing.request import (
        ImportRequest,
        PublishedFile,
        full_name,
        slug,
    )
    from dynode.importing.vectors import ArrayName, array_names, check_offset, read_arrays
    from dynode.importing.writing import write_content

__all__ = [
    "ArrayName",
    "ImportRequest",
    "PublishedFile",
    "array_names",
    "check_offset",
    "export_direction",
    "full_name",
    "import_codes",
    "import_directions",
    "read_arrays",
    "read_content",
    "slug",
    "write_content",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "ImportRequest": "dynode.importing.request",
        "PublishedFile": "dynode.importing.request",
        "ArrayName": "dynode.importing.vectors",
        "array_names": "dynode.importing.vectors",
        "full_name": "dynode.importing.request",
        "read_arrays": "dynode.importing.vectors",
        "check_offset": "dynode.importing.vectors",
        "export_direction": "dynode.importing.exporting",
        "import_codes": "dynode.importing.codes",
        "import_directions": "dynode.importing.recognition",
        "read_content": "dynode.importing.reading",
        "slug": "dynode.importing.request",
        "write_content": "dynode.importing.writing",
    },
)
