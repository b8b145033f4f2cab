"""Directions and codes in the files others publish, read as data only.

`import_directions` and `import_codes` recognise a file by its content; `export_direction` writes
the published form again. Plain arrays are read here, formats of single methods by their plugins, which
register a `dynode.Format` and build on `PublishedFile`, `read_content`, `check_offset` and
`write_content`.
"""

from __future__ import annotations

from dynode.importing.codes import import_codes
from dynode.importing.exporting import export_direction
from dynode.importing.reading import read_content
from dynode.importing.recognition import import_directions
from dynode.importing.request import ImportRequest, PublishedFile
from dynode.importing.vectors import check_offset
from dynode.importing.writing import write_content

__all__ = [
    "ImportRequest",
    "PublishedFile",
    "check_offset",
    "export_direction",
    "import_codes",
    "import_directions",
    "read_content",
    "write_content",
]
