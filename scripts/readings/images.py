# SPDX-License-Identifier: Apache-2.0
"""Suites of images: MNIST under views, two digits of it or two images over one another, and img4."""
import math

from readings.shared import DATA, TEST, TRAIN, checksum, line, shuffled

SIDE, OUTER = 28, 36
TINY = {TRAIN: 3720, TEST: 1000}
HALVES = {TRAIN: "train", TEST: "t10k"}
NAMES = {TRAIN: "train", TEST: "test"}


class Set:
    """Images and labels of two IDX files: 4 bytes of magic, big-endian extents, bytes."""

    def __init__(self, data_set, half=""):
        pixels = (DATA / data_set / f"{half}images-idx3-ubyte").read_bytes()
        labels = (DATA / data_set / f"{half}labels-idx1-ubyte").read_bytes()
        count, size = int.from_bytes(labels[4:8], "big"), SIDE * SIDE
        if len(labels) != 8 + count or len(pixels) != 16 + count * size:
            raise ValueError(f"{data_set}: the files are not of {count} images")
        self.images = [pixels[16 + i * size:16 + (i + 1) * size] for i in range(count)]
        self.labels = labels[8:]

    def __len__(self):
        return len(self.images)


def halves(data_set):
    return {side: Set(data_set, half + "-") for side, half in HALVES.items()}


def item(side, image, label, group):
    return side, label, group, checksum(image, label)


def view(reading, domains, change, same=False):
    """Every domain shows images of its own, changed; same: all show the same ones."""
    mnist, drawn = halves("mnist"), {}
    for side, of_side in mnist.items():
        wanted = TINY[side] * (1 if same else len(domains))
        drawn[side] = shuffled(range(len(of_side)), f"mnist views/{NAMES[side]}")[:wanted]
    for number, domain in enumerate(domains):
        items = []
        for side, of_side in mnist.items():
            first = 0 if same else number * TINY[side]
            items += [item(side, change(of_side.images[i], number), of_side.labels[i], i)
                      for i in drawn[side][first:first + TINY[side]]]
        yield line(reading, domain, items)


class Turn:
    """Counter-clockwise around the middle, bilinear, to whole grey levels."""

    def __init__(self, degrees):
        angle = degrees * math.pi / 180
        self.cosine, self.sine, self.middle = math.cos(angle), math.sin(angle), (SIDE - 1) / 2
        # For each pixel those of the turned image that it lights, and by how much: where a pixel centre of the turned
        # image comes to lie between four of the old, each of them weighs by the rectangle opposite to it.
        self.lights = [[] for _ in range(SIDE * SIDE)]
        for target in range(SIDE * SIDE):
            here = complex(target % SIDE - self.middle, self.middle - target // SIDE)
            there = here * complex(self.cosine, -self.sine)
            row, column = self.middle - there.imag, self.middle + there.real
            for r in (math.floor(row), math.floor(row) + 1):
                for c in (math.floor(column), math.floor(column) + 1):
                    if 0 <= r < SIDE and 0 <= c < SIDE:
                        self.lights[r * SIDE + c].append((target, (1 - abs(row - r)) * (1 - abs(column - c))))

    def __call__(self, image):
        grey = [0.5] * len(image)
        for pixel, targets in zip(image, self.lights):
            if pixel:
                for target, weight in targets:
                    grey[target] += pixel * weight
        return bytes(math.floor(level) if 1e-6 < level % 1 < 1 - 1e-6 else self.between_levels(image, target)
                     for target, level in enumerate(grey))

    def between_levels(self, image, target):
        """Exactly half a level (at 30, 45 and 60 degrees, between pixels that are alike): the last bit decides, and so
        the order of operations, which is that of tasks/sources/image_drawing.cpp."""
        def at(r, c):
            return image[r * SIDE + c] if 0 <= r < SIDE and 0 <= c < SIDE else 0

        y, x = target // SIDE - self.middle, target % SIDE - self.middle
        row = self.middle + self.cosine * y + self.sine * x
        column = self.middle + self.cosine * x - self.sine * y
        top, left = math.floor(row), math.floor(column)
        down, right = row - top, column - left
        return math.floor(0.5 + ((1 - down) * ((1 - right) * at(top, left) + right * at(top, left + 1)) +
                                 down * ((1 - right) * at(top + 1, left) + right * at(top + 1, left + 1))))


def rotated_mnist(reading, same=False):
    degrees = range(0, 90, 15)
    turns = [Turn(angle) for angle in degrees]
    return view(reading, [f"turned{angle}" for angle in degrees], lambda image, d: turns[d](image) if d else image, same)


def permuted_mnist(reading):
    orders = [range(SIDE * SIDE)]
    orders += [shuffled(range(SIDE * SIDE), "permuted_mnist", index=task) for task in range(1, 10)]
    return view(reading, [f"task{task}" for task in range(10)],
                lambda image, task: bytes(image[place] for place in orders[task]))


def split_mnist(reading, label_of=lambda digit: digit % 2):
    mnist = halves("mnist")
    for first in range(0, 10, 2):
        items = []
        for side, of_side in mnist.items():
            own = [i for i, label in enumerate(of_side.labels) if label in (first, first + 1)]
            items += [item(side, of_side.images[i], label_of(of_side.labels[i]), i)
                      for i in shuffled(own, f"split_mnist/{NAMES[side]}")[:TINY[side]]]
        yield line(reading, f"digits{first}{first + 1}", items)


def overlaid(left, right):
    rows = [left[y * SIDE:(y + 1) * SIDE].ljust(OUTER, b"\0") if y < SIDE else bytes(OUTER) for y in range(OUTER)]
    shift = OUTER - SIDE
    for y in range(SIDE):
        below = right[y * SIDE:(y + 1) * SIDE].rjust(OUTER, b"\0")
        rows[y + shift] = bytes(map(max, rows[y + shift], below))
    return b"".join(rows)


def multimnist(reading, left_set="mnist"):
    """Two questions on each pair; an image of MNIST is in one pair at most."""
    left, right = halves(left_set), halves("mnist")
    left_items, right_items = [], []
    for side, count in ((TRAIN, 12000), (TEST, 2000)):
        purpose = f"multimnist/0/{NAMES[side]}"
        if left_set == "mnist":
            drawn = shuffled(range(len(left[side])), purpose)
            pairs = zip(drawn[:count], drawn[count:2 * count])
        else:
            drawn = [shuffled(range(len(of[side])), f"{purpose}/{name}")[:count]
                     for of, name in ((left, "left"), (right, "right"))]
            pairs = zip(*drawn)
        for group, (a, b) in enumerate(pairs):
            image = overlaid(left[side].images[a], right[side].images[b])
            left_items.append(item(side, image, left[side].labels[a], group))
            right_items.append(item(side, image, right[side].labels[b], group))
    return [line(reading, "left", left_items), line(reading, "right", right_items)]


def families(units):
    """For each unit, a list of images, the first unit that it shares one with, directly or by way of others."""
    holders = {}
    for number, images in enumerate(units):
        for image in images:
            holders.setdefault(image, []).append(number)
    near = [set() for _ in units]
    for numbers in holders.values():
        for a, b in zip(numbers, numbers[1:]):
            near[a].add(b)
            near[b].add(a)
    family = [None] * len(units)
    for first in range(len(units)):
        waiting = [first] if family[first] is None else []
        while waiting:
            unit = waiting.pop()
            if family[unit] is None:
                family[unit] = first
                waiting += near[unit]
    return family


def four_to_one(family, purpose):
    """Families in shuffled order; the test takes those that still fit into a fifth of all units."""
    members = {}
    for unit, first in enumerate(family):
        members.setdefault(first, []).append(unit)
    cut = {TRAIN: [], TEST: []}
    for unit in shuffled(range(len(family)), purpose):
        whole = members.get(unit, [])
        fits = len(cut[TEST]) + len(whole) <= len(family) // 5
        cut[TEST if fits else TRAIN] += whole
    return cut


def img4_items(tiny=True):
    """(domain, [(side, image, label of ten, group)])"""
    def chosen(name, sets, places, groups):
        items = []
        for side in (TRAIN, TEST):
            taken = places[side]
            if tiny and name != "glyphs":
                taken = shuffled(taken, f"img4/{name}/{NAMES[side]}")[:TINY[side]]
            items += [(side, sets[side].images[i], sets[side].labels[i], groups(i)) for i in taken]
        return name, items

    for name in ("mnist", "fashion"):
        sets = halves(name)
        yield chosen(name, sets, {side: range(len(of_side)) for side, of_side in sets.items()}, lambda i: i)
    animals = Set("animal")
    family = families([[image] for image in animals.images])
    cut = four_to_one(family, "img4/animal")
    yield chosen("animal", {TRAIN: animals, TEST: animals}, cut, lambda i: family[i])
    glyphs = Set("glyphs")
    letters = [range(20 * font, 20 * font + 10) for font in range(len(glyphs) // 20)]
    fonts = families([[glyphs.images[i] for i in of_font] for of_font in letters])
    cut = {side: [i for font in of_side for i in letters[font]]
           for side, of_side in four_to_one(fonts, "img4/fonts").items()}
    yield chosen("glyphs", {TRAIN: glyphs, TEST: glyphs}, cut, lambda i: fonts[i // 20])


def img4(reading, tiny=True):
    for domain, items in img4_items(tiny):
        yield line(reading, domain, [item(*one) for one in items])


def split_img4(reading):
    """Two classes of a domain in a row; the label is one of forty."""
    for number, (domain, items) in enumerate(img4_items()):
        for low in range(0, 10, 2):
            both = "ABCDEFGHIJ"[low:low + 2] if domain == "glyphs" else f"{low}{low + 1}"
            yield line(reading, domain + both, [item(side, image, 10 * number + label, group)
                                                for side, image, label, group in items if label - low in (0, 1)])


READINGS = {
    "img4": lambda: img4("img4"),
    "img4_full": lambda: img4("img4_full", tiny=False),
    "split_img4": lambda: split_img4("split_img4"),
    "rotated_mnist": lambda: rotated_mnist("rotated_mnist"),
    "rotated_mnist_same": lambda: rotated_mnist("rotated_mnist_same", same=True),
    "permuted_mnist": lambda: permuted_mnist("permuted_mnist"),
    "split_mnist": lambda: split_mnist("split_mnist"),
    "split_mnist_class": lambda: split_mnist("split_mnist_class", lambda digit: digit),
    "multimnist": lambda: multimnist("multimnist"),
    "multimnist_both": lambda: multimnist("multimnist_both", "fashion"),
}
