"""Rule 6: the image fits into the volume."""

from __future__ import annotations

from collections.abc import Iterator

from volrules.codes import built_in
from volrules.hookspecs import hookimpl
from volrules.model import Draft, Image
from volrules.violations import Violation

_GIB = 1024**3


@hookimpl
def volrules_validate_image(draft: Draft) -> Iterator[Violation] | None:
    """Bytes rounded up to GiB, ``min_disk``, and the virtual size rounded up are within the size."""
    image = draft.image
    return None if image is None else _too_small_for(image, draft.size)


def _too_small_for(image: Image, size: int) -> Iterator[Violation]:
    for code, what, least in _needs(image):
        if least > size:
            message = f"size {size} GiB is smaller than image `{image.id}` needs ({what} {least} GiB)"
            advice = f"; ask for {least} or more"
            yield built_in(code, "/volume/size", message + advice, size=size, minimum=least, image=image.id)


def _needs(image: Image) -> Iterator[tuple[str, str, int]]:
    yield "image.too_large", "data", -(-(image.size or 0) // _GIB)
    yield "image.min_disk", "min_disk", image.min_disk or 0
    yield "image.virtual_size", "virtual size", -(-(image.virtual_size or 0) // _GIB)
