"""Directions and codes in the formats others publish: one file per format, read as data only.

`import_directions` and `import_codes` recognise a file by its content; `export_direction` writes
the published form again.
"""

from __future__ import annotations

from dynode.importing.codes import import_codes
from dynode.importing.exporting import export_direction
from dynode.importing.recognition import import_directions
from dynode.importing.request import ImportRequest

__all__ = ["ImportRequest", "export_direction", "import_codes", "import_directions"]
